"""Which propagation applies to a workload, and why: configured, or its path's published default."""

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
    """

    sleep_seconds: int
    path: str
    why: str
    basis: str
    arithmetic: str
    source: str


def propagation_of(workload: Workload, view: ClusterView) -> Propagation:
    """The slowest path that reaches a workload; a configured path replaces detection."""
    section = view.settings(workload).propagation
    if section.path:
        name, why = section.path, "configured"
    else:
        name, why = _slowest(workload, view)
    known = PATHS[name]
    label = f"path {name}" if name else "a path that the input does not show"
    if section.seconds is None:
        seconds, arithmetic = float(known.seconds), f"{known.seconds} s for {label}"
        basis, source = known.basis, section.source_of("path")
    else:
        seconds, arithmetic = _with_margin(section.seconds, section.margin_seconds)
        basis, source = CONFIGURED, section.source_of("seconds")
    return Propagation(ceil(seconds), name, why, basis, arithmetic, source)


def _with_margin(seconds: float, configured: float | None) -> tuple[float, str]:
    margin = max(1.0, seconds / 4) if configured is None else configured
    total = seconds + margin
    text = f"{seconds:g} s + {margin:g} s margin = {total:g} s"
    return total, text if total == ceil(total) else f"{text}, rounded up to {ceil(total)} s"


def _slowest(workload: Workload, view: ClusterView) -> tuple[str, str]:
    seen = detected_paths(workload, view)
    if not seen:
        return UNSEEN, "no entry of the input shows the path"
    return max(seen, key=lambda entry: PATHS[entry[0]].seconds)


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
