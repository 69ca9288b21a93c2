"""Pods that are ending, and their records once all that belongs together is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from kzd import __version__
from kzd.cluster_error import ClusterError
from kzd.measure.building import deletion_of
from kzd.measure.observers import Observers
from kzd.measure.record import FRESH, Deletion
from kzd.measure.setting_up import Probe, Tell
from kzd.measure.watching import Seen, Watching

REPORT_SECONDS = 60.0
LOST_IN_A_ROW = 3
TOLD_SECONDS = 2.0
"""Observers tell of a second when it is over."""

Write = Callable[[Sequence[Deletion]], None]


class Ending(NamedTuple):
    """
    Pods that are deleted together: those of one rolling update, or one Pod.

    `observers` are the names of the Pods that listened when it began.
    """

    series: str
    number: int
    pods: list[Seen]
    observers: frozenset[str]


class Ended(NamedTuple):
    """What was written: the slowest arrival, and the shortest time that a Pod served."""

    series: str
    number: int
    slowest_seconds: float
    served_seconds: float


class Endings:
    """What is open; `facts` are those of the cluster."""

    def __init__(
        self, made: Probe, watching: Watching, observers: Observers, write: Write, tell: Tell
    ) -> None:
        self.facts: dict[str, Any] = {}
        self._probe = made
        self._watching = watching
        self._observers = observers
        self._write, self._tell = write, tell
        self._open: list[tuple[Ending, float]] = []
        self._lost = 0

    def add(self, ending: Ending) -> None:
        """Wait for one more; not for ever."""
        end = time.monotonic() + self._probe.window_seconds + REPORT_SECONDS
        self._open.append((ending, end))

    @property
    def open_pods(self) -> int:
        """How many Pods are still waited for."""
        return sum(len(ending.pods) for ending, _ in self._open)

    def open_of(self, series: str) -> int:
        """How many of a series are still waited for."""
        return sum(ending.series == series for ending, _ in self._open)

    def write_what_ended(self) -> Iterator[Ended]:
        """
        Write what is whole; what can't become so is told and left out.

        Raises ClusterError where that happens again and again.
        """
        for ending, end in list(self._open):
            if not _is_over(ending) and time.monotonic() < end:
                continue
            self._open.remove((ending, end))
            missing = self._missing(ending)
            if missing:
                self._leave_out(ending, missing)
                continue
            self._lost = 0
            deletions = self._deletions(ending)
            self._write(deletions)
            served = min(item.served_seconds for item in deletions)
            yield Ended(ending.series, ending.number, max(map(_last, deletions)), served)

    def _missing(self, ending: Ending) -> str:
        """What is not there for the records; empty where all is."""
        silent = [pod.name for pod in ending.pods if not pod.report]
        if silent or not ending.pods:
            return f"Pod {silent[0]} ended without a report" if silent else "no Pod ended"
        self._watching.pause(TOLD_SECONDS)
        self._observers.read()
        gone = ending.observers - self._observers.listening()
        return f"observer {min(gone)} ended in the middle of it" if gone else ""

    def _leave_out(self, ending: Ending, why: str) -> None:
        self._lost += 1
        self._tell(f"{ending.series} {ending.number} is left out: {why}")
        if self._lost >= LOST_IN_A_ROW:
            raise ClusterError(f"{why}: {self._lost} times in a row; nothing can be measured")

    def _deletions(self, ending: Ending) -> list[Deletion]:
        plan = self._probe.plan
        load = {
            "backends": plan.backends,
            "connectionsPerSecond": plan.rate,
            "observers": plan.observers + bool(plan.url),
            "hostNetwork": plan.is_on_host_network,
            "churnPerSecond": plan.churn,
        }
        return [
            deletion_of(
                pod,
                self._observers.accounts(ending.observers),
                run=self._probe.run,
                series=ending.series,
                rollout=ending.number,
                of=len(ending.pods),
                load=load,
                cluster=self.facts,
                tool=f"kzd {__version__}",
            )
            for pod in ending.pods
        ]


def _is_over(ending: Ending) -> bool:
    return all(pod.report is not None or pod.is_gone for pod in ending.pods)


def _last(deletion: Deletion) -> float:
    """The last connection of a deletion in seconds, 0 where none came."""
    return max(
        (item.last_seconds or 0.0 for item in deletion.arrivals if item.ports == FRESH),
        default=0.0,
    )
