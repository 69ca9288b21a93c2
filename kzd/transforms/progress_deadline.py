"""
Find rollouts that are called failed while their Pods may still start.

A Deployment that makes no progress for `progressDeadlineSeconds` (600) is reported as failed, and
what waits for it gives up or rolls back.  A new Pod counts only once it has been ready for
`minReadySeconds`, so the time that its startup probes allow, plus these, must fit in.  The API
server refuses a deadline that is not above `minReadySeconds`.

Left alone: deadlines with room for the slowest start that the probes allow; pulling images and
scheduling come on top, and nothing in a manifest tells how long they take.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.container import Container
from kzd.cluster.probe import READINESS, STARTUP, probe_of
from kzd.cluster.resource import Workload
from kzd.edit import Finding, path
from kzd.transform import OptionSet, transform
from kzd.value import integer

DEADLINE = path("spec.progressDeadlineSeconds")
MIN_READY = path("spec.minReadySeconds")
DEFAULT_DEADLINE_SECONDS = 600


class Options(OptionSet):
    """Nothing but the switch."""


@transform(kinds=["Deployment", "Rollout"], after=["startup-probe"])
def progress_deadline(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Finding]:
    """Report a progress deadline that a healthy rollout may miss."""
    given = integer(workload.get(DEADLINE))
    deadline_seconds = DEFAULT_DEADLINE_SECONDS if given is None else given
    min_ready_seconds = integer(workload.get(MIN_READY)) or 0
    start_seconds = _start_seconds(workload)
    needed_seconds = start_seconds + min_ready_seconds
    is_default = " by default" if given is None else ""
    if min_ready_seconds >= deadline_seconds:
        yield Finding(
            DEADLINE,
            f"must be greater than `minReadySeconds` ({min_ready_seconds}); it is "
            f"{deadline_seconds}{is_default}, and the API server refuses that",
            "error",
        )
    elif needed_seconds >= deadline_seconds:
        after = f", `minReadySeconds` adds {min_ready_seconds} s" if min_ready_seconds else ""
        yield Finding(
            DEADLINE,
            f"must be greater than {needed_seconds}: the probes allow a Pod {start_seconds} s to "
            f"start{after}, and after {deadline_seconds} s{is_default} the rollout counts as "
            "failed; pulling images comes on top",
            "warning",
        )


def _start_seconds(workload: Workload) -> int:
    """
    The longest start that the probes allow.

    Native sidecars start one after the other, regular containers after them and together.
    """
    return sum(map(_startup_budget, workload.sidecars)) + max(
        map(_ready_after, workload.containers)
    )


def _startup_budget(container: Container) -> int:
    probe = probe_of(container, STARTUP)
    return probe.initial_delay_seconds + probe.seconds_to_failure if probe else 0


def _ready_after(container: Container) -> int:
    # All delays count from the container's start, so the longer of the two decides.
    readiness = probe_of(container, READINESS)
    return max(_startup_budget(container), readiness.initial_delay_seconds if readiness else 0)
