"""A Deployment becomes one of its version, with all that refers to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.surge import largest_scale
from kzd.edit import Create, Edit, Finding, Together, path
from kzd.long_task import (
    IDLE_ANNOTATION,
    IDLE_PATH,
    IDLE_QUERY,
    IDLE_READINESS,
    INSTANCE,
    LONG_TASK,
    VERSION,
    version_hash,
    version_name,
)
from kzd.value import text
from kzd.versions import references
from kzd.versions.config_copies import kept
from kzd.versions.marks import ANNOTATIONS, NAME, base_of, is_versioned, marks, put, unguarded
from kzd.versions.refusal import clashes, why_not

SELECTOR = (*path("spec.selector.matchLabels"), VERSION)
APP_INSTANCE = "app.kubernetes.io/instance"
FOLLOWS = "it follows the Deployment that it is about"
OWN_PODS = "no version may count or select the Pods of another"
SPOKEN = "`kzd retire` reads in the cluster how to tell that a version is idle"
FIRST_STEP = (
    "a Deployment of the name '{base}' that runs already is not renamed: this one comes beside it. "
    "Until that is deleted, once and by hand, its selector and its autoscaler count these Pods too. "
    "Helm, and pruning, delete it at once, with its tasks, unless it gets the annotations of "
    "{name} in the cluster before. What names it outside of the input must follow: alerts, CI"
)

Decision = Edit | Create | Finding | Together


def decisions(resource: Resource, options: Any, view: ClusterView) -> Iterator[Decision]:
    """What makes a workload that opted in one of its version; or why it is left as it is."""
    why = why_not(resource, view)
    if why or not isinstance(resource, Workload):
        yield Finding(NAME, f"gets no Deployment for each version: {why}", "warning")
        return
    instance = text(resource.labels.get(INSTANCE)) or options.instance
    instance = instance or text(resource.labels.get(APP_INSTANCE)) or base_of(resource)
    yield from _said(resource, options)
    yield from _disruptions(resource, options)
    yield from kept(resource, instance, view, copies=options.config == "keep")
    yield from _versioned(resource, instance, options, view)


def _said(workload: Workload, options: Any) -> Iterator[Edit]:
    """What the configuration says and `kzd retire` must find on the object."""
    said = {
        LONG_TASK: "true",
        IDLE_QUERY: options.idle_query,
        IDLE_PATH: options.idle_path,
        IDLE_ANNOTATION: options.idle_annotation,
        IDLE_READINESS: options.idle_readiness,
    }
    for key, value in said.items():
        if value and workload.annotations.get(key) is None and _is_unsaid(workload, key):
            yield Edit((*ANNOTATIONS, key), value, SPOKEN)


def _is_unsaid(workload: Workload, key: str) -> bool:
    return workload.pod_annotations.get(key) is None


def _disruptions(workload: Workload, options: Any) -> Iterator[Edit]:
    place = (*workload.template, "metadata", "annotations")
    wanted = {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": (
            options.safe_to_evict,
            "the cluster autoscaler empties no node with such a Pod where it is 'false'",
            "safe_to_evict",
        ),
        "karpenter.sh/do-not-disrupt": (
            options.do_not_disrupt,
            "Karpenter disrupts no node with such a Pod, for ever or for the time given",
            "do_not_disrupt",
        ),
    }
    for key, (value, because, option) in wanted.items():
        if value and workload.pod_annotations.get(key) is None:
            yield Edit((*place, key), value, because, source=options.source_of(option))


def _versioned(
    workload: Workload, instance: str, options: Any, view: ClusterView
) -> Iterator[Decision]:
    version = version_hash(workload.get(workload.template) or {})
    base = base_of(workload)
    name = version_name(base, version)
    autoscalers = references.targeting(workload, view)
    budgets, shared = references.budgets(workload, view)
    services, told = references.services(workload, options.service, view)
    renamed = [workload, *(other for other, _ in autoscalers), *budgets]
    wrong = [finding for item in renamed for finding in clashes(item, version, view)]
    if wrong:
        yield from wrong
        return
    is_first = not is_versioned(workload)
    scale = largest_scale(workload, view)
    because = f"each version runs in a Deployment of its own; n versions are up to n x {scale} Pods"
    edits = list(marks(workload, version, instance, because))
    edits += put(workload, SELECTOR, version, OWN_PODS)
    edits += put(workload, (*workload.template, "metadata", "labels", VERSION), version, OWN_PODS)
    for place in references.terms(workload):
        edits += put(workload, place, version, OWN_PODS)
    for other, place in autoscalers:
        edits += marks(other, version, instance, FOLLOWS)
        edits += put(other, place, name, FOLLOWS)
        edits += references.keda_hpa(other, version)
    for budget in budgets:
        edits += marks(budget, version, instance, FOLLOWS)
        edits += put(budget, SELECTOR, version, OWN_PODS)
    for service in services:
        edits += put(service, ("spec", "selector", VERSION), version, "it selects this version only")
    if edits:
        yield Together(tuple(edits), f"Deployment '{workload.name}' must be '{name}'")
    if workload.get(NAME) != name:
        return
    yield from (finding for item in renamed for finding in unguarded(item))
    yield from [*shared, *told]
    yield from references.mentions(workload, name, view)
    if is_first:
        yield Finding(NAME, FIRST_STEP.format(base=base, name=f"'{name}'"))
