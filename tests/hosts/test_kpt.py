"""kzd as a function of kpt: what lands in the files of a package, and what people are told."""

from __future__ import annotations

import pytest

from tests.hosts.conftest import Hosts
from tests.hosts.examples import run_example
from tests.hosts.kustomizations import stand_in
from tests.hosts.packages import (
    BUDGET,
    CHANGED,
    CONFIGURATION,
    DEPLOYMENT,
    EDITS,
    EVAL,
    RENDER,
    SECONDS,
    SERVICE,
    kpt,
    kptfile,
    package,
    results,
    texts,
)

KZD = "  mutators:\n    - exec: kzd\n"
BY_PATH = f"{KZD}      configPath: zero-downtime.yaml\n"
BY_MAP = f'{KZD}      configMap:\n        propagation.seconds: "08"\n'
CHECK = "  validators:\n    - exec: kzd check\n"
WRONG = DEPLOYMENT.replace('example.com/on-call: "yes"', "kzd.dev/serving: maybe")
WRONG_TOLD = (
    "Deployment/tickets: metadata.annotations[kzd.dev/serving]: must be true or false, not 'maybe'"
)
RESULTS = ("--results-dir", "results")


def test_the_example(hosts: Hosts) -> None:
    folder = run_example(hosts, "kpt", "kpt")

    rendered = texts(folder / "rendered")
    assert kpt(hosts, "fn", "render", "examples/kpt/rendered", "--allow-exec").code == 0
    assert texts(folder / "rendered") == rendered


def test_the_example_s_map_does_the_same(hosts: Hosts) -> None:
    package(hosts)

    kpt(hosts, *EVAL, *SECONDS)
    assert texts(hosts.folder / "tickets")["web.yaml"] == CHANGED


@pytest.mark.parametrize("pipeline", [BY_PATH, BY_MAP, BY_PATH + CHECK])
def test_a_pipeline_changes_the_workload_and_nothing_else(hosts: Hosts, pipeline: str) -> None:
    folder = package(hosts, pipeline, **{"zero-downtime": CONFIGURATION})
    before = texts(folder)

    kpt(hosts, *RENDER)
    after = texts(folder)
    assert after == before | {"web.yaml": CHANGED}

    kpt(hosts, *RENDER)
    assert texts(folder) == after


def test_executables_have_to_be_allowed(hosts: Hosts) -> None:
    folder = package(hosts, BY_MAP)
    before = texts(folder)

    done = kpt(hosts, *RENDER[:-1], code=1)
    assert "must run with `--allow-exec` option to allow running function binaries" in done.err
    assert texts(folder) == before


def test_what_kpt_changes_itself_is_not_kzd_s(hosts: Hosts) -> None:
    stand_in(hosts, "nothing", "exec cat\n")
    wide = "".join(
        f"{' ' * (len(line) - len(line.lstrip()))}{line.replace(' - ', ' -   ')}"
        for line in f"{DEPLOYMENT}---\n{SERVICE}".replace(" #", "   #").splitlines(keepends=True)
    )
    folder = package(hosts, web=wide)
    kpt(hosts, *EVAL[:-1], "nothing")
    rewritten = texts(folder)["web.yaml"]
    assert rewritten != wide
    hosts.write("tickets/web.yaml", wide)

    kpt(hosts, *EVAL, *SECONDS)
    lines = texts(folder)["web.yaml"].splitlines()
    kept = iter(lines)
    assert all(line in kept for line in rewritten.splitlines())
    assert (
        len(lines) - len(rewritten.splitlines())
        == len(EDITS.splitlines()) + len(BUDGET.splitlines()) + 1
    )


@pytest.mark.parametrize("indent", ["", "  "], ids=["compact", "wide"])
def test_the_style_of_lists_is_kept_in_what_is_created_too(hosts: Hosts, indent: str) -> None:
    selector = (
        f"    matchExpressions:\n    {indent}- key: app\n    {indent}  operator: In\n"
        f"    {indent}  values:\n    {indent}  {indent}- tickets\n"
    )
    web = DEPLOYMENT.replace("    matchLabels: {app: tickets}\n", selector)
    folder = package(hosts, web=web, service=SERVICE)

    kpt(hosts, *EVAL, *SECONDS)
    deployment, _, budget = texts(folder)["web.yaml"].partition("---\n")
    assert selector in deployment
    assert selector in budget


def test_a_budget_lands_in_the_file_of_its_workload_in_a_package_in_the_package(
    hosts: Hosts,
) -> None:
    folder = package(hosts, BY_MAP, web=f"{SERVICE}---\n{CONFIGURATION}", sub__web=DEPLOYMENT)
    hosts.write("tickets/sub/Kptfile", kptfile(name="sub"))
    before = texts(folder)

    kpt(hosts, *RENDER)
    expected = f"{DEPLOYMENT}{EDITS}---\n{BUDGET}"
    assert texts(folder) == before | {"sub/web.yaml": expected}


