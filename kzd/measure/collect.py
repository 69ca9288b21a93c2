"""
One run of `kzd measure`: rolling updates, and a record of each deletion as it is known.

It computes nothing: `kzd.measure.summary` does, from the records.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kzd import __version__
from kzd.kube_api import ClusterError, KubeApi
from kzd.measure.accounts import Account, Outside, PodAccounts
from kzd.measure.blindness import remarks, why_blind
from kzd.measure.building import deletion_of
from kzd.measure.churn import Churn
from kzd.measure.facts import cluster_facts
from kzd.measure.objects import collection
from kzd.measure.plan import MAXIMUM_WINDOW_SECONDS, Plan
from kzd.measure.record import FRESH, ROLLOUT, SINGLE, WARM_UP, Deletion
from kzd.measure.setting_up import Probe, probe
from kzd.measure.watching import Seen, Watching

LISTENING_SECONDS = 4
ANSWERED_SECONDS, ANSWERED_OUTSIDE_SECONDS = 60.0, 300.0
REPORT_SECONDS = 60.0
IDLE_SECONDS = 5.0
TOLD_SECONDS = 2.0
"""Observers tell of a second when it is over."""

LOST_IN_A_ROW = 3

Write = Callable[[Sequence[Deletion]], None]
Tell = Callable[[str], None]


class Progress(NamedTuple):
    """How far a run is: rolling updates and single deletions done of all, the seconds left."""

    done: int
    total: int
    left_seconds: float | None
    text: str


class Ending(NamedTuple):
    """Pods that are being deleted together: one rolling update, or one Pod."""

    series: str
    number: int
    pods: list[Seen]


def collect(
    api: KubeApi,
    plan: Plan,
    *,
    write: Write,
    tell: Tell,
    show: Callable[[Progress], None],
    done: dict[str, int],
) -> None:
    """
    Measure as planned, on from what is `done` of each series; raises ClusterError.

    `write` gets the records of each rolling update once they are whole.
    """
    with probe(api, plan, tell) as (made, watching):
        run = _Run(made, watching, write, tell, show, dict(done))
        try:
            run.go()
        finally:
            run.close()


class _Run:
    def __init__(
        self,
        made: Probe,
        watching: Watching,
        write: Write,
        tell: Tell,
        show: Callable[[Progress], None],
        done: dict[str, int],
    ) -> None:
        self.plan = made.plan
        self.probe = made
        self.watching = watching
        self.write, self.tell, self.show = write, tell, show
        self.done = {ROLLOUT: 0, SINGLE: 0, WARM_UP: 0} | done
        self.before = sum(self.done.values())
        self.began = self.measures_since = time.monotonic()
        self.open: list[Ending] = []
        self.numbers = {ROLLOUT: 0, SINGLE: 0, WARM_UP: 0}
        self.lost = 0
        self.accounts = PodAccounts(made.api, made.namespace)
        self.outside: Outside | None = None
        self.churn: Churn | None = None
        self.facts: dict[str, Any] = {}

    def close(self) -> None:
        if self.outside:
            self.outside.stop()
        if self.churn:
            self.churn.stop()

    def go(self) -> None:
        made, plan = self.probe, self.plan
        self.outside = Outside(plan.url, plan.rate) if plan.url else None
        self.churn = Churn(made.api, made.namespace, made.run, plan.churn) if plan.churn else None
        self._listen()
        self.facts = cluster_facts(self.probe.api, self._accounts())
        nodes = {pod.node for pod in self.watching.observers()}
        for note in remarks(nodes, self.facts):
            self.tell(note)
        self._warm_up()
        self.measures_since = time.monotonic()
        while self.done[ROLLOUT] < self.plan.rollouts and not self._is_late():
            self._roll(ROLLOUT)
            # No more Pods end at once than one rolling update ends.
            self._settle(self.plan.backends)
            if self.done[ROLLOUT] + self._open(ROLLOUT) >= self.plan.rollouts:
                self._settle(0)
        self._settle(0)
        while self.done[SINGLE] < self.plan.singles and not self._is_late():
            self._delete_one()
            self._settle(0)

    # --- before the first record

    def _listen(self) -> None:
        """Wait until every observer is answered by every backend over every path, or refuse."""
        patience = ANSWERED_OUTSIDE_SECONDS if self.outside else ANSWERED_SECONDS
        end = time.monotonic() + patience
        while True:
            self.watching.wait(LISTENING_SECONDS)
            self._read()
            why = why_blind(self._accounts(), self.plan)
            if not why:
                return
            if time.monotonic() > end:
                raise ClusterError(f"it would be blind: {why}")

    def _warm_up(self) -> None:
        """Roll until the window is found to be long enough; none of it is measured."""
        while True:
            self._roll(WARM_UP)
            slowest, served = self._settle(0)
            window = self.probe.window_seconds
            if (
                self.plan.window_seconds
                or slowest <= served / 2
                or served >= MAXIMUM_WINDOW_SECONDS
            ):
                return
            self.probe.window_seconds = min(MAXIMUM_WINDOW_SECONDS, max(2 * window, 4 * slowest))
            self.tell(
                f"a connection came {slowest:.1f} s after its Pod's deletion: backends now serve "
                f"for {self.probe.window_seconds:g} s"
            )
            self._roll(WARM_UP)
            self._settle(0)

    # --- rolling updates and deletions

    def _roll(self, series: str) -> None:
        pods = self.watching.backends()
        self.probe.roll()
        self.probe.wait_until_ready(self.watching)
        self._opened(series, pods)
        self._pause(self.plan.pause_seconds)

    def _delete_one(self) -> None:
        self._pause(max(self.plan.pause_seconds, IDLE_SECONDS))
        pod = min(self.watching.backends(), key=lambda item: item.name)
        api = self.probe.api
        api.delete(f"{collection('Pod', self.probe.namespace)}/{pod.name}")
        end = time.monotonic() + REPORT_SECONDS
        while not pod.deleted_at and time.monotonic() < end:
            self.watching.wait(0.3)
        self.probe.wait_until_ready(self.watching)
        self._opened(SINGLE, [pod])

    def _opened(self, series: str, pods: list[Seen]) -> None:
        self.numbers[series] += 1
        self.open.append(Ending(series, self.numbers[series], pods))

    def _open(self, series: str) -> int:
        return sum(item.series == series for item in self.open)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.watching.wait(left)

    # --- records

    def _settle(self, maximum: int) -> tuple[float, float]:
        """
        Wait until no more than so many Pods still end, and write what is whole by then.

        The slowest arrival of what was written, and the shortest time that a Pod served.
        """
        slowest, served = 0.0, MAXIMUM_WINDOW_SECONDS
        end = time.monotonic() + self.probe.window_seconds + REPORT_SECONDS
        while True:
            for ending in [item for item in self.open if _is_over(item) or time.monotonic() > end]:
                self.open.remove(ending)
                deletions = self._written(ending)
                slowest = max([slowest, *map(_last, deletions)])
                served = min([served, *(item.served_seconds for item in deletions)])
            if sum(len(item.pods) for item in self.open) <= maximum:
                return slowest, served
            self.watching.wait(0.5)
            if self.churn and self.churn.failure:
                raise self.churn.failure

    def _written(self, ending: Ending) -> list[Deletion]:
        """Write the records of Pods that ended; where one is missing, all are left out."""
        missing = [pod for pod in ending.pods if not pod.report]
        if missing or not ending.pods:
            self.lost += 1
            what = f"Pod {missing[0].name} ended without a report" if missing else "no Pod ended"
            self.tell(f"{ending.series} {ending.number} is left out: {what}")
            if self.lost >= LOST_IN_A_ROW:
                raise ClusterError(f"{what}, {self.lost} times in a row; nothing can be measured")
            return []
        self.lost = 0
        self._pause(TOLD_SECONDS)
        self._read()
        deletions = [
            deletion_of(
                pod,
                self._accounts(),
                run=self.probe.run,
                series=ending.series,
                rollout=ending.number,
                of=len(ending.pods),
                load=self._load(),
                cluster=self.facts,
                tool=f"kzd {__version__}",
            )
            for pod in ending.pods
        ]
        self.write(deletions)
        self.done[ending.series] += 1
        self._show(ending, deletions)
        return deletions

    def _read(self) -> None:
        self.accounts.read([pod.name for pod in self.watching.observers()])
        if self.outside:
            self.outside.read()

    def _accounts(self) -> list[Account]:
        """The accounts of the observers that are there."""
        names = {pod.name for pod in self.watching.observers()}
        inside = [item for name, item in self.accounts.accounts.items() if name in names]
        return inside + ([self.outside.account] if self.outside else [])

    def _load(self) -> dict[str, Any]:
        return {
            "backends": self.plan.backends,
            "connectionsPerSecond": self.plan.rate,
            "observers": self.plan.observers + bool(self.outside),
            "hostNetwork": self.plan.is_on_host_network,
            "churnPerSecond": self.plan.churn,
        }

    def _show(self, ending: Ending, deletions: Sequence[Deletion]) -> None:
        done = self.done[ROLLOUT] + self.done[SINGLE]
        total = self.plan.rollouts + self.plan.singles
        fresh = done - self.before
        spent = time.monotonic() - self.measures_since
        left = (total - done) * spent / fresh if fresh > 0 else None
        last = max(map(_last, deletions))
        self.show(Progress(done, total, left, f"{ending.series} {ending.number}: {last:.2f} s"))

    def _is_late(self) -> bool:
        limit = self.plan.duration_seconds
        return limit is not None and time.monotonic() - self.began > limit


def _is_over(ending: Ending) -> bool:
    return all(pod.report is not None or pod.is_gone for pod in ending.pods)


def _last(deletion: Deletion) -> float:
    return max(
        (item.last_seconds or 0.0 for item in deletion.arrivals if item.ports == FRESH),
        default=0.0,
    )
