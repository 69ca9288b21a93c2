"""The examples of hosts: a README's first block is run, and prints what its second block shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.hosts.conftest import Hosts

EXAMPLES = Path(__file__).parents[2] / "examples"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

HOSTED = (
    "argo-cd", "flux", "github-actions", "gitlab", "helm3", "helm4", "helmfile",
    "kpt", "kubectl", "kustomize", "pre-commit",
)  # fmt: skip
"""The examples that need a host, each run by its host's test; the others need only kzd."""


def blocks(file: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a text: language and content."""
    return [(match[1], match[2]) for match in BLOCK.finditer(file.read_text())]


def run_example(hosts: Hosts, name: str, *programs: str, **more: str) -> Path:
    """
    Run an example in a copy of its folder, and compare what it prints; the copy.

    Skips where one of the programs is missing; `more` are variables of its environment.
    """
    for program in programs:
        hosts.program(program)
    folder = hosts.folder / "examples" / name
    shutil.copytree(EXAMPLES / name, folder)
    (language, command), (_, shown), *_ = blocks(folder / "README.md")
    done = hosts.shell(f"exec 2>&1\n{command}", cwd=folder, **more)

    assert language == "sh"
    assert done.code in (0, 1), done.out
    assert done.out == shown
    return folder
