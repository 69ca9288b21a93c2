"""A Deployment becomes one of its version, with all that refers to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.surge import largest_scale
from kzd.edit import Create, Edit, Finding, Together, path, set_at
from kzd.long_task import INSTANCE, LONG_TASK, VERSION, version_hash, version_name
from kzd.value import text
from kzd.versions import references
from kzd.versions.annotations import asks, spoken, undisturbed, unknown_idleness
from kzd.versions.config_copies import kept, needed
from kzd.versions.disturbances import disturbances
from kzd.versions.marks import NAME, base_of, is_versioned, marks, oddity, put, unguarded
from kzd.versions.refusal import clashes, why_not, why_unfit

SELECTOR = (*path("spec.selector.matchLabels"), VERSION)
APP_INSTANCE = "app.kubernetes.io/instance"
FOLLOWS = "each version has its own, which follows the name of its Deployment"
OWN_PODS = "no version may select the Pods of another"
FIRST_STEP = (
    "a Deployment '{base}' that runs already is not renamed: this one comes beside it. Until it is "
    "deleted, once and by hand, its selector counts these Pods too. Helm, and whatever prunes, "
    "delete it at once, with its tasks, unless it gets the annotations of '{name}' in the cluster "
    "before. What names it outside of the input must follow, such as alerts and CI"
)
FIRST_AUTOSCALER = (
    "a {kind} '{base}' that is there already is not renamed: it stays with the Deployment that has "
    "no version, and must be deleted before that is scaled down"
)
FIRST_BUDGET = (
    "a {kind} '{base}' that is there already is not renamed, and selects the Pods of '{name}' too: "
    "no Pod with two budgets can be evicted; it must be deleted with the Deployment that has no "
    "version, and not before"
)
NOT_RENAMED = (
    "what runs already under these names is not renamed, and Helm or pruning deletes it with its "
    "tasks: see `kzd explain long-task` before the first rollout"
)


def decisions(
    resource: Resource, options: Any, view: ClusterView
) -> Iterator[Edit | Create | Finding | Together]:
    """What makes a workload that opted in one of its version; or why it is left as it is."""
    why, stops = why_not(resource, view), asks(resource)
    if why or not isinstance(resource, Workload):
        yield _refused(why, stops=stops)
        return
    instance = _instance(resource, options)
    config = [
        *kept(resource, instance, view, copies=options.config == "keep"),
        *needed(resource, view),
    ]
    of_template = [*undisturbed(resource, options), *config]
    odd = oddity(resource, of_template)
    if odd:
        yield _refused(odd, stops=stops)
        return
    version = _version_with(resource, of_template)
    name = version_name(base_of(resource), version)
    following = _following(resource, version, instance, options, view)
    renamed = [resource, *following.renamed]
    wrong = [told._replace(stops=stops) for of in renamed for told in clashes(of, version, view)]
    findings = [*_first_step(renamed, name), *unknown_idleness(options)]
    findings += [told for item in renamed for told in unguarded(item)]
    findings += [*following.findings, *(item for item in config if isinstance(item, Finding))]
    parts = (
        *_named(resource, version, instance, view),
        *spoken(resource, options),
        *(item for item in of_template if not isinstance(item, Finding)),
        *following.edits,
    )
    odd = why_unfit(renamed, instance) or oddity(resource, parts)
    if wrong or odd:
        yield from wrong or [_refused(odd, stops=stops)]
        return
    if parts:
        yield Together(parts, f"Deployment '{resource.name}' must become '{name}'", stops)
    if resource.get(NAME) == name:
        yield from [*findings, *references.mentions(resource, name, view)]


class _Following(NamedTuple):
    """What refers to a Deployment: what gets a name of the version too, the edits, what to say."""

    renamed: list[Resource]
    edits: list[Edit]
    findings: list[Finding]


def _following(
    workload: Workload, version: str, instance: str, options: Any, view: ClusterView
) -> _Following:
    name = version_name(base_of(workload), version)
    autoscalers = references.targeting(workload, view)
    budgets, shared = references.budgets(workload, view)
    services, of_services = references.services(workload, options.service, view)
    terms, of_terms = references.terms(workload, view)
    edits: list[Edit] = []
    for place in terms:
        edits += put(workload, place, version, "the Pods of other versions don't count")
    for other, place in autoscalers:
        edits += [*marks(other, version, instance, FOLLOWS), *put(other, place, name, FOLLOWS)]
        edits += references.keda_hpa(other, version)
        for metric in references.described(workload, other):
            edits += put(other, metric, name, FOLLOWS)
    for other in budgets:
        edits += marks(other, version, instance, FOLLOWS)
        edits += put(other, SELECTOR, version, OWN_PODS)
    for other in services:
        edits += put(other, ("spec", "selector", VERSION), version, "it selects this version only")
    renamed = [*(other for other, _ in autoscalers), *budgets]
    disturbed = disturbances(workload, [other for other, _ in autoscalers])
    return _Following(renamed, edits, [*shared, *of_services, *of_terms, *disturbed])


def _refused(why: str, *, stops: bool) -> Finding:
    asked = f", which its annotation `{LONG_TASK}` asks for" if stops else ""
    message = f"gets no Deployment for each version{asked}: {why}"
    return Finding(NAME, message, "error" if stops else "warning", stops=stops)


def _instance(workload: Workload, options: Any) -> str:
    given = text(workload.labels.get(INSTANCE)) or text(options.instance)
    return given or text(workload.labels.get(APP_INSTANCE)) or base_of(workload)


def _version_with(workload: Workload, decisions: Iterable[Edit | Create | Finding]) -> str:
    """The version of the template as some edits of it leave it."""
    data: Any = deepcopy(workload.data)
    for item in decisions:
        if isinstance(item, Edit):
            set_at(data, item.path, item.value)
    for step in workload.template:
        data = data[step]
    return version_hash(data)


def _named(workload: Workload, version: str, instance: str, view: ClusterView) -> Iterator[Edit]:
    """The Deployment's own name, labels and selectors."""
    scale = largest_scale(workload, view)
    because = f"each version runs in a Deployment of its own; n versions are up to n x {scale} Pods"
    yield from marks(workload, version, instance, because)
    yield from put(workload, SELECTOR, version, OWN_PODS)
    labels = (*workload.template, "metadata", "labels", VERSION)
    yield from put(workload, labels, version, "Services, budgets and people tell its Pods apart")


def _first_step(renamed: Iterable[Resource], name: str) -> Iterator[Finding]:
    """What becomes of the objects that had no version, and still are in the cluster."""
    said = {"Deployment": FIRST_STEP, "PodDisruptionBudget": FIRST_BUDGET}
    for item in renamed:
        if not is_versioned(item):
            message = said.get(item.kind, FIRST_AUTOSCALER)
            message = message.format(kind=item.kind, base=base_of(item), name=name)
            yield Finding(NAME, message, about=item, note=NOT_RENAMED)
