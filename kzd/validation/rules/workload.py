"""What the API server demands of the kinds that have a pod template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.selection import label_selector_matches, pairs_match
from kzd.edit import FieldPath
from kzd.validation.problem import REQUIRED, Problem
from kzd.validation.rules.demand import (
    Versions,
    at_least,
    is_unset,
    label_values,
    number_of_pods,
    one_of,
    pods,
)
from kzd.validation.rules.pod import pod_spec, restarts_always
from kzd.value import integer, mapping

DEFAULT_PROGRESS_DEADLINE = 600
STATEFUL_SET_MAX_UNAVAILABLE = 37
"""The first version that reads it in all its patch versions (KEP-961); others drop it."""

Spec = dict[str, Any]
UPDATE_TYPES = ("RollingUpdate", "OnDelete")
COUNTS = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")


def deployment(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/apps/validation/validation.go, ValidateDeploymentSpec."""
    yield from _runs_pods(spec, at, versions)
    strategy = mapping(spec.get("strategy"))
    where = (*at, "strategy")
    yield from one_of(("RollingUpdate", "Recreate"), strategy, "type", where)
    if strategy.get("type") == "Recreate":
        yield from _no_rolling_update(strategy, where)
    else:
        yield from _deployment_rolling_update(
            mapping(strategy.get("rollingUpdate")), (*where, "rollingUpdate")
        )
    ready = integer(spec.get("minReadySeconds")) or 0
    deadline = spec.get("progressDeadlineSeconds")
    seconds = DEFAULT_PROGRESS_DEADLINE if deadline is None else integer(deadline)
    if seconds is not None and 0 <= seconds <= ready:
        default = ", by default" if deadline is None else ""
        yield Problem(
            (*at, "progressDeadlineSeconds"),
            f"must be greater than `minReadySeconds`, {ready}, and is {seconds}{default}",
        )


