"""
Let containers serve until the news of their Pod's end has arrived.

When a Pod is deleted, the kubelet stops it while kube-proxy, ingress controllers, meshes and load
balancers still learn of it.  Requests of that time meet a closed socket.  A `preStop` sleep keeps
a container serving for as long as the news travels: the propagation of the slowest path that
reaches the workload, or `seconds`.  Every regular container gets one, so that none that another
relies on ends first.  It is the `sleep` action, which needs no program in the image.  Kubelets
before 1.30 ignore it; for these `exec` lets the image's own `sleep` do it.

Left alone: containers with a hook of their own; native sidecars, which end after the others anyway;
init containers; Pods that serve nothing; single workloads and others whose Pods nothing stands in
for, since a sleep would only lengthen the gap; Pods whose Services all publish not-ready addresses;
a grace period of 0, and one that can't hold both sleep and drain.
Source: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster import grace
from kzd.cluster.availability import take_over
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.pre_stop import NATIVE_SINCE, longest_sleep, sleep_handler
from kzd.cluster.resource import Workload
from kzd.edit import Edit, FieldPath, Finding
from kzd.transform import OptionSet, option, transform
from kzd.value import mapping

BECAUSE = (
    "requests arrive until the news of the Pod's end has travelled, so the container serves on"
)


class Options(OptionSet):
    """How long containers sleep, and by what."""

    seconds: int | None = option(
        None, "Seconds to sleep; unset, the propagation.", minimum=1, maximum=3600
    )
    exec: bool = option(
        False, "Whether kubelets before 1.30 run the `sleep` of the image, which must have one."
    )


@transform(
    after=("readiness-probe", "startup-probe"),
    together=(grace.RULE,),
    writes=("spec.template.spec.containers[].lifecycle.preStop",),
)
def pre_stop_sleep(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Edit | Finding]:
    """Set the sleep of every regular container without a hook."""
    places = grace.places_for_sleep(workload)
    if not places or not grace.sleep_helps(workload, cluster):
        return
    need = grace.need_of(workload, cluster)
    if not need.seconds:
        return
    own = longest_sleep(workload)
    numbers = grace.numbers_of(workload, cluster, own=own, longest=max(own, need.seconds))
    against = [
        *_against_any(workload, options, cluster, places[0], need.seconds),
        *_against_length(workload, cluster, numbers),
    ]
    if against:
        yield from against[:1]
        return
    needs = (grace.path_of(workload),) if numbers.grows else ()
    for place in places:
        handler = sleep_handler(need.seconds, cluster.min_kubelet)
        yield Edit(place, handler, BECAUSE, need.arithmetic, need.source, needs=needs)


def _against_any(
    workload: Workload, options: Options, cluster: ClusterView, place: FieldPath, seconds: int
) -> Iterator[Finding]:
    """What keeps a sleep of any length away."""
    alone = take_over(workload, cluster)
    if alone:
        yield Finding(place, f"a sleep would only lengthen the gap: {alone}")
    if grace.ends_at_once(workload):
        message = "must be above 0 for a sleep: at 0 the kubelet kills containers without any hook"
        yield Finding(grace.path_of(workload), message, "warning")
    if cluster.min_kubelet >= NATIVE_SINCE:
        return
    ignored = f"must sleep for {seconds} s, but kubelet 1.{cluster.min_kubelet} ignores `sleep`"
    if _is_windows(workload.pod_spec):
        yield Finding(place, f"{ignored}, and images for Windows hold none", "warning")
    elif not options.exec:
        how = "`preStopSleep.exec` runs that of the image, which must hold one"
        yield Finding(place, f"{ignored}; {how}", "warning")


def _is_windows(spec: dict[str, Any]) -> bool:
    labels = mapping(spec.get("nodeSelector"))
    return "windows" in (mapping(spec.get("os")).get("name"), labels.get("kubernetes.io/os"))


def _against_length(
    workload: Workload, cluster: ClusterView, numbers: grace.Numbers
) -> Iterator[Finding]:
    """Why the grace period can't hold the sleep."""
    raises = cluster.runs(workload, grace.RULE)
    kept = numbers if raises else numbers._replace(grace=numbers.before)
    drain = numbers.least if raises else numbers.usual
    if grace.is_unreadable(workload):
        message = f"must be a whole number for a sleep of {numbers.longest} s to be added"
    elif kept.left >= drain:
        return
    else:
        message = f"must hold {numbers.longest} s sleep + {drain} s drain for a sleep to be added"
    if not raises:
        message += f"; {grace.RULE} does not run here"
    elif kept.left < drain:
        message += f"; the platform honours {numbers.cap} s (`platform.maxGraceSeconds`)"
    yield Finding(grace.path_of(workload), message, "warning")
