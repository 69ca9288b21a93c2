"""What a plan does nothing about and a person has to know, with the command that helps."""

from __future__ import annotations

from collections.abc import Iterator

from kzd.long_task import VERSION
from kzd.retire.current import Current, Wanted
from kzd.retire.item import Item
from kzd.retire.ownership import Shown, key_of
from kzd.retire.taking_over import why_nobody_starts_it


def noteworthy(wanted: Wanted, shown: Shown) -> Iterator[str]:
    """What is to be known of a namespace."""
    for current in wanted.currents:
        if current.key.namespace != shown.namespace:
            continue
        if all(item.name != current.name for item in shown.deployments):
            yield f"the current version, {current.name}, is not in namespace '{shown.namespace}'"
        for item in shown.deployments:
            if item.name == current.name:
                yield from _about_current(current, item, shown)
            if _is_older(item, current) and not wanted.holds(item):
                yield _older(item, wanted, shown)
            if _is_of_another(item, current, wanted):
                instance = item.labels[wanted.instance]
                yield (
                    f"{item} in {shown.namespace} is of '{instance}' and not of "
                    f"'{current.key.instance}', so it is not looked at"
                )


def _about_current(current: Current, item: Item, shown: Shown) -> Iterator[str]:
    """
    A current version that nothing starts, and one whose Pods can't be evicted.

    Source: kubernetes/kubernetes pkg/registry/core/pod/storage/eviction.go, which refuses to evict
    a Pod that has more than one budget
    """
    if any(it.scales(item) for it in shown.autoscalers):
        yield from filter(None, [why_nobody_starts_it(current, shown)])
    budgets = [it for it in shown.dependents if it.kind == "PodDisruptionBudget"]
    selecting = [it for it in budgets if it.selects(item.pod_labels)]
    own = next((it for it in selecting if VERSION in it.labels), None)
    for budget in selecting if own else ():
        if VERSION not in budget.labels:
            yield (
                f"{budget} in {shown.namespace} selects the Pods of {item.name} as {own} does, and "
                "a Pod of two budgets can't be evicted: delete it when only versions are left"
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
    key = key_of(item, wanted.instance)
    is_of_base = bool(key.instance and key.version) and key.base == current.key.base
    return is_of_base and key[:2] not in wanted.owners


def _older(item: Item, wanted: Wanted, shown: Shown) -> str:
    scaling = [it for it in (*shown.autoscalers, *shown.dependents) if it.scales(item)]
    before = [it for it in scaling if not it.controller]
    after = [it for it in shown.dependents if _is_for(it, item, shown)]
    going = [it for it in (*before, item, *after) if not wanted.holds(it)]
    names = " ".join(f"{it.kind.lower()}/{it.name}" for it in going)
    return (
        f"{item} in {shown.namespace} is from before the first version, and no label proves "
        f"anything about it; once it is idle: kubectl delete {names} --namespace {shown.namespace}"
    )


def _is_for(budget: Item, older: Item, shown: Shown) -> bool:
    """Whether a budget is from before the first version, and for nothing but what is older."""
    others = (
        item
        for item in shown.deployments
        if item.name != older.name and key_of(item).base != older.name
    )
    return (
        budget.kind == "PodDisruptionBudget"
        and VERSION not in budget.labels
        and budget.selects(older.pod_labels)
        and not any(budget.selects(item.pod_labels) for item in others)
    )
