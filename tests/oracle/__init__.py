"""
What Kubernetes itself reads, told by its own Go packages.

`python -m tests.oracle` records the answers to the texts of the tables, for machines without Go.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

FOLDER = Path(__file__).parent
RECORDED = FOLDER / "answers.json"
WITHOUT_GO = "Go is not installed; only the texts of the tables are compared, with recorded answers"

Answer = dict[str, Any]


def has_go() -> bool:
    """Whether the program can be built."""
    return shutil.which("go") is not None


@cache
def _program() -> tuple[Path, TemporaryDirectory[str]]:
    folder = TemporaryDirectory(prefix="kzd-oracle-")
    program = Path(folder.name) / "oracle"
    command = ["go", "build", "-buildvcs=false", "-o", str(program), "."]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"Go does not build the oracle: {done.stderr}")
    return program, folder


def answers(streams: Sequence[bytes]) -> list[list[Answer]]:
    """For each stream its documents: `json`, or the `error` for which Kubernetes refuses one."""
    program, _ = _program()
    data = b"".join(stream + b"\0" for stream in streams)
    done = subprocess.run(
        [str(program)], input=data, capture_output=True, check=True,
        env=os.environ | {"GOMAXPROCS": "2"},
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(streams)
    return found


def recorded() -> dict[str, list[Answer]]:
    """The recorded answers by their texts."""
    answers_by_text: dict[str, list[Answer]] = json.loads(RECORDED.read_text())
    return answers_by_text
