"""Where a host hides standard error: Helm 4's scalar, and the report that a caller asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kzd.hosts.post_renderer import hides_errors
from tests.console import Console
from tests.manifests import ONLY, WEB, WEB_EDITED

COMMAND = "runtimeConfig: {platformCommand: [{command: kzd}]}\n"
TYPE = "apiVersion: v1\ntype: postrenderer/v1\nname: kzd\nruntime: subprocess\n"
PLUGIN = TYPE + COMMAND
BROKEN = "kind: Deployment\n\tspec: 1\n"


@pytest.fixture
def plugin(console: Console, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The variables that Helm 4 sets for the plugin that it calls."""
    file = console.write("plugin/plugin.yaml", PLUGIN)
    monkeypatch.setenv("HELM_PLUGIN_NAME", "kzd")
    monkeypatch.setenv("HELM_PLUGIN_DIR", str(file.parent))
    return file


def test_a_failure_is_a_scalar_for_helm_4(console: Console, plugin: Path) -> None:
    done = console.kzd(data=BROKEN)

    assert done.code == 0
    assert done.out.decode() == f"|\n  {done.err}"
    assert done.err.startswith("-:2:1: error: ")


def test_success_is_what_it_is_everywhere(console: Console, plugin: Path) -> None:
    done = console.kzd(*ONLY, data=WEB)

    assert (done.code, done.out.decode(), done.err) == (0, WEB_EDITED, "1 workload: 1 changed\n")


@pytest.mark.parametrize(
    "arguments", [("--nonsense",), ("nonsense",), ("--fail-on", "nonsense"), ("render", "--no")]
)
def test_a_usage_error_is_a_scalar_too(
    console: Console, plugin: Path, arguments: tuple[str, ...]
) -> None:
    done = console.kzd(*arguments, data=WEB)

    assert done.code == 0
    assert done.out.startswith(b"|\n  Usage: kzd ")
    assert "Error: " in done.err


def test_findings_that_fail_are_told(console: Console, plugin: Path) -> None:
    done = console.kzd(*ONLY, "--fail-on", "info", data=WEB)

    assert done.code == 0
    assert done.out.startswith(b"|\n  -:")
    assert b"[rolling-update]\n  1 workload: 1 changed\n" in done.out


def test_a_quiet_failure_has_a_reason(console: Console, plugin: Path) -> None:
    done = console.kzd(*ONLY, "--fail-on", "info", "--quiet", data=WEB)

    assert (done.code, done.out) == (0, b"|\n  kzd: error: failed with exit code 1\n")


@pytest.mark.parametrize("command", ["check", "diff", "explain", "schema"])
def test_what_prints_no_manifests_is_no_answer_for_helm(
    console: Console, plugin: Path, command: str
) -> None:
    arguments = () if command == "schema" else ONLY
    done = console.kzd(command, *arguments, data=WEB)

    assert done.code == 0
    assert done.out.startswith(b"|\n  ")


def test_a_check_that_finds_nothing_is_no_answer_for_helm(console: Console, plugin: Path) -> None:
    done = console.kzd("check", *ONLY, data=WEB_EDITED)

    assert done.code == 0
    assert done.out.decode() == (
        "|\n  1 workload: none to change\n"
        "  kzd: error: Helm wants manifests, which only `kzd` with options and no command prints\n"
    )


def test_a_wrapper_s_other_programs_keep_their_exit_codes(console: Console, plugin: Path) -> None:
    plugin.write_text(PLUGIN.replace("command: kzd", "command: run.sh"))
    console.write("broken.yaml", BROKEN)

    assert console.kzd(data=BROKEN)[:2] == (3, b"")
    assert console.kzd("check", data=BROKEN)[:2] == (3, b"")
    assert console.kzd("render", "--in-place", "broken.yaml").code == 3
    assert console.kzd("--nonsense").code == 2


def test_a_report_is_never_among_the_manifests(console: Console) -> None:
    done = console.process(*ONLY, data=WEB, KZD_REPORT="/dev/stdout")

    assert (done.code, done.out) == (3, b"")
    assert "KZD_REPORT: must not be standard output" in done.err


@pytest.mark.parametrize(
    ("text", "hides"),
    [
        (PLUGIN, True),
        (f'type: "postrenderer/v1" # ours\n{COMMAND}', True),
        (PLUGIN.replace("command: kzd", 'command: "${HELM_PLUGIN_DIR}/kzd"'), True),
        (PLUGIN.replace("command: kzd", "command: run.sh"), False),
        (PLUGIN.replace("command: kzd", "command: kzd}, {command: sh"), False),
        (TYPE, False),
        ("name: secrets\nversion: 1.0.0\ncommand: postrenderer/v1\n", False),
        ("type: cli/v1\n", False),
        ("type: [postrenderer/v1]\n", False),
        ("a: [\n", False),
        ("", False),
        ("- type: postrenderer/v1\n", False),
        (b"\xff", False),
    ],
)
def test_only_a_post_renderer_of_helm_4_hides_errors(
    console: Console, text: str | bytes, hides: bool
) -> None:
    console.write("plugin/plugin.yaml", text)

    assert hides_errors({"HELM_PLUGIN_DIR": str(console.folder / "plugin")}) is hides


def test_without_a_plugin_nothing_is_hidden(console: Console) -> None:
    assert not hides_errors({})
    assert not hides_errors({"HELM_PLUGIN_DIR": str(console.folder)})
    assert not hides_errors({"HELM_PLUGIN_NAME": "kzd"})


def test_a_report_is_kept_where_the_caller_says(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KZD_REPORT", "report")

    first = console.kzd(*ONLY, data=WEB)
    second = console.kzd(data=BROKEN)
    usage = console.kzd("--nonsense")

    assert (first.code, second.code, usage.code) == (0, 3, 2)
    kept = (console.folder / "report").read_text()
    assert kept == first.err + second.err + usage.err
    assert kept.startswith("1 workload: 1 changed\n-:2:1: error: ")


def test_a_report_that_can_not_be_kept_is_an_error(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KZD_REPORT", "no/where")

    done = console.kzd(*ONLY, data=WEB)

    assert (done.code, done.out) == (3, b"")
    assert done.err == (
        "1 workload: 1 changed\n"
        "kzd: error: KZD_REPORT: 'no/where' can't be written: No such file or directory\n"
    )
