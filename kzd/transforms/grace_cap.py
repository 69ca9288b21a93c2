"""
Learn where the platform ends Pods before their grace period does.

The cluster autoscaler waits 600 s at the most when it removes a node, Spot nodes go with a short
notice, and `platform.maxGraceSeconds` says what you know of your platform.  SIGKILL cuts off what a
grace period promises beyond that.

Left alone: grace periods within; more than 600 s where
`cluster-autoscaler.kubernetes.io/safe-to-evict: "false"` keeps the autoscaler from the Pods.  Where
`maxGraceSeconds` allows more than 600 s, it is told as information.
Source: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.cluster import grace
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.edit import FieldPath, Finding
from kzd.transform import OptionSet, transform
from kzd.value import mapping, sequence

AUTOSCALER_SECONDS = 600
SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"


class Spot(NamedTuple):
    """How Spot nodes are marked, and what their Pods get when one is taken back."""

    label: str
    value: str
    node: str
    seconds: int


SPOT = (
    Spot("cloud.google.com/gke-spot", "true", "a GKE Spot node", 15),
    Spot("eks.amazonaws.com/capacitytype", "spot", "an AWS Spot node", 120),
    Spot("karpenter.sh/capacity-type", "spot", "a Spot node of Karpenter", 120),
    Spot("kubernetes.azure.com/scalesetpriority", "spot", "an Azure Spot node", 30),
)
AUTOPILOT = Spot("cloud.google.com/gke-spot", "true", "a Spot node of GKE Autopilot", 25)
AUTOPILOT_MARK = "autopilot.gke.io/"


class Options(OptionSet):
    """Nothing but the switch."""


@transform(after=("termination-grace-period", "long-task"))
def grace_cap(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report a grace period that the platform does not honour."""
    place = grace.path_of(workload)
    seconds = grace.seconds_of(workload) or 0
    platform = cluster.settings(workload).platform
    cap = platform.max_grace_seconds
    said = platform.source_of("max_grace_seconds")
    if cap is not None and seconds > cap:
        message = f"must be at most {cap}, which is what the platform honours ({said})"
        yield Finding(place, message, "warning", proposed=cap)
    elif seconds > AUTOSCALER_SECONDS and _is_evicted(workload):
        yield _cut_off(place, f"{said} allows {cap} s" if cap is not None else "")
    for spot in _spots(workload)[:1]:
        if seconds > spot.seconds:
            yield Finding(place, f"is cut to {spot.seconds} s when {spot.node} is taken back")


def _cut_off(place: FieldPath, allowed: str) -> Finding:
    unless = f"when it removes a node, unless `{SAFE_TO_EVICT}` is 'false'"
    if allowed:
        longer = f"is longer than the {AUTOSCALER_SECONDS} s that the cluster autoscaler waits"
        return Finding(place, f"{longer} {unless} or its own limit is raised; {allowed}")
    message = f"must be at most {AUTOSCALER_SECONDS}: the cluster autoscaler waits no longer"
    return Finding(place, f"{message} {unless}", "warning", proposed=AUTOSCALER_SECONDS)


def _is_evicted(workload: Workload) -> bool:
    return workload.pod_annotations.get(SAFE_TO_EVICT) not in ("false", False)


def _spots(workload: Workload) -> list[Spot]:
    """The Spot nodes that the Pods ask for or put up with, the shortest notice first."""
    known = SPOT
    if any(key.startswith(AUTOPILOT_MARK) for key in map(str, workload.pod_annotations)):
        known = (AUTOPILOT, *SPOT[1:])
    wanted = {(str(key).lower(), str(value).lower()) for key, value in _node_labels(workload)}
    found = [spot for spot in known if (spot.label, spot.value) in wanted]
    return sorted(found, key=lambda spot: spot.seconds)


def _node_labels(workload: Workload) -> Iterator[tuple[str, Any]]:
    """The labels of nodes, and of their taints, that the Pods name."""
    spec = workload.pod_spec
    yield from mapping(spec.get("nodeSelector")).items()
    for toleration in map(mapping, sequence(spec.get("tolerations"))):
        yield str(toleration.get("key")), toleration.get("value")
    affinity = mapping(mapping(spec.get("affinity")).get("nodeAffinity"))
    required = mapping(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    for term in map(mapping, sequence(required.get("nodeSelectorTerms"))):
        for expression in map(mapping, sequence(term.get("matchExpressions"))):
            if expression.get("operator") == "In":
                for value in sequence(expression.get("values")):
                    yield str(expression.get("key")), value
