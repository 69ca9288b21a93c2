"""Whether the API server of a version would take an object: its schema, and what no schema says."""

from __future__ import annotations

from typing import Any

from kzd.cluster.role import OLD_API_VERSIONS
from kzd.option_value import shown
from kzd.validation.checker import Checker
from kzd.validation.problem import Problem
from kzd.validation.rules import broken_rules
from kzd.validation.schema import NEWEST, OLDEST

__all__ = ["NEWEST", "OLDEST", "Problem", "broken_rules", "problems"]

REMOVED = {
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration"): 22,
    ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"): 22,
    ("apiregistration.k8s.io/v1beta1", "APIService"): 22,
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"): 25,
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"): 26,
    ("batch/v1beta1", "CronJob"): 25,
    ("batch/v2alpha1", "CronJob"): 21,
    ("extensions/v1beta1", "Ingress"): 22,
    ("networking.k8s.io/v1beta1", "Ingress"): 22,
    ("policy/v1beta1", "PodDisruptionBudget"): 25,
    ("extensions/v1beta1", "ReplicaSet"): 16,
    ("apps/v1beta2", "ReplicaSet"): 16,
}
"""
The minor versions that stopped serving an API version.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

OLD_WORKLOADS = {
    (api_version, kind)
    for api_version in OLD_API_VERSIONS
    for kind in ("Deployment", "StatefulSet", "DaemonSet")
}
"""The rule `api-version` reports them."""

_checkers: dict[int, Checker] = {}


def problems(data: dict[str, Any], minor: int) -> list[Problem]:
    """
    Where an object differs from the schema of its kind in Kubernetes 1.`minor`; `data` is as read.

    A kind that kzd has no schema for has no problems.
    """
    api_version, kind = data.get("apiVersion"), data.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return []
    checker = _checkers.get(minor)
    if checker is None:
        checker = _checkers[minor] = Checker(minor)
    check = checker.of_kind(api_version, kind)
    if check is None:
        return _api_version(api_version, kind, checker)
    faults = check(data) or ()
    return [Problem(tuple(reversed(fault.steps)), fault.message) for fault in faults]


def _api_version(api_version: str, kind: str, checker: Checker) -> list[Problem]:
    removed = REMOVED.get((api_version, kind))
    served = checker.api_version(kind)
    if removed is not None:
        message = f"must be '{served}': '{api_version}' was removed in Kubernetes 1.{removed}"
    elif served and (api_version, kind) not in OLD_WORKLOADS and checker.knows_group(api_version):
        message = f"must be '{served}' for a {kind}, not {shown(api_version)}"
    else:
        return []
    return [Problem(("apiVersion",), message)]
