"""The action and the example of a workflow: checked by GitHub's schemas, their scripts run."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console import ROOT
from tests.hosts import checkout
from tests.hosts.ci_schema import checked
from tests.hosts.conftest import KZD, Done, Hosts
from tests.hosts.examples import EXAMPLES, run_example
from tests.hosts.workflow import EXPRESSION, Runner, load

ACTION = load(ROOT / "action.yml")
EXAMPLE = EXAMPLES / "github-actions"
WORKFLOW = load(EXAMPLE / "kzd.yml")
PYTHON, INSTALL, CHECK = ACTION["runs"]["steps"]
ANNOTATION = "::notice file=manifests/web.yaml,line=5,col=1,title=rolling-update::"


@pytest.fixture
def workspace(hosts: Hosts) -> Path:
    """The example as a repository that is checked out."""
    folder = shutil.copytree(EXAMPLE, hosts.folder / "workspace")
    (folder / ".git").mkdir()
    return folder


@pytest.fixture
def runner(hosts: Hosts, workspace: Path) -> Runner:
    return Runner(hosts, workspace)


def context(**inputs: str) -> dict[str, str]:
    """The values of expressions: inputs, with the action's defaults."""
    known = {name: given["default"] for name, given in ACTION["inputs"].items()}
    unknown = inputs.keys() - {name.replace("-", "_") for name in known}
    assert not unknown
    known |= {name.replace("_", "-"): value for name, value in inputs.items()}
    return {f"inputs.{name}": value for name, value in known.items()}


def check(runner: Runner, **inputs: str) -> Done:
    """The action's check, with kzd on the PATH already."""
    return runner.run(CHECK, context(**inputs))


@pytest.mark.parametrize(
    ("schema", "file"),
    [("github-actions", ROOT / "action.yml"), ("github-workflows", EXAMPLE / "kzd.yml")],
)
def test_github_s_schema_takes_it(schema: str, file: Path) -> None:
    checked(schema, file)


def scripts() -> Iterator[dict[str, Any]]:
    yield from (step for step in ACTION["runs"]["steps"] if "run" in step)
    yield from (step for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step)


def test_no_expression_is_written_into_a_script() -> None:
    found = list(scripts())

    assert len(found) == 4
    assert not [step["run"] for step in found if EXPRESSION.search(step["run"])]


def test_every_input_is_used_and_has_a_default() -> None:
    used = {EXPRESSION.fullmatch(value)[1] for value in CHECK["env"].values()}

    assert used == {f"inputs.{name}" for name in ACTION["inputs"]}
    assert all("default" in given for given in ACTION["inputs"].values())


def test_the_action_installs_its_own_checkout_and_leaves_python_alone(
    runner: Runner, hosts: Hosts
) -> None:
    """kzd from a copy of the checkout, not the one that the other tests run."""
    source = checkout.copy(hosts.folder / "action")
    (source / "kzd" / "__init__.py").write_text(
        '"""A version of its own."""\n__version__ = "9.8.7"\n'
    )
    found = {"steps.python.outputs.python-path": sys.executable}

    done = runner.run(INSTALL, found, GITHUB_ACTION_PATH=str(source), **checkout.NETWORK)
    assert done.code == 0, done.told

    shown = {"run": "kzd --version; command -v python python3", "shell": "bash"}
    version, python, python3 = runner.run(shown, {}).out.splitlines()
    assert version == "kzd 9.8.7"
    assert str(hosts.folder) not in python + python3
    assert PYTHON["with"]["update-environment"] is False


def test_the_check_annotates_lines_and_shows_the_diff(runner: Runner) -> None:
    done = check(runner, paths="manifests")

    assert done.code == 1
    assert done.out.startswith(f"{ANNOTATION}Deployment/tickets: spec.strategy.rollingUpdate.")
    assert done.out.endswith("\n1 workload: 1 to change\n")
    assert runner.summary.startswith(
        "### kzd would change\n\n~~~~~~diff\n--- a/manifests/web.yaml\n"
    )
    assert "\n+      maxUnavailable: 0\n" in runner.summary
    assert runner.summary.endswith("\n~~~~~~\n")


def test_the_whole_repository_is_checked_where_nothing_is_said(runner: Runner) -> None:
    done = check(runner)

    assert done.code == 1
    assert ANNOTATION in done.out
    assert "file=chart/templates/web.yaml" in done.out, "the template is passed over, and told"


