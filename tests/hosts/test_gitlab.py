"""The include for GitLab: checked by GitLab's schema, its scripts run as its runner would."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.checkout import TAG
from tests.hosts.ci_schema import checked
from tests.hosts.conftest import Done, Hosts
from tests.hosts.examples import EXAMPLES, run_example
from tests.hosts.workflow import load

EXAMPLE = EXAMPLES / "gitlab"
INCLUDED = load(EXAMPLE / "kzd.gitlab-ci.yml")
PIPELINE = load(EXAMPLE / ".gitlab-ci.yml")
BASE = INCLUDED[".kzd"]
CHECK = INCLUDED["kzd-check"]
REPORT = CHECK["artifacts"]["reports"]["codequality"]


@pytest.fixture
def folder(hosts: Hosts) -> Path:
    """The example's project, cloned."""
    return shutil.copytree(EXAMPLE, hosts.folder / "project")


def run(hosts: Hosts, folder: Path, script: list[str], **variables: str) -> Done:
    """Run a job's lines as GitLab's runner does, up to the first that fails."""
    environment = hosts.environment(CI="true", CI_PROJECT_DIR=str(folder), **variables)
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eo pipefail", *script])],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def check(hosts: Hosts, folder: Path, **variables: str) -> Done:
    return run(hosts, folder, CHECK["script"], **(CHECK["variables"] | variables))


def report(folder: Path) -> Any:
    return json.loads((folder / REPORT).read_text())


@pytest.mark.parametrize("name", ["kzd.gitlab-ci.yml", ".gitlab-ci.yml"])
def test_gitlab_s_schema_takes_it(name: str) -> None:
    checked("gitlab-ci", EXAMPLE / name, "--data-transform", "gitlab-ci")


def test_the_example_prints_what_it_shows(hosts: Hosts) -> None:
    run_example(hosts, "gitlab")


def test_kzd_is_installed_from_what_the_variable_names(hosts: Hosts, folder: Path) -> None:
    pip = hosts.write("path/pip", '#!/bin/sh\nprintf "%s\\n" "$@" > installed\n')
    pip.chmod(0o755)
    hosts.before = [pip.parent]

    done = run(hosts, folder, BASE["before_script"], **BASE["variables"])

    assert done.code == 0, done.told
    *_, package = (folder / "installed").read_text().splitlines()
    assert package == f"https://github.com/OWNER/kzd/archive/{TAG}.tar.gz"


def test_the_check_fails_and_leaves_a_report(hosts: Hosts, folder: Path) -> None:
    done = check(hosts, folder, KZD_PATHS="manifests")

    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("manifests/web.yaml:5:1: info: Deployment/tickets: ")
    (issue,) = report(folder)
    assert issue["location"] == {"path": "manifests/web.yaml", "lines": {"begin": 5}}
    assert CHECK["artifacts"]["when"] == "always"


def test_the_check_of_what_is_fine_succeeds_with_an_empty_report(
    hosts: Hosts, folder: Path
) -> None:
    rendered = hosts.run("kzd", "render", "--in-place", "manifests", cwd=folder)
    assert rendered.code == 0, rendered.told

    done = check(hosts, folder, KZD_PATHS="manifests")

    assert (done.code, done.out) == (0, "1 workload: none to change\n")
    assert report(folder) == []


def test_the_whole_project_is_checked_where_nothing_is_said(hosts: Hosts, folder: Path) -> None:
    (folder / "manifests/more.yaml").write_text("kind: [\n")

    done = check(hosts, folder)

    assert done.code == 1
    assert done.err.startswith("manifests/more.yaml:2:1: error: is not YAML")


def test_a_job_of_the_project_s_own_renders(hosts: Hosts, folder: Path) -> None:
    job = PIPELINE["render"]
    assert job["extends"] == ".kzd"
    assert job["extends"] in INCLUDED
    assert PIPELINE["include"] == [
        {"remote": f"https://github.com/OWNER/kzd/raw/{TAG}/examples/gitlab/kzd.gitlab-ci.yml"}
    ]

    done = run(hosts, folder, job["script"])
    assert done.code == 0, done.told
    (name,) = job["artifacts"]["paths"]
    assert "      maxUnavailable: 0\n" in (folder / name).read_text()

    shutil.rmtree(folder / "manifests")
    assert run(hosts, folder, job["script"]).code != 0


def test_names_of_paths_are_words(hosts: Hosts, folder: Path) -> None:
    shutil.copytree(folder / "manifests", folder / "more")

    done = check(hosts, folder, KZD_PATHS=shlex.join(["manifests", "more"]))

    assert {issue["location"]["path"] for issue in report(folder)} == {
        "manifests/web.yaml", "more/web.yaml",
    }  # fmt: skip
    assert done.code == 1
