"""All cases of all transforms: the diff that they make, and what is told."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from kzd.report.diff import unified
from tests.case import CASES, MODULES, Case, cases, dumped

KNOWN = {"input.yaml", "config.yaml", "arguments", "expected/diff.patch", "expected/results.yaml"}
REQUIRED = KNOWN - {"config.yaml", "arguments"}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_transform(case: Case, expected: SnapshotAssertion) -> None:
    output = case.run()

    (before, [after]) = (case.source, output.files)
    assert expected(name="diff.patch") == unified(before.name, before.data, after.data).decode()
    assert expected(name="results.yaml") == dumped(output)


@pytest.mark.parametrize("module", MODULES)
def test_there_is_an_example(module: str) -> None:
    assert (CASES / module / "example" / "input.yaml").exists()


@pytest.mark.parametrize("module", MODULES)
def test_there_is_a_nasty_text(module: str) -> None:
    """Comments, anchors, flow style and CRLF in one input."""
    texts = [file.read_bytes() for file in (CASES / module).glob("*/input.yaml")]

    assert any(all(mark in text for mark in (b" #", b": &", b"{", b"\r\n")) for text in texts)


def test_every_case_belongs_to_a_transform() -> None:
    assert {folder.name for folder in CASES.iterdir()} <= set(MODULES)


def test_every_folder_is_a_case() -> None:
    wrong = []
    for folder in CASES.glob("*/*"):
        files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
        case = folder.relative_to(CASES)
        wrong += [f"{case} has no {name}" for name in sorted(REQUIRED - files)]
        wrong += [f"{case} must not have {name}" for name in sorted(files - KNOWN)]

    assert wrong == []
