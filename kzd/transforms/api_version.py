"""
Learn which workloads the API server will refuse for their API group.

`extensions/v1beta1`, `apps/v1beta1` and `apps/v1beta2` were removed in Kubernetes 1.16.  kzd
knows no schema for them, so it leaves such a workload as it is.

Left alone: apps/v1.
Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#v1-16
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.cluster.role import is_old_api
from kzd.edit import Finding, path
from kzd.transform import OptionSet, transform

API_VERSION = path("apiVersion")


class Options(OptionSet):
    """Nothing but the switch."""


@transform(left_alone=True)
def api_version(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report workloads of API groups that are gone."""
    if is_old_api(workload):
        yield Finding(
            API_VERSION,
            f"must be 'apps/v1': '{workload.api_version}' was removed in Kubernetes 1.16; "
            "kzd leaves the workload as it is",
            "error",
            proposed="apps/v1",
        )
