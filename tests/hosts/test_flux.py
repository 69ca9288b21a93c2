"""The example for Flux: what is rendered is what is pushed, and nothing where rendering fails."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.hosts.ci_schema import checked
from tests.hosts.conftest import Hosts
from tests.hosts.examples import EXAMPLES, run_example
from tests.hosts.workflow import Runner, load

EXAMPLE = EXAMPLES / "flux"
WORKFLOW = load(EXAMPLE / "push.yml")
STEPS = WORKFLOW["jobs"]["push"]["steps"]
RENDER, PUSH = (step for step in STEPS if "run" in step)
FLUX = '#!/bin/sh\nprintf "%s\\n" "$@" > arguments\ncp -r rendered pushed\n'
VARIABLES = {
    "REPOSITORY": "registry.example/tickets",
    "GITHUB_SERVER_URL": "https://git.example",
    "GITHUB_REPOSITORY": "shop/tickets",
    "GITHUB_REF_NAME": "main",
    "GITHUB_SHA": "0123abc",
}


@pytest.fixture
def workspace(hosts: Hosts) -> Path:
    """The example, checked out, with a stand-in for flux that keeps what it is given."""
    flux = hosts.write("path/flux", FLUX)
    flux.chmod(0o755)
    hosts.before = [flux.parent]
    hosts.program("kustomize")
    return shutil.copytree(EXAMPLE, hosts.folder / "workspace")


def run(runner: Runner, *steps: dict[str, Any]) -> int:
    """Run steps as a job does, up to the first that fails; its exit code."""
    codes = (runner.run(step, {}, **VARIABLES).code for step in steps)
    return next(filter(None, codes), 0)


def test_github_s_schema_takes_it() -> None:
    checked("github-workflows", EXAMPLE / "push.yml")


def test_the_example_prints_what_it_shows(hosts: Hosts) -> None:
    run_example(hosts, "flux", "kustomize")


def test_kzd_and_flux_are_there_before_they_are_run_and_the_login_before_the_push() -> None:
    names = [step.get("uses", step.get("name", "")).partition("@")[0] for step in STEPS]

    assert names == [
        "actions/checkout", "fluxcd/flux2/action", "OWNER/kzd", "Render", "docker/login-action",
        "Push",
    ]  # fmt: skip


def test_what_is_rendered_is_pushed(hosts: Hosts, workspace: Path) -> None:
    runner = Runner(hosts, workspace)

    assert run(runner, RENDER, PUSH) == 0, runner.told
    assert (workspace / "arguments").read_text().splitlines() == [
        "push", "artifact", "oci://registry.example/tickets:latest", "--path=rendered",
        "--source=https://git.example/shop/tickets", "--revision=main@sha1:0123abc",
    ]  # fmt: skip
    (pushed,) = (workspace / "pushed").iterdir()
    found = {item["kind"]: item for item in YAML(typ="safe").load_all(pushed)}
    assert found.keys() == {"Deployment", "Service", "PodDisruptionBudget"}
    assert found["Deployment"]["spec"]["strategy"] == {"rollingUpdate": {"maxUnavailable": 0}}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app/kustomization.yaml", "resources: [missing.yaml]\n"),
        ("kzd.yaml", "apiVersion: kzd.dev/v1alpha1\nkind: ZeroDowntime\nspec: {x: 1}\n"),
    ],
)
def test_nothing_is_pushed_where_rendering_fails(
    hosts: Hosts, workspace: Path, file: str, text: str
) -> None:
    (workspace / file).write_text(text)

    assert run(Runner(hosts, workspace), RENDER, PUSH) != 0
    assert not (workspace / "pushed").exists()


def test_the_cluster_takes_what_is_pushed() -> None:
    with (EXAMPLE / "cluster.yaml").open() as file:
        source, kustomization = YAML(typ="safe").load_all(file)

    assert source["spec"]["url"] + ":" + source["spec"]["ref"]["tag"] in PUSH["run"].replace(
        "$REPOSITORY", VARIABLES["REPOSITORY"]
    )
    reference = {"kind": source["kind"], "name": source["metadata"]["name"]}
    assert kustomization["spec"]["sourceRef"] == reference
    assert kustomization["metadata"]["namespace"] == source["metadata"]["namespace"]
