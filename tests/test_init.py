"""`kzd init kustomize` and `kzd init kustomize-plugin`: what they write, print and refuse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kzd.hosts.kustomize import FUNCTION, GUARD, PLUGIN, SENTINEL, files
from kzd.text.document import read
from tests.console import Console
from tests.manifests import WEB

FILES = (FUNCTION, GUARD, SENTINEL)
LINES = """\
resources:
- zero-downtime-sentinel.yaml
transformers:
- zero-downtime.yaml
- zero-downtime-guard.yaml
"""
EXEC = "then: kustomize build --enable-alpha-plugins --enable-exec"
KUBECTL = "then: kubectl kustomize --enable-alpha-plugins"


@pytest.fixture
def console(console: Console, monkeypatch: pytest.MonkeyPatch) -> Console:
    for variable in ("KUSTOMIZE_PLUGIN_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(console.folder / "home"))
    console.write("app/kustomization.yaml", "resources: []\n")
    return console


def notes(*lines: str) -> str:
    return "".join(f"kzd: {line}\n" for line in lines)


def held(folder: Path) -> dict[str, str]:
    """The files that init writes, as they are there."""
    return {name: (folder / name).read_text() for name in FILES if (folder / name).exists()}


def test_it_writes_three_files_and_prints_the_lines(console: Console) -> None:
    done = console.kzd("init", "kustomize", "app")

    assert done.code == 0
    assert done.out.decode() == f"# add to app/kustomization.yaml\n{LINES}"
    assert done.err == notes(*(f"wrote app/{name}" for name in FILES), f"{EXEC} app")
    assert held(console.folder / "app") == files()
    assert (console.folder / "app/kustomization.yaml").read_text() == "resources: []\n"


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_the_directory_is_the_working_one_unless_it_is_named(console: Console, name: str) -> None:
    console.write(name, "resources: []\n")
    done = console.kzd("init", "kustomize")

    assert done.out.decode().startswith(f"# add to {name}\n")
    assert held(console.folder) == files()


def test_a_second_run_changes_nothing(console: Console) -> None:
    first = console.kzd("init", "kustomize", "app")
    times = [(console.folder / "app" / name).stat().st_mtime_ns for name in FILES]
    second = console.kzd("init", "kustomize", "app")

    assert (second.code, second.out) == (0, first.out)
    assert second.err == notes(*(f"app/{name} is there already" for name in FILES), f"{EXEC} app")
    assert times == [(console.folder / "app" / name).stat().st_mtime_ns for name in FILES]


def test_a_file_that_went_missing_is_written_again(console: Console) -> None:
    console.kzd("init", "kustomize", "app")
    (console.folder / "app" / GUARD).unlink()
    done = console.kzd("init", "kustomize", "app")

    assert done.err.startswith(notes(f"wrote app/{GUARD}", f"app/{FUNCTION} is there already"))
    assert held(console.folder / "app") == files()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINES, ""),
        (LINES.replace("- ", "- ./"), ""),
        (LINES.replace(f"- {GUARD}\n", ""), f"transformers:\n- {GUARD}\n"),
        (LINES.replace(f"- {SENTINEL}\n", "- web.yaml\n"), f"resources:\n- {SENTINEL}\n"),
        (f"components: [{SENTINEL}, {FUNCTION}, {GUARD}]\n", LINES),
        ("", LINES),
        ("transformers: no list\n", LINES),
        ("transformers: [\n", LINES),
    ],
)
def test_only_the_lines_that_are_missing_are_printed(
    console: Console, text: str, expected: str
) -> None:
    console.write("app/kustomization.yaml", text)
    done = console.kzd("init", "kustomize", "app")

    assert done.code == 0
    assert done.out.decode() == (f"# add to app/kustomization.yaml\n{expected}" if expected else "")
    assert ("kzd: app/kustomization.yaml lists them already\n" in done.err) is not expected


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_other_text_stays_and_nothing_is_written(console: Console, name: str) -> None:
    mine = console.write(f"app/{name}", "mine: true\n")
    done = console.kzd("init", "kustomize", "app")

    assert (done.code, done.out) == (2, b"")
    assert done.err == (
        f"app/{name}: error: is there already, with other text, and stays; "
        "remove it to get a new one\n"
    )
    assert mine.read_text() == "mine: true\n"
    assert len(held(console.folder / "app")) == 1


def test_a_directory_without_a_kustomization_is_refused(console: Console) -> None:
    console.write("empty/web.yaml", "")
    for folder in ("empty", "missing"):
        done = console.kzd("init", "kustomize", folder)

        assert (done.code, done.out) == (2, b"")
        assert done.err == (
            f"{folder}: error: must hold a kustomization.yaml; "
            "`--print` shows the files all the same\n"
        )
    assert os.listdir(console.folder / "empty") == ["web.yaml"]


def test_a_file_in_place_of_the_directory_is_a_usage_error(console: Console) -> None:
    done = console.kzd("init", "kustomize", "app/kustomization.yaml")

    assert (done.code, done.out) == (2, b"")
    assert "Directory 'app/kustomization.yaml' is a file." in done.err


def test_a_folder_s_name_is_quoted_in_what_to_type(console: Console) -> None:
    console.write("my {app}/kustomization.yaml", "")

    assert console.kzd("init", "kustomize", "my {app}").err.endswith(notes(f"{EXEC} 'my {{app}}'"))


def test_what_can_t_be_written_is_an_error(console: Console) -> None:
    (console.folder / "app" / GUARD).symlink_to("nowhere/at-all")
    done = console.kzd("init", "kustomize", "app")

    assert (done.code, done.out) == (3, b"")
    assert done.err == f"app/{GUARD}: error: can't be written: No such file or directory\n"
    assert held(console.folder / "app") == {}


def test_a_read_only_directory_is_an_error(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    (console.folder / "app").chmod(0o500)
    if os.access(console.folder / "app", os.W_OK):  # root may write anywhere
        monkeypatch.setattr("builtins.open", _refused)
    done = console.kzd("init", "kustomize", "app")
    monkeypatch.undo()
    (console.folder / "app").chmod(0o700)

    assert (done.code, done.out) == (3, b"")
    assert done.err == f"app/{FUNCTION}: error: can't be written: Permission denied\n"
    assert held(console.folder / "app") == {}


def _refused(path: str, *_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied", path)


def test_printed_are_the_lines_and_the_files_and_nothing_is_written(console: Console) -> None:
    done = console.kzd("init", "kustomize", "--print", "missing")
    texts = {"kustomization.yaml": LINES, **files()}

    assert (done.code, done.err) == (0, "")
    assert done.out.decode() == "---\n".join(f"# {name}\n{text}" for name, text in texts.items())
    assert not (console.folder / "missing").exists()
    for document in read("-", done.out).documents:
        document.parse()


def test_a_container_of_an_image(console: Console) -> None:
    image = "registry.example.com/kzd:1@sha256:0123"
    done = console.kzd("init", "kustomize", "app", "--image", image)
    function = (console.folder / "app" / FUNCTION).read_text()

    assert f"      container:\n        image: {image}\n" in function
    assert "exec:" not in function
    assert held(console.folder / "app")[GUARD] == files()[GUARD]
    assert done.err.endswith(notes(f"{KUBECTL} app"))


@pytest.mark.parametrize("image", ["a b", "a\nb", " ", "{x", "#c", "a: b"])
def test_an_image_is_a_name(console: Console, image: str) -> None:
    done = console.kzd("init", "kustomize", "app", "--image", image)

    assert (done.code, done.out) == (2, b"")
    assert "--image takes an image's name, such as example.com/kzd:1.0" in done.err
    assert held(console.folder / "app") == {}


def test_the_plugin_needs_no_function(console: Console) -> None:
    done = console.kzd("init", "kustomize", "app", "--plugin")
    texts = held(console.folder / "app")

    assert texts[FUNCTION] == (
        "apiVersion: kzd.dev/v1alpha1\nkind: ZeroDowntime\nmetadata:\n  name: zero-downtime\n"
        "spec: {}\n"
    )
    assert "has-run" not in texts[GUARD]
    assert "has-answered" in texts[GUARD]
    assert done.out.decode() == f"# add to app/kustomization.yaml\n{LINES}"
    assert done.err.endswith(
        notes("then, where it is built: kzd init kustomize-plugin", f"{KUBECTL} app")
    )


def test_an_image_and_the_plugin_exclude_each_other(console: Console) -> None:
    done = console.kzd("init", "kustomize", "app", "--plugin", "--image", "kzd")

    assert (done.code, done.out) == (2, b"")
    assert "--image and --plugin exclude each other" in done.err


PLUGIN_TEXT = """\
#!/bin/sh
# kustomize and kubectl call this with the file of a ZeroDowntime, then its `argsOneLiner`.
exec kzd --config "$@"
"""


def installed(console: Console, home: str) -> None:
    """`kzd init kustomize-plugin` writes the program below this directory, and says so."""
    path = console.folder / home / PLUGIN
    first, second = (console.kzd("init", "kustomize-plugin") for _ in range(2))

    assert first == (0, b"", notes(f"wrote {path}", "then: kzd init kustomize --plugin DIR"))
    assert second.err.startswith(notes(f"{path} is there already"))
    assert path.read_text() == PLUGIN_TEXT
    assert path.stat().st_mode & 0o777 == 0o755


def test_the_plugin_goes_to_the_home_s_configuration(console: Console) -> None:
    installed(console, "home/.config/kustomize/plugin")


def test_the_plugin_goes_where_kustomize_looks_first(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kustomize takes the first of the candidates that is there, and looks no further."""
    (console.folder / "home/kustomize/plugin").mkdir(parents=True)
    installed(console, "home/kustomize/plugin")
    (console.folder / "home/.config/kustomize/plugin").mkdir(parents=True)
    installed(console, "home/.config/kustomize/plugin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(console.folder / "xdg"))
    assert "is there already" in console.kzd("init", "kustomize-plugin").err
    (console.folder / "xdg/kustomize/plugin").mkdir(parents=True)
    installed(console, "xdg/kustomize/plugin")
    monkeypatch.setenv("KUSTOMIZE_PLUGIN_HOME", str(console.folder / "plugins"))
    installed(console, "plugins")


@pytest.mark.parametrize("home", [None, ""])
def test_without_a_home_the_plugin_needs_a_directory(
    console: Console, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    if home is None:
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", home)
    done = console.kzd("init", "kustomize-plugin")

    assert (done.code, done.out) == (2, b"")
    assert "set KUSTOMIZE_PLUGIN_HOME to the directory for plugins; there is no HOME" in done.err


def test_another_plugin_of_the_kind_stays(console: Console) -> None:
    path = console.write(f"home/.config/kustomize/plugin/{PLUGIN}", "mine\n")
    done = console.kzd("init", "kustomize-plugin")

    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith(f"{path}: error: is there already, with other text, and stays")
    assert path.read_text() == "mine\n"


def test_transformers_of_overlays_configure_no_run_over_their_files(console: Console) -> None:
    """Two of them would be one too many, and one would count for all of a repository."""
    console.write("web.yaml", WEB)
    console.write("other/kustomization.yaml", "")
    for folder in ("app", "other"):
        console.kzd("init", "kustomize", folder)
        function = console.folder / folder / FUNCTION
        function.write_text(function.read_text().replace("spec: {}", "spec: {unknown: 1}"))
    done = console.kzd("diff", ".")
    asked = console.kzd("diff", ".", "--config", f"app/{FUNCTION}")

    assert (done.code, done.err) == (1, "1 workload: 1 to change\n")
    assert f"app/{FUNCTION}:23:8: error: spec.unknown: is not known" in asked.err


def test_of_two_transformers_of_plugins_the_command_line_names_one(console: Console) -> None:
    console.write("web.yaml", WEB)
    console.write("other/kustomization.yaml", "")
    for folder in ("app", "other"):
        console.kzd("init", "kustomize", folder, "--plugin")
    done = console.kzd("diff", ".")
    asked = console.kzd("diff", ".", "--config", f"app/{FUNCTION}")

    assert (done.code, done.out) == (2, b"")
    assert done.err == (
        f"other/{FUNCTION}:1:1: error: must be the only ZeroDowntime of the input; "
        f"another is in app/{FUNCTION}:1; `--config` names the one that counts\n"
    )
    assert (asked.code, asked.err) == (
        1, f"kzd: configured by app/{FUNCTION}\n1 workload: 1 to change\n",
    )  # fmt: skip
