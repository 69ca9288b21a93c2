"""The reports for CI: GitHub's workflow commands, GitLab's code quality, SARIF."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kzd import transforms
from kzd.__main__ import VALUES
from kzd.commands.answer import DOCUMENTS, FORMATS
from kzd.report import github, gitlab, place, sarif
from kzd.result import Result
from tests.console import Console
from tests.manifests import CONFIGURATION, DEPLOYMENT, ONLY, SERVICE, WEB, resource_list

ERRORS = Path(__file__).parent / "errors"
TOLD = {
    folder.name: (folder / "input.yaml").read_bytes()
    for folder in sorted(ERRORS.iterdir())
    if (folder / "input.yaml").exists() and (folder / "exit").read_text() in ("0\n", "1\n")
}
EDIT = (
    "Deployment/web: spec.strategy.rollingUpdate.maxUnavailable = 0: old Pods serve until their "
    "replacements are ready; by the default of 25%, 0 of 3 Pods may be missing, but 1 of 4"
)
ANNOTATION = (
    "::notice file=web.yaml,line=15,col=1,title=rolling-update::" + EDIT.replace("%", "%25") + "\n"
)
SUMMARY = "1 workload: 1 to change\n"
NO_PODS = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"
REF = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "shop"}


def shape(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 1}
MESSAGE = shape({"text": TEXT})
CODE_QUALITY = {
    "type": "array",
    "items": shape(
        {
            "description": TEXT,
            "check_name": TEXT,
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": shape(
                {
                    "path": {"type": "string", "pattern": r"^[^./]|^-$"},
                    "lines": shape({"begin": NUMBER}),
                }
            ),
        }
    ),
}
SARIF_RULE = shape(
    {
        "id": TEXT,
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": shape({"text": TEXT, "markdown": TEXT}),
    }
)
SARIF_LOCATION = shape(
    {
        "artifactLocation": shape({"uri": {"type": "string", "pattern": r"^[\w.~/%-]+$"}}),
        "region": shape({"startLine": NUMBER}, startColumn=NUMBER),
    }
)
SARIF_RESULT = shape(
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["error", "warning", "note"]},
        "message": MESSAGE,
        "locations": {
            "type": "array",
            "items": shape({"physicalLocation": SARIF_LOCATION}),
            "minItems": 1,
            "maxItems": 1,
        },
        "partialFingerprints": shape({"kzdResult/v1": TEXT}),
    }
)
SARIF = shape(
    {
        "$schema": {"type": "string", "pattern": "/sarif-schema-2.1.0.json$"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": shape(
                {
                    "tool": shape(
                        {
                            "driver": shape(
                                {
                                    "name": {"const": "kzd"},
                                    "version": TEXT,
                                    "rules": {"type": "array", "items": SARIF_RULE},
                                }
                            )
                        }
                    ),
                    "columnKind": {"const": "unicodeCodePoints"},
                    "results": {"type": "array", "items": SARIF_RESULT},
                }
            ),
        },
    }
)
"""What of SARIF kzd writes: all that code scanning asks for, and nothing that it would refuse."""

SHAPES = {"gitlab": CODE_QUALITY, "sarif": SARIF}


def document(name: str, told: bytes | str) -> Any:
    """What a report says, once it has its shape and its fingerprints tell everything apart."""
    report = json.loads(told)
    jsonschema.Draft7Validator(SHAPES[name]).validate(report)
    if name == "gitlab":
        prints = [issue["fingerprint"] for issue in report]
    else:
        (run,) = report["runs"]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert all(rules[item["ruleIndex"]] == item["ruleId"] for item in run["results"])
        prints = [item["partialFingerprints"]["kzdResult/v1"] for item in run["results"]]
    assert len(prints) == len(set(prints))
    return report


def test_the_filter_and_click_know_the_same_formats() -> None:
    assert set(VALUES["--format"][1]) == set(FORMATS) == {"text", "github", "json", *SHAPES}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("case", TOLD)
def test_whatever_is_told_has_the_shape(console: Console, name: str, case: str) -> None:
    document(name, console.kzd("check", "--format", name, data=TOLD[case]).out)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("command", ["render", "check", "diff", "explain"])
def test_every_command_tells_in_every_format_where_it_told_before(
    console: Console, command: str, name: str
) -> None:
    done = console.kzd(command, *ONLY, "--fail-on", "info", "--format", name, data=WEB)

    out = done.out.decode()
    told, other = (done.err, out) if command in ("render", "diff") else (out, done.err)
    assert "old Pods serve until their replacements are ready" in told
    assert "old Pods serve" not in other
    if name in DOCUMENTS:
        json.loads(told)


@pytest.mark.parametrize("name", SHAPES)
def test_a_document_stands_alone_where_people_read_notes(console: Console, name: str) -> None:
    console.write("kzd.yaml", CONFIGURATION)

    assert console.kzd(data=WEB).err.startswith("kzd: configured by kzd.yaml\n")
    assert document(name, console.kzd("--format", name, data=WEB).err)


# --- GitHub


def test_github_is_told_edits_as_notices_at_their_lines(console: Console) -> None:
    console.write("web.yaml", WEB)

    done = console.kzd("check", "web.yaml", *ONLY, "--format", "github")

    assert (done.code, done.out.decode(), done.err) == (1, ANNOTATION + SUMMARY, "")


def test_github_is_told_of_a_filter_on_standard_error(console: Console) -> None:
    done = console.kzd(
        *ONLY, "--format=github", "--fail-on=info", data=f"# Source: a/b.yaml\n{WEB}"
    )

    assert b"::" not in done.out
    assert done.err.startswith("::notice title=rolling-update::Deployment/web: ")

    quiet = console.kzd(*ONLY, "--format=github", data=WEB)
    assert quiet.err == "1 workload: 1 changed\n"


def test_github_is_told_the_worst_first_and_edits_before_advice() -> None:
    told = github.lines(
        [
            Result("advice", "info"),
            Result("edit", "info", tags={"action": "create", "transform": "t"}),
            Result("doubt", "warning"),
            Result("fault", "error", tags={"action": "validation"}),
        ]
    )

    assert told == (
        "::error title=validation::fault\n::warning title=finding::doubt\n"
        "::notice title=t::edit\n::notice title=finding::advice\n"
    )


def test_nothing_of_the_input_ends_a_workflow_command() -> None:
    """A file may be called what a command looks like, and a name may hold line ends."""
    result = Result("50%\r\n::stop-commands::x", "error", file="a,b:c%\n::x.yaml", line=3, column=1)

    assert github.line(result) == (
        "::error file=a%2Cb%3Ac%25%0A%3A%3Ax.yaml,line=3,col=1,title=finding::"
        "50%25\\u000d\\u000a::stop-commands::x\n"
    )


def test_quiet_annotates_errors_only(console: Console) -> None:
    console.write("all.yaml", f"{WEB}---\n{NO_PODS}")

    done = console.kzd("check", "all.yaml", *ONLY, "--format", "github", "--quiet")

    lines = done.out.decode().splitlines()
    assert lines
    assert all(line.startswith("::error file=all.yaml,line=") for line in lines)


def test_what_can_t_be_read_is_annotated_too(console: Console) -> None:
    console.write("shop/a.yaml", "a: [")
    console.write("shop/b.yaml", "b: {")

    done = console.kzd("check", "shop", "--format", "github")

    assert (done.code, done.out) == (3, b"")
    plain = console.kzd("check", "shop").err.splitlines()
    assert [line.partition(" error: ")[0] for line in plain] == [
        "shop/a.yaml:1:5:",
        "shop/b.yaml:1:5:",
    ]
    assert done.err.splitlines() == [
        f"::error file={name},line=1,col=5,title=failure::{line.partition(' error: ')[2]}"
        for name, line in zip(("shop/a.yaml", "shop/b.yaml"), plain, strict=True)
    ]


def test_a_file_s_name_is_no_command(console: Console) -> None:
    console.write("::stop-commands::x.yaml", "a: [")

    done = console.kzd("check", "::stop-commands::x.yaml", "--format", "github")

    assert done.code == 3
    (line,) = done.err.splitlines()
    assert line.startswith("::error file=%3A%3Astop-commands%3A%3Ax.yaml,line=1,")


def test_a_filter_that_fails_is_annotated_too(console: Console) -> None:
    done = console.kzd("--format", "github", data="kind: Service\na: [")

    assert (done.code, done.out) == (3, b"")
    assert done.err.startswith("::error title=failure::is not YAML: ")


def test_github_sees_the_notes_too(console: Console) -> None:
    console.write("empty/README.md", "")

    done = console.kzd("check", "empty", "--format", "github")

    assert done.err == "kzd: there is nothing to read: no *.yaml, *.yml or *.json\n"


# --- GitLab


def test_gitlab_is_told_of_each_result(console: Console) -> None:
    console.write("web.yaml", WEB)

    done = console.kzd("check", "./web.yaml", *ONLY, "--format", "gitlab")

    assert (done.code, done.err) == (1, "")
    (issue,) = document("gitlab", done.out)
    assert issue == {
        "description": EDIT,
        "check_name": "rolling-update",
        "fingerprint": issue["fingerprint"],
        "severity": "info",
        "location": {"path": "web.yaml", "lines": {"begin": 15}},
    }


def test_nothing_to_tell_is_an_empty_report(console: Console) -> None:
    assert console.kzd("check", "--format", "gitlab", data=SERVICE).out == b"[]\n"


def test_severities_have_gitlab_s_names() -> None:
    results = [Result(word, word) for word in ("error", "warning", "info")]

    found = document("gitlab", gitlab.report(results))

    assert [issue["severity"] for issue in found] == ["critical", "major", "info"]


# --- SARIF


def test_sarif_has_all_rules_with_their_pages_and_the_results(console: Console) -> None:
    console.write("a web.yaml", WEB)

    done = console.kzd("check", "a web.yaml", *ONLY, "--format", "sarif")

    (run,) = document("sarif", done.out)["runs"]
    loaded = transforms.load()
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {item.name for item in loaded} == rules.keys() - sarif.ACTIONS.keys()
    for item in loaded:
        assert rules[item.name]["shortDescription"]["text"] == item.promise
        assert rules[item.name]["help"]["markdown"] == item.docstring
    (result,) = run["results"]
    assert result["ruleId"] == "rolling-update"
    assert result["level"] == "note"
    assert result["message"]["text"] == EDIT
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20web.yaml"},
                "region": {"startLine": 15, "startColumn": 1},
            }
        }
    ]


def test_severities_have_sarif_s_levels() -> None:
    results = [
        Result(word, word, tags={"action": "input"}) for word in ("error", "warning", "info")
    ]

    (run,) = document("sarif", sarif.report(results, ()))["runs"]

    assert [item["level"] for item in run["results"]] == ["error", "warning", "note"]


def test_sarif_has_a_rule_for_whatever_speaks_without_a_transform(console: Console) -> None:
    override = "  overrides:\n  - match: {name: x}\n    rollingUpdate: {}\n"
    exempt = "metadata:\n  annotations: {exempt.kzd.dev/all: why}\n"
    idle = SERVICE.replace("metadata:\n", exempt, 1)
    spoken = set()
    for data in [*TOLD.values(), f"{CONFIGURATION}spec:\n{override}---\n{idle}"]:
        (run,) = document("sarif", console.kzd("check", "--format", "sarif", data=data).out)["runs"]
        spoken |= {item["ruleId"] for item in run["results"]}

    assert spoken >= sarif.ACTIONS.keys()


# --- rules, files and fingerprints, which all of them share


@pytest.mark.parametrize("name", ["github", *SHAPES])
def test_a_rendered_stream_names_the_files_it_came_from(console: Console, name: str) -> None:
    chart = (
        f"---\n# Source: shop/templates/web.yaml\n{DEPLOYMENT}---\n# Source: shop/a.yaml\n{SERVICE}"
    )

    told = console.kzd("check", *ONLY, "--format", name, data=chart).out.decode()

    if name == "github":
        assert told.startswith("::notice file=shop/templates/web.yaml,title=rolling-update::")
    elif name == "gitlab":
        (issue,) = document(name, told)
        assert issue["location"] == {"path": "shop/templates/web.yaml", "lines": {"begin": 1}}
    else:
        (result,) = document(name, told)["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "shop/templates/web.yaml"},
            "region": {"startLine": 1},
        }


def test_a_function_s_items_are_told_at_the_files_of_their_package(console: Console) -> None:
    path = "  annotations: {config.kubernetes.io/path: apps/web.yaml}\n"
    web = DEPLOYMENT.replace("metadata:\n", f"metadata:\n{path}", 1)

    done = console.kzd("check", *ONLY, "--format", "gitlab", data=resource_list(web, SERVICE))

    (issue,) = document("gitlab", done.err)
    assert issue["location"] == {"path": "apps/web.yaml", "lines": {"begin": 1}}


@pytest.mark.parametrize(
    "given", ["web.yaml", "./web.yaml", "../deploy/web.yaml", "{here}/web.yaml"]
)
def test_files_are_named_from_the_top_of_the_repository(console: Console, given: str) -> None:
    console.write(".git/HEAD", "")
    file = console.write("deploy/web.yaml", WEB)
    os.chdir(file.parent)

    found = place.file(Result("", "info", file=given.format(here=file.parent)))

    assert found == "deploy/web.yaml"


def test_a_file_outside_of_the_repository_keeps_its_name(console: Console) -> None:
    console.write("repository/.git/HEAD", "")
    file = console.write("web.yaml", WEB)
    os.chdir(console.folder / "repository")

    assert place.file(Result("", "info", file=str(file))) == str(file)


def test_without_a_repository_files_are_named_from_the_working_directory(console: Console) -> None:
    file = console.write("deploy/web.yaml", WEB)

    assert place.file(Result("", "info", file=str(file))) == "deploy/web.yaml"


def test_fingerprints_outlive_other_lines_and_values(console: Console) -> None:
    def found(text: str) -> list[str]:
        console.write("web.yaml", text)
        out = console.kzd("check", "web.yaml", "--format", "gitlab").out
        return [issue["fingerprint"] for issue in document("gitlab", out)]

    before = found(WEB)

    assert found(f"# a line more\n{WEB.replace('replicas: 3', 'replicas: 12')}") == before
    assert set(found(WEB.replace("name: web", "name: shop"))).isdisjoint(before)


def test_fingerprints_differ_by_rule_object_field_and_file() -> None:
    first = Result("a", "info", REF, ("spec",), tags={"transform": "t"})
    others = [
        first._replace(tags={"transform": "u"}),
        first._replace(file="b.yaml"),
        first._replace(field_path=("spec", "x")),
        *(first._replace(resource_ref=REF | {key: "x"}) for key in ("kind", "name", "namespace")),
    ]
    same = [
        first._replace(line=5, column=2, message="b", severity="error", proposed=3),
        first._replace(resource_ref=REF | {"apiVersion": "apps/v1beta1"}),
    ]

    (print_of_first,) = place.fingerprints([first])
    assert [place.fingerprints([item]) for item in same] == [[print_of_first]] * 2
    assert len(set(place.fingerprints([first, *others]))) == 1 + len(others)
    assert len(set(place.fingerprints([first, *same]))) == 3
