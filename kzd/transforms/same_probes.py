"""
Learn where an overloaded Pod is restarted instead of spared.

A Pod that fails its readiness probe gets no more requests and can recover; one that fails its
liveness probe is restarted.  Where both ask the same and liveness gives up no later, overload
restarts Pods, the others get their requests, and one after the other goes down.  Liveness must
be the more patient of the two.

Left alone: probes that ask different things, a liveness probe that waits longer for the answer or
for more failures, workloads that serve nothing.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.probe import LIVENESS, READINESS, Probe, probe_of
from kzd.cluster.resource import Workload
from kzd.edit import Finding
from kzd.transform import OptionSet, transform

PATIENCE = 2


class Options(OptionSet):
    """Nothing but the switch."""


@transform()
def same_probes(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report liveness probes that fail together with readiness."""
    if not cluster.role(workload).serves:
        return
    for container in workload.containers:
        liveness, readiness = probe_of(container, LIVENESS), probe_of(container, READINESS)
        if liveness and readiness and _is_no_more_patient(liveness, readiness):
            seconds = readiness.seconds_to_failure
            failures = -(-PATIENCE * seconds // liveness.period_seconds)
            yield Finding(
                (*liveness.path, "failureThreshold"),
                f"must be higher, {failures} for example: the probe asks the same as "
                f"`{READINESS}` {_how_soon(liveness, readiness)}; under overload it restarts a "
                "container that only needed a pause from requests",
                proposed=failures,
            )


def _how_soon(liveness: Probe, readiness: Probe) -> str:
    first, second = liveness.seconds_to_failure, readiness.seconds_to_failure
    if first == second:
        return f"and both give up after {first} s"
    return f"and gives up after {first} s, sooner than that one after {second} s"


def _is_no_more_patient(liveness: Probe, readiness: Probe) -> bool:
    return (
        _question(liveness) == _question(readiness)
        and liveness.timeout_seconds <= readiness.timeout_seconds
        and liveness.seconds_to_failure <= readiness.seconds_to_failure
    )


def _question(probe: Probe) -> dict[str, Any]:
    """What a probe asks, with the API's defaults for `httpGet` and its port as a number."""
    given = {key: value for key, value in probe.handler.items() if value is not None}
    asked = {"action": probe.action, "path": "/", "scheme": "HTTP"} | given
    return asked | {"port": probe.port_number or probe.port}
