"""
Find rollouts that outrun an AWS load balancer.

An ALB or NLB with Pod targets (`target-type: ip`) sends requests to a new Pod only after it has
been registered and found healthy.  Kubernetes knows nothing of that and ends old Pods as soon as
new ones are ready, so that for a while all targets may be new or draining.  A readiness gate makes
a Pod ready only when its target is healthy; the controller injects it in namespaces with the label
`elbv2.k8s.aws/pod-readiness-gate-inject: enabled`.

Left alone: Pods with a gate of their own, labelled namespaces, node targets; GKE, which injects
its gate without being asked; Azure's Application Gateway, which has none.
Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.propagation import detected_paths
from kzd.cluster.resource import Workload
from kzd.edit import Finding
from kzd.transform import OptionSet, transform
from kzd.value import mapping, sequence

POD_TARGETS = ("aws-alb-ip", "aws-nlb")
GATE_PREFIX = "target-health."
INJECTING_LABELS = (
    "elbv2.k8s.aws/pod-readiness-gate-inject",
    "eks.amazonaws.com/pod-readiness-gate-inject",
)


class Options(OptionSet):
    """Nothing but the switch."""


@transform()
def readiness_gate(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report a workload behind a load balancer with Pod targets and no readiness gate."""
    seen = next((why for name, why in detected_paths(workload, cluster) if name in POD_TARGETS), "")
    if not seen or _has_gate(workload):
        return
    namespace = next(iter(cluster.namespaces_of(workload)), None)
    if namespace is None:
        where = "its namespace, if it is not there yet,"
    elif any(namespace.labels.get(label) == "enabled" for label in INJECTING_LABELS):
        return
    else:
        where = f"Namespace '{namespace.name}'"
    yield Finding(
        workload.pod("readinessGates"),
        f"must hold a gate of the load balancer, whose targets are Pods ({seen}): without one a "
        "rollout may end old Pods before new ones get requests; the label "
        f"`{INJECTING_LABELS[0]}: enabled` on {where} adds it",
        "warning" if namespace else "info",
    )


def _has_gate(workload: Workload) -> bool:
    gates = map(mapping, sequence(workload.pod_spec.get("readinessGates")))
    return any(str(gate.get("conditionType")).startswith(GATE_PREFIX) for gate in gates)
