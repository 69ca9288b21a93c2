"""
Find disruption budgets that no node drain gets past.

A budget that allows no disruption makes every eviction fail: drains, node upgrades and autoscalers
wait for ever, or delete the Pods by force.  `minAvailable` does that as soon as it reaches the
number of Pods; a percentage is rounded up, so that of one Pod it is always that Pod.  Of Pods that
two budgets select none can be evicted at all: the API server answers HTTP 500.

Left alone: budgets that leave a Pod to evict; numbers of Pods that the input doesn't know; the
platform's namespaces; budgets that a controller owns.
Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.availability import share
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.role import PLATFORM_NAMESPACES
from kzd.edit import Finding, path
from kzd.transform import OptionSet, transform

SELECTOR = path("spec.selector")
MIN_AVAILABLE = path("spec.minAvailable")
MAX_UNAVAILABLE = path("spec.maxUnavailable")
ZERO = (0, "0%")
COUNTED = ("Deployment", "StatefulSet", "Rollout", "ReplicaSet", "ReplicationController", "Pod")


class Options(OptionSet):
    """Nothing but the switch."""


@transform(kinds=["PodDisruptionBudget"])
def blocking_budget(budget: Resource, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report a budget that allows no eviction, or that shares its Pods with another."""
    if budget.namespace in PLATFORM_NAMESPACES or budget.controller:
        return
    workloads = _workloads(budget, cluster)
    past = f"for a drain to get past {_named(workloads)}"
    if budget.get(MAX_UNAVAILABLE) in ZERO:
        yield Finding(
            MAX_UNAVAILABLE,
            f"must be at least 1 {past}: no Pod may ever be evicted",
            "warning",
            proposed=1,
        )
    elif _keeps_all(budget, workloads, cluster):
        yield Finding(
            MIN_AVAILABLE,
            f"must leave a Pod to evict {past}: {_count(workloads, cluster)}; `maxUnavailable: 1` "
            "never blocks",
            "warning",
        )
    yield from _overlap(budget, workloads, cluster)


def _workloads(budget: Resource, cluster: ClusterView) -> list[Workload]:
    """What it selects: a drain passes over the Pods of DaemonSets, those of Jobs come and go."""
    selected = cluster.workloads_selected(budget.get(SELECTOR), near=budget)
    return [
        workload
        for workload in selected
        if workload.kind in COUNTED and budget in cluster.budgets_of(workload)
    ]


def _named(workloads: list[Workload]) -> str:
    if not workloads:
        return "the Pods that it selects"
    more = f" and {len(workloads) - 1} more" if len(workloads) > 1 else ""
    return f"{workloads[0].kind} '{workloads[0].name}'{more}"


def _keeps_all(budget: Resource, workloads: list[Workload], cluster: ClusterView) -> bool:
    """Whether `minAvailable` leaves no Pod to evict at the smallest number of Pods."""
    minimum = budget.get(MIN_AVAILABLE)
    if minimum == "100%":
        return True
    pods = _pods(workloads, cluster)
    needed = share(minimum, pods, up=True)
    return needed is not None and needed >= pods > 0


def _pods(workloads: list[Workload], cluster: ClusterView) -> int:
    return sum(_at_least(workload, cluster) for workload in workloads)


def _at_least(workload: Workload, cluster: ClusterView) -> int:
    if cluster.autoscaler_of(workload) is None:
        return workload.replicas
    return max(cluster.effective_minimum(workload), 1)


def _count(workloads: list[Workload], cluster: ClusterView) -> str:
    pods = _pods(workloads, cluster)
    scaler = next(filter(None, map(cluster.autoscaler_of, workloads)), None)
    at = f" at the minimum of {scaler.kind} '{scaler.name}'" if scaler else ""
    return f"the only Pod must stay{at}" if pods == 1 else f"all {pods or 'its'} Pods must stay{at}"


def _overlap(budget: Resource, found: list[Workload], cluster: ClusterView) -> Iterator[Finding]:
    for workload in found:
        first = cluster.budgets_of(workload)[0]
        if first is not budget:
            yield Finding(
                SELECTOR,
                f"PodDisruptionBudget '{first.name}' selects the Pods of {workload.kind} "
                f"'{workload.name}' too: eviction answers two budgets with HTTP 500; keep one",
                "warning",
            )
            return
