"""
Give the app the time that a preStop sleep takes from its grace period.

The grace period starts before the hook and ends with SIGKILL, so every second of sleep is one less
for the app.  It becomes sleep + drain.  The drain is `drainSeconds`; unset, it is what the app had:
the grace period less the owner's own sleep, 5 s at least.  It is 30 s where the grace period is
unset, or where the owner's own sleep leaves less than 5 s.  A long task's is its `taskSeconds`.

A longer grace period also delays the restart of a container that hangs.  Where it grows by more
than 30 s, liveness probes keep the former one for that.

Left alone: what agrees or is enough, and is never lowered; 0, the owner's decision; no number; Pods
without a sleep, whose grace period is their drain.  It stops at `platform.maxGraceSeconds`.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster import grace
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.grace import Numbers
from kzd.cluster.pre_stop import hook_of, longest_sleep
from kzd.cluster.resource import Workload
from kzd.edit import Edit, Finding
from kzd.transform import OptionSet, option, transform
from kzd.value import mapping

LARGE_GROWTH_SECONDS = 30
PROBE_FIELD = ("livenessProbe", "terminationGracePeriodSeconds")


class Options(OptionSet):
    """How long the app needs."""

    drain_seconds: int | None = option(
        None, "Seconds from SIGTERM to the app's exit; else what it had.", minimum=1, maximum=86400
    )


@transform(
    after=("pre-stop-sleep",),
    writes=(
        "spec.template.spec.terminationGracePeriodSeconds",
        "spec.template.spec.containers[].livenessProbe.terminationGracePeriodSeconds",
        "spec.template.spec.initContainers[].livenessProbe.terminationGracePeriodSeconds",
    ),
)
def termination_grace_period(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Edit | Finding]:
    """Raise the grace period to the sleep and the drain."""
    added = grace.added_hooks(workload)
    own = longest_sleep(workload, without=added)
    if grace.is_unreadable(workload) or grace.ends_at_once(workload):
        if own:
            message = f"must be a whole number above the {own} s that the owner's hook sleeps"
            yield Finding(grace.path_of(workload), message, "warning")
        return
    longest = max(longest_sleep(workload), grace.kept_away(workload, cluster))
    numbers = grace.numbers_of(workload, cluster, own=own, longest=longest)
    if not numbers.is_used_up and longest == own and not added:
        if numbers.grows and grace.is_for_task(workload, cluster):
            yield _raised(workload, numbers, _source(workload, cluster, numbers))
        elif numbers.said and (numbers.grows or numbers.is_capped):
            yield _too_short(workload, numbers)
    elif numbers.grows:
        yield _raised(workload, numbers, _source(workload, cluster, numbers))
        yield from _probes(workload, numbers)
    elif numbers.is_capped:
        yield _too_short(workload, numbers)


def _raised(workload: Workload, numbers: Numbers, source: str) -> Edit:
    because = f"the grace period holds {numbers.parts}"
    if numbers.is_capped:
        because += f"; it stops at what the platform honours, which leaves the app {numbers.left} s"
    place = grace.path_of(workload)
    return Edit(place, numbers.grace, because, numbers.arithmetic, source, replaces="raised")


def _too_short(workload: Workload, numbers: Numbers) -> Finding:
    message = f"must be at least {numbers.wanted} to hold {numbers.parts}"
    if numbers.longest:
        message += f": {numbers.arithmetic}"
    if numbers.is_capped:
        message += f"; the platform honours {numbers.cap} s, which leaves the app {numbers.left} s"
    if numbers.is_capped and numbers.grows:
        message = f"must be {numbers.grace}, as much as the platform honours of {numbers.parts}; "
        message += f"as it is, the app gets {numbers.had} s"
    return Finding(grace.path_of(workload), message, "warning")


def _source(workload: Workload, cluster: ClusterView, numbers: Numbers) -> str:
    """Who said the sleep, and what of drain and cap is said at all."""
    slept = numbers.longest > numbers.own
    platform = cluster.settings(workload).platform
    parts = {
        "sleep": grace.need_of(workload, cluster).source if slept else "the owner's hook",
        "drain": grace.drain_of(workload, cluster)[1],
        "cap": platform.source_of("max_grace_seconds") if numbers.is_capped else "",
    }
    said = parts if numbers.longest else {**parts, "sleep": ""}
    return "; ".join(f"{what}: {source}" for what, source in said.items() if source)


def _probes(workload: Workload, numbers: Numbers) -> Iterator[Edit]:
    """Keep the former grace period for containers that hang, where theirs holds their hook."""
    growth = numbers.grace - numbers.before
    if growth <= LARGE_GROWTH_SECONDS:
        return
    for container in workload.running_containers:
        probe = mapping(container.data.get("livenessProbe"))
        hook = hook_of(container)
        needed = (hook.seconds if hook else 0) + grace.LEAST_SECONDS
        if probe and probe.get(PROBE_FIELD[1]) is None and numbers.before >= needed:
            because = f"a container that hangs needn't wait for {growth} s more to be restarted"
            place = container.path + PROBE_FIELD
            yield Edit(place, numbers.before, because, needs=(grace.path_of(workload),))