def test_the_same_names_in_two_packages_are_two_workloads(hosts: Hosts) -> None:
    whole = f"{DEPLOYMENT}---\n{SERVICE}"
    folder = package(hosts, BY_MAP, web=whole, sub__web=whole)
    hosts.write("tickets/sub/Kptfile", kptfile(name="sub"))

    done = kpt(hosts, *RENDER)
    assert f"is in {folder}/sub/web.yaml and {folder}/web.yaml" in done.err
    after = texts(folder)
    assert after["web.yaml"] == after["sub/web.yaml"] == CHANGED
    kpt(hosts, *RENDER)
    assert texts(folder) == after


def test_what_is_not_applied_is_left_alone(hosts: Hosts) -> None:
    local = DEPLOYMENT.replace("example.com/on-call", "config.kubernetes.io/local-config").replace(
        '"yes"', '"true"'
    )
    folder = package(hosts, BY_MAP, web=f"{local}---\n{SERVICE}")
    before = texts(folder)

    kpt(hosts, *RENDER)
    assert texts(folder) == before


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (
            "propagation.secondz=8",
            "data[propagation.secondz]: is not known; did you mean `propagation.seconds`?",
        ),
        (
            "pod-disruption-budget=08",
            "data[pod-disruption-budget]: must be true or false, not '08'",
        ),
        (
            "propagation.seconds=yes",
            "data[propagation.seconds]: must be a number from 0 to 3600, not 'yes'",
        ),
    ],
)
def test_a_wrong_option_is_an_error_that_is_seen_and_kept(
    hosts: Hosts, pair: str, told: str
) -> None:
    folder = package(hosts)
    before = texts(folder)

    done = kpt(hosts, *EVAL, *RESULTS, "--", pair, code=1)
    assert f"[error]: {told}" in done.err
    assert texts(folder) == before
    (item,) = results(hosts)
    assert (item["exec"], item["exitCode"]) == ("kzd", 2)
    (result,) = item["results"]
    assert result["severity"] == "error"
    assert result["message"].startswith(told)


def test_a_switch_of_the_map_is_no_number(hosts: Hosts) -> None:
    folder = package(hosts)

    kpt(hosts, *EVAL, *SECONDS, "pod-disruption-budget=false", "rolling-update.enabled=false")
    edited = f"{DEPLOYMENT}{''.join(EDITS.splitlines(keepends=True)[:5])}---\n{SERVICE}"
    assert texts(folder)["web.yaml"] == edited


def test_without_options_the_package_s_configuration_counts(hosts: Hosts) -> None:
    folder = package(hosts, **{"zero-downtime": CONFIGURATION})

    done = kpt(hosts, *EVAL, *RESULTS)
    assert "kzd: configured by zero-downtime.yaml" in done.err
    assert texts(folder)["web.yaml"] == CHANGED
    told = [result["message"] for result in results(hosts)[0]["results"]]
    assert any(
        "8 s + 2 s margin = 10 s (configured: zero-downtime.yaml: spec.propagation.seconds)" in item
        for item in told
    )


def test_an_empty_function_input_is_no_configuration(hosts: Hosts) -> None:
    stand_in(hosts, "kept", "exec tee input.yaml\n")
    package(hosts)

    kpt(hosts, *EVAL[:-1], "kept")
    assert "functionConfig" in (sent := (hosts.folder / "input.yaml").read_text())
    assert "name: function-input" in sent
    assert "configured by" not in kpt(hosts, *EVAL).err


def test_arguments_go_with_the_program(hosts: Hosts) -> None:
    folder = package(hosts)

    kpt(hosts, *EVAL[:-1], "kzd --only rolling-update")
    edited = f"{DEPLOYMENT}{''.join(EDITS.splitlines(keepends=True)[-3:])}---\n{SERVICE}"
    assert texts(folder)["web.yaml"] == edited


