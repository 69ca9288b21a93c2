"""
Keep every serving Pod until its replacement is ready.

A rolling update may take `maxUnavailable` Pods away before new ones are ready.  The API's default
is 25 %, rounded down: from 4 replicas on, every rollout loses capacity.  kzd sets it to 0.  Where
the surge Pod may find no room (a GPU, a quota, a spread constraint that counts old Pods), the
rollout waits while the old Pods serve, and kzd says so.

Left alone: workloads that serve nothing or of which only one Pod may run; ports of the node and
required anti-affinity between the Pods, which leave no room for a surge Pod; numbers of the
owner's own; `maxSurge: 0`; DaemonSets and StatefulSets.  `maxSurge` is never written.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.availability import DEFAULT_UNAVAILABLE, share
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.cluster.surge import largest_scale, obstacles, why_no_room
from kzd.edit import Edit, Finding, path
from kzd.transform import OptionSet, transform

MAX_SURGE = path("spec.strategy.rollingUpdate.maxSurge")
MAX_UNAVAILABLE = path("spec.strategy.rollingUpdate.maxUnavailable")
ZERO = (0, "0%")
BECAUSE = "old Pods serve until their replacements are ready"
NO_SURGE = (
    "must be at least 1 for `maxUnavailable` to be 0; without it each Pod ends before its "
    "replacement is ready"
)


class Options(OptionSet):
    """Nothing but the switch."""


@transform(
    kinds=("Deployment",),
    after=("readiness-probe", "startup-probe"),
    writes=("spec.strategy.rollingUpdate.maxUnavailable",),
)
def rolling_update(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Edit | Finding]:
    """Set `maxUnavailable: 0` where a surge Pod can run beside the others."""
    role = cluster.role(workload)
    if not role.serves or role.single or workload.strategy_type != "RollingUpdate":
        return
    scale = max(largest_scale(workload, cluster), 1)
    given = workload.get(MAX_UNAVAILABLE)
    missing = share(DEFAULT_UNAVAILABLE if given is None else given, scale, up=False)
    no_room = why_no_room(workload, stays_the_same=missing == 0)
    if no_room:
        if given is None:
            yield Finding(MAX_UNAVAILABLE, f"is left to its default of 25%: {no_room}")
    elif workload.get(MAX_SURGE) in ZERO:
        yield Finding(MAX_SURGE, NO_SURGE, proposed=1)
    elif given is not None:
        yield from _explicit(missing, scale)
    else:
        arithmetic = f"by the default of 25%, {missing} of {scale} Pods may be missing"
        arithmetic += "" if missing else ", but 1 of 4"
        yield Edit(MAX_UNAVAILABLE, 0, BECAUSE, arithmetic)
        yield from obstacles(workload, cluster)


def _explicit(missing: int | None, scale: int) -> Iterator[Finding]:
    if missing:
        yield Finding(
            MAX_UNAVAILABLE,
            "must be 0 for every Pod to serve until its replacement is ready; "
            f"{min(missing, scale)} of {scale} Pods may be missing",
            "warning" if missing >= scale else "info",
            proposed=0,
        )
