"""
Learn which Services send requests to Pods that are ending.

With `publishNotReadyAddresses` a Pod stays among the addresses of a Service until it is gone, so
its clients reach it while it stops, however long it waits: no sleep helps.  That is meant for peers
that must find each other before they are ready, through a Service of their own.

Left alone: Services without the field; the governing Service of a StatefulSet; Services that send
no requests, such as those of metrics; single workloads, which lose requests in any case.
Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster import grace
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.edit import Finding, Severity, path
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
    if not role.serves or role.single:
        return
    is_hopeless = grace.only_publishes_not_ready(role)
    message = f"sends requests to the Pods of {workload.kind} '{workload.name}' until they are gone"
    if is_hopeless:
        message += ", so no sleep helps and none is added"
    for service in role.services:
        if service.publishes_not_ready:
            # Beside another Service, one without cluster IP is how peers find each other.
            severity: Severity = "info" if service.is_headless and not is_hopeless else "warning"
            remedy = "clients need a Service without it"
            yield Finding(PUBLISH, f"{message}; {remedy}", severity, about=service)
