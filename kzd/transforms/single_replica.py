"""
Learn where one Pod is all there is.

With a single replica a rollout can be without downtime, since a second Pod is started first; a
failed node, a drain or a crash can't.  Some workloads can't even have that second Pod: Recreate, a
StatefulSet of one, a claim that only one node or Pod may use, a data store whose data a second Pod
would not have.  There every rollout is an outage, and kzd adds neither a sleep, which would
lengthen it, nor a budget, which would only block drains.

Left alone: two replicas or more; workloads that serve nothing and could have a second Pod; those
that are scaled to zero.
Source: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.availability import SHARED_MODES, claims
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.edit import FieldPath, Finding, path
from kzd.transform import OptionSet, transform

REPLICAS = path("spec.replicas")
STRATEGY_TYPE = path("spec.strategy.type")
MINIMUMS = {
    "HorizontalPodAutoscaler": path("spec.minReplicas"),
    "ScaledObject": path("spec.minReplicaCount"),
}
OUTAGE = "a failed node or a drain is an outage"


class Options(OptionSet):
    """Nothing but the switch."""


@transform(kinds=["Deployment", "StatefulSet", "Rollout"])
def single_replica(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report serving workloads of one Pod, and all that can't have a second one."""
    role = cluster.role(workload)
    autoscaler = cluster.autoscaler_of(workload)
    if workload.replicas == 0 and autoscaler is None:
        return
    if role.single:
        message = f"{_outcome(workload, cluster)}: {role.single}; {_remedy(workload, cluster)}"
        yield Finding(_place(workload), message, "warning" if role.serves else "info")
    elif role.serves and cluster.effective_minimum(workload) == 1:
        if autoscaler is None:
            yield Finding(
                REPLICAS, f"must be at least 2 to be highly available: with 1, {OUTAGE}", proposed=2
            )
        else:
            yield Finding(
                MINIMUMS[autoscaler.kind],
                f"must be at least 2 for {workload.kind} '{workload.name}' to be highly available: "
                f"at 1, {OUTAGE}",
                proposed=2,
                about=autoscaler,
            )


def _outcome(workload: Workload, cluster: ClusterView) -> str:
    if cluster.role(workload).name == "worker":
        return "its work pauses while its Pod is replaced"
    is_held = not _is_recreate(workload) and workload.kind != "StatefulSet"
    is_unsure = is_held and any(
        cluster.claim_modes(workload, claim) is None for claim in claims(workload)
    )
    return f"zero downtime {'may not be' if is_unsure else 'is not'} possible here"


def _place(workload: Workload) -> FieldPath:
    return STRATEGY_TYPE if _is_recreate(workload) else REPLICAS


def _is_recreate(workload: Workload) -> bool:
    return workload.strategy_type == "Recreate"


def _remedy(workload: Workload, cluster: ClusterView) -> str:
    """What would make zero downtime possible."""
    stores = cluster.settings(workload).roles.data_stores
    if any(container.image_name in stores for container in workload.containers):
        return "replicas that the store itself keeps in step would change that"
    if _is_recreate(workload):
        is_held = any(_is_exclusive(workload, claim, cluster) for claim in claims(workload))
        also = " and share their claim (ReadWriteMany)" if is_held else ""
        return f"RollingUpdate would change that, if two versions may run side by side{also}"
    if workload.kind == "StatefulSet":
        return "a second replica would change that, if the application can run as two"
    return "a claim that Pods can share (ReadWriteMany), or no state in it, would change that"


def _is_exclusive(workload: Workload, claim: str, cluster: ClusterView) -> bool:
    """Whether two Pods can't share a claim, as far as the input tells."""
    return SHARED_MODES.isdisjoint(cluster.claim_modes(workload, claim) or ())
