"""
Learn where kzd can't tell whether requests reach a workload.

Whether Pods serve is known from the Services that select them.  Where the input holds no Service
of the namespace, kzd treats the workload as one that serves nothing, and says so once for it.
An Ingress, route or webhook that names a Service which is not there makes that doubtful.

Left alone: workloads of a namespace whose Services are in the input, and those that
`kzd.dev/serving` answers for.
Source: https://kubernetes.io/docs/concepts/services-networking/service/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.cluster.role import missing_services
from kzd.edit import Finding, path
from kzd.transform import OptionSet, transform

POD_LABELS = path("spec.template.metadata.labels")
REMEDY = "render it together with its Services, or annotate it with `kzd.dev/serving`"


class Options(OptionSet):
    """Nothing but the switch."""


@transform()
def service_in_input(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Finding]:
    """Report workloads of which nothing tells whether they serve."""
    if cluster.role(workload).name != "unknown":
        return
    missing = missing_services(workload, cluster)
    if missing:
        entry, (name, _) = missing[0]
        yield Finding(
            POD_LABELS,
            f"{entry.kind} '{entry.name}' names Service '{name}', which is not in the input, so it "
            f"is unknown whether requests reach this workload: {REMEDY}",
            "warning",
        )
    else:
        yield Finding(
            POD_LABELS,
            f"{cluster.role(workload).why}, so it is unknown whether requests reach this workload: "
            f"{REMEDY}",
        )
