"""
One run of `kzd measure`: rolling updates, and a record of each deletion as it is known.

It computes nothing: `kzd.measure.summary` does, from the records.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.measure.blindness import remarks, why_blind
from kzd.measure.churn import Churn
from kzd.measure.ending import Ended, Ending, Endings, Write
from kzd.measure.facts import cluster_facts
from kzd.measure.objects import collection
from kzd.measure.observers import Observers
from kzd.measure.plan import MAXIMUM_WINDOW_SECONDS, Plan
from kzd.measure.record import ROLLOUT, SINGLE, WARM_UP
from kzd.measure.setting_up import Probe, Tell, probe
from kzd.measure.watching import Seen, Watching

LISTENING_SECONDS = 4
ANSWERED_SECONDS, ANSWERED_OUTSIDE_SECONDS = 60.0, 300.0
SEEN_SECONDS = 60.0
IDLE_SECONDS = 5.0


class Progress(NamedTuple):
    """How far a run is: rolling updates and single deletions done of all, the seconds left."""

    done: int
    total: int
    left_seconds: float | None
    text: str


Show = Callable[[Progress], None]


def collect(
    api: KubeApi, plan: Plan, *, write: Write, tell: Tell, show: Show, done: dict[str, int]
) -> None:
    """
    Measure as planned, on from what is `done` of each series; raises ClusterError.

    `write` gets the records of each rolling update once they are whole.
    """
    with probe(api, plan, tell) as (made, watching):
        run = _Run(made, watching, write, tell, show, done)
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
        show: Show,
        done: dict[str, int],
    ) -> None:
        self.plan = made.plan
        self.probe = made
        self.watching = watching
        self.tell, self.show = tell, show
        self.done = {ROLLOUT: 0, SINGLE: 0} | done
        self.before = sum(self.done.values())
        self.began = self.measures_since = time.monotonic()
        self.numbers = {ROLLOUT: 0, SINGLE: 0, WARM_UP: 0}
        self.observers = Observers(made.api, made.namespace, watching)
        self.endings = Endings(made, watching, self.observers, write, tell)
        self.churn: Churn | None = None

    def close(self) -> None:
        self.observers.stop()
        if self.churn:
            self.churn.stop()

    def go(self) -> None:
        made, plan = self.probe, self.plan
        if plan.url:
            self.observers.ask(plan.url, plan.rate)
        if plan.churn:
            self.churn = Churn(made, plan.churn)
        self._listen()
        self.endings.facts = cluster_facts(made.api, self.observers.accounts())
        nodes = {pod.node for pod in self.watching.observers()}
        for note in remarks(nodes, self.endings.facts):
            self.tell(note)
        self._warm_up()
        self.measures_since = time.monotonic()
        while self.done[ROLLOUT] < plan.rollouts and not self._is_late():
            self._roll(ROLLOUT)
            is_last = self.done[ROLLOUT] + self.endings.open_of(ROLLOUT) >= plan.rollouts
            # No more Pods end at once than one rolling update ends.
            self._settle(0 if is_last else plan.backends)
        self._settle(0)
        while self.done[SINGLE] < plan.singles and not self._is_late():
            self._delete_one()
            self._settle(0)

    def _listen(self) -> None:
        """Wait until every observer is answered by every backend over every path, or refuse."""
        patience = ANSWERED_OUTSIDE_SECONDS if self.plan.url else ANSWERED_SECONDS
        end = time.monotonic() + patience
        while True:
            self.watching.wait(LISTENING_SECONDS)
            self.observers.read()
            why = why_blind(self.observers.accounts(), self.plan)
            if not why:
                return
            if time.monotonic() > end:
                raise ClusterError(f"it would be blind: {why}")

    def _warm_up(self) -> None:
        """Roll until the window is found to be long enough; none of it is measured."""
        while True:
            self._roll(WARM_UP)
            ended = self._settle(0)
            if not ended:  # it was left out, so it says nothing of the window
                continue
            slowest = max(item.slowest_seconds for item in ended)
            served = min(item.served_seconds for item in ended)
            window = self.probe.window_seconds
            is_long = slowest <= served / 2 or served >= MAXIMUM_WINDOW_SECONDS
            if self.plan.window_seconds or is_long:
                return
            self.probe.window_seconds = min(MAXIMUM_WINDOW_SECONDS, max(2 * window, 4 * slowest))
            self.tell(
                f"a connection came {slowest:.1f} s after its Pod's deletion: backends now serve "
                f"for {self.probe.window_seconds:g} s"
            )
            self._roll(WARM_UP)
            self._settle(0)

    def _roll(self, series: str) -> None:
        pods, listening = self._ready()
        self.probe.roll()
        self.probe.wait_until_ready(self.watching)
        self._opened(series, pods, listening)
        self.watching.pause(self.plan.pause_seconds)

    def _delete_one(self) -> None:
        self.watching.pause(max(self.plan.pause_seconds, IDLE_SECONDS))
        pods, listening = self._ready()
        pod = min(pods, key=lambda item: item.name)
        self.probe.api.delete(f"{collection('Pod', self.probe.namespace)}/{pod.name}")
        end = time.monotonic() + SEEN_SECONDS
        while not (pod.deleted_at or pod.is_gone) and time.monotonic() < end:
            self.watching.wait(0.3)
        self.probe.wait_until_ready(self.watching)
        self._opened(SINGLE, [pod], listening)

    def _ready(self) -> tuple[list[Seen], frozenset[str]]:
        """The backends and the names of the observers, once all are there: some may be new."""
        self.probe.wait_until_ready(self.watching)
        end = time.monotonic() + ANSWERED_SECONDS
        while len(listening := self.observers.listening()) < self.plan.observers:
            if time.monotonic() > end:
                raise ClusterError(
                    f"it would be blind: {len(listening)} of {self.plan.observers} observers "
                    f"tell something after {ANSWERED_SECONDS:g} s"
                )
            self.watching.wait(LISTENING_SECONDS)
            self.observers.read()
        return self.watching.backends(), listening

    def _opened(self, series: str, pods: list[Seen], listening: frozenset[str]) -> None:
        self.numbers[series] += 1
        self.endings.add(Ending(series, self.numbers[series], pods, listening))

    def _settle(self, maximum: int) -> list[Ended]:
        """Wait until no more than so many Pods still end; what was written by then."""
        written = []
        while True:
            if self.churn and self.churn.failure:
                raise self.churn.failure
            for ended in self.endings.write_what_ended():
                written.append(ended)
                if ended.series in self.done:
                    self.done[ended.series] += 1
                self._show(f"{ended.series} {ended.number}: {ended.slowest_seconds:.2f} s")
            if self.endings.open_pods <= maximum:
                return written
            self.watching.wait(0.5)

    def _show(self, text: str) -> None:
        done = sum(self.done.values())
        total = self.plan.rollouts + self.plan.singles
        fresh = done - self.before
        spent = time.monotonic() - self.measures_since
        left = (total - done) * spent / fresh if fresh > 0 else None
        self.show(Progress(done, total, left, text))

    def _is_late(self) -> bool:
        limit = self.plan.duration_seconds
        return limit is not None and time.monotonic() - self.began > limit
