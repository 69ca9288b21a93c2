"""Ending the idle Pods of a busy version, where the cluster is sure to choose them."""

from __future__ import annotations

from kzd.retire.idleness import Evidence, working
from kzd.retire.item import DELETION_COST, Item
from kzd.retire.ownership import Version
from kzd.retire.plan import Step
from kzd.retire.pod_idleness import is_ready, is_running
from kzd.retire.steps import autoscalers_off, mark, scale

LOWEST_COST, HIGHEST_COST = -(2**31), 2**31 - 1


def why_not_down(version: Version, evidence: Evidence) -> str:
    """
    Why its idle Pods can't be ended alone, empty where they can.

    A ReplicaSet ends Pods without a node first, then pending ones, then those that are not
    ready, and only then by their deletion cost.
    Source: kubernetes/kubernetes pkg/controller/controller_utils.go, ActivePodsWithRanks
    """
    deployment, status = version.deployment, version.deployment.status
    pods = working(version.pods)
    counts = {status.get(field) for field in ("replicas", "updatedReplicas")}
    are_its = counts == {deployment.replicas} and len(pods) == deployment.replicas
    if not deployment.is_observed or not are_its:
        return "it has not settled: its Pods are not those it asks for"
    if len({pod.controller.get("uid") for pod in pods}) != 1:
        return "its Pods are of more than one ReplicaSet"
    for pod in pods:
        if not evidence.pods.get(pod.uid) and not _ranks_last(pod):
            return f"busy {pod.name} is not ready, and would be ended first"
    busy = [pod for pod in pods if not evidence.pods.get(pod.uid)]
    if not busy:
        return "each Pod is idle, and something else says that it is busy"
    if min(map(_cost, busy)) <= LOWEST_COST:
        return "a busy Pod has the lowest deletion cost already"
    return ""


def scaling_down(version: Version, evidence: Evidence) -> list[Step]:
    """Autoscalers off, idle Pods marked as the cheapest to end, then as many replicas as busy."""
    pods = working(version.pods)
    busy = [pod for pod in pods if not evidence.pods.get(pod.uid)]
    least = min(map(_cost, busy))
    steps = list(autoscalers_off(version))
    steps += [
        mark(pod, least - 1, "it is idle, so it is to end before the busy ones")
        for pod in pods
        if evidence.pods.get(pod.uid) and _cost(pod) >= least
    ]
    return [*steps, scale(version.deployment, len(busy), "only its busy Pods are to go on")]


def _ranks_last(pod: Item) -> bool:
    return bool(pod.spec.get("nodeName")) and is_running(pod) and is_ready(pod)


def _cost(pod: Item) -> int:
    """A Pod's deletion cost; 0 where it has none that counts."""
    try:
        cost = int(str(pod.annotations.get(DELETION_COST, "0")))
    except ValueError:
        return 0
    return cost if LOWEST_COST <= cost <= HIGHEST_COST else 0
