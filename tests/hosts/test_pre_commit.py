"""The hooks of pre-commit, installed by pre-commit itself."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.console import ROOT
from tests.hosts import checkout
from tests.hosts.conftest import Done, Hosts
from tests.hosts.examples import blocks
from tests.hosts.workflow import load
from tests.manifests import EDIT, SERVICE, WEB, WORKER

EXAMPLE = ROOT / "examples" / "pre-commit"
DEPLOYMENT = WEB.replace(f"{SERVICE}---\n", "")
TEMPLATE = DEPLOYMENT.replace("replicas: 3", "replicas: {{ .Values.replicas }}")
CONFIG = """\
repos:
- repo: https://github.com/OWNER/kzd
  rev: v0.1.0
  hooks:
  - id: {hook}
{more}"""
ROLLING_UPDATE = "    args: [--only, rolling-update, {}]\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """
    Variables with which pre-commit finds this checkout as OWNER's, its environment built already.

    pre-commit keeps no other configuration of git than this when it clones.
    """
    folder = tmp_path_factory.mktemp("pre-commit")
    source = checkout.repository(checkout.copy(folder / "kzd"))
    found = {
        **checkout.NETWORK,
        "PRE_COMMIT_HOME": str(folder / "cache"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{source.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/OWNER/kzd",
    }
    (folder / "user").mkdir()
    hosts = Hosts(folder / "user")
    checkout.repository(shutil.copytree(EXAMPLE, folder / "repository"))
    done = hosts.run("pre-commit", "install-hooks", cwd=folder / "repository", **found)
    assert done.code == 0, done.told
    return found


@pytest.fixture
def project(hosts: Hosts) -> Hosts:
    """A repository with a web app in two files, a worker, and a chart."""
    hosts.write("deploy/service.yaml", SERVICE)
    hosts.write("deploy/web.yaml", DEPLOYMENT)
    hosts.write("deploy/worker.yaml", WORKER)
    hosts.write("chart/templates/web.yaml", TEMPLATE)
    hosts.write("chart/values.yaml", "replicas: 3\n")
    hosts.write(".gitignore", "home\n")
    checkout.repository(hosts.folder)
    return hosts


def run(
    project: Hosts, environment: dict[str, str], hook: str, more: str = "", files: str = ""
) -> Done:
    """Run a hook on all files, or as a commit of some would."""
    project.write(".pre-commit-config.yaml", CONFIG.format(hook=hook, more=more))
    chosen = ["--files", files] if files else ["--all-files"]
    return project.run("pre-commit", "run", "--color=never", *chosen, **environment)


def changed(project: Hosts) -> str:
    """The files that differ from the commit."""
    done = project.run("git", "diff", "--name-only")
    return done.out


def test_the_manifest_is_one() -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", manifest], check=True)
    assert all(hook["require_serial"] for hook in load(manifest)), "two would write the same files"


def test_the_example(hosts: Hosts, environment: dict[str, str]) -> None:
    folder = checkout.repository(shutil.copytree(EXAMPLE, hosts.folder / "example"))
    (language, command), (_, shown), *_ = blocks(EXAMPLE / "README.md")

    done = hosts.shell(command, cwd=folder, **environment)

    assert language == "sh"
    assert (done.code, done.out, done.err) == (1, shown, "")


def test_the_example_s_readme_shows_its_configuration() -> None:
    config = (EXAMPLE / ".pre-commit-config.yaml").read_text()

    assert ("yaml", config) in blocks(EXAMPLE / "README.md")


def test_check_reads_the_service_that_a_commit_does_not_touch(
    project: Hosts, environment: dict[str, str]
) -> None:
    done = run(project, environment, "kzd-check", files="deploy/web.yaml")

    assert done.code == 1
    assert "- hook id: kzd-check\n- exit code: 1\n" in done.out
    assert "deploy/web.yaml:5:1: info: Deployment/web: spec.strategy" in done.out
    assert "Deployment/worker: spec.strategy" not in done.out
    assert changed(project) == ""


def test_check_passes_over_templates(project: Hosts, environment: dict[str, str]) -> None:
    more = ROLLING_UPDATE.format("chart")

    done = run(project, environment, "kzd-check", f"{more}    verbose: true\n")

    assert done.code == 0, done.out
    assert "chart/templates/web.yaml:1:1: info: is an unrendered template, left alone" in done.out


def test_render_changes_files_and_fails_once(project: Hosts, environment: dict[str, str]) -> None:
    more = ROLLING_UPDATE.format("deploy")

    done = run(project, environment, "kzd-render", more)

    assert done.code == 1
    assert "- hook id: kzd-render\n- files were modified by this hook\n" in done.out
    assert changed(project) == "deploy/web.yaml\n"
    assert (project.folder / "deploy/web.yaml").read_text() == DEPLOYMENT + EDIT

    again = run(project, environment, "kzd-render", more)
    assert again.code == 0, again.out


def test_render_takes_the_whole_repository_where_nothing_is_said(
    project: Hosts, environment: dict[str, str]
) -> None:
    done = run(project, environment, "kzd-render")

    assert done.code == 1
    assert changed(project) == "deploy/web.yaml\n"
    assert (project.folder / "chart/templates/web.yaml").read_text() == TEMPLATE


def test_what_can_t_be_read_fails_and_changes_nothing(
    project: Hosts, environment: dict[str, str]
) -> None:
    project.write("deploy/broken.yaml", "kind: Deployment\na: [\n")

    done = run(project, environment, "kzd-check", files="deploy/web.yaml")

    assert done.code == 1
    assert "- exit code: 3\n" in done.out
    assert "deploy/broken.yaml:3:1: error: is not YAML: " in done.out


def test_a_commit_without_yaml_runs_nothing(project: Hosts, environment: dict[str, str]) -> None:
    done = run(project, environment, "kzd-check", files=".gitignore")

    assert done.code == 0
    assert "(no files to check)Skipped" in done.out
