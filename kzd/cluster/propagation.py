"""Which propagation applies to a workload, and why: configured, measured, or its path's default."""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from kzd.cluster import mesh
from kzd.cluster.resource import Resource, Service, Workload
from kzd.edit import path
from kzd.value import text

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView
    from kzd.measurement import Measurement
    from kzd.settings import PropagationSection

PUBLISHED = "published default, not measured"
ASSUMPTION = "assumption, not measured"
CONFIGURED = "configured"

UNSEEN = ""


class Path(NamedTuple):
    """A way that requests take: its default seconds and what they rest on."""

    seconds: int
    basis: str
    is_in_cluster: bool


PATHS: dict[str, Path] = {
    UNSEEN: Path(15, PUBLISHED, True),
    "cluster-ip": Path(10, PUBLISHED, True),
    "node-port": Path(15, PUBLISHED, True),
    "ingress": Path(15, PUBLISHED, True),
    "mesh": Path(15, PUBLISHED, True),
    "headless": Path(30, ASSUMPTION, True),
    "node-local": Path(30, ASSUMPTION, False),
    "aws-alb-ip": Path(30, PUBLISHED, False),
    "azure-agic": Path(90, PUBLISHED, False),
    "aws-nlb": Path(100, PUBLISHED, False),
    "gke-neg": Path(120, PUBLISHED, False),
}
"""By name; CoreDNS' `ttl 30` is behind `headless`, load balancers' checks behind `node-local`."""

ALB_TARGET = "alb.ingress.kubernetes.io/target-type"
AZURE_CLASSES = ("azure/application-gateway", "azure-application-gateway")


class Propagation(NamedTuple):
    """
    `sleep_seconds` is S, the whole seconds that a preStop sleep needs; `why` says what shows the
    path, `basis` what the number rests on, `arithmetic` how it came about, `source` who said it.
    `measurement` is the one that it rests on, None where there is none.
    """

    sleep_seconds: int
    path: str
    why: str
    basis: str
    arithmetic: str
    source: str
    measurement: Measurement | None = None

    @property
    def is_known(self) -> bool:
        """Whether somebody configured or measured it."""
        return self.basis == CONFIGURED or self.measurement is not None


def propagation_of(workload: Workload, view: ClusterView) -> Propagation:
    """The slowest path that reaches a workload; a configured path replaces detection."""
    section = view.settings(workload).propagation
    paths = paths_of(workload, view)
    if section.seconds is None:
        found = (_by_path(path, why, workload, view) for path, why in paths)
        return max(found, key=lambda item: item[0])[1]
    path, why = max(paths, key=lambda item: PATHS[item[0]].seconds)
    seconds, arithmetic = _with_margin(section.seconds, section)
    source = section.source_of("seconds")
    return Propagation(ceil(seconds), path, why, CONFIGURED, arithmetic, source)


def paths_of(workload: Workload, view: ClusterView) -> list[tuple[str, str]]:
    """The paths that reach a workload, one at the least, each with what shows it."""
    configured = view.settings(workload).propagation.path
    if configured:
        return [(configured, "configured")]
    return detected_paths(workload, view) or [(UNSEEN, "no entry of the input shows the path")]


def _by_path(
    path: str, why: str, workload: Workload, view: ClusterView
) -> tuple[float, Propagation]:
    """The seconds of a path before they are rounded up, and what comes of them."""
    section = view.settings(workload).propagation
    source = section.source_of("path")
    label = f" for path {path}" if path else " for a path that the input does not show"
    found = view.measured(path, workload.namespace, section.max_age_days)
    if found is None or found.bound_seconds is None:
        number, basis, _ = PATHS[path]
        arithmetic = f"{number} s{label}"
        return number, Propagation(number, path, why, basis, arithmetic, source)
    seconds, arithmetic = _with_margin(
        found.bound_seconds, section, label=label, resolution=found.resolution_seconds
    )
    basis, source = _claim(found), f"{found.source}; {source or why}"
    return seconds, Propagation(ceil(seconds), path, why, basis, arithmetic, source, found)


