"""What a plan does nothing about and a person has to know, with the command that helps."""

from __future__ import annotations

from collections.abc import Iterator

from kzd.long_task import VERSION
from kzd.retire.current import Current, Wanted
from kzd.retire.item import Item
from kzd.retire.ownership import Shown


def noteworthy(wanted: Wanted, shown: Shown) -> Iterator[str]:
    """What is to be known of a namespace."""
    there = {item.name for item in shown.deployments}
    here = (item for item in wanted.currents if item.key.namespace == shown.namespace)
    for current in here:
        if current.name not in there:  # --namespace, or the context, may name another one
            yield f"the current version, {current.name}, is not in namespace '{shown.namespace}'"
        for item in shown.deployments:
            if item.name == current.name:
                yield from _why_asleep(item, shown)
            if _is_older(item, current) and not wanted.holds(item):
                yield _older(item, shown)


def _is_older(item: Item, current: Current) -> bool:
    """
    Whether a Deployment is evidently what was there before the first version.

    It has the name that the versions begin with, and its selector would have taken their Pods.
    """
    return (
        item.name == current.key.base
        and VERSION not in item.labels
        and not item.controller
        and not item.is_ending
        and item.selects(current.pod_labels)
    )


def _older(item: Item, shown: Shown) -> str:
    scaling = [it for it in shown.autoscalers if it.scales(item) and not it.controller]
    names = " ".join(f"{it.kind.lower()}/{it.name}" for it in [*scaling, item])
    return (
        f"{item} in {shown.namespace} is from before the first version, and no label proves "
        f"anything about it; once it is idle: kubectl delete {names} --namespace {shown.namespace}"
    )


def _why_asleep(item: Item, shown: Shown) -> Iterator[str]:
    """
    A current version that goes on with 0 replicas, such as one that was half retired before a
    rollback made it current again: manifests with an autoscaler say no replicas.

    Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ (implicit
    maintenance mode)
    """
    is_scaled = any(it.scales(item) for it in shown.autoscalers)
    if item.replicas == 0 and is_scaled and not starts_from_zero(item, shown):
        yield (
            f"{item} in {shown.namespace} is current and has 0 replicas, where an autoscaler does "
            f"nothing; to start it: kubectl scale deployment/{item.name} --replicas 1 "
            f"--namespace {shown.namespace}"
        )


def starts_from_zero(item: Item, shown: Shown) -> bool:
    """Whether a Deployment has 0 replicas, and an autoscaler that gives it some when needed."""
    scaled = (it for it in shown.autoscalers if it.kind == "ScaledObject" and it.scales(item))
    return item.replicas == 0 and any(scaled)
