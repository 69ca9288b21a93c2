"""
Learn where a preStop hook of your own may end too early.

A hook decides how long its container goes on serving.  kzd never replaces one.  It adds up the
literal sleeps of the hook and compares them with the propagation that reaches the workload.  What
else a hook does, a script in the image or an HTTP call, takes a time that nothing in the manifest
tells: it counts as 0 s.

Left alone: hooks that wait long enough; hooks of Pods that serve nothing, of single workloads, and
of others whose Pods nothing stands in for.
Source: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster import grace
from kzd.cluster.availability import take_over
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.pre_stop import PRE_STOP, Hook, hooks_of, sleep_handler
from kzd.cluster.resource import Workload
from kzd.edit import Finding, Severity
from kzd.transform import OptionSet, transform


class Options(OptionSet):
    """Nothing but the switch."""


@transform(after=("pre-stop-sleep",))
def own_hook(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Compare the hooks of the regular containers with the sleep that the workload needs."""
    if not grace.sleep_helps(workload, cluster) or take_over(workload, cluster):
        return
    need = grace.need_of(workload, cluster)
    severity: Severity = "warning" if need.is_known else "info"
    for container, hook in hooks_of(workload):
        place = container.path + PRE_STOP
        if container.is_sidecar or hook.seconds >= need.seconds:
            continue
        message = f"must let the container serve for {need.seconds} s, {_what(hook)}"
        message += f"; {need.arithmetic} ({need.source})"
        better = sleep_handler(need.seconds, cluster.min_kubelet) if hook.only_idles else None
        yield Finding(place, message, severity, proposed=better)


def _what(hook: Hook) -> str:
    """What a hook does instead."""
    if not hook.is_known:
        return f"but how long it takes can't be told from it, so it counts as {hook.seconds:g} s"
    return f"but waits {hook.seconds:g} s"
