"""What a plan does nothing about and a person has to know, with the command that helps."""

from __future__ import annotations

from collections.abc import Iterator

from kzd.long_task import VERSION
from kzd.retire.current import Current, Wanted
from kzd.retire.item import Item
from kzd.retire.ownership import Shown, key_of


def noteworthy(wanted: Wanted, shown: Shown) -> Iterator[str]:
    """What is to be known of a namespace."""
    for current in wanted.currents:
        if current.key.namespace != shown.namespace:
            continue
        if all(item.name != current.name for item in shown.deployments):
            yield f"Deployment/{current.name} is current and not in namespace {shown.namespace}"
        for item in shown.deployments:
            if item.name == current.name:
                yield from _why_asleep(item, shown)
            if _is_older(item, current) and not wanted.holds(item):
                yield _older(item, shown)
            if _is_of_another(item, current, wanted):
                instance = item.labels[wanted.instance]
                yield (
                    f"{item} in {shown.namespace} is of '{instance}' and not of "
                    f"'{current.key.instance}', so it is not looked at"
                )


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


def _is_of_another(item: Item, current: Current, wanted: Wanted) -> bool:
    """Whether a version of the same base has an owner that is not in the manifests."""
    key, owners = key_of(item, wanted.instance), {it.key[:2] for it in wanted.currents}
    is_of_base = bool(key.instance and key.version) and key.base == current.key.base
    return is_of_base and key[:2] not in owners


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
