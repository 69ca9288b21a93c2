"""Each example's first shell block is run, and prints what the block after it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.hosts.examples import HOSTED, blocks

ROOT = Path(__file__).parent.parent
ALL = {file.parent.name for file in ROOT.glob("examples/*/README.md")}
EXAMPLES = sorted(ALL.difference(HOSTED))
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("KZD_")},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "NO_COLOR": "1",
    "COLUMNS": "100",
}


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
    assert {
        "leave-alone",
        "live-cluster",
        "measure",
        "shop",
        "stateful-set-and-worker",
        "web-app",
    } <= set(EXAMPLES)


def test_the_readme_shows_what_its_commands_print() -> None:
    every = blocks(ROOT / "README.md")
    shown = {
        command: text
        for (language, command), (kind, text) in pairwise(every)
        if language == "sh" and kind in ("diff", "text")
    }

    first, explained = shown
    assert first == "sh examples/try\n"
    assert printed("kzd diff examples/web-app/input.yaml 2>/dev/null", ROOT) == shown[first]
    assert printed(explained, ROOT) == shown[explained]


def test_the_readme_s_configuration_is_one() -> None:
    shown, measurement = (
        text for language, text in blocks(ROOT / "README.md") if language == "yaml"
    )
    if "PropagationMeasurement" in shown:
        shown, measurement = measurement, shown
    assert measurement == (ROOT / "examples/measure/propagation.yaml").read_text()
    given = f"{shown}---\n{(ROOT / 'examples/web-app/input.yaml').read_text()}"
    done = subprocess.run(
        ["kzd", "check"], input=given, capture_output=True, text=True, env=ENVIRONMENT
    )

    assert done.returncode == 1, done.stderr
    assert "9 s + 2 s margin = 11 s" in done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is set up: its kzd prints how it is called."""
    root = tmp_path / "a checkout"
    (root / ".venv" / "bin").mkdir(parents=True)
    for file in ("pyproject.toml", "examples/try", "examples/environment"):
        (root / file).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / file, root / file)
    (root / ".venv" / "installed .").touch()
    os.utime(root / "pyproject.toml", (0, 0))
    for name in ("python", "kzd"):
        program = root / ".venv" / "bin" / name
        program.write_text('#!/bin/sh\necho "$PWD: $*"\nexit "${KZD_EXIT:-1}"\n')
        program.chmod(0o755)
    return root


def tried(checkout: Path, *arguments: str, code: int = 1) -> tuple[int, str]:
    done = subprocess.run(
        ["sh", checkout / "examples" / "try", *arguments],
        cwd=checkout.parent,
        env={**ENVIRONMENT, "KZD_EXIT": str(code)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_first_command_shows_an_example_from_anywhere(checkout: Path) -> None:
    assert tried(checkout) == (0, f"{checkout}: diff examples/web-app/input.yaml\n")


def test_the_first_command_takes_files_of_the_working_directory(checkout: Path) -> None:
    assert tried(checkout, "mine.yaml") == (0, f"{checkout.parent}: diff mine.yaml\n")


def test_the_first_command_keeps_the_exit_code_of_a_failure(checkout: Path) -> None:
    assert tried(checkout, "mine.yaml", code=3)[0] == 3
