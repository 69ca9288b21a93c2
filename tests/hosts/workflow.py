"""GitHub's runner, as far as kzd's action and workflows lean on it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.hosts.conftest import INSTALLED, Done, Hosts

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
SHELLS = {"bash": ("--noprofile", "--norc", "-eo", "pipefail"), None: ("-e",)}
"""What bash is called with; where a step names no shell, a pipe hides its failing left side."""


def load(file: Path) -> Any:
    """A YAML file as plain data."""
    return YAML(typ="safe").load(file)


class Runner:
    """
    A job's steps in a working directory: the variables and the PATH that they hand on.

    `told` is what went to both streams of all steps, `summary` what the steps added to the job's.
    """

    def __init__(self, hosts: Hosts, workspace: Path) -> None:
        self._hosts = hosts
        self._workspace = workspace
        self._temp = hosts.folder / "runner"
        self._temp.mkdir()
        for name in ("path", "summary"):
            (self._temp / name).touch()
        self.told = ""

    @property
    def summary(self) -> str:
        return (self._temp / "summary").read_text()

    def run(
        self,
        step: Mapping[str, Any],
        context: Mapping[str, str],
        **more: str,
    ) -> Done:
        """
        Run one `run` step; `context` has the values of expressions, `more` variables.

        Expressions count in `env` only: the script is run as it is written.
        """
        script = self._temp / "step.sh"
        script.write_text(step["run"])
        given = {key: EXPRESSION.sub(lambda match: context[match[1]], value)
                 for key, value in step.get("env", {}).items()}  # fmt: skip
        environment = self._hosts.environment(
            RUNNER_TEMP=str(self._temp),
            GITHUB_PATH=str(self._temp / "path"),
            GITHUB_STEP_SUMMARY=str(self._temp / "summary"),
            GITHUB_WORKSPACE=str(self._workspace),
            **given,
            **more,
        )
        added = (self._temp / "path").read_text().splitlines()[::-1]
        environment["PATH"] = ":".join([*added, environment["PATH"], str(INSTALLED)])
        done = subprocess.run(
            ["bash", *SHELLS[step.get("shell")], script],
            cwd=self._workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.told += done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)
