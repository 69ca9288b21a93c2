"""Whether a current version is there to take over from the others."""

from __future__ import annotations

from kzd.retire.current import Current
from kzd.retire.item import Item
from kzd.retire.ownership import Shown
from kzd.value import integer

PAUSES = (
    "autoscaling.keda.sh/paused",
    "autoscaling.keda.sh/paused-replicas",
    "autoscaling.keda.sh/paused-scale-out",
)
"""Annotations of a ScaledObject that starts nothing.
Source: https://keda.sh/docs/latest/concepts/scaling-deployments/"""


def why_not_there(current: Current, shown: Shown) -> str:
    """Why it has not taken over yet, empty where it has or where nobody is going to start it."""
    found = _deployment(current, shown)
    if found is None:
        return f"the current version, {current.name}, is not in the cluster"
    if not found.is_observed or found.condition("Available").get("status") != "True":
        return f"the current version, {current.name}, is not available"
    if found.replicas:
        runs = (integer(found.status.get("availableReplicas")) or 0) >= 1
        return "" if runs else f"the current version, {current.name}, has no Pod that is available"
    starting = [item for item in shown.autoscalers if item.scales(found) and _starts(item)]
    if starting and not any(map(_rests, starting)):
        return f"the current version, {current.name}, has 0 replicas until {starting[0]} starts it"
    return ""


def why_nobody_starts_it(current: Current, shown: Shown, replicas: int = 1) -> str:
    """
    What a person has to do about one that has 0 replicas, which is available too: nothing scales
    it from there to as many `replicas` as others have.  Empty where something does.

    So one that was half retired before a rollback made it current again: manifests with an
    autoscaler say no replicas.
    """
    found = _deployment(current, shown)
    if found is None or found.replicas:
        return ""
    if any(item.scales(found) and _starts(item) for item in shown.autoscalers):
        return ""
    return (
        f"the current version, {current.name}, has 0 replicas and nothing scales it from there: "
        f"kubectl scale deployment {current.name} --replicas {max(replicas, 1)} "
        f"--namespace {shown.namespace}"
    )


def _deployment(current: Current, shown: Shown) -> Item | None:
    found = (item for item in shown.deployments if item.name == current.name)
    return next((item for item in found if not item.is_ending), None)


def _starts(autoscaler: Item) -> bool:
    """
    Whether an autoscaler starts what has 0 replicas.

    A HorizontalPodAutoscaler takes them for a pause unless it scaled to them itself.  Source:
    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ (implicit
    maintenance mode), and its feature gate HPAScaleToZero
    """
    if autoscaler.is_ending:
        return False
    if autoscaler.kind != "ScaledObject":
        return autoscaler.condition("ScaledToZero").get("status") == "True"
    is_paused = any(autoscaler.annotations.get(name, "false") != "false" for name in PAUSES)
    return autoscaler.condition("Ready").get("status") == "True" and not is_paused


def _rests(autoscaler: Item) -> bool:
    """Whether 0 replicas are as many as one that starts them wants where there is no work."""
    least, idle = (autoscaler.spec.get(f"{of}ReplicaCount") for of in ("min", "idle"))
    return autoscaler.kind != "ScaledObject" or not integer(least) or integer(idle) == 0
