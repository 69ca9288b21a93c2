"""What `kzd doctor` says of the real programs, and of stand-ins that are broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from kzd import __version__
from kzd.hosts.helm import PLUGINS
from tests.hosts.conftest import KZD, Done, Hosts

FUNCTION = """\
apiVersion: kzd.dev/v1alpha1
kind: ZeroDowntime
metadata:
  name: zero-downtime
  annotations:
    config.kubernetes.io/function: |
      exec: {path: kzd}
"""


@pytest.fixture
def linked(hosts: Hosts) -> Hosts:
    """An empty directory comes first on the PATH; tests put there what they need."""
    (hosts.folder / "bin").mkdir()
    hosts.before = [hosts.folder / "bin"]
    return hosts


def link(hosts: Hosts, *names: str) -> None:
    for name in names:
        (hosts.folder / "bin" / name).symlink_to(hosts.program(name))


def stand_in(hosts: Hosts, name: str, script: str) -> Path:
    file = hosts.write(f"bin/{name}", f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def doctor(hosts: Hosts, *arguments: str, **more: str) -> Done:
    """Run it with nothing on the PATH but the links, this kzd and a shell."""
    for name in ("kzd", "kubectl-kzd"):
        if not (hosts.folder / "bin" / name).exists():
            (hosts.folder / "bin" / name).symlink_to(KZD / name)
    for name in ("sh", "cat", "env"):
        if not (hosts.folder / "bin" / name).exists():
            (hosts.folder / "bin" / name).symlink_to(Path("/bin") / name)
    path = str(hosts.folder / "bin")
    return hosts.run(str(KZD / "kzd"), "doctor", *arguments, PATH=path, **more)


def paragraph(done: Done, host: str) -> list[str]:
    """The lines of one host: state and what is said, without the host's path."""
    (found,) = (part for part in done.out.split("\n\n") if part.startswith(host))
    return [" ".join(line.split()) for line in found.splitlines()[1:]]


def test_kustomize_runs_it_and_may_pass_it_over(linked: Hosts) -> None:
    link(linked, "kustomize")
    done = doctor(linked)

    guard = "`kzd init kustomize` writes a guard that makes this an error"
    assert paragraph(done, "kustomize 5.") == [
        "works exec function, with --enable-alpha-plugins --enable-exec",
        f"silent exec function, without --enable-exec: passed over in silence; {guard}",
        "absent plugin, with --enable-alpha-plugins: `kzd init kustomize-plugin` installs it",
    ]
    assert (done.code, done.err) == (0, "")


def test_the_plugin_is_tried_where_it_is_installed(linked: Hosts) -> None:
    link(linked, "kustomize", "kubectl")
    linked.run("kzd", "init", "kustomize-plugin")
    works = "works plugin, with --enable-alpha-plugins"

    done = doctor(linked)
    assert paragraph(done, "kustomize")[-1] == works
    assert paragraph(done, "kubectl 1.")[-1] == works
    assert paragraph(done, "kubectl 1.")[0] == "works `kubectl kzd`"

    plugin = linked.home / ".config/kustomize/plugin/kzd.dev/v1alpha1/zerodowntime/ZeroDowntime"
    plugin.write_text("#!/bin/sh\necho >&2 it is broken\nexit 1\n")
    done = doctor(linked)
    assert done.code == 1
    assert paragraph(done, "kubectl")[-1].startswith(
        "fails plugin, with --enable-alpha-plugins: error: it is broken"
    )
    plugin.write_text("#!/bin/sh\ncat\n")
    assert "passed over in silence" in paragraph(doctor(linked), "kubectl")[-1]


def test_helm_4_needs_its_plugin_and_helm_3_loses_its_own_by_it(linked: Hosts) -> None:
    link(linked, "helm3", "helm4")
    done = doctor(linked)
    assert paragraph(done, "helm 3.") == ["works --post-renderer kzd"]
    assert paragraph(done, "helm 4.") == [
        "absent plugin for --post-renderer kzd: `kzd init helm --helm helm4` installs it"
    ]
    assert done.code == 0

    done = doctor(linked, HELM_PLUGINS=PLUGINS)
    lost, works = paragraph(done, "helm 3.")
    assert lost.startswith("fails its own plugins: ")
    assert 'unknown field "apiVersion"' in lost
    assert works == "works --post-renderer kzd"
    assert paragraph(done, "helm 4.") == ["works --post-renderer kzd"]
    assert done.code == 1


def test_an_error_of_kzd_is_shown_through_every_host(linked: Hosts) -> None:
    link(linked, "kustomize", "kubectl", "helm3", "helm4", "kpt")
    done = doctor(linked, KZD_CONFIG="/not/there", HELM_PLUGINS=PLUGINS)

    assert done.code == 1
    for host in ("kustomize", "kubectl", "helm 4", "kpt"):
        assert paragraph(done, host)[0].startswith("fails ")
        assert "/not/there: error: can't be read" in paragraph(done, host)[0]
    assert "/not/there: error: can't be read" in paragraph(done, "helm 3")[-1]


def test_kpt_runs_it(linked: Hosts) -> None:
    link(linked, "kpt")

    assert paragraph(doctor(linked), "kpt") == ["works fn eval --exec kzd"]


def test_no_host_is_no_fault(linked: Hosts) -> None:
    done = doctor(linked)

    assert done.code == 0
    for name in ("kustomize", "kubectl", "helm", "kpt"):
        assert paragraph(done, name) == ["absent is not on the PATH"]
    assert paragraph(done, f"kzd {__version__}") == [f"works on the PATH: {linked.before[0]}/kzd"]


