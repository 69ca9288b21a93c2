"""Where a readiness probe belongs: the containers that serve, each with its best port."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kzd.cluster.container import Container, Port
from kzd.cluster.mesh import is_of_a_mesh
from kzd.cluster.probe import LIVENESS, READINESS, STARTUP, probe_of
from kzd.cluster.resource import Workload
from kzd.cluster.traffic import LAST_WORDS, SCRAPING_WORDS, ServingPort, declaring, has_word
from kzd.edit import FieldPath
from kzd.value import is_port_name

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

TCP = "TCP"


class Target(NamedTuple):
    """
    A container and the TCP port that it serves.

    `port` is spelled as whoever sends requests to it does: by name or by number.  `sender` says
    who that is, `doubt` why container or port is a guess; it is empty where neither is.
    """

    container: Container
    port: int | str
    number: int
    sender: str
    is_declared: bool
    doubt: str = ""


def targets(workload: Workload, view: ClusterView) -> list[Target]:
    """One for each container that serves over TCP; a guess where no container stands out."""
    serving = view.serving_ports(workload)
    if not serving:
        return _declared(workload)
    ports = [item for item in serving if item.protocol == TCP]
    ports = [item for item in ports if not item.comes_last] or ports
    found: dict[object, Target] = {}
    for item in ports:
        if item.container and not item.problem and item.number:
            doubt = _why_unsure(item, workload, view)
            found.setdefault(item.container.path, _target(item, item.container, doubt))
    return list(found.values()) or [
        guess for item in ports[:1] for guess in _guesses(workload, item)[:1]
    ]


def _why_unsure(item: ServingPort, workload: Workload, view: ClusterView) -> str:
    """
    Why nothing may listen on a target port, empty where it is declared, probed, or led to.

    A cluster IP leads its requests there; it tells of the workload that it stands for alone.
    """
    container, number = item.container, item.number
    probes = [probe_of(container, field) for field in (STARTUP, LIVENESS) if container]
    if item.declared or any(probe and probe.port_number == number for probe in probes):
        return ""
    why = "clients of a Service without cluster IP choose the port themselves"
    for service in view.role(workload).services:
        if service.is_headless or all(port.target != number for port in service.ports):
            continue
        selected = view.workloads_of(service)
        other = next((item for item in selected if item is not workload), None)
        if other is None:
            return ""
        why = f"Service '{service.name}' selects the Pods of {other.kind} '{other.name}' too"
    return f"no container declares port {number}, and {why}"


def is_settled(workload: Workload, target: Target) -> bool:
    """Whether the owner has said how readiness shows; in place of a guess any container counts."""
    containers = workload.containers if target.doubt else [target.container]
    return any(map(_has_readiness, containers))


def out_of_reach(workload: Workload, view: ClusterView) -> list[tuple[FieldPath, str]]:
    """What serves where kzd can't set a probe, and why it can't."""
    serving = view.serving_ports(workload)
    sidecars = {
        item.container.path: item
        for item in serving
        if item.protocol == TCP and item.container and item.container.is_sidecar
        if not (_has_readiness(item.container) or is_of_a_mesh(item.container))
    }
    found = [
        ((*where, READINESS), f"must be set by hand: {item.problem}, and kzd probes no sidecars")
        for where, item in sidecars.items()
    ]
    if not any(map(_has_readiness, workload.containers)):
        first = (*workload.pod("containers", 0), READINESS)
        if serving and all(item.protocol != TCP for item in serving):
            protocols = " and ".join(sorted({item.protocol for item in serving}))
            found.append((first, f"must be set by hand: the kubelet can't probe {protocols}"))
        if not serving and not _declared(workload):
            found.append((first, "must be set by hand: nothing says which port serves"))
    return found


def _has_readiness(container: Container) -> bool:
    return container.data.get(READINESS) is not None


def _target(item: ServingPort, container: Container, doubt: str = "") -> Target:
    assert item.number is not None
    given = item.service_port.target if item.service_port else item.name
    name = given if is_port_name(given) else None
    sender = f"Service '{item.service.name}' sends" if item.service else "its node sends"
    return Target(container, name or item.number, item.number, sender, item.declared, doubt)


def _guesses(workload: Workload, item: ServingPort) -> list[Target]:
    """The containers that may stand behind a port; the API takes the first that declares it."""
    if item.container is not None or item.service_port is None:
        return []
    declared = [
        (container, port.number)
        for container, port in declaring(workload, item.service_port)
        if not container.is_sidecar
    ]
    possible = declared or [
        (container, item.number) for container in workload.containers if not container.only_idles
    ]
    return [
        _target(item._replace(number=number), container, item.problem)
        for container, number in possible
        if number
    ]


def _declared(workload: Workload) -> list[Target]:
    """What the containers declare, where no Service says which port serves."""
    ports = [
        (container, port)
        for container in workload.containers
        for port in container.ports
        if not (container.only_idles or is_of_a_mesh(container))
        and port.protocol == TCP
        and port.number
        and not has_word(port.name, SCRAPING_WORDS)
    ]
    ports = [item for item in ports if not has_word(item[1].name, LAST_WORDS)] or ports
    doubt = "several ports are declared, and no Service says which of them serves"
    return [
        _of_declaration(container, port, doubt if len(ports) > 1 else "")
        for container, port in ports[:1]
    ]


def _of_declaration(container: Container, port: Port, doubt: str) -> Target:
    assert port.number is not None
    name = port.name if is_port_name(port.name) else None
    return Target(container, name or port.number, port.number, "its clients send", True, doubt)
