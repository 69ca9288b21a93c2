"""Whether a Pod's end can go unnoticed: single workloads, and who can take over."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Any

from kzd.cluster.resource import Workload
from kzd.cluster.surge import largest_scale
from kzd.edit import path
from kzd.settings import DATA_STORES
from kzd.value import integer, mapping, sequence, text

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

SHARED_MODES = frozenset(["ReadWriteMany", "ReadOnlyMany"])
DEFAULT_SURGE = "25%"
DEFAULT_UNAVAILABLE = "25%"
ROLLING_UPDATE = {
    "Deployment": path("spec.strategy.rollingUpdate"),
    "Rollout": path("spec.strategy.canary"),
}


def share(value: Any, replicas: int, *, up: bool) -> int | None:
    """
    Pods that an integer or a percentage of `replicas` stands for; None for anything else.

    >>> share("25%", 5, up=True), share("25%", 5, up=False), share(3, 5, up=True)
    (2, 1, 3)
    """
    number = integer(value)
    if number is not None:
        return number
    digits = (text(value) or "").removesuffix("%")
    if not digits.isdigit() or digits == value:
        return None
    return (ceil if up else floor)(int(digits) * replicas / 100)


def why_single(workload: Workload, view: ClusterView) -> str:
    """Why zero downtime is not possible for a workload, empty where it may be."""
    if workload.kind == "Deployment" and workload.strategy_type == "Recreate":
        return "`strategy.type` is 'Recreate', so its Pods end before new ones start"
    if workload.kind not in ("Deployment", "StatefulSet", "Rollout"):
        return ""
    if largest_scale(workload, view) > 1:
        return ""
    if workload.kind == "StatefulSet":
        return "it is a StatefulSet of one, whose only Pod ends before the new one starts"
    for claim in claims(workload):
        modes = view.claim_modes(workload, claim)
        if modes is None:
            return f"one replica with the claim '{claim}', which the input does not hold"
        if SHARED_MODES.isdisjoint(modes):
            named = ", ".join(modes) or "no access mode"
            return f"one replica with the claim '{claim}' ({named}), which two Pods can't share"
    store = _data_store(workload, view)
    alone = f"one replica of the data store '{store}', whose data a second Pod would not have"
    return alone if store else ""


def claims(workload: Workload) -> list[str]:
    """The names of the claims that its Pods mount; ephemeral volumes are per Pod and no claims."""
    found = []
    for volume in map(mapping, sequence(workload.pod_spec.get("volumes"))):
        name = text(mapping(volume.get("persistentVolumeClaim")).get("claimName"))
        if name:
            found.append(name)
    return found


def _data_store(workload: Workload, view: ClusterView) -> str:
    stores = view.settings(workload).roles.data_stores
    for container in workload.containers:
        name = container.image_name
        if name not in stores:
            continue
        usual = DATA_STORES.get(name)
        for service in view.services_of(workload):
            for port in service.ports:
                number = container.resolve(port.target) if port.target is not None else None
                if usual is None or number in usual:
                    return name
    return ""


def take_over(workload: Workload, view: ClusterView) -> str:
    """Empty where another Pod can take over from one that ends, else why none can."""
    if workload.kind == "DaemonSet":
        return _daemon_set_take_over(workload, view)
    if workload.kind == "StatefulSet":
        if view.effective_minimum(workload) >= 2:
            return ""
        return "a StatefulSet replaces its only Pod in place"
    if workload.kind == "Deployment" and workload.strategy_type == "Recreate":
        return "Recreate ends all Pods before new ones start"
    replicas = view.effective_minimum(workload)
    rolling = mapping(workload.get(ROLLING_UPDATE[workload.kind]))
    surge = share(rolling.get("maxSurge", DEFAULT_SURGE), max(replicas, 1), up=True)
    if surge is None or surge >= 1:
        return ""
    unavailable = share(rolling.get("maxUnavailable", DEFAULT_UNAVAILABLE), replicas, up=False)
    if replicas >= 2 and (unavailable is None or max(unavailable, 1) < replicas):
        return ""
    return "without `maxSurge` all of its Pods end before new ones are ready"


def _daemon_set_take_over(workload: Workload, view: ClusterView) -> str:
    if workload.get(path("spec.updateStrategy.rollingUpdate.maxUnavailable")) == "100%":
        return "`maxUnavailable` of 100% ends the Pods of all nodes at once"
    for service in view.services_of(workload):
        if service.publishes_not_ready:
            continue
        for field in ("externalTrafficPolicy", "internalTrafficPolicy"):
            if service.get(("spec", field)) == "Local":
                return f"`{field}: Local` of Service '{service.name}' leaves a node to its own Pod"
    return ""