def test_inputs_reach_kzd_whole(runner: Runner, workspace: Path) -> None:
    (workspace / "manifests").rename(workspace / "my manifests")
    (workspace / "own.yaml").write_text(
        "apiVersion: kzd.dev/v1alpha1\nkind: ZeroDowntime\nmetadata: {name: a}\n"
        "spec: {rollingUpdate: {enabled: false}}\n"
    )

    assert check(runner, paths="my manifests\nchart\n", config="own.yaml").code == 0
    assert check(runner, paths="my manifests", exclude="*.txt\nweb.yaml").code == 0
    assert check(runner, paths="my manifests", config="own.yaml", fail_on="info").code == 0
    refused = check(runner, paths="my manifests", kubernetes_version="1.2")
    assert (refused.code, refused.out) == (2, "")
    assert "::error title=failure::" in refused.err
    assert runner.summary == ""


def test_inputs_are_never_run(runner: Runner, workspace: Path) -> None:
    evil = '$(touch ran); `touch ran`; " ; touch ran'

    codes = [
        check(runner, paths=evil).code,
        check(runner, paths="--in-place").code,
        *(check(runner, paths="manifests", **{name: evil}).code
          for name in ("config", "exclude", "kubernetes_version", "fail_on")),
    ]  # fmt: skip

    assert codes == [3, 3, 2, 1, 2, 2]
    assert not (workspace / "ran").exists()


def test_broken_manifests_are_annotated(runner: Runner, workspace: Path) -> None:
    (workspace / "manifests" / "broken.yaml").write_text("kind: Pod\na: [\n")

    done = check(runner, paths="manifests")

    assert (done.code, done.out) == (3, "")
    assert "::error file=manifests/broken.yaml,line=3,col=1,title=failure::is not YAML" in done.err


def test_without_paths_it_only_installs(runner: Runner) -> None:
    assert check(runner, paths="") == Done(0, "", "")


# --- the example


def job(name: str) -> list[dict[str, Any]]:
    return WORKFLOW["jobs"][name]["steps"]


def test_the_example_prints_what_it_shows(hosts: Hosts) -> None:
    run_example(hosts, "github-actions")


def test_the_workflow_gives_the_action_inputs_that_it_has() -> None:
    used = [
        step for name in WORKFLOW["jobs"] for step in job(name) if "kzd@" in step.get("uses", "")
    ]

    assert [step["uses"] for step in used] == [f"OWNER/kzd@{checkout.TAG}"] * 3
    assert all(step["with"].keys() <= ACTION["inputs"].keys() for step in used)


@pytest.fixture
def rendering(runner: Runner) -> dict[str, Any]:
    return next(step for step in job("chart") if "run" in step)


def stand_in(hosts: Hosts, name: str, target: str) -> None:
    """A program under the name that runners know it by."""
    folder = hosts.folder / "path"
    folder.mkdir(exist_ok=True)
    (folder / name).symlink_to(target)
    hosts.before = [folder]


@pytest.mark.parametrize("helm", ["helm3", "helm4"])
def test_the_chart_is_rendered(
    hosts: Hosts, runner: Runner, workspace: Path, rendering: dict[str, Any], helm: str
) -> None:
    stand_in(hosts, "helm", hosts.program(helm))

    done = runner.run(rendering, {})

    assert (done.code, done.out, done.err) == (0, "", "1 workload: 1 changed\n")
    rendered = (workspace / "rendered.yaml").read_text()
    assert "      maxUnavailable: 0\n" in rendered
    assert rendered.count("# Source: tickets/templates/web.yaml\n") == 3


@pytest.mark.parametrize("helm", ["helm3", "helm4"])
def test_a_chart_that_does_not_render_fails_the_step(
    hosts: Hosts, runner: Runner, workspace: Path, rendering: dict[str, Any], helm: str
) -> None:
    stand_in(hosts, "helm", hosts.program(helm))
    (workspace / "chart/templates/web.yaml").write_text('{{ fail "no" }}\n')

    assert runner.run(rendering, {}).code != 0
    without = rendering | {"run": rendering["run"].replace("set -o pipefail\n", "")}
    assert runner.run(without, {}).code == 0, "then the line would not be needed"


def test_the_report_for_code_scanning_is_written(runner: Runner, workspace: Path) -> None:
    step = next(step for step in job("code-scanning") if "run" in step)

    assert runner.run(step, {}).code == 0
    (run,) = json.loads((workspace / "kzd.sarif").read_text())["runs"]
    assert [item["ruleId"] for item in run["results"]] == ["rolling-update"]

    (workspace / "manifests/web.yaml").write_text("a: [\n")
    assert runner.run(step, {}).code == 1


def test_the_runner_s_kzd_is_this_checkout_s(runner: Runner) -> None:
    """Else the tests above would be of another one."""
    assert runner.run({"run": "command -v kzd"}, {}).out == f"{KZD / 'kzd'}\n"
