"""What ends Pods of a version at work though nothing rolls out: scaling in, replicas, restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kzd.cluster.resource import Resource, Workload
from kzd.edit import Finding, path
from kzd.long_task import VOLATILE_ANNOTATIONS
from kzd.value import integer

SCALE_DOWN = "behavior.scaleDown.selectPolicy"
DISABLED = "Disabled"
PAUSED = "autoscaling.keda.sh/paused-scale-in"
"""KEDA's annotation for the same; it keeps it from scaling to 0, too."""

KEDA_MAXIMUM = 100
UNEVICTED = ("Off", False, "Initial", "InPlace")
"""The modes in which the vertical autoscaler evicts no Pod; `Off` without quotes is a boolean."""

SCALES_IN = (
    "when the work moves to a newer version, scaling in ends any Pods of this one, busy or not; "
    "`kzd retire` ends it once it is idle"
)


def disturbances(workload: Workload, autoscalers: Sequence[Resource]) -> Iterator[Finding]:
    """The findings about a version and the autoscalers that are its own."""
    for autoscaler in autoscalers:
        if autoscaler.kind == "VerticalPodAutoscaler":
            yield from _evicting(autoscaler)
        else:
            yield from _scaling_in(autoscaler)
            yield from _resetting(workload, autoscaler)
    for key in sorted(VOLATILE_ANNOTATIONS & workload.pod_annotations.keys()):
        message = "must not be in manifests: it is no part of the version, so another value is a "
        message += "rollout under the same name, which ends tasks, as `kubectl rollout restart` "
        message += "does; an annotation of your own makes a new version instead"
        place = (*workload.template, "metadata", "annotations", key)
        yield Finding(place, message, "warning")


def _scaling_in(autoscaler: Resource) -> Iterator[Finding]:
    """Where the replicas that the load asks for may become fewer."""
    is_keda = autoscaler.kind == "ScaledObject"
    if is_keda and autoscaler.annotations.get(PAUSED) == "true":
        return
    if is_keda:
        yield from _scaling_to_zero(autoscaler)
    spec = "spec.advanced.horizontalPodAutoscalerConfig" if is_keda else "spec"
    place = path(f"{spec}.{SCALE_DOWN}")
    if autoscaler.get(place) == DISABLED or _is_fixed(autoscaler):
        return
    if autoscaler.api_version == "autoscaling/v1":
        message = f"must be autoscaling/v2, which knows `{SCALE_DOWN}: {DISABLED}`: {SCALES_IN}"
        yield Finding(("apiVersion",), message, "warning", "autoscaling/v2", autoscaler)
    else:
        message = f"must be '{DISABLED}': {SCALES_IN}"
        yield Finding(place, message, "warning", DISABLED, autoscaler)


def _is_fixed(autoscaler: Resource) -> bool:
    """Whether its bounds are one number."""
    is_keda = autoscaler.kind == "ScaledObject"
    fields = ("minReplicaCount", "maxReplicaCount") if is_keda else ("minReplicas", "maxReplicas")
    least, most = (integer(autoscaler.get(("spec", field))) for field in fields)
    if least is None or (is_keda and least == 0):
        least = 1
    return least == (KEDA_MAXIMUM if most is None else most)


def _scaling_to_zero(scaled: Resource) -> Iterator[Finding]:
    """KEDA itself does that, whatever its HorizontalPodAutoscaler may do."""
    message = "KEDA ends all Pods once its triggers are inactive, busy or not"
    if scaled.get(path("spec.idleReplicaCount")) is not None:
        place, message = path("spec.idleReplicaCount"), f"must be unset, else {message}"
        yield Finding(place, message, "warning", about=scaled)
    elif not integer(scaled.get(path("spec.minReplicaCount"))):
        place, message = path("spec.minReplicaCount"), f"must be at least 1, else {message}"
        yield Finding(place, message, "warning", 1, scaled)


def _evicting(autoscaler: Resource) -> Iterator[Finding]:
    place = path("spec.updatePolicy.updateMode")
    if autoscaler.get(place) not in UNEVICTED:
        message = "must be 'Initial' or 'Off', else Pods are evicted to get other resources, busy "
        message += "or not"
        yield Finding(place, message, "warning", "Initial", autoscaler)


def _resetting(workload: Workload, autoscaler: Resource) -> Iterator[Finding]:
    place = path("spec.replicas")
    if workload.get(place) is not None:
        message = f"must be unset beside {autoscaler.kind} '{autoscaler.name}': each apply sets it "
        message += "again, and ends any Pods above it, busy or not; leave it out from a new "
        message += "version on, since taking it from one that runs leaves 1 until it scales again"
        yield Finding(place, message, "warning")
