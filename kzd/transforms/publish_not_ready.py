"""
Learn which Services send requests to Pods that are ending.

With `publishNotReadyAddresses` a Pod stays among the addresses of a Service until it is gone, so
its clients reach it while it stops, however long it waits: no sleep helps.  That is meant for peers
that must find each other before they are ready, through a Service of their own.

Left alone: Services without the field; the governing Service of a StatefulSet; Services that send
no requests, such as those of metrics.
Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd import grace
from kzd.cluster_view import ClusterView
from kzd.edit import Finding, path
from kzd.resource import Workload
from kzd.transform import OptionSet, transform

PUBLISH = path("spec.publishNotReadyAddresses")


class Options(OptionSet):
    """Nothing but the switch."""


@transform()
def publish_not_ready(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Finding]:
    """Report the Services that keep sending requests to the Pods of a workload."""
    role = cluster.role(workload)
    for service in role.services if role.serves else ():
        if not service.publishes_not_ready:
            continue
        message = f"must be false for {workload.kind} '{workload.name}' to lose no requests"
        if grace.only_publishes_not_ready(role):
            message += "; it gets no sleep, since none helps while this sends to ending Pods"
        else:
            message += "; clients of this Service reach its Pods until they are gone"
        yield Finding(PUBLISH, message, "warning", proposed=False, about=service)
