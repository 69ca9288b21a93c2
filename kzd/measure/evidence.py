"""What the records show of one path: its rolling updates, and where the end is not known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from math import log, log1p
from typing import NamedTuple

from kzd.measure.record import FRESH, ROLLOUT, SINGLE, Arrivals, Deletion

MISSED = 0.01
"""The chance that an observer misses a backend in rotation for as long as the resolution."""


class Sample(NamedTuple):
    """
    One deletion over one path.

    `fresh` and `reused` are the arrivals by their observers' ports.  `seconds` is the last new
    connection of all fresh ones, 0 where none came.  Within `resolution` each of these observers
    reaches a backend that is in rotation, but for MISSED.  `doubt` says why the end is not known,
    empty where it is.
    """

    deletion: Deletion
    fresh: tuple[Arrivals, ...]
    reused: tuple[Arrivals, ...]
    seconds: float
    resolution: float
    doubt: str


class Rollout(NamedTuple):
    """A rolling update: its deletions, of which `of` should be there."""

    run: str
    number: int
    of: int
    samples: list[Sample]

    @property
    def is_whole(self) -> bool:
        """Whether all of its deletions are there, and no others."""
        return all(item.deletion.of == len(self.samples) for item in self.samples)

    @property
    def seconds(self) -> float:
        """Those of its slowest deletion."""
        return max(item.seconds for item in self.samples)


class Evidence(NamedTuple):
    """A path's whole rolling updates, those that are not whole, and the single deletions."""

    path: str
    rollouts: list[Rollout]
    unwhole: list[Rollout]
    singles: list[Sample]

    @property
    def samples(self) -> list[Sample]:
        """The deletions of the whole rolling updates."""
        return list(chain.from_iterable(item.samples for item in self.rollouts))

    @property
    def missing(self) -> int:
        """
        How many rolling updates are not known whole, although their run went on.

        What is missing there may be the slowest; the last one of a run was merely interrupted.
        """
        last: dict[str, int] = {}
        for item in (*self.rollouts, *self.unwhole):
            last[item.run] = max(last.get(item.run, 0), item.number)
        interrupted = sum(item.number == last[item.run] for item in self.unwhole)
        return sum(last.values()) - interrupted - len(self.rollouts)

    @property
    def told(self) -> list[Sample]:
        """
        The deletions that facts and times are told of: those of whole rolling updates or, without
        any, all others.
        """
        others = chain.from_iterable(item.samples for item in self.unwhole)
        return self.samples or [*others, *self.singles]


def gather(deletions: Sequence[Deletion], path: str) -> Evidence:
    """The evidence for a path, of the runs that measured it."""
    found = samples(deletions, path)
    by_number: dict[tuple[str, int], list[Sample]] = defaultdict(list)
    for item in found:
        if item.deletion.series == ROLLOUT:
            by_number[item.deletion.run, item.deletion.rollout].append(item)
    rollouts = [
        Rollout(run, number, items[0].deletion.of, items)
        for (run, number), items in by_number.items()
    ]
    return Evidence(
        path,
        [item for item in rollouts if item.is_whole],
        [item for item in rollouts if not item.is_whole],
        [item for item in found if item.deletion.series == SINGLE],
    )


def samples(deletions: Sequence[Deletion], path: str) -> list[Sample]:
    """The deletions over a path, of the runs that had an observer with fresh ports on it."""
    fresh = [_of_ports(item, path, is_fresh=True) for item in deletions]
    observers: dict[str, int] = defaultdict(int)
    for item, arrivals in zip(deletions, fresh, strict=True):
        observers[item.run] = max(observers[item.run], len(arrivals))
    return [
        _sample(item, arrivals, _of_ports(item, path, is_fresh=False), observers[item.run])
        for item, arrivals in zip(deletions, fresh, strict=True)
        if observers[item.run]
    ]


def _of_ports(deletion: Deletion, path: str, *, is_fresh: bool) -> tuple[Arrivals, ...]:
    return tuple(
        item
        for item in deletion.arrivals
        if item.path == path and (item.ports == FRESH) == is_fresh
    )


def _sample(
    deletion: Deletion,
    fresh: tuple[Arrivals, ...],
    reused: tuple[Arrivals, ...],
    observers: int,
) -> Sample:
    seconds = last_seconds(fresh)
    resolution = max((resolution_seconds(item, deletion) for item in fresh), default=0.0)
    if deletion.censored:
        doubt = deletion.censored
    elif len(fresh) < observers:
        doubt = "the account of an observer is missing"
    elif seconds + resolution > deletion.served_seconds:
        doubt = "more connections might have come after the Pod stopped serving"
    else:
        doubt = ""
    return Sample(deletion, fresh, reused, seconds, resolution, doubt)


def last_seconds(arrivals: Iterable[Arrivals]) -> float:
    """The last new connection of several observers, 0 where none came."""
    return max((item.last_seconds or 0.0 for item in arrivals), default=0.0)


def answered_rate(arrivals: Arrivals, deletion: Deletion) -> float:
    """The connections a second that an observer got an answer to, while the Pod was watched."""
    if not deletion.served_seconds:
        return 0.0
    return max(0.0, arrivals.rate - arrivals.failed / deletion.served_seconds)


def resolution_seconds(arrivals: Arrivals, deletion: Deletion) -> float:
    """
    How long an observer may miss a backend that is still in rotation, with a chance of MISSED.

    One more backend than the load says is in rotation, since a rolling update adds one before it
    deletes one.  Of an observer without answers nothing is known for as long as the Pod served.
    """
    rate = answered_rate(arrivals, deletion)
    decay = rate * log1p(-1 / (deletion.load["backends"] + 1))
    return log(MISSED) / decay if decay else deletion.served_seconds
