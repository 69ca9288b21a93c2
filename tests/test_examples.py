"""Each example's first shell block is run, and prints what the block after it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(file.parent.name for file in ROOT.glob("examples/*/README.md"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("KZD_")},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "NO_COLOR": "1",
    "COLUMNS": "100",
}


def blocks(file: Path) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in BLOCK.finditer(file.read_text())]


def printed(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    folder = ROOT / "examples" / name
    (language, command), (_, shown), *_ = blocks(folder / "README.md")

    assert language == "sh"
    assert printed(command, folder) == shown


def test_there_are_examples() -> None:
    assert {"leave-alone", "live-cluster", "shop", "stateful-set-and-worker", "web-app"} <= set(
        EXAMPLES
    )


def test_the_readme_shows_what_its_first_command_prints() -> None:
    shown = next(text for language, text in blocks(ROOT / "README.md") if language == "diff")

    assert printed("kzd diff examples/web-app/input.yaml 2>/dev/null", ROOT) == shown
