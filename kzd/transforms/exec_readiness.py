"""
Learn which exec readiness probes stop when termination begins.

While a Pod ends its readiness probe goes on, and load balancers that drain by it see when the
app has finished.  Kubelets of 1.35, and of 1.36 from 1.36.3 on, no longer run an `exec` readiness
probe once termination has begun: the Pod keeps the answer that it had.  1.37 is repaired.

Left alone: `httpGet`, `tcpSocket` and `grpc` probes; clusters whose kubelets are all older or
newer; workloads that serve nothing.
Source: https://github.com/kubernetes/kubernetes/issues/140881
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.probe import EXEC, READINESS, probe_of
from kzd.cluster.resource import Workload
from kzd.edit import Finding
from kzd.transform import OptionSet, transform

BROKEN_MINORS = {35: "1.35", 36: "1.36 (from 1.36.3 on)"}


class Options(OptionSet):
    """Nothing but the switch."""


@transform()
def exec_readiness(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report exec readiness probes where kubelets of the cluster drop them."""
    broken = [
        name
        for minor, name in BROKEN_MINORS.items()
        if cluster.min_kubelet <= minor <= cluster.minor
    ]
    if not broken or not cluster.role(workload).serves:
        return
    for container in workload.running_containers:
        probe = probe_of(container, READINESS)
        if probe and probe.action == EXEC:
            yield Finding(
                (*probe.path, EXEC),
                f"must not be relied on while the Pod ends: kubelets of {' and '.join(broken)} "
                "stop an exec readiness probe when termination begins; `httpGet`, `tcpSocket` and "
                "`grpc` go on",
            )
