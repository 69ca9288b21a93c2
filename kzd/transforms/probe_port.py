"""
Learn which probes ask a port that nothing serves.

The API server checks only how a port's name is spelled.  A name that the container itself does
not declare fails when the kubelet looks it up, and a probe of the Service's own port number asks
a port inside the Pod that nothing listens on: the Pod never becomes ready, or restarts for ever.

Left alone: names that the container declares, numbers that no Service contradicts, since a
container need not declare a port to serve it.
Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.probe import LIVENESS, READINESS, STARTUP, Probe, probe_of
from kzd.cluster.resource import Workload
from kzd.edit import Finding
from kzd.transform import OptionSet, transform


class Options(OptionSet):
    """Nothing but the switch."""


@transform()
def probe_port(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report the ports of probes behind which there is nothing."""
    for container in workload.running_containers:
        for field in (STARTUP, LIVENESS, READINESS):
            probe = probe_of(container, field)
            if probe is None or probe.port is None or probe.host is not None:
                continue
            message, right = _wrong(workload, probe, cluster)
            if message:
                yield Finding((*probe.path, probe.action, "port"), message, "warning", right)


def _wrong(workload: Workload, probe: Probe, cluster: ClusterView) -> tuple[str, int | str | None]:
    """What is wrong with a probe's port, empty where nothing is, and what would be right."""
    container, given = probe.container, probe.port
    if isinstance(given, str):
        if probe.port_number is not None:
            return "", None
        names = [port.name for port in container.ports if port.name]
        message = f"must be a port that container '{container.name}' declares; '{given}' is none"
        return message, names[0] if len(names) == 1 else None
    if any(given == port.number for item in workload.all_containers for port in item.ports):
        return "", None
    for service in cluster.services_of(workload):
        targets = {port.target for port in service.ports}
        for port in service.ports:
            if port.number == given and given not in targets:
                message = (
                    f"must be a port of the container: {given} is the port of Service "
                    f"'{service.name}', which leads to {port.target}"
                )
                resolved = container.resolve(port.target)
                return message, port.target if resolved else None
    return "", None
