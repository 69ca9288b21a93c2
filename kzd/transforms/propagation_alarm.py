"""
Learn where a long sleep hides a cause that should be found.

Inside a cluster the news of a Pod's end travels in seconds.  Where it is said, or was measured, to
take longer than `propagation.alarmSeconds`, 60 by default, something delays it, and sleeping it
out makes every rollout slow without curing it.  `kzd advise` lists what to look at.  Known causes:
a large `minSyncPeriod` of kube-proxy; IPVS with `conn_reuse_mode` 0, which leads reused source
ports to Pods that are gone; clients that hold DNS answers or never open a new connection; a
controller that lags behind.

Left alone: paths through load balancers outside of the cluster, whose own checks take minutes.
Source: https://github.com/kubernetes/kubernetes/issues/81775
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster import grace
from kzd.cluster.availability import take_over
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.pre_stop import PRE_STOP, hooks_of
from kzd.cluster.resource import Workload
from kzd.edit import Finding
from kzd.transform import OptionSet, transform

CAUSE = (
    "look for the cause: a large `minSyncPeriod` of kube-proxy, IPVS that leads reused ports to "
    "Pods that are gone, clients that hold DNS answers, or a controller that lags behind; "
    "`kzd advise` says more"
)


class Options(OptionSet):
    """Nothing but the switch."""


@transform(after=("pre-stop-sleep",))
def propagation_alarm(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Finding]:
    """Report sleeps that are longer than news inside a cluster travels."""
    if not grace.sleep_helps(workload, cluster) or take_over(workload, cluster):
        return
    need = grace.need_of(workload, cluster)
    most = need.alarm_seconds
    if need.seconds > most:
        place = workload.containers[0].path + PRE_STOP
        said = f"{need.arithmetic} ({need.source})"
        yield Finding(place, f"needs more than {most:g} s of sleep; {said}; {CAUSE}", "warning")
        return
    for container, hook in hooks_of(workload):
        if hook.seconds > most:
            message = f"sleeps {hook.seconds:g} s, and {most:g} s must do in a cluster; {CAUSE}"
            yield Finding(container.path + PRE_STOP, message)
