"""How the rows of a timeline are grouped: by series, run and rolling update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kzd.measure.evidence import Evidence, Sample


class Group(NamedTuple):
    """Rows that belong together, and the number that stands before them."""

    label: str
    samples: Sequence[Sample]


class Section(NamedTuple):
    """A heading with groups below."""

    heading: str
    groups: list[Group]


def every(evidence: Evidence) -> list[Sample]:
    """The deletions of all series."""
    others = [sample for item in evidence.unwhole for sample in item.samples]
    return [*evidence.samples, *others, *evidence.singles]


def sections_of(evidence: Evidence) -> Iterator[Section]:
    """The sections that have rows, runs apart where there are several."""
    has_runs = len({item.deletion.run for item in every(evidence)}) > 1
    for heading, rollouts in (
        ("rolling updates", evidence.rollouts),
        ("rolling updates that are not whole, no part of any figure", evidence.unwhole),
    ):
        for run in dict.fromkeys(item.run for item in rollouts):
            groups = [Group(f"{item.number}", item.samples) for item in rollouts if item.run == run]
            yield Section(f"{heading} of run {run[:40]}" if has_runs else heading, groups)
    singles = [Group(f"{item.deletion.rollout}", [item]) for item in evidence.singles]
    if singles:
        yield Section("single deletions, reported apart", singles)
