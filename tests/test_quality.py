"""Lint, format, types and layers run with the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=lambda command: " ".join(command),
)
def test_quality(command: list[str]) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_are_small() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in (ROOT / "kzd").rglob("*.py")
        if (lines := len(file.read_text().splitlines()))
        > (120 if file.parent.name == "transforms" else 260)
    }

    assert long == {}