def stateful_set(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/apps/validation/validation.go, ValidateStatefulSetSpec."""
    yield from _runs_pods(spec, at, versions)
    yield from one_of(("OrderedReady", "Parallel"), spec, "podManagementPolicy", at)
    yield from at_least(0, mapping(spec.get("ordinals")), ("start",), (*at, "ordinals"))
    strategy, where = mapping(spec.get("updateStrategy")), (*at, "updateStrategy")
    yield from one_of(UPDATE_TYPES, strategy, "type", where)
    if strategy.get("type") == "OnDelete":
        yield from _no_rolling_update(strategy, where)
        return
    rolling = mapping(strategy.get("rollingUpdate"))
    yield from at_least(0, rolling, ("partition",), (*where, "rollingUpdate"))
    if versions.minor >= STATEFUL_SET_MAX_UNAVAILABLE:
        yield from pods(rolling, "maxUnavailable", (*where, "rollingUpdate"))
        if number_of_pods(rolling.get("maxUnavailable")) == 0:
            yield Problem((*where, "rollingUpdate", "maxUnavailable"), "must not be 0")


def daemon_set(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/apps/validation/validation.go, ValidateDaemonSetSpec."""
    yield from _runs_pods(spec, at, versions)
    strategy, where = mapping(spec.get("updateStrategy")), (*at, "updateStrategy")
    yield from one_of(UPDATE_TYPES, strategy, "type", where)
    if strategy.get("type") == "OnDelete":
        return
    rolling = mapping(strategy.get("rollingUpdate"))
    where = (*where, "rollingUpdate")
    yield from pods(rolling, "maxUnavailable", where)
    yield from pods(rolling, "maxSurge", where)
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    away = number_of_pods(1 if unavailable is None else unavailable)
    more = number_of_pods(0 if surge is None else surge)
    if away and more:
        default = " (the default)" if unavailable is None else ""
        message = f"must be 0 where `maxUnavailable` is {_as_written(unavailable, 1)}{default}"
        yield Problem((*where, "maxSurge"), message)
    elif away == 0 and more == 0:
        yield Problem((*where, "maxUnavailable"), "must not be 0 where `maxSurge` is 0")


def replica_set(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/apps/validation/validation.go, ValidateReplicaSetSpec."""
    yield from _runs_pods(spec, at, versions)
    yield from _needs_template(spec, at)


def replication_controller(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/core/validation/validation.go, ValidateReplicationControllerSpec."""
    yield from _template(spec, at, versions)
    yield from _needs_template(spec, at)
    selector = mapping(spec.get("selector"))
    if spec.get("template") and not pairs_match(selector, _template_labels(spec)):
        yield _does_not_match(at)


def job(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/batch/validation/validation.go, validateJobSpec."""
    counts = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit")
    yield from at_least(0, spec, (*counts, "ttlSecondsAfterFinished"), at)
    pod = mapping(mapping(spec.get("template")).get("spec"))
    where = (*at, "template", "spec")
    yield from pod_spec(pod, where, versions)
    yield from label_values(_template_labels(spec), (*at, "template", "metadata", "labels"))
    policy = pod.get("restartPolicy")
    if pod and (is_unset(policy) or policy == "Always"):
        message = "must be 'OnFailure' or 'Never' in a Job, and is 'Always'"
        default = ", by default" if is_unset(policy) else ""
        yield Problem((*where, "restartPolicy"), message + default)


def cron_job(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/batch/validation/validation.go, validateCronJobSpec."""
    limits = ("successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    yield from at_least(0, spec, ("startingDeadlineSeconds", *limits), at)
    yield from one_of(("Allow", "Forbid", "Replace"), spec, "concurrencyPolicy", at)
    template = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    yield from job(template, (*at, "jobTemplate", "spec"), versions)


def _runs_pods(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    yield from _template(spec, at, versions)
    selector = spec.get("selector")
    if not isinstance(selector, dict):
        return
    pairs = mapping(selector.get("matchLabels"))
    yield from label_values(pairs, (*at, "selector", "matchLabels"))
    if not pairs and not selector.get("matchExpressions"):
        yield Problem((*at, "selector"), "must not be empty")
    elif spec.get("template") and not label_selector_matches(selector, _template_labels(spec)):
        yield _does_not_match(at)


def _template(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    yield from at_least(0, spec, COUNTS, at)
    template = mapping(spec.get("template"))
    where = (*at, "template")
    yield from pod_spec(mapping(template.get("spec")), (*where, "spec"), versions)
    yield from restarts_always(template, where)
    yield from label_values(_template_labels(spec), (*where, "metadata", "labels"))


def _needs_template(spec: Spec, at: FieldPath) -> Iterator[Problem]:
    """The schemas of these kinds leave it out, pkg/apis/*/validation does not."""
    if spec.get("template") is None:
        yield Problem((*at, "template"), REQUIRED)


def _template_labels(spec: Spec) -> dict[str, Any]:
    return mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))


def _does_not_match(at: FieldPath) -> Problem:
    return Problem((*at, "selector"), "must match the labels of the pod template, and does not")


def _no_rolling_update(strategy: Spec, at: FieldPath) -> Iterator[Problem]:
    if strategy.get("rollingUpdate") is not None:
        message = f"must not be set where `type` is '{strategy['type']}'"
        yield Problem((*at, "rollingUpdate"), message)


def _deployment_rolling_update(rolling: Spec, at: FieldPath) -> Iterator[Problem]:
    yield from pods(rolling, "maxUnavailable", at)
    yield from pods(rolling, "maxSurge", at, is_bounded=False)
    if (
        number_of_pods(rolling.get("maxUnavailable"))
        == number_of_pods(rolling.get("maxSurge"))
        == 0
    ):
        yield Problem((*at, "maxUnavailable"), "must not be 0 where `maxSurge` is 0")


def _as_written(value: Any, default: int) -> Any:
    return default if value is None else value
