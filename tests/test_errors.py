"""What is said of bad input, bad configuration and bad usage, and how the process ends."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from syrupy.assertion import SnapshotAssertion

from kzd.commands.run import NAMES
from kzd.option_value import camel, listed
from tests.console import Console

CASES = Path(__file__).parent / "errors"
REPORTS = ("check", "diff", "explain")


class Case(NamedTuple):
    """
    One folder of `tests/errors/`: `exit` is the code, `arguments` the command line.

    Without arguments, or with options alone, `input.yaml` comes on standard input.
    """

    folder: Path

    @property
    def arguments(self) -> list[str]:
        file = self.folder / "arguments"
        return file.read_text().split() if file.exists() else []

    @property
    def data(self) -> bytes:
        file = self.folder / "input.yaml"
        return file.read_bytes() if file.exists() else b""


FOLDERS = sorted(file.parent for file in CASES.glob("*/exit"))


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_error(case: Case, expected: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    done = Console(monkeypatch, case.folder).kzd(*case.arguments, data=case.data)

    assert done.code == int((case.folder / "exit").read_text())
    assert expected(name="stderr.txt") == _lasting(done.err)
    if case.arguments[:1] and case.arguments[0] in REPORTS:
        assert expected(name="stdout.txt") == done.out.decode()
    elif done.code >= 2 and b"ResourceList" not in case.data:
        assert done.out == b""


def _lasting(told: str) -> str:
    """Without the names of all transforms: a new one is no news here."""
    for names in (NAMES, [camel(name) for name in NAMES]):
        told = told.replace(listed(names), "<all transforms>")
    return told


def test_every_folder_is_a_case() -> None:
    assert {folder.name for folder in CASES.iterdir()} == {folder.name for folder in FOLDERS}
