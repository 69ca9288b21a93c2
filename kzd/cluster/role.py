"""What a workload is, before anything is decided: the first row of evidence that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kzd.cluster.availability import why_single
from kzd.cluster.entry import ROUTE_KINDS, WEBHOOK_KINDS, ServiceName, named_services
from kzd.cluster.resource import Resource, Service, Workload
from kzd.cluster.selection import pairs_match
from kzd.cluster.traffic import can_be_listened_on, host_ports, traffic_ports
from kzd.edit import path
from kzd.value import mapping, text

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

OURS = {
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("argoproj.io/v1alpha1", "Rollout"),
}
OLD_API_VERSIONS = ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")
PLATFORM_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")
PLATFORM_PRIORITIES = ("system-node-critical", "system-cluster-critical")
LONG_TASK = "long-task"
BASE = "kzd.dev/base"
LOCAL_CONFIG = "config.kubernetes.io/local-config"


RoleName = Literal["not ours", "platform", "serving", "identity only", "worker", "unknown"]


class Role(NamedTuple):
    """
    A workload's role, why it is that, the Services that carry traffic to it, and why it is
    *single*: empty where another Pod may stand beside it.
    """

    name: RoleName
    why: str
    services: tuple[Service, ...] = ()
    single: str = ""

    @property
    def is_left_alone(self) -> bool:
        """Whether kzd keeps its hands off."""
        return self.name in ("not ours", "platform")

    @property
    def serves(self) -> bool:
        """Whether requests reach it."""
        return self.name == "serving"


def role_of(workload: Workload, view: ClusterView) -> Role:
    """The first row of the table of roles that fits."""
    why = _why_not_ours(workload, view)
    if why:
        return Role("not ours", why)
    why = _why_platform(workload)
    if why:
        return Role("platform", why)
    return _by_traffic(workload, view)._replace(single=why_single(workload, view))


def is_old_api(workload: Resource) -> bool:
    """Whether it is of an API group that the API server no longer serves."""
    return workload.api_version in OLD_API_VERSIONS


def is_partial(resource: Resource) -> bool:
    """Whether it is a patch: a workload that says only what another one is to change."""
    return isinstance(resource, Workload) and bool(_why_partial(resource))


def _why_not_ours(workload: Workload, view: ClusterView) -> str:
    if is_old_api(workload):
        return f"'{workload.api_version}' is no longer served; apps/v1 is"
    if (workload.api_version, workload.kind) not in OURS:
        return f"kzd does not change a {workload.kind} of '{workload.api_version}'"
    if workload.is_hook:
        return "it is a Helm hook"
    if str(workload.annotations.get(LOCAL_CONFIG, "")).lower() == "true":
        return "`config.kubernetes.io/local-config` keeps it away from the cluster"
    owner = workload.controller
    if owner:
        return f"{owner.get('kind')} '{owner.get('name')}' owns it and would undo a change"
    for rollout in view.in_namespace_of(workload, "Rollout"):
        reference = mapping(rollout.get(path("spec.workloadRef")))
        if reference.get("kind") == workload.kind and text(reference.get("name")) in workload.names:
            return f"it is the template of Rollout '{rollout.name}'"
    return _why_partial(workload)


def _why_partial(workload: Workload) -> str:
    if not workload.containers:
        return "it has no containers, so it is a patch"
    without = next((item for item in workload.containers if not item.image), None)
    if without:
        return f"container '{without.name}' has no image, so it is a patch"
    return ""


def _why_platform(workload: Workload) -> str:
    if workload.namespace in PLATFORM_NAMESPACES:
        return f"namespace '{workload.namespace}' belongs to the platform"
    if workload.kind == "DaemonSet":
        if workload.pod_spec.get("hostNetwork") is True:
            return "a DaemonSet with `hostNetwork` belongs to the node"
        priority = workload.pod_spec.get("priorityClassName")
        if priority in PLATFORM_PRIORITIES:
            return f"a DaemonSet of priority '{priority}' belongs to the node"
    return ""


def _by_traffic(workload: Workload, view: ClusterView) -> Role:
    services = view.services_of(workload)
    carrying = tuple(service for service in services if not _why_idle(workload, services, service))
    said = view.settings(workload).serving
    if said is not None:
        name: RoleName = "serving" if said else "worker"
        return Role(name, f"annotation `kzd.dev/serving` says so: {str(said).lower()}", carrying)
    if carrying:
        return Role("serving", f"Service '{carrying[0].name}' sends requests to its Pods", carrying)
    pointing = _why_pointed_at(workload, view)
    if pointing:
        return Role("serving", pointing)
    if services:
        reasons = [_why_idle(workload, services, service) for service in services]
        return Role("identity only", "; ".join(dict.fromkeys(reasons)))
    if view.in_namespace_of(workload, "Service"):
        return Role("worker", "no Service selects its Pods")
    where = "its directory" if workload.identity in view.repeated else "the input"
    return Role("unknown", f"{where} holds no Service of its namespace")


def _why_idle(workload: Workload, services: list[Service], service: Service) -> str:
    governing = text(workload.get(path("spec.serviceName")))
    if workload.kind == "StatefulSet" and service.is_headless and governing in service.names:
        return f"Service '{service.name}' only names the Pods of the StatefulSet"
    if traffic_ports(workload, services, service):
        return ""
    if not service.ports:
        return f"Service '{service.name}' has no ports"
    if not any(can_be_listened_on(workload, port) for port in service.ports):
        return f"no container can listen on a port of Service '{service.name}'"
    return f"all ports of Service '{service.name}' are for scraping"


def _why_pointed_at(workload: Workload, view: ClusterView) -> str:
    for container, port in host_ports(workload, view.services_of(workload)):
        return f"container '{container.name}' serves port {port.host_port} of its node"
    for other in view.in_namespace_of(workload, "InferencePool", "ServiceEntry"):
        field = "workloadSelector" if other.kind == "ServiceEntry" else "selector"
        selector = mapping(other.get(("spec", field)))
        pairs = mapping(selector.get("matchLabels") or selector.get("labels")) or selector
        if pairs and pairs_match(pairs, workload.pod_labels):
            return f"{other.kind} '{other.name}' points at its Pods"
    return ""


def is_long_task(workload: Workload, view: ClusterView) -> bool:
    """Whether it becomes a Deployment for each version."""
    options = view.settings(workload).options.get(LONG_TASK)
    return options is not None and view.runs(workload, LONG_TASK) and opts_in(workload, options)


def is_kept_away(resource: Resource, view: ClusterView) -> bool:
    """Whether its owner wants it left out of all long tasks, whatever uses it."""
    options = view.settings(resource).options.get(LONG_TASK)
    if options is not None and options.enabled is False:
        return options.is_specific("enabled")
    return not view.runs(resource, LONG_TASK)


def opts_in(resource: Resource, options: Any) -> bool:
    """
    Whether it asks for a Deployment for each version: it says so, or has one of the names.

    What is said of all, or of more than workloads, means Deployments.
    """
    if options.is_specific("enabled"):
        return bool(options.enabled) and (resource.kind, resource.group) != ("Service", "")
    if (resource.api_version, resource.kind) != ("apps/v1", "Deployment"):
        return False
    if options.enabled or not options.match:
        return bool(options.enabled)
    from fnmatch import fnmatchcase  # only where globs are: it costs start-up

    return any(fnmatchcase(name, glob) for name in known_names(resource) for glob in options.match)


def known_names(resource: Resource) -> set[str]:
    """The names that configuration may use: any in kustomize, and the one before its version."""
    names = set(resource.names)
    if BASE in resource.labels:
        from kzd.long_task import base_name  # only where versions are: it costs start-up

        names.add(base_name(resource.name, resource.labels))
    return names


def missing_services(workload: Workload, view: ClusterView) -> list[tuple[Resource, ServiceName]]:
    """The entries and webhooks near a workload that name a Service which the input lacks."""
    found = []
    for entry in view.of_kind(*ROUTE_KINDS, *WEBHOOK_KINDS, "TargetGroupBinding"):
        for name, namespace in named_services(entry):
            near = namespace or entry.namespace
            if view.namespaces_match(workload.namespace, near) and not any(
                name in service.names and view.namespaces_match(near, service.namespace)
                for service in view.of_kind("Service")
            ):
                found.append((entry, (name, namespace)))
    return found
