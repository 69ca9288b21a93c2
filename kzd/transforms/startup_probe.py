"""
Give a container that starts slowly the time it needs.

A liveness probe that begins before the container has started restarts it for ever, and the
rollout never ends.  A startup probe holds the liveness probe back until it succeeds.  Where the
owner shows a slow start (a liveness `initialDelaySeconds` of 10 or more), or where it is
configured, kzd sets one with the liveness handler, asked every 5 s at most, so that a quick start
is seen quickly, for as long as `startupSeconds` or the owner's own budget, whichever is larger.

Left alone: containers with a startup probe, without a liveness probe, or that start at once;
workloads that serve nothing; handlers with a `host`.
Unsafe when: it is a StatefulSet.  Readiness waits for the startup probe, and where the liveness
handler asks for peers, the first Pod would never be ready and the others never start.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#startup-probe
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.container import Container
from kzd.cluster.probe import LARGEST_COUNT, LIVENESS, STARTUP, Probe, copy_of, probe_of
from kzd.cluster.resource import Workload
from kzd.edit import Edit, Finding, Safety
from kzd.transform import OptionSet, option, transform
from kzd.value import integer, mapping

SLOW_SECONDS = 10
MAXIMUM_PERIOD_SECONDS = 5
NEEDS_PEERS = "; readiness waits for it, and it may ask for peers that start only afterwards"


class Options(OptionSet):
    """How long a start may take."""

    startup_seconds: int = option(
        300,
        "Seconds that a start may take at least; said anywhere, it counts for quick starts too.",
        minimum=1,
        maximum=86400,
    )


@transform(after=("readiness-probe",), writes=("spec.template.spec.containers[].startupProbe",))
def startup_probe(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Edit | Finding]:
    """Set a startup probe on each container that starts slowly."""
    if not cluster.role(workload).serves:
        return
    source = options.source_of("startup_seconds")
    for container in workload.containers:
        liveness = probe_of(container, LIVENESS)
        if liveness is None or container.data.get(STARTUP) is not None:
            continue
        if source or liveness.initial_delay_seconds >= SLOW_SECONDS:
            is_meant = options.is_specific("startup_seconds")
            doubt = NEEDS_PEERS if workload.kind == "StatefulSet" and not is_meant else ""
            yield from _decision(container, liveness, options.startup_seconds, source, doubt)


def _decision(
    container: Container, liveness: Probe, startup_seconds: int, source: str, doubt: str
) -> Iterator[Edit | Finding]:
    field = (*container.path, STARTUP)
    value = copy_of(liveness)
    if value is None:
        if liveness.host is not None:
            message = f"must be set by hand: kzd does not copy the `host` of `{LIVENESS}`"
            yield Finding(field, message)
        return
    delay = liveness.initial_delay_seconds
    own = delay + liveness.seconds_to_failure
    period = min(liveness.period_seconds, MAXIMUM_PERIOD_SECONDS)
    failures = min(ceil(max(startup_seconds, own) / period), LARGEST_COUNT)
    if integer(mapping(container.data.get(LIVENESS)).get("timeoutSeconds")):
        value["timeoutSeconds"] = liveness.timeout_seconds
    value |= {"periodSeconds": period, "failureThreshold": failures}
    arithmetic = (
        f"the larger of {startup_seconds} s and the owner's {delay} + {liveness.failures} × "
        f"{liveness.period_seconds} = {own} s: {failures} failures × {period} s = "
        f"{failures * period} s"
    )
    safety: Safety = "unsafe" if doubt else "safe"
    yield Edit(field, value, _because(delay) + doubt, arithmetic, source, safety)


def _because(delay: int) -> str:
    is_slow = delay >= SLOW_SECONDS
    shown = f"its `{LIVENESS}` waits {delay} s, which shows a slow start"
    why = shown if is_slow else "it is configured"
    return f"{why}; the liveness probe must not restart a container that still starts"
