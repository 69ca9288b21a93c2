"""
Let node drains take one Pod at a time.

Without a disruption budget a drain, a node upgrade or an autoscaler may evict all Pods of a
workload at once, before others are ready.  `maxUnavailable: 1` follows changes of `replicas` and
never blocks; `AlwaysAllow` (from 1.27 on) lets Pods go that are not ready anyway.

Left alone: a minimum of one Pod; Pods that a budget of the input selects; a selector that catches
Pods of another workload; a name that is taken; no labels; workers, unless configured; single
workloads; DaemonSets, whose Pods drains pass over.  Only proposed for StatefulSets, which may need
a quorum, and for Argo Rollouts, whose canary counts as missing while it is not ready.
Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.cluster.selection import VERSION, label_selector_matches, without_nulls
from kzd.edit import Create, Finding, path
from kzd.transform import OptionSet, option, transform
from kzd.value import mapping, text

SELECTOR = path("spec.selector")
POLICY_SINCE_MINOR = 27
POLICIES = {"Deployment": "AlwaysAllow", "Rollout": "AlwaysAllow", "StatefulSet": "IfHealthyBudget"}
CLASH = "one outside of the input for the same Pods would clash: eviction answers two with HTTP 500"
CAUTION = {
    "StatefulSet": "only the owner knows what quorum they need",
    "Rollout": "a canary that is not ready would count as missing and block drains",
}


class Options(OptionSet):
    """The switch, and who gets a budget."""

    workers: bool = option(False, "Whether workloads that serve no requests get one too.")


@transform(
    kinds=["Deployment", "StatefulSet", "Rollout"],
    after=["rolling-update", "termination-grace-period", "long-task"],
    creates=["PodDisruptionBudget"],
)
def pod_disruption_budget(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Create | Finding]:
    """Add a budget where none is, or say why not."""
    role = cluster.role(workload)
    if role.single or not (role.serves or options.workers):
        return
    minimum = cluster.effective_minimum(workload)
    if minimum < 2 or cluster.budgets_of(workload) or "name" not in _metadata(workload):
        return
    selector = without_nulls(workload.get(SELECTOR))
    problem = _why_not(workload, selector, cluster)
    if problem:
        yield Finding(SELECTOR, problem)
    elif workload.kind == "Deployment":
        pods = f"{'at least ' if cluster.autoscaler_of(workload) else ''}{minimum} Pods"
        why = f"a drain then evicts one of {pods} at a time; {CLASH}"
        source = "" if role.serves else options.source_of("workers")
        yield Create(_budget(workload, selector, cluster), why, source)
    else:
        yield Finding(
            SELECTOR,
            "no budget of the input selects its Pods, so a drain may evict all of them at once; "
            f"one with this selector, `maxUnavailable: 1` and the policy {POLICIES[workload.kind]} "
            f"would fit, but {CAUTION[workload.kind]}; {CLASH}",
            proposed=_budget(workload, selector, cluster),
        )


def _metadata(workload: Workload) -> dict[str, Any]:
    """Its name and namespace, as far as its manifest says them, and what its version carries."""
    given = mapping(workload.data.get("metadata"))
    own = {field: given[field] for field in ("name", "namespace") if text(given.get(field))}
    if VERSION not in mapping(given.get("labels")):
        return own
    from kzd.versions.marks import birth_marks  # only where versions are: it costs start-up

    return own | birth_marks(workload)


def _why_not(workload: Workload, selector: dict[str, Any], cluster: ClusterView) -> str:
    if not label_selector_matches(selector or None, workload.pod_labels):
        return "must select the Pods of its own template by labels for a budget to do so"
    for other in cluster.workloads_selected(selector, near=workload):
        if other is not workload:
            too = f"selects the Pods of {other.kind} '{other.name}' too"
            return f"{too}, so no budget is added: it would count them together"
    for budget in cluster.in_namespace_of(workload, "PodDisruptionBudget"):
        if _metadata(workload)["name"] == budget.name:
            taken = f"PodDisruptionBudget '{budget.name}', which selects others, has the name"
            return f"no budget selects its Pods, and none is added: {taken}"
    return ""


def _budget(workload: Workload, selector: Any, cluster: ClusterView) -> dict[str, Any]:
    spec: dict[str, Any] = {"maxUnavailable": 1, "selector": selector}
    if cluster.minor >= POLICY_SINCE_MINOR:
        spec["unhealthyPodEvictionPolicy"] = POLICIES[workload.kind]
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(workload),
        "spec": spec,
    }
