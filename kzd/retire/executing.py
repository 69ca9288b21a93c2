"""
Carrying out a plan: one step at a time, each after a fresh look that still says the same.

Whatever fails or changes in between, the next run goes on from what the cluster shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from kzd.kube_api import ClusterError, KubeApi
from kzd.retire.current import Wanted
from kzd.retire.item import AUTOSCALERS, DELETION_COST, RESOURCES
from kzd.retire.leftovers import leftovers
from kzd.retire.ownership import Shown, versions_of
from kzd.retire.plan import Decision, Plan, Step
from kzd.retire.planner import Judge, decide

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

    `instance` is the label of the owner.
    """

    wanted: Callable[[], Wanted]
    shown: Callable[[str], Shown]
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
    waiting = [item for item in plan.decisions if item.steps]
    while True:
        waiting = [item for item in waiting if run.advance(item)]
        if not waiting or time.monotonic() + POLL_SECONDS > end:
            break
        time.sleep(POLL_SECONDS)
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
        self.failed: list[ClusterError] = []

    def advance(self, decision: Decision) -> bool:
        """Go on with one version as far as it goes; whether it waits for the cluster."""
        try:
            for _ in range(MAXIMUM_ATTEMPTS):
                step = self._next(decision)
                if step is None or step.verb == "wait":
                    return step is not None
                self._do(step)
                if step.kind in AUTOSCALERS:
                    self._alone.add(decision.uid)
            self._tell("kept", decision, "it changes all the time; the next run tries again")
        except ClusterError as error:
            self._fail(decision, error)
        return False

    def _next(self, decision: Decision) -> Step | None:
        """The first step that is left and allowed; None where there is none."""
        fresh = self._look(decision)
        if fresh is None:
            return None
        if fresh.action != decision.action:
            more = f"; its autoscaler is deleted, so it stays at {fresh.replicas} replicas"
            is_alone = decision.uid in self._alone and fresh.steps == ()
            self._tell("kept", fresh, fresh.because + (more if is_alone else ""))
            return None
        step = fresh.steps[0]
        if step.verb != "wait" and step.target not in self._allowed:
            self._tell("kept", decision, f"{step.kind}/{step.name} is not in the plan")
            return None
        return step

    def _look(self, decision: Decision) -> Decision | None:
        """The decision as it is now: what may change the fastest is looked at last."""
        sight, limits = self._sight, self._plan.limits
        shown = sight.shown(decision.key.namespace)
        for version in versions_of(shown, sight.instance):
            if version.deployment.uid == decision.uid:
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
    time.sleep(MARKED_SECONDS)
    return True


_DO: dict[str, Callable[[KubeApi, str, Step], Any]] = {
    "delete": _delete, "scale": _scale, "mark": _mark,
}  # fmt: skip
_DONE = {"delete": "deleted", "scale": "scaled", "mark": "marked"}
