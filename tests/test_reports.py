"""The reports: the text that people read, and the JSON that programs do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from kzd.report import diff, text
from kzd.result import Result
from tests.case import CASES as TRANSFORMS
from tests.console import ROOT, Console
from tests.manifests import ONLY, SERVICE, SWITCHED_OFF, WEB, WORKER

CASES = Path(__file__).parent / "errors"
SCHEMA = json.loads((ROOT / "schemas" / "report.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
EXAMPLES = sorted(ROOT.glob("examples/*/input.yaml"))
TOLD = {
    folder.name: (folder / "input.yaml").read_bytes()
    for folder in sorted(CASES.iterdir())
    if (folder / "input.yaml").exists() and (folder / "exit").read_text() in ("0\n", "1\n")
}
OBJECTS = {"summary", "workload", "result", "edit", "propagation", "file", "field", "resourceRef"}


class TextFile(SingleFileSnapshotExtension):
    """A snapshot as a file of its own."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


def reported(console: Console, *arguments: str, data: bytes | str = b"") -> dict[str, Any]:
    done = console.kzd(*arguments, "--format", "json", data=data)
    out = done.err if arguments[0] in ("render", "diff") else done.out.decode()
    report = json.loads(out)
    VALIDATOR.validate(report)
    return report


@pytest.mark.parametrize("command", ["render", "check", "diff", "explain"])
def test_the_json_of_every_command_fits_its_schema(console: Console, command: str) -> None:
    report = reported(console, command, data=WEB)

    assert report["summary"]["workloads"] == len(report["workloads"]) == 1
    assert {item["tags"]["action"] for item in report["results"]} >= {"edit", "create"}
    assert report["workloads"][0]["edits"]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_the_json_of_the_examples_fits_its_schema(console: Console, file: Path) -> None:
    assert reported(console, "check", str(file), "--unsafe")["workloads"]


@pytest.mark.parametrize("name", TOLD)
def test_the_json_of_what_is_told_of_bad_input_fits_its_schema(console: Console, name: str) -> None:
    reported(console, "check", data=TOLD[name])


def test_the_json_of_configured_and_empty_runs_fits_its_schema(console: Console) -> None:
    assert reported(console, "check")["workloads"] == []
    report = reported(console, "render", data=f"{SWITCHED_OFF}---\n{WEB}")
    assert report["configuredBy"] == "-"
    overrides = f"{SWITCHED_OFF}  overrides:\n  - match: {{name: x}}\n    rollingUpdate: {{}}\n"
    (result,) = reported(console, "render", *ONLY, data=f"{overrides}---\n{WORKER}")["results"]
    assert result["message"] == "spec.overrides[0]: fits no resource of the input"


def test_the_schema_of_the_report_lets_nothing_else_in(console: Console) -> None:
    """Else the tests above would prove nothing."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    report = reported(console, "check", data=WEB)
    for change in (
        {"tool": 1}, {"more": 1}, {"summary": {}}, {"workloads": [{}]}, {"results": [{}]},
        {"results": [{**report["results"][0], "severity": "fatal"}]},
        {"workloads": [{**report["workloads"][0], "role": "other"}]},
    ):  # fmt: skip
        assert not VALIDATOR.is_valid(report | change)
    definitions = {"summary": SCHEMA["properties"]["summary"], **SCHEMA["definitions"]}
    assert all(definitions[name]["additionalProperties"] is False for name in OBJECTS)


def test_the_json_repeats_what_the_text_says(console: Console) -> None:
    console.write("web.yaml", WEB)
    lines = console.kzd("check", "web.yaml").out.decode().splitlines()[:-1]

    results = reported(console, "check", "web.yaml")["results"]

    assert len(results) == len(lines)
    for result, line in zip(results, lines, strict=True):
        place = f"{result['file']['path']}:{result['file']['line']}:{result['file']['column']}"
        assert line.startswith(f"{place}: {result['severity']}: Deployment/web: ")
        assert result["message"] in line


@pytest.mark.parametrize("command", ["check", "explain"])
def test_the_report_of_a_shop(
    console: Console, snapshot: SnapshotAssertion, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One edit, a worker, a finding of a Service alone, and a file that is passed over."""
    monkeypatch.setenv("COLUMNS", "80")
    console.write("shop/web.yaml", WEB)
    console.write("shop/mail.yaml", WORKER)
    console.write("shop/values.yaml", "apiVersion: v1\nkind: Service\nmetadata: {{ x }}\n")

    done = console.kzd(command, "shop", *ONLY)

    assert done.out.decode() == snapshot(extension_class=TextFile)


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (Result("is odd", "info"), "info: is odd\n"),
        (Result("is odd", "error", file="a b.yaml", line=3), "a b.yaml:3: error: is odd\n"),
        (
            Result("is odd", "warning", {"kind": "Pod"}, ("spec",), file="-", line=1, column=2),
            "-:1:2: warning: Pod: spec: is odd\n",
        ),
        (
            Result("why", "info", {"kind": "A", "name": "b"}, ("spec", "x"), proposed=[None, True],
                   tags={"action": "edit", "transform": "t"}),
            "info: A/b: spec.x = [null, true]: why [t]\n",
        ),
        (Result("\x1b[1m\n\u2028", "info", file="\a"), "\\u0007: info: \\u001b[1m\\u000a\\u2028\n"),
    ],
)  # fmt: skip
def test_a_line(result: Result, line: str) -> None:
    assert text.line(result) == line


