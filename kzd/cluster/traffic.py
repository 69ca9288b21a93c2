"""Ports: which of them carry traffic, which container stands behind each, which come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kzd.cluster.container import Container, Port
from kzd.cluster.resource import Service, ServicePort, Workload
from kzd.value import text

SCRAPING_WORDS = frozenset(["metrics", "prom", "prometheus", "monitoring", "telemetry"])
SCRAPING_SERVICES = ("-metrics", "-metrics-service", "-metrics-svc")
LAST_WORDS = frozenset(["health", "debug", "pprof", "profiling", "admin"])


class ServingPort(NamedTuple):
    """
    A target port that carries traffic.

    `container` is None, and `problem` says why, where no single container stands behind it;
    `service` is None for a port of the node.
    """

    number: int | None
    protocol: str
    container: Container | None
    declared: bool
    name: str | None
    service: Service | None
    service_port: ServicePort | None
    problem: str = ""

    @property
    def comes_last(self) -> bool:
        """Whether it is named for health or debugging, which is not what clients come for."""
        names = [self.name, self.service_port.name if self.service_port else None]
        return any(has_word(name, LAST_WORDS) for name in names)


def has_word(name: str | None, words: frozenset[str]) -> bool:
    """Whether a `-`-separated word of a port's name is one of `words`."""
    return bool(name) and not words.isdisjoint(str(name).lower().split("-"))


def declaring(workload: Workload, port: ServicePort) -> list[tuple[Container, Port]]:
    """The regular containers and native sidecars that declare a Service port's target."""
    return [
        (container, declared)
        for container in workload.running_containers
        for declared in container.ports
        if declared.protocol == port.protocol and _is_target(declared, port.target)
    ]


def _is_target(declared: Port, target: int | str | None) -> bool:
    return target is not None and target == (
        declared.name if isinstance(target, str) else declared.number
    )


def can_be_listened_on(workload: Workload, port: ServicePort) -> bool:
    """Whether some container can listen on a Service port's target."""
    candidates = [container for container, _ in declaring(workload, port)]
    if not candidates:
        if isinstance(port.target, str):
            return False
        candidates = workload.containers
    return any(not container.only_idles for container in candidates)


def is_for_scraping(
    workload: Workload, services: Iterable[Service], service: Service, port: ServicePort
) -> bool:
    """
    Whether a port of `service` only serves metrics.

    By the names of the port, by Prometheus' annotation, or by the Service's own name: operators
    have a Service `…-metrics` whose port is called https.  A workload may have such a name itself.
    """
    is_named_so = any(name.endswith(SCRAPING_SERVICES) for name in service.names)
    if is_named_so and service.names.isdisjoint(workload.names):
        return True
    found = declaring(workload, port)
    names = [port.name, *(declared.name for _, declared in found)]
    if any(has_word(name, SCRAPING_WORDS) for name in names):
        return True
    numbers = {declared.number for _, declared in found} | {port.target}
    scraped = {
        text(annotations.get("prometheus.io/port"))
        for annotations in (workload.pod_annotations, *(item.annotations for item in services))
    }
    if not any(str(number) in scraped for number in numbers):
        return False
    declared_ports = (other.number for item in workload.containers for other in item.ports)
    targets = (other.target for item in services for other in item.ports)
    return any(other not in numbers for other in (*targets, *declared_ports))


def traffic_ports(
    workload: Workload, services: Iterable[Service], service: Service
) -> list[ServicePort]:
    """The ports of `service` that carry traffic, given all Services that select the workload."""
    return [
        port
        for port in service.ports
        if can_be_listened_on(workload, port)
        and not is_for_scraping(workload, services, service, port)
    ]


def serving_ports(
    workload: Workload, services: Iterable[Service], selecting: Iterable[Service]
) -> list[ServingPort]:
    """
    The serving ports: those for health or debugging last, declared ones first.

    `services` are those that carry traffic, `selecting` all that select the workload.
    """
    found: dict[tuple[object, str], ServingPort] = {}
    for service in services:
        for port in traffic_ports(workload, services, service):
            serving = _behind(workload, service, port)
            found.setdefault((serving.number or serving.name, serving.protocol), serving)
    for serving in _node_ports(workload, list(selecting)):
        found.setdefault((serving.number, serving.protocol), serving)
    return sorted(found.values(), key=lambda item: (item.comes_last, not item.declared))


def _behind(workload: Workload, service: Service, port: ServicePort) -> ServingPort:
    found = declaring(workload, port)
    given = port.target
    number, name = (None, given) if isinstance(given, str) else (given, None)
    container: Container | None = None
    problem = ""
    if len({id(item.data) for item, _ in found}) == 1:
        container, declared = found[0]
        number = declared.number
        name = declared.name
        if container.is_sidecar:
            problem = f"the native sidecar '{container.name}' serves port {given}"
    elif found:
        problem = f"several containers declare port {given}"
    else:
        active = [item for item in workload.containers if not item.only_idles]
        container = active[0] if len(active) == 1 else None
        problem = "" if container else f"no container declares port {given}, and several could"
    return ServingPort(number, port.protocol, container, bool(found), name, service, port, problem)


def _node_ports(workload: Workload, services: list[Service]) -> Iterator[ServingPort]:
    for container, port in host_ports(workload, services):
        yield ServingPort(port.number, port.protocol, container, True, port.name, None, None)


def host_ports(workload: Workload, services: list[Service]) -> list[tuple[Container, Port]]:
    """The ports of the node that carry traffic, given all Services that select the workload."""
    return [
        (container, port)
        for container in workload.containers
        for port in container.ports
        if port.host_port
        and not has_word(port.name, SCRAPING_WORDS)
        and not _is_only_scraped(workload, services, port)
    ]


def _is_only_scraped(workload: Workload, services: list[Service], port: Port) -> bool:
    """Whether the Services that lead to a port do so for scraping, and at least one does."""
    purposes = [
        is_for_scraping(workload, services, service, leading)
        for service in services
        for leading in service.ports
        if leading.protocol == port.protocol and _is_target(port, leading.target)
    ]
    return bool(purposes) and all(purposes)
