"""The examples of Helm and helmfile, run with the real Helm under the name that users type."""

from __future__ import annotations

import shlex
import shutil
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd.hosts.helm import PLUGINS
from tests.hosts.conftest import Hosts
from tests.hosts.examples import EXAMPLES, blocks, run_example

HELMFILE = {"helmDefaults", "releases"}
DEFAULTS = {"postRenderer", "postRendererArgs"}
RELEASE = {"name", "namespace", "chart", *DEFAULTS}


def named_helm(hosts: Hosts, program: str) -> None:
    """Let `helm` be this program, and the chart stand where the examples expect it."""
    (hosts.folder / "bin").mkdir()
    (hosts.folder / "bin" / "helm").symlink_to(hosts.program(program))
    hosts.before = [hosts.folder / "bin"]


def chart_beside(hosts: Hosts) -> None:
    shutil.copytree(EXAMPLES / "helm3" / "chart", hosts.folder / "examples/helm3/chart")


def test_helm_3(hosts: Hosts) -> None:
    named_helm(hosts, "helm3")
    run_example(hosts, "helm3")


def test_helm_4(hosts: Hosts) -> None:
    named_helm(hosts, "helm4")
    chart_beside(hosts)
    run_example(hosts, "helm4")


@pytest.mark.parametrize(("program", "plugins"), [("helm3", ""), ("helm4", PLUGINS)])
def test_helmfile(hosts: Hosts, program: str, plugins: str) -> None:
    named_helm(hosts, program)
    chart_beside(hosts)
    run_example(hosts, "helmfile", HELM_PLUGINS=plugins)


def helmfile() -> Any:
    return YAML(typ="safe").load((EXAMPLES / "helmfile" / "helmfile.yaml").read_text())


def test_the_helmfile_has_keys_that_helmfile_knows() -> None:
    found = helmfile()

    assert set(found) <= HELMFILE
    assert set(found["helmDefaults"]) == DEFAULTS
    assert all({"name", "chart"} <= set(release) <= RELEASE for release in found["releases"])


def test_the_command_is_what_helmfile_makes_of_the_file() -> None:
    found = helmfile()
    (release,) = found["releases"]
    (_, command), *_ = blocks(EXAMPLES / "helmfile" / "README.md")

    assert shlex.split(command.partition("|")[0]) == [
        "helm", "template", release["name"], release["chart"],
        "--namespace", release["namespace"],
        "--post-renderer", found["helmDefaults"]["postRenderer"],
        *(f"--post-renderer-args={item}" for item in found["helmDefaults"]["postRendererArgs"]),
    ]  # fmt: skip
