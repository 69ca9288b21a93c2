"""`kzd init helm`: the plugin where Helm 4 finds it, and nothing where Helm 3 would meet it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kzd import __version__
from kzd.hosts.helm import PLUGIN, PLUGINS
from tests.hosts.conftest import KZD, Done, Hosts
from tests.hosts.helms import write_chart

OURS = Path(PLUGINS) / PLUGIN
HIDDEN = "kzd: Helm 4 shows errors only; KZD_REPORT=FILE keeps the warnings, too\n"
MINE = "name: mine\nversion: 0.1.0\nusage: mine\ndescription: mine\ncommand: echo hello\n"


@pytest.fixture
def linked(hosts: Hosts) -> Hosts:
    """Only what a test links is on the PATH, and kzd and a shell."""
    (hosts.folder / "bin").mkdir()
    for path in (KZD / "kzd", Path("/bin/sh"), Path("/bin/bash"), Path("/bin/echo")):
        (hosts.folder / "bin" / path.name).symlink_to(path)
    return hosts


def link(hosts: Hosts, program: str, name: str) -> str:
    path = hosts.folder / "bin" / name
    path.symlink_to(hosts.program(program))
    return str(path)


def stand_in(hosts: Hosts, name: str, script: str) -> str:
    file = hosts.write(f"bin/{name}", f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def init(hosts: Hosts, *arguments: str, **more: str) -> Done:
    path = str(hosts.folder / "bin")
    return hosts.run(str(KZD / "kzd"), "init", "helm", *arguments, PATH=path, **more)


def installed(hosts: Hosts) -> Path:
    return hosts.home / ".local/share/helm/plugins/kzd/plugin.yaml"


def then(typed: str) -> str:
    return f"kzd: then: {typed} upgrade --install RELEASE CHART --post-renderer kzd\n"


def rendered(hosts: Hosts, helm: str, **more: str) -> Done:
    write_chart(hosts)
    path = str(hosts.folder / "bin")
    return hosts.run(helm, "template", "eu", "chart", "--post-renderer", "kzd", PATH=path, **more)


def test_helm_4_gets_a_copy_that_works_and_that_a_second_time_leaves(linked: Hosts) -> None:
    helm = link(linked, "helm4", "helm")
    done = init(linked)
    plugin = installed(linked)

    assert (done.code, done.out) == (0, "")
    assert done.err == f"kzd: wrote {plugin}\n{then('helm')}{HIDDEN}"
    assert plugin.read_bytes() == OURS.read_bytes()
    assert os.listdir(plugin.parent) == ["plugin.yaml"]
    assert not plugin.is_symlink()
    assert not plugin.parent.is_symlink()
    assert rendered(linked, helm).out.count("preStop:") == 2

    again = init(linked)
    assert (again.code, again.err) == (0, f"kzd: {plugin} is there already\n{then('helm')}{HIDDEN}")


def test_helm_3_needs_nothing(linked: Hosts) -> None:
    helm = link(linked, "helm3", "helm")
    done = init(linked)

    assert (done.code, done.out) == (0, "")
    version, typed = done.err.splitlines(keepends=True)
    assert version.startswith("kzd: Helm 3.")
    assert version.endswith(" needs no plugin; nothing was written\n")
    assert typed == then("helm")
    assert not installed(linked).parent.parent.exists()
    assert rendered(linked, helm).out.count("preStop:") == 2


@pytest.mark.parametrize("name", ["helm", "helm3", "helm-v3.19"])
def test_a_directory_where_helm_3_looks_is_refused(linked: Hosts, name: str) -> None:
    old, _ = link(linked, "helm3", name), link(linked, "helm4", "helm4")
    done = init(linked, "--helm", "helm4")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{installed(linked).parent.parent}: error: is where Helm 3.")
    assert f" ({old}) looks for plugins too, and it loads none where it meets one" in done.err
    assert "nothing was written" in done.err
    assert not installed(linked).exists()

    way_out = done.err.partition("nothing has to be: ")[2]
    assert way_out == (
        'HELM_PLUGINS="$(helm4 env HELM_PLUGINS):$(kzd init helm --directory)" '
        "helm4 ... --post-renderer kzd\n"
    )


def test_the_way_out_works_and_keeps_other_plugins(linked: Hosts) -> None:
    link(linked, "helm3", "helm3")
    helm = link(linked, "helm4", "helm4")
    linked.write("home/.local/share/helm/plugins/mine/plugin.yaml", MINE)
    plugins = 'HELM_PLUGINS="$(helm4 env HELM_PLUGINS):$(kzd init helm --directory)"'
    path = str(linked.folder / "bin")
    listed = linked.shell(f"{plugins} {helm} plugin list", PATH=path)
    mine = linked.shell(f"{plugins} {helm} mine; helm3 mine", PATH=path)

    assert [line.split()[0] for line in listed.out.splitlines()] == ["NAME", "mine", "kzd"]
    assert (mine.out, mine.err) == ("hello\nhello\n", "")
    write_chart(linked)
    render = f"{plugins} {helm} template eu chart --post-renderer kzd"
    assert linked.shell(render, PATH=path).out.count("preStop:") == 2


def test_helm_3_with_plugins_of_its_own_elsewhere_is_no_hindrance(linked: Hosts) -> None:
    wrapper = 'HELM_PLUGINS="$HOME/helm3" exec {} "$@"'
    stand_in(linked, "helm3", wrapper.format(linked.program("helm3")))
    link(linked, "helm4", "helm")

    assert init(linked).code == 0
    assert installed(linked).exists()


def test_the_first_plugin_directory_is_taken(linked: Hosts) -> None:
    link(linked, "helm4", "helm")
    done = init(linked, HELM_PLUGINS=f"{linked.folder}/one:{linked.folder}/two")

    assert done.code == 0
    assert (linked.folder / "one/kzd/plugin.yaml").exists()
    assert not (linked.folder / "two").exists()


def test_a_link_to_a_directory_where_helm_3_looks_is_seen_through(linked: Hosts) -> None:
    link(linked, "helm4", "helm")
    shared = linked.folder / "shared"
    shared.mkdir()
    (linked.folder / "linked").symlink_to(shared)
    wrapper = f'HELM_PLUGINS={shared} exec {linked.program("helm3")} "$@"'
    stand_in(linked, "helm3", wrapper)

    assert init(linked, HELM_PLUGINS=str(linked.folder / "linked")).code == 2
    assert list(shared.iterdir()) == []


def test_a_plugin_of_an_older_kzd_is_updated(linked: Hosts) -> None:
    link(linked, "helm4", "helm")
    older = OURS.read_text().replace(f"version: {__version__}", "version: 0.0.1")
    plugin = linked.write(str(installed(linked)), f"# an older comment\n{older}")
    done = init(linked)

    assert done.code == 0
    assert done.err.startswith(f"kzd: updated {plugin}\n")
    assert plugin.read_bytes() == OURS.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        MINE.replace("mine", "kzd"), "", "- no plugin\n", "name: [\n",
        OURS.read_text() + "    args: [--unsafe]\n",
        OURS.read_text().replace("- command: kzd", "- command: other"),
    ],
    ids=["legacy", "empty", "list", "broken", "arguments", "command"],
)  # fmt: skip
def test_what_is_not_ours_stays(linked: Hosts, text: str) -> None:
    link(linked, "helm4", "helm")
    plugin = linked.write(str(installed(linked)), text)
    done = init(linked)

    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"{plugin}: error: is there already, and not what kzd writes; remove it first\n"
    )
    assert plugin.read_text() == text


def test_a_link_of_helm_plugin_install_stays(linked: Hosts) -> None:
    link(linked, "helm4", "helm")
    older = OURS.read_text().replace(f"version: {__version__}", "version: 0.0.1")
    theirs = linked.write("theirs/plugin.yaml", older)
    plugins = installed(linked).parent.parent
    plugins.mkdir(parents=True)
    (plugins / "kzd").symlink_to(theirs.parent)

    assert init(linked).code == 2
    assert theirs.read_text() == older

    theirs.unlink()
    theirs.parent.rmdir()
    assert init(linked).code == 2


def test_a_directory_that_can_t_be_made_is_told(linked: Hosts) -> None:
    link(linked, "helm4", "helm")
    linked.write("plugins", "a file\n")
    done = init(linked, HELM_PLUGINS=str(linked.folder / "plugins"))

    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(
        f"{linked.folder}/plugins/kzd/plugin.yaml: error: can't be written: "
    )


def test_no_plugin_directory_is_told(linked: Hosts) -> None:
    helm = link(linked, "helm4", "helm")
    done = init(linked, HELM_PLUGINS="")

    assert done.code == 2
    assert done.err == f"{helm}: error: `helm env HELM_PLUGINS` names no plugin directory\n"


def test_no_helm_is_told(linked: Hosts) -> None:
    done = init(linked)
    named = init(linked, "--helm", "./nowhere/helm")

    told = "kzd: error: '{}' is no program on the PATH; `--helm` names the Helm to set up\n"
    assert (done.code, done.err) == (2, told.format("helm"))
    assert (named.code, named.err) == (2, told.format("./nowhere/helm"))


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 1", "it does not say its version"),
        ("echo v2.17.0", "its version is 2.17.0"),
    ],
)
def test_what_is_no_helm_that_takes_kzd_is_told(linked: Hosts, script: str, why: str) -> None:
    helm = stand_in(linked, "helm", script)
    done = init(linked)

    assert (done.code, done.err) == (2, f"{helm}: error: must be Helm 3 or newer; {why}\n")


def test_the_directory_holds_the_plugin_and_nothing_else(linked: Hosts) -> None:
    done = init(linked, "--directory")
    folder = Path(done.out.removesuffix("\n"))

    assert (done.code, done.err) == (0, "")
    assert [str(file.relative_to(folder)) for file in folder.rglob("*")] == ["kzd", PLUGIN]


def test_the_directory_is_that_of_any_helm(linked: Hosts) -> None:
    done = init(linked, "--directory", "--helm", "helm4")

    assert (done.code, done.out) == (2, "")
    assert "--helm and --directory exclude each other" in done.err


def test_the_plugin_has_kzd_s_version() -> None:
    assert f"\nversion: {__version__}\n" in OURS.read_text()
    assert "- command: kzd\n" in OURS.read_text()


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", '[ "$1" = env ] || echo v3.19.0'])
def test_a_helm_that_does_not_say_where_it_looks_is_no_other_place(
    linked: Hosts, script: str
) -> None:
    other = stand_in(linked, "helm3", script)
    link(linked, "helm4", "helm")
    done = init(linked)

    assert (done.code, done.out) == (2, "")
    assert f": error: may be where {other} looks for plugins too, which does not say" in done.err
    assert not installed(linked).exists()


def test_a_plugin_of_this_name_elsewhere_is_not_doubled(linked: Hosts) -> None:
    link(linked, "helm4", "helm")
    other = linked.write("home/.local/share/helm/plugins/foo/plugin.yaml", OURS.read_text())
    done = init(linked)

    assert done.code == 2
    assert done.err == f"{other}: error: is named 'kzd', and Helm takes one of a name only\n"
    assert not installed(linked).exists()


def test_a_helm_that_is_not_on_the_path_is_typed_by_its_path(linked: Hosts) -> None:
    helm = linked.folder / "far away" / "helm"
    helm.parent.mkdir()
    helm.symlink_to(linked.program("helm3"))

    assert init(linked, "--helm", str(helm)).err.endswith(then(f"'{helm}'"))
