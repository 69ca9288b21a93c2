"""What shows how a container answers: the configuration, its own probes, the port it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kzd.cluster.container import Container
from kzd.cluster.mesh import why_answered
from kzd.cluster.probe import (
    DEFAULT_FAILURES,
    HTTP_GET,
    LIVENESS,
    STARTUP,
    TCP_SOCKET,
    Handler,
    Probe,
    copy_of,
    probe_of,
)
from kzd.cluster.probe_target import TCP, Target
from kzd.cluster.resource import Workload
from kzd.value import integer, is_port_name, mapping, port_of

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

MAXIMUM_PERIOD_SECONDS = 10
MYSQL_PORT = 3306
PINGS = {"mysql": "mysqladmin ping", "percona": "mysqladmin ping", "mariadb": "mariadb-admin ping"}


class Evidence(NamedTuple):
    """
    A readiness probe, why it is right, and how its seconds came about.

    `veto` says why it must not be written all the same, empty where it may be.
    """

    value: Handler
    because: str
    arithmetic: str = ""
    veto: str = ""


def configured(
    workload: Workload, found: list[Target], *, path: str | None, port: str | None, scheme: str
) -> tuple[Container, Evidence] | str:
    """
    The container and the probe that the configuration asks for, or what is wrong with it.

    HTTP with a path, TCP without.  A port that no container declares is one of the container
    that serves, or of the only one.
    """
    containers = [item.container for item in found[:1]] or workload.containers
    asked: int | str = found[0].port if found else ""
    if port:
        asked = port_of(port) or ""
        declaring = [item for item in workload.containers if _declares(item, asked)]
        if not (isinstance(asked, int) or (declaring and is_port_name(asked))):
            return f"no container declares the configured port '{port}'"
        containers = declaring or containers
    if not asked or len(containers) != 1:
        return "the configuration must say a `port` that a single container serves"
    value: Handler = {HTTP_GET: {"path": path, "port": asked}} if path else {}
    if path and scheme != "HTTP":
        value[HTTP_GET]["scheme"] = scheme
    because = "no request arrives before the container can answer it"
    return containers[0], Evidence(value or {TCP_SOCKET: {"port": asked}}, because)


def _declares(container: Container, port: int | str) -> bool:
    return any(
        declared.protocol == TCP and port in (declared.name, declared.number)
        for declared in container.ports
    )


def evidence_for(workload: Workload, target: Target, view: ClusterView) -> Evidence:
    """What the manifests show of a container, with the veto of what would make it wrong."""
    own = own_probe(target)
    evidence = (copied(own) if own else None) or _listening(target)
    asks_for_tcp = TCP_SOCKET in evidence.value
    ping = PINGS.get(target.container.image_name, PINGS["mysql"])
    answered = why_answered(workload, view)
    if answered:
        veto = f"must ask the app itself: {answered}, which accepts every connection"
    elif own and own.host is not None:
        veto = f"must be set by hand: kzd does not copy the `host` of `{own.field}`"
    elif asks_for_tcp and (target.number == MYSQL_PORT or target.container.image_name in PINGS):
        veto = (
            f"must be an exec probe such as `{ping}`: MySQL counts connections that end before "
            "the handshake as errors of their host, and blocks it in the end"
        )
    elif view.role(workload).single and not target.is_declared and len(workload.containers) > 1:
        veto = (
            f"must be set by hand: none of several containers declares port {target.number}, and "
            "no other Pod serves while a wrong probe fails"
        )
    else:
        veto = ""
    return evidence._replace(veto=veto)


def own_probe(target: Target) -> Probe | None:
    """
    The startup or liveness probe of a container that tells whether it can serve.

    A connection to another port than the serving one tells less than one to it.
    """
    declared = {port.number for port in target.container.ports if port.protocol == TCP}
    for field in (STARTUP, LIVENESS):
        probe = probe_of(target.container, field)
        if probe is None or probe.port_number is None:
            continue
        is_elsewhere = probe.action != TCP_SOCKET and probe.port_number in declared
        if probe.port_number == target.number or is_elsewhere:
            return probe
    return None


def copied(probe: Probe) -> Evidence | None:
    """A readiness probe with the handler of another one; None where it can't be copied."""
    value = copy_of(probe)
    if value is None:
        return None
    given = mapping(probe.container.data.get(probe.field))
    period = min(probe.period_seconds, MAXIMUM_PERIOD_SECONDS)
    if integer(given.get("timeoutSeconds")):
        value["timeoutSeconds"] = probe.timeout_seconds
    if integer(given.get("periodSeconds")):
        value["periodSeconds"] = period
    value["failureThreshold"] = DEFAULT_FAILURES
    # The kubelet asks again only when the answer before has come or timed out.
    each = max(period, probe.timeout_seconds)
    return Evidence(
        value,
        "no request arrives before the container answers; the handler is that of its own "
        f"`{probe.field}`",
        f"{DEFAULT_FAILURES} failures × {each} s = {DEFAULT_FAILURES * each} s until a failing Pod "
        "gets none",
    )


def _listening(target: Target) -> Evidence:
    return Evidence(
        {TCP_SOCKET: {"port": target.port}},
        f"no request arrives before something listens on port {target.port}, where "
        f"{target.sender} them; a TCP connection proves listening, not readiness",
    )
