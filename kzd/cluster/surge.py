"""Whether one Pod more than asked for finds room during a rollout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kzd.cluster.resource import Workload
from kzd.cluster.selection import label_selector_matches
from kzd.edit import Finding, path
from kzd.value import integer, mapping, sequence, words

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

POD_TEMPLATE_HASH = "pod-template-hash"
QUOTA_KEYS = ("pods", "count/pods", "cpu", "memory")
QUOTA_PREFIXES = ("requests.", "limits.")
KEDA_MAXIMUM = 100
SPREAD_KEYS_MINOR = 27
PENDING = "the Pod of the surge may stay Pending while the old ones serve"


def largest_scale(workload: Workload, view: ClusterView) -> int:
    """The replicas that the workload may grow to: the autoscaler's maximum, else `replicas`."""
    autoscaler = view.autoscaler_of(workload)
    if autoscaler is None:
        return workload.replicas
    if autoscaler.kind == "ScaledObject":
        maximum = integer(autoscaler.get(path("spec.maxReplicaCount")))
        return KEDA_MAXIMUM if maximum is None else maximum
    return integer(autoscaler.get(path("spec.maxReplicas"))) or workload.replicas


def why_no_room(workload: Workload, *, stays_the_same: bool) -> str:
    """
    Why a Pod of the surge needs a node that may not be there, empty where it does not.

    `stays_the_same` says that none may be missing now either: then required anti-affinity
    hinders the rollout as before.
    """
    if workload.pod_spec.get("hostNetwork") is True:
        return "with `hostNetwork` a Pod of the surge needs a node without another one"
    if any(port.host_port for item in workload.running_containers for port in item.ports):
        return "with a `hostPort` a Pod of the surge needs a node without another one"
    if not stays_the_same and any(_keeps_apart(term, workload) for term in _required(workload)):
        return "required anti-affinity keeps a Pod of the surge away from the others' nodes"
    return ""


def _required(workload: Workload) -> list[Any]:
    affinity = mapping(mapping(workload.pod_spec.get("affinity")).get("podAntiAffinity"))
    return sequence(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))


def _keeps_apart(term: Any, workload: Workload) -> bool:
    """Whether an anti-affinity term keeps old and new Pods of the workload apart."""
    term = mapping(term)
    namespaces = words(term.get("namespaces"))
    is_elsewhere = namespaces and workload.namespace and workload.namespace not in namespaces
    return (
        not (is_elsewhere and term.get("namespaceSelector") is None)
        and POD_TEMPLATE_HASH not in words(term.get("matchLabelKeys"))
        and label_selector_matches(term.get("labelSelector"), workload.pod_labels)
    )


def obstacles(workload: Workload, view: ClusterView) -> Iterator[Finding]:
    """What may keep a Pod of the surge Pending."""
    yield from _devices(workload)
    yield from _quotas(workload, view)
    yield from _spread(workload, view.minor)


def _devices(workload: Workload) -> Iterator[Finding]:
    for container in workload.all_containers:
        resources = mapping(container.data.get("resources"))
        for field in ("limits", "requests"):
            asked = mapping(resources.get(field))
            name = next((key for key in asked if _is_extended(key, asked[key])), "")
            if name:
                message = f"needs one more '{name}' during a rollout: {PENDING}"
                yield Finding((*container.path, "resources", field, name), message)
                return
    if sequence(workload.pod_spec.get("resourceClaims")):
        message = f"needs one more device during a rollout: {PENDING}"
        yield Finding(workload.pod("resourceClaims"), message)


def _is_extended(name: Any, quantity: Any) -> bool:
    is_named_so = isinstance(name, str) and "/" in name and "kubernetes.io/" not in name
    return is_named_so and quantity not in (0, "0", None)


def _quotas(workload: Workload, view: ClusterView) -> Iterator[Finding]:
    for quota in view.in_namespace_of(workload, "ResourceQuota"):
        counted = [key for key in mapping(quota.get(path("spec.hard"))) if _is_counted(key)]
        if counted:
            message = f"must leave room for one Pod more: ResourceQuota '{quota.name}' limits "
            message += f"`{counted[0]}`, and terminating Pods count too; {PENDING}"
            yield Finding(path("spec.strategy.rollingUpdate.maxSurge"), message)
            return


def _is_counted(key: Any) -> bool:
    return isinstance(key, str) and (key in QUOTA_KEYS or key.startswith(QUOTA_PREFIXES))


def _spread(workload: Workload, minor: int) -> Iterator[Finding]:
    for index, item in enumerate(sequence(workload.pod_spec.get("topologySpreadConstraints"))):
        constraint = mapping(item)
        keys = words(constraint.get("matchLabelKeys"))
        if (
            constraint.get("whenUnsatisfiable") == "DoNotSchedule"
            and POD_TEMPLATE_HASH not in keys
            and label_selector_matches(constraint.get("labelSelector"), workload.pod_labels)
        ):
            yield Finding(
                (*workload.pod("topologySpreadConstraints", index), "matchLabelKeys"),
                f"must hold `{POD_TEMPLATE_HASH}`, else old and new Pods count as one: {PENDING}",
                proposed=[*keys, POD_TEMPLATE_HASH] if minor >= SPREAD_KEYS_MINOR else None,
            )
