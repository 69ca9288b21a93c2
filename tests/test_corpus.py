"""Every file of the public corpus, end to end."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
from syrupy.assertion import SnapshotAssertion

from kzd import pipeline, transforms
from kzd.config.configuration import Config
from kzd.flow.bundle import Source
from tests.case import ROOT, TODAY
from tests.corpus_run import WHY_SKIPPED, Rendered, all_rendered, corpus, files, rendered

PROCESSES = 12
MAXIMUM_REFUSED = 0.01

pytestmark = pytest.mark.skipif(corpus() is None, reason=WHY_SKIPPED)


class Folder(NamedTuple):
    folder: Path


@pytest.fixture
def case() -> Folder:
    return Folder(Path(__file__).parent / "corpus")


@pytest.fixture(scope="module")
def every() -> list[Rendered]:
    folder = corpus()
    assert folder is not None
    return all_rendered(folder)


def test_the_corpus_is_whole(every: list[Rendered]) -> None:
    assert len(every) == 884


def test_exit_codes(every: list[Rendered], expected: SnapshotAssertion) -> None:
    """Those that are not listed are 0."""
    lines = [
        f"{item.answer.exit_code}\t{item.name}\t{_reason(item)}\n"
        for item in every
        if item.answer.exit_code
    ]

    assert expected(name="exit_codes.tsv") == "".join(lines)


def _reason(item: Rendered) -> str:
    """The first error, with its place."""
    for result in item.results:
        if result["severity"] == "error":
            file = result["file"]
            return f"{file.get('line', 0)}:{file.get('column', 0)}: error: {result['message']}"
    return item.answer.told.splitlines()[0].removeprefix(f"{item.name}:")


def test_nothing_is_a_bug(every: list[Rendered]) -> None:
    bugs = {
        item.name: item.answer.told
        for item in every
        if item.answer.exit_code not in (0, 1, 3) or "Traceback" in item.answer.told
    }

    assert bugs == {}


def test_what_is_refused_is_not_written(every: list[Rendered]) -> None:
    assert [item.name for item in every if item.answer.exit_code == 3 and item.answer.out] == []


def test_a_second_run_changes_nothing(every: list[Rendered]) -> None:
    changed = [
        item.name
        for item in every
        if item.answer.exit_code in (0, 1)
        and rendered(item.name, item.answer.out).answer.out != item.answer.out
    ]

    assert changed == []


def test_refused_edits(every: list[Rendered], expected: SnapshotAssertion) -> None:
    refused = [(item, result) for item in every for result in item.acted("refusal")]
    edits = sum(len(item.acted("edit")) + len(item.acted("create")) for item in every)
    lines = [
        f"{item.name}:{result['file'].get('line', 0)}\t{result.get('field', {}).get('path', '')}\t"
        f"{result['message']}\n"
        for item, result in refused
    ]

    assert expected(name="refused_edits.tsv") == "".join(lines)
    assert len(refused) < MAXIMUM_REFUSED * edits


def test_a_process_writes_the_same(every: list[Rendered]) -> None:
    folder = corpus()
    assert folder is not None
    some = every[:: len(every) // PROCESSES] + [item for item in every if item.answer.exit_code][:4]
    wrong = []
    for item in some:
        with (folder / item.name).open("rb") as stdin:
            done = subprocess.run(
                [sys.executable, "-m", "kzd"], cwd=ROOT, stdin=stdin, capture_output=True
            )
        if (done.returncode, done.stdout) != (item.answer.exit_code, item.answer.out):
            wrong.append(item.name)

    assert wrong == []


def test_a_repository_is_one_input() -> None:
    """Bases and overlays side by side, and files that are passed over: a second run agrees."""
    folder = corpus()
    assert folder is not None
    repositories: dict[str, list[Source]] = defaultdict(list)
    for name, data in files(folder).items():
        repositories["/".join(name.split("/")[:2])].append(Source(name, data, is_walked=True))
    changed = {name: _changed_again(sources) for name, sources in repositories.items()}

    assert {name: again for name, again in changed.items() if again} == {}


def _changed_again(sources: list[Source]) -> list[str]:
    first = pipeline.run(sources, Config.default(transforms.load()), today=TODAY).files
    again = [
        Source(old.name, new.data or old.data, is_walked=True)
        for old, new in zip(sources, first, strict=True)
    ]
    second = pipeline.run(again, Config.default(transforms.load()), today=TODAY).files
    return [
        old.name for old, new in zip(again, second, strict=True) if new.data not in (old.data, b"")
    ]
