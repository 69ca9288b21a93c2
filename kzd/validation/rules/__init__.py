"""What the API server demands beyond its schemas, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kzd.edit import FieldPath
from kzd.validation.problem import REQUIRED, Problem
from kzd.validation.rules.demand import Versions, is_unset, label_values
from kzd.validation.rules.pod import pod_spec
from kzd.validation.rules.scale import autoscaler, disruption_budget, volume_claim
from kzd.validation.rules.traffic import ingress, service
from kzd.validation.rules.workload import (
    cron_job,
    daemon_set,
    deployment,
    job,
    replica_set,
    replication_controller,
    stateful_set,
)
from kzd.value import mapping

Rule = Callable[[dict[str, Any], FieldPath, Versions], Iterator[Problem]]

RULES: dict[tuple[str, str], Rule] = {
    ("apps/v1", "DaemonSet"): daemon_set,
    ("apps/v1", "Deployment"): deployment,
    ("apps/v1", "ReplicaSet"): replica_set,
    ("apps/v1", "StatefulSet"): stateful_set,
    ("autoscaling/v1", "HorizontalPodAutoscaler"): autoscaler,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): autoscaler,
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"): autoscaler,
    ("batch/v1", "CronJob"): cron_job,
    ("batch/v1", "Job"): job,
    ("networking.k8s.io/v1", "Ingress"): ingress,
    ("policy/v1", "PodDisruptionBudget"): disruption_budget,
    ("v1", "PersistentVolumeClaim"): volume_claim,
    ("v1", "Pod"): pod_spec,
    ("v1", "ReplicationController"): replication_controller,
    ("v1", "Service"): service,
}

NEEDS_SPEC = {
    ("batch/v1", "Job"),
    ("networking.k8s.io/v1", "Ingress"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Pod"),
    ("v1", "ReplicationController"),
    ("v1", "Service"),
}
"""Kinds that are nothing without a spec, though their schemas do not require it."""


def broken_rules(data: dict[str, Any], minor: int, min_kubelet: int) -> list[Problem]:
    """
    The rules of Kubernetes 1.`minor` that an object breaks and its schema does not tell.

    Warnings are about what the API server takes and no kubelet, or not 1.`min_kubelet`, does.
    Values of wrong types break no rule: the schema tells of them.
    """
    api_version, kind = data.get("apiVersion"), data.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return []
    rule = RULES.get((api_version, kind))
    if rule is None:
        return []
    found = list(_metadata(mapping(data.get("metadata"))))
    if isinstance(data.get("spec"), dict):
        found += rule(data["spec"], ("spec",), Versions(minor, min_kubelet))
    elif data.get("spec") is None and (api_version, kind) in NEEDS_SPEC:
        found.append(Problem(("spec",), REQUIRED))
    return found


def _metadata(metadata: dict[str, Any]) -> Iterator[Problem]:
    """Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go, ValidateObjectMeta."""
    if is_unset(metadata.get("name")) and is_unset(metadata.get("generateName")):
        yield Problem(("metadata", "name"), REQUIRED)
    yield from label_values(metadata.get("labels"), ("metadata", "labels"))