def test_names_of_the_input_move_no_cursor(console: Console) -> None:
    evil = WEB.replace("name: web", 'name: "we\\e[2Jb"')

    done = console.kzd("explain", *ONLY, data=evil)

    assert b"\x1b" not in done.out
    assert b"\\u001b[2J" in done.out


def test_long_values_are_cut_in_lines_and_whole_in_explanations(console: Console) -> None:
    probe = "        livenessProbe:\n          httpGet:\n            port: 80\n"
    data = WEB + probe + f"            path: /{'x' * 80}\n"
    only = ("--only", "readiness-probe")

    assert b"x" * 80 not in console.kzd("check", *only, data=data).out
    assert b"x" * 80 in console.kzd("explain", *only, data=data).out


@pytest.mark.parametrize(
    ("before", "after", "hunks"),
    [
        (b"a\n", b"a\n", b""),
        (b"", b"a\n", b"@@ -0,0 +1 @@\n+a\n"),
        (b"a\n", b"", b"@@ -1 +0,0 @@\n-a\n"),
        (b"a", b"a\nb", b"@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n"
                        b"\\ No newline at end of file\n"),
        (b"a\r\n", b"a\r\nb\r\n", b"@@ -1 +1,2 @@\n a\r\n+b\r\n"),
        (b"a\x0bb\x0c\n", b"a\x0bb\x0c\nc\n", b"@@ -1 +1,2 @@\n a\x0bb\x0c\n+c\n"),
        (b"1\n2\n3\n4\n5\n6\n7\n8\n9\n", b"0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n",
         b"@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -7,3 +8,4 @@\n 7\n 8\n 9\n+0\n"),
        (b"1\n2\n3\n4\n5\n6\n", b"0\n1\n2\n3\n4\n5\n6\n0\n",
         b"@@ -1,6 +1,8 @@\n+0\n 1\n 2\n 3\n 4\n 5\n 6\n+0\n"),
    ],
)  # fmt: skip
def test_a_diff(before: bytes, after: bytes, hunks: bytes) -> None:
    head = b"--- a/x.yaml\n+++ b/x.yaml\n" if hunks else b""

    assert diff.unified("x.yaml", before, after) == head + hunks


def test_a_diff_in_colours() -> None:
    painted = diff.unified("x", b"a\nb\n", b"a\nc\n", is_colored=True)

    assert painted == (
        b"\x1b[1m--- a/x\x1b[0m\n\x1b[1m+++ b/x\x1b[0m\n\x1b[36m@@ -1,2 +1,2 @@\x1b[0m\n"
        b" a\n\x1b[31m-b\x1b[0m\n\x1b[32m+c\x1b[0m\n"
    )


def test_the_summary_counts(console: Console) -> None:
    hook = WORKER.replace("metadata:\n", "metadata:\n  annotations:\n    helm.sh/hook: test\n", 1)

    done = console.kzd(*ONLY, data=f"{WEB}---\n{WORKER}---\n{hook}")

    assert done.err == "3 workloads: 1 changed, 1 left alone\n"


def test_a_service_alone_has_no_workloads(console: Console) -> None:
    assert console.kzd("check", data=SERVICE).out == b"no workloads\n"


def test_what_an_exemption_keeps_back_is_told_with_its_reason(console: Console) -> None:
    exempt = "metadata:\n  annotations:\n    exempt.kzd.dev/rolling-update: shares a licence\n"
    web = WEB.replace("kind: Deployment\nmetadata:\n", f"kind: Deployment\n{exempt}")
    why = "shares a licence (annotation `exempt.kzd.dev/rolling-update`)"

    done = console.kzd("explain", *ONLY, data=web)
    assert f"  exempt from rolling-update: {why}\n" in done.out.decode()

    done = console.kzd("check", *ONLY, "--format", "json", data=web)
    assert json.loads(done.out)["workloads"][0]["exemptions"] == {"rolling-update": why}


def test_explain_names_another_resource_that_a_finding_is_about(console: Console) -> None:
    file = TRANSFORMS / "long_task" / "a_scaled_object_that_may_scale_in_and_to_zero_is_reported"
    told = console.kzd("explain", str(file / "input.yaml")).out.decode()

    assert "\n  warning: ScaledObject/transcode: spec.minReplicaCount [long-task]\n" in told
    assert "\n  info: metadata.name [long-task]\n      a Deployment 'transcode'" in told
