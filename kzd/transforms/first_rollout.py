"""
Learn that the first rollout with these settings is not yet protected.

A rollout ends the old Pods by their old spec.  The sleep and the grace period that kzd adds are in
the new one, so they protect every rollout but the one that brings them.  kzd can't see what runs,
so it says this once in a run that adds them; where they are rolled out already, or for the first
time anywhere, it is of no concern.

Left alone: runs that change nothing about how Pods end; workloads scaled to zero; long tasks, whose
new version ends no Pods.
Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.cluster.role import is_long_task
from kzd.edit import Finding
from kzd.transform import OptionSet, transform

ENDING_FIELDS = frozenset(["lifecycle", "terminationGracePeriodSeconds"])


class Options(OptionSet):
    """Nothing but the switch."""


@transform(
    after=[
        "readiness-probe",
        "startup-probe",
        "pre-stop-sleep",
        "termination-grace-period",
        "rolling-update",
        "pod-disruption-budget",
    ],
    once=True,
)
def first_rollout(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report, once, that old Pods still end by their old spec."""
    if workload.replicas == 0 or is_long_task(workload, cluster):
        return
    ending = next((edit for edit in workload.edits if ENDING_FIELDS & set(edit.path)), None)
    if ending:
        yield Finding(
            ending.path,
            "the rollout that brings this still ends the Pods that run now by their old spec, and "
            "may lose requests; the ones after it are protected. Let it run at a quiet time",
        )
