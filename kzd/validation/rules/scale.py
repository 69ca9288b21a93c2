"""What the API server demands of disruption budgets, autoscalers and claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.edit import FieldPath
from kzd.option_value import shown
from kzd.validation.problem import REQUIRED, Problem
from kzd.validation.rules.demand import Versions, at_least, label_values, one_of, pods
from kzd.value import integer, mapping, sequence

SCALE_TO_ZERO = 37
"""The first version whose HorizontalPodAutoscalers may reach 0 without a feature gate."""
ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")

Spec = dict[str, Any]


def disruption_budget(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/policy/validation/validation.go, ValidatePodDisruptionBudgetSpec."""
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield Problem(at, "must have `minAvailable` or `maxUnavailable`, not both")
    yield from pods(spec, "minAvailable", at)
    yield from pods(spec, "maxUnavailable", at)
    policies = ("IfHealthyBudget", "AlwaysAllow")
    yield from one_of(policies, spec, "unhealthyPodEvictionPolicy", at)
    pairs = mapping(spec.get("selector")).get("matchLabels")
    yield from label_values(pairs, (*at, "selector", "matchLabels"))


def autoscaler(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """
    Source: pkg/apis/autoscaling/validation/validation.go, validateHorizontalPodAutoscalerSpec;
    #139648 for 0.
    """
    yield from at_least(0 if versions.minor >= SCALE_TO_ZERO else 1, spec, ("minReplicas",), at)
    yield from at_least(1, spec, ("maxReplicas",), at)
    low, high = integer(spec.get("minReplicas")), integer(spec.get("maxReplicas"))
    if low is not None and high is not None and 1 <= high < low:
        message = f"must be at least `minReplicas`, {low}, not {high}"
        yield Problem((*at, "maxReplicas"), message)


def volume_claim(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/core/validation/validation.go, ValidatePersistentVolumeClaimSpec."""
    modes = spec.get("accessModes")
    if not modes:
        yield Problem((*at, "accessModes"), "must have at least one access mode")
    for index, mode in enumerate(sequence(modes)):
        if isinstance(mode, str) and mode not in ACCESS_MODES:
            known = " or ".join(f"'{word}'" for word in ACCESS_MODES)
            message = f"must be {known}, not {shown(mode)}"
            yield Problem((*at, "accessModes", index), message)
    if "ReadWriteOncePod" in sequence(modes) and len(sequence(modes)) > 1:
        yield Problem((*at, "accessModes"), "must have no other mode beside 'ReadWriteOncePod'")
    requests = mapping(mapping(spec.get("resources")).get("requests"))
    if requests.get("storage") is None:
        yield Problem((*at, "resources", "requests", "storage"), REQUIRED)