def test_results_are_shown_and_kept(hosts: Hosts) -> None:
    package(hosts)

    done = kpt(hosts, *EVAL, *RESULTS, *SECONDS)
    assert "[info] apps/v1/Deployment/tickets: PodDisruptionBudget 'tickets' is added" in done.err
    assert "1 workload: 1 changed" in done.err
    (item,) = results(hosts)
    assert (item["exec"], item["exitCode"]) == ("kzd", 0)
    assert item["stderr"] == "kzd: configured by functionConfig\n1 workload: 1 changed\n"
    (edit,) = (
        result for result in item["results"] if result["tags"]["transform"] == "rolling-update"
    )
    assert edit["severity"] == "info"
    assert edit["resourceRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "tickets"}
    assert edit["field"] == {
        "path": "spec.strategy.rollingUpdate.maxUnavailable", "proposedValue": 0,
    }  # fmt: skip
    assert edit["file"]["path"] == "web.yaml"


def test_an_error_of_the_input_leaves_the_files(hosts: Hosts) -> None:
    folder = package(hosts, BY_PATH, web=WRONG, **{"zero-downtime": CONFIGURATION})
    before = texts(folder)

    done = kpt(hosts, *RENDER, *RESULTS, code=1)
    assert f"[error]: {WRONG_TOLD}" in done.err
    assert f"web.yaml: error: {WRONG_TOLD}" in done.err
    assert texts(folder) == before
    (item,) = results(hosts)
    assert [result["file"] for result in item["results"]] == [{"path": "web.yaml"}]


def test_a_validator_fails_where_something_would_change(hosts: Hosts) -> None:
    folder = package(hosts, CHECK)
    before = texts(folder)

    done = kpt(hosts, *RENDER, *RESULTS, code=1)
    assert "1 workload: 1 to change" in done.err
    assert texts(folder) == before
    (item,) = results(hosts)
    assert (item["exec"], item["exitCode"]) == ("kzd check", 1)
    assert {"edit", "create"} <= {result["tags"]["action"] for result in item["results"]}


def test_a_check_in_place_of_a_mutator_deletes_nothing(hosts: Hosts) -> None:
    folder = package(hosts)
    kpt(hosts, *EVAL, *SECONDS)
    before = texts(folder)

    kpt(hosts, *EVAL[:-1], "kzd check", *SECONDS)
    assert texts(folder) == before


def test_a_pipe_from_source_to_sink(hosts: Hosts) -> None:
    hosts.program("kpt")
    package(hosts, **{"zero-downtime": CONFIGURATION})
    pipe = "set -o pipefail; kpt fn source tickets | kzd | kpt fn sink sunk"

    done = hosts.shell(pipe)
    assert (done.code, done.err) == (
        0, "kzd: configured by zero-downtime.yaml\n1 workload: 1 changed\n",
    )  # fmt: skip
    sunk = texts(hosts.folder / "sunk")["web.yaml"]
    assert sorted(sunk.splitlines()) == sorted(CHANGED.splitlines())  # kzd's own order of fields

    hosts.write("tickets/web.yaml", WRONG)
    failed = hosts.shell(pipe.replace("sunk", "wrong"))
    assert (failed.code, failed.err) == (2, f"web.yaml: error: {WRONG_TOLD}\n")
    kept = hosts.shell(pipe.replace("sunk", "hidden").removeprefix("set -o pipefail; "))
    assert kept.code == 0
    assert texts(hosts.folder / "hidden")["web.yaml"] == WRONG


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("empty", ""),
        ("no-items", "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []"),
    ],
)
def test_kpt_takes_an_empty_answer_for_an_order_to_delete(
    hosts: Hosts, name: str, answer: str
) -> None:
    stand_in(hosts, name, f"cat > /dev/null\ncat <<'END'\n{answer}\nEND\n")
    folder = package(hosts)

    kpt(hosts, *EVAL[:-1], name)
    assert texts(folder) == {}


def test_kpt_refuses_a_scalar(hosts: Hosts) -> None:
    stand_in(hosts, "scalar", "cat > /dev/null\nprintf '|\\n  an error\\n'\n")
    folder = package(hosts)
    before = texts(folder)

    done = kpt(hosts, *EVAL[:-1], "scalar", code=1)
    assert "wrong node kind: expected MappingNode but got ScalarNode" in done.err
    assert "an error" in done.err
    assert texts(folder) == before


def test_kpt_names_a_program_that_is_missing(hosts: Hosts) -> None:
    folder = package(hosts)
    before = texts(folder)

    done = kpt(hosts, *EVAL[:-1], "not-there", code=1)
    assert 'exec: "not-there": executable file not found in $PATH' in done.err
    assert texts(folder) == before


def test_kpt_refuses_a_taken_place(hosts: Hosts) -> None:
    budget = "\n".join(f"  {line}" for line in BUDGET.splitlines())
    place = (
        "    annotations:\n"
        "      internal.config.kubernetes.io/path: web.yaml\n"
        "      internal.config.kubernetes.io/index: '1'\n"
    )
    item = f"- {budget.strip()}\n".replace("    name: tickets\n", f"    name: tickets\n{place}")
    stand_in(hosts, "taken", f"sed '/^functionConfig:/,$d'\ncat <<'END'\n{item}END\n")
    package(hosts)

    done = kpt(hosts, *EVAL[:-1], "taken", code=1)
    assert 'resource at path "web.yaml" and index "1" already exists' in done.err