def test_another_kzd_on_the_path_is_a_fault(linked: Hosts) -> None:
    other = stand_in(linked, "kzd", "echo kzd 0.0.1")
    done = doctor(linked)

    assert paragraph(done, "kzd ") == [f"fails on the PATH is {other}, version 0.0.1"]
    assert done.code == 1


def test_a_host_that_does_not_run_fails(linked: Hosts) -> None:
    stand_in(linked, "kustomize", "echo >&2 no such luck; exit 3")
    stand_in(linked, "helm", "exit 3")
    done = doctor(linked)

    assert paragraph(done, "kustomize (")[0].endswith("--enable-exec: no such luck")
    assert paragraph(done, "helm (") == [
        "fails its own plugins: ended with exit code 3",
        "fails --post-renderer kzd: ended with exit code 3",
    ]
    assert done.code == 1


def test_a_kustomization_without_a_guard_is_named(linked: Hosts) -> None:
    linked.write("app/kustomization.yaml", "transformers: [zero-downtime.yaml]\n")
    linked.write("app/zero-downtime.yaml", FUNCTION)
    inline = "".join(f"    {line}\n" for line in FUNCTION.splitlines())
    linked.write("inline/Kustomization", f"transformers:\n- |\n{inline}")
    linked.write("folder/kustomization.yml", "transformers: [functions]\n")
    linked.write("folder/functions/kustomization.yaml", "resources: [f.yaml]\n")
    linked.write("folder/functions/f.yaml", FUNCTION)
    linked.write("container/kustomization.yaml", "transformers: [f.yaml]\n")
    linked.write("container/f.yaml", FUNCTION.replace("exec: {path", "container: {image"))
    linked.write("guarded/kustomization.yaml", "resources: []\n")
    linked.run("kzd", "init", "kustomize", "guarded")
    linked.write(
        "guarded/kustomization.yaml", "transformers: [zero-downtime.yaml, zero-downtime-guard.yaml]"
    )
    linked.write(
        "before/kustomization.yaml",
        "transformers: [../guarded/zero-downtime-guard.yaml, ../app/zero-downtime.yaml]\n",
    )
    linked.write(
        "between/kustomization.yaml",
        "transformers: [../app/zero-downtime.yaml, other.yaml, "
        "../guarded/zero-downtime-guard.yaml]\n",
    )
    linked.write("check/kustomization.yaml", "transformers: [f.yaml]\n")
    linked.write("check/f.yaml", FUNCTION.replace("path: kzd", "path: kzd, args: [check]"))
    linked.write("broken/kustomization.yaml", "transformers: [zero-downtime.yaml\n")
    linked.write("missing/kustomization.yaml", "transformers: [nowhere.yaml]\n")

    done = doctor(linked, ".")

    guard = "`kzd init kustomize` writes a guard that makes this an error"
    assert paragraph(done, "functions that may") == [
        f"unguarded app/kustomization.yaml: zero-downtime.yaml: {guard}",
        f"unguarded before/kustomization.yaml: ../app/zero-downtime.yaml: {guard}",
        f"unguarded between/kustomization.yaml: ../app/zero-downtime.yaml: {guard}",
        "unguarded check/kustomization.yaml: f.yaml: "
        "`check` answers without resources; list it under `validators:`",
        f"unguarded folder/kustomization.yml: functions: {guard}",
        f"unguarded inline/Kustomization: an inline function: {guard}",
    ]
    assert done.code == 1


def test_the_report_of_the_caller_is_not_filled_by_trials(linked: Hosts) -> None:
    link(linked, "kustomize")
    report = linked.folder / "report"

    assert doctor(linked, KZD_REPORT=str(report)).code == 0
    assert not report.exists() or report.read_text() == ""


def test_resources_that_are_gone_are_no_silence(linked: Hosts) -> None:
    link(linked, "kpt", "kustomize")
    stand_in(linked, "kzd", f'[ "$1" = --version ] && echo kzd {__version__}; exit 0')
    done = doctor(linked)

    assert done.code == 1
    assert paragraph(done, "kpt")[0] == "fails fn eval --exec kzd: what was rendered is gone"
    assert paragraph(done, "kustomize")[0].endswith(": what was rendered is gone")


def test_without_a_home_there_is_no_plugin(linked: Hosts) -> None:
    link(linked, "kustomize")
    done = doctor(linked, HOME="")

    assert paragraph(done, "kustomize")[-1] == (
        "absent plugin, with --enable-alpha-plugins: "
        "set KUSTOMIZE_PLUGIN_HOME to the directory for plugins; there is no HOME"
    )
    assert done.code == 0


def test_the_caller_s_configuration_changes_no_trial(linked: Hosts) -> None:
    link(linked, "kustomize", "kubectl", "helm3", "kpt")
    head = "apiVersion: kzd.dev/v1alpha1\nkind: ZeroDowntime\nmetadata: {name: mine}\n"
    off = linked.write("off.yaml", f"{head}spec: {{preStopSleep: {{enabled: false}}}}\n")
    linked.write("kzd.yaml", f"{head}spec: {{nonsense: 1}}\n")

    for done in (doctor(linked), doctor(linked, KZD_CONFIG=str(off))):
        assert done.code == 0, done.out
        for host in ("kustomize", "kubectl", "helm", "kpt"):
            assert paragraph(done, f"{host} ")[0].startswith("works ")
