"""Lint, format, types and layers run with the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NO_SKIPS

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


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("def test(): pass", 0),
        ("def test(): pytest.skip('why')", 1),
        ("pytest.skip('why', allow_module_level=True)\ndef test(): pass", 5),
        ("@pytest.mark.skipif(True, reason='why')\ndef test(): pass", 1),
        ("@pytest.mark.xfail(reason='why')\ndef test(): assert False", 1),
        ("@pytest.mark.xfail(reason='why')\ndef test(): pass", 1),
    ],
    ids=["passes", "skips", "a module skips", "skipif", "expected to fail", "passes unexpectedly"],
)
def test_what_is_skipped_fails_where_nothing_may_be(tmp_path: Path, body: str, code: int) -> None:
    (tmp_path / "test_it.py").write_text(f"import pytest\n{body}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", str(tmp_path)], cwd=tmp_path,
        env=os.environ | {NO_SKIPS: "1", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == code, done.stdout
    assert ("skipped or expected to fail, though" in done.stdout) == (code > 0)