def _with_margin(
    seconds: float, section: PropagationSection, *, label: str = "", resolution: float = 0.0
) -> tuple[float, str]:
    from kzd.measurement import margin_seconds  # only where somebody measured: it costs start-up

    margin = section.margin_seconds
    if margin is None:
        margin = margin_seconds(seconds, resolution)
    total = seconds + margin
    text = f"{seconds:g} s{label} + {margin:g} s margin = {total:g} s"
    return total, text if total == ceil(total) else f"{text}, rounded up to {ceil(total)} s"


def _claim(found: Measurement) -> str:
    """What a measurement says, with all that the claim depends on."""
    return (
        f"measured: {found.quantile * 100:g} % of rolling updates within {found.bound_seconds:g} s "
        f"at {found.confidence * 100:g} % confidence, n = {found.rollouts}, {found.measured_at}"
    )


def detected_paths(workload: Workload, view: ClusterView) -> list[tuple[str, str]]:
    """The paths that the input shows, with what shows them; not-ready publishers add none."""
    seen: list[tuple[str, str]] = []
    for service in view.role(workload).services:
        if not service.publishes_not_ready:
            seen += _paths_of_service(service, view.entries_of(service))
    mark = mesh.mark_of(workload, view)
    return [*seen, ("mesh", mark)] if mark else seen


def _paths_of_service(service: Service, entries: list[Resource]) -> list[tuple[str, str]]:
    shown = f"Service '{service.name}'"
    seen = []
    if service.is_headless:
        seen.append(("headless", f"{shown} has no cluster IP"))
    if service.get(path("spec.externalTrafficPolicy")) == "Local" and service.type in (
        "LoadBalancer",
        "NodePort",
    ):
        seen.append(("node-local", f"{shown} has `externalTrafficPolicy: Local`"))
    if _is_network_load_balancer(service):
        seen.append(("aws-nlb", f"the annotations of {shown} ask for an NLB with Pod targets"))
    if _has_endpoint_group(service):
        seen.append(("gke-neg", f"annotation `cloud.google.com/neg` of {shown}"))
    return seen + [_path_of_entry(entry, service) for entry in entries]


def _has_endpoint_group(service: Service) -> bool:
    """Whether GKE sends requests to its Pods: for an Ingress, or on ports that it exposes."""
    told = re.sub(r"\s", "", str(service.annotations.get("cloud.google.com/neg", "")))
    return '"ingress":true' in told or bool(re.search(r'"exposed_ports":\{"', told))


def _path_of_entry(entry: Resource, service: Service) -> tuple[str, str]:
    """The path through an entry, and what shows it."""
    shown = f"{entry.kind} '{entry.name}' names Service '{service.name}'"
    if entry.kind == "TargetGroupBinding":
        is_ip = entry.get(path("spec.targetType")) == "ip"
        return ("aws-alb-ip", f"{shown}, with targets of type ip") if is_ip else (UNSEEN, shown)
    target = entry.annotations.get(ALB_TARGET) or service.annotations.get(ALB_TARGET)
    if entry.kind == "Ingress" and target == "ip":
        return "aws-alb-ip", f"{shown}, with targets of type ip"
    name = _class_of(entry)
    if name in AZURE_CLASSES:
        return "azure-agic", f"{shown}, in class '{name}'"
    return "ingress", shown


def _class_of(entry: Resource) -> str:
    named = text(entry.get(path("spec.ingressClassName")))
    return named or str(entry.annotations.get("kubernetes.io/ingress.class", ""))


def _is_network_load_balancer(service: Service) -> bool:
    prefix = "service.beta.kubernetes.io/aws-load-balancer-"
    kind = service.annotations.get(f"{prefix}type")
    target = service.annotations.get(f"{prefix}nlb-target-type")
    by_class = service.get(path("spec.loadBalancerClass")) == "service.k8s.aws/nlb"
    return service.type == "LoadBalancer" and (
        kind == "nlb-ip" or (target == "ip" and (by_class or kind in ("nlb", "external")))
    )
