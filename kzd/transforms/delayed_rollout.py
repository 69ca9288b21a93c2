"""
Learn where the edits wait for somebody.

A Deployment that is paused, a workload of 0 replicas, `OnDelete` and a partition keep the old Pods
as they are.  kzd edits the pod template all the same; the edits take effect with the next Pods.

Left alone: workloads whose pod template kzd did not edit.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.edit import FieldPath, Finding, path
from kzd.transform import OptionSet, transform
from kzd.value import integer

PAUSED = path("spec.paused")
REPLICAS = path("spec.replicas")
UPDATE_TYPE = path("spec.updateStrategy.type")
PARTITION = path("spec.updateStrategy.rollingUpdate.partition")


class Options(OptionSet):
    """Nothing but the switch."""


@transform(after=("termination-grace-period",))
def delayed_rollout(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Finding]:
    """Report template edits that no rollout brings to the Pods."""
    if any(edit.path[: len(workload.template)] == workload.template for edit in workload.edits):
        for field, when in _delays(workload):
            yield Finding(field, f"delays what kzd sets on the Pods: it takes effect {when}")


def _delays(workload: Workload) -> Iterator[tuple[FieldPath, str]]:
    if workload.get(PAUSED) is True:
        yield PAUSED, "when the rollout is resumed"
    if integer(workload.get(REPLICAS)) == 0:
        yield REPLICAS, "when there are replicas"
    if workload.strategy_type == "OnDelete":
        yield UPDATE_TYPE, "when somebody deletes the old Pods"
    partition = integer(workload.get(PARTITION)) or 0
    if partition > 0:
        yield PARTITION, f"for the Pods below {partition} when the partition is lowered"
