"""
Carrying out a plan: one step at a time, each after a fresh look that still says the same.

Whatever fails or changes in between, the next run goes on from what the cluster shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.retire.current import Wanted
from kzd.retire.item import AUTOSCALERS, DELETION_COST, RESOURCES
from kzd.retire.leftovers import leftovers
from kzd.retire.ownership import Shown, versions_of
from kzd.retire.plan import Decision, Plan, Step
from kzd.retire.planner import Judge, decide
from kzd.retire.steps import retiring

POLL_SECONDS = 2.0
MARKED_SECONDS = 2.0
"""How long controllers may take to learn of a Pod's deletion cost."""

CHANGED_SECONDS = 0.2
"""Before a look at what somebody else has changed."""

MAXIMUM_ATTEMPTS = 20
PASSING = (404, 409)
"""What was there is gone or has changed: look again."""


class Tell(Protocol):
    """Takes what happens: an event, what it is about, and why."""

    def __call__(self, event: str, about: Decision | Step, because: str) -> None: ...


class Sight(NamedTuple):
    """
    How to look: at the manifests, at a namespace, and at a version's work.

    `shown` takes a namespace, and a version where no other counts; `instance` is the label of the
    owner.
    """

    wanted: Callable[[], Wanted]
    shown: Callable[..., Shown]
    judge: Judge
    instance: str


def carry_out(
    api: KubeApi, plan: Plan, sight: Sight, *, tell: Tell, wait_seconds: float
) -> list[Decision]:
    """
    Do what a plan says, and nothing else; what is still waiting after `wait_seconds`.

    Goes on past a version that fails, and raises its ClusterError at the end.
    """
    run = _Run(api, plan, sight, tell)
    end = time.monotonic() + wait_seconds
    waiting = [item for item in plan.decisions if item.steps and run.advance(item)]
    while waiting and time.monotonic() + POLL_SECONDS <= end:
        time.sleep(POLL_SECONDS)
        waiting = run.go_on(waiting)
    for item in waiting:
        tell("waiting", item, "its Pods have not ended yet; the next run goes on")
    run.sweep()
    if run.failed:
        raise run.failed[0]
    return waiting


class _Run:
    """One run; `failed` is what went wrong."""

    def __init__(self, api: KubeApi, plan: Plan, sight: Sight, tell: Tell) -> None:
        self._api = api
        self._plan = plan
        self._sight = sight
        self._tell = tell
        self._allowed = plan.targets
        self._alone: set[str] = set()
        self._deleted: set[str] = set()
        self.failed: list[ClusterError] = []

    def advance(self, decision: Decision) -> bool:
        """Go on with one version as far as it goes; whether it waits for the cluster."""
        try:
            for _ in range(MAXIMUM_ATTEMPTS):
                steps = self._next(decision)
                if not steps or steps[0].verb == "wait":
                    return bool(steps)
                for step in steps:
                    self._do(step)
                if steps[0].verb == "mark":
                    time.sleep(MARKED_SECONDS)
                elif steps[0].kind in AUTOSCALERS:
                    self._alone.add(decision.uid)
            self._tell("kept", decision, "it changes all the time; the next run tries again")
        except ClusterError as error:
            self._fail(decision, error)
        return False

    def go_on(self, waiting: Sequence[Decision]) -> list[Decision]:
        """Go on with those that need not wait any longer; one look is enough to wait for all."""
        try:
            spaces = {item.key.namespace for item in waiting}
            shown = {space: self._sight.shown(space) for space in spaces}
        except ClusterError:  # each is looked at, and says so itself
            shown = {}
        ending = {
            version.deployment.uid
            for space in shown.values()
            for version in versions_of(space, self._sight.instance)
            if retiring(version)[0].verb == "wait"
        }
        return [item for item in waiting if item.uid in ending or self.advance(item)]

    def _next(self, decision: Decision) -> Sequence[Step]:
        """The first step that is left, and all Pods that are to be marked; none where not allowed.

        Marks end nothing: one look is enough for all.
        """
        fresh = self._look(decision)
        if fresh is None:
            if decision.uid not in self._deleted:
                self._tell("gone", decision, "nothing of this uid is in the cluster")
            return ()
        if fresh.action != decision.action or not fresh.steps:
            more = f"; its autoscaler is deleted, so it stays at {fresh.replicas} replicas"
            is_alone = decision.uid in self._alone and not fresh.steps
            self._tell("kept", fresh, fresh.because + (more if is_alone else ""))
            return ()
        steps = list(takewhile(lambda step: step.verb == "mark", fresh.steps)) or fresh.steps[:1]
        for step in steps:
            if step.verb != "wait" and step.target not in self._allowed:
                self._tell("kept", decision, f"{step.kind}/{step.name} is not in the plan")
                return ()
        return steps

    def _look(self, decision: Decision) -> Decision | None:
        """The decision as it is now: what may change the fastest is looked at last."""
        sight, limits = self._sight, self._plan.limits
        shown = sight.shown(decision.key.namespace, decision.key.version)
        for version in versions_of(shown, sight.instance):
            if (version.deployment.uid, version.key) == (decision.uid, decision.key):
                found = sight.judge(version)
                return decide(version, sight.wanted(), shown, limits, found)
        return None

    def sweep(self) -> None:
        """Delete what the plan calls left over or what its versions left, and nothing uses."""
        for namespace in sorted({target[2] for target in self._allowed}):
            tried: set[tuple[str, ...]] = set()
            try:
                while step := self._leftover(namespace, tried):
                    tried.add(step.target)
                    self._do(step)
            except ClusterError as error:
                self.failed.append(error)

    def _leftover(self, namespace: str, tried: set[tuple[str, ...]]) -> Step | None:
        allowed = self._allowed - tried
        shown = self._sight.shown(namespace)
        found = leftovers(self._sight.wanted(), shown, self._plan.limits)
        return next((step for step in found if step.target in allowed), None)

    def _do(self, step: Step) -> None:
        try:
            is_done = _DO[step.verb](self._api, _path(step), step)
        except ClusterError as error:
            if error.status not in PASSING:
                self._tell("failed", step, error.message)
                raise
            is_done = False
        if is_done and step.verb == "delete":
            self._deleted.add(step.uid)
        if not is_done:
            time.sleep(CHANGED_SECONDS)
        self._tell(_DONE[step.verb] if is_done else "changed", step, step.because)

    def _fail(self, decision: Decision, error: ClusterError) -> None:
        self.failed.append(error)
        self._tell("kept", decision, error.message)
        if not error.status:  # nobody is there: the others would wait as long, one by one
            raise error


def _path(step: Step) -> str:
    return f"{RESOURCES[step.kind].format(step.namespace)}/{step.name}"


def _delete(api: KubeApi, path: str, step: Step) -> bool:
    return api.delete(path, uid=step.uid, version=step.resource_version)


def _scale(api: KubeApi, path: str, step: Step) -> bool:
    metadata = {"resourceVersion": step.resource_version}
    api.patch(f"{path}/scale", {"metadata": metadata, "spec": {"replicas": step.replicas}})
    return True


def _mark(api: KubeApi, path: str, step: Step) -> bool:
    annotations = {DELETION_COST: str(step.cost)}
    metadata = {"resourceVersion": step.resource_version, "annotations": annotations}
    api.patch(path, {"metadata": metadata})
    return True


_DO: dict[str, Callable[[KubeApi, str, Step], Any]] = {
    "delete": _delete, "scale": _scale, "mark": _mark,
}  # fmt: skip
_DONE = {"delete": "deleted", "scale": "scaled", "mark": "marked"}
