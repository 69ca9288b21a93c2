"""Who refers to a Deployment that becomes a version, and what must follow it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.naming import DESCRIBED, KEDA_HPA, POD_TERMS, target_of
from kzd.cluster.resource import Resource, Service, Workload
from kzd.cluster.selection import label_selector_matches
from kzd.edit import Edit, FieldPath, Finding, path
from kzd.long_task import VERSION, version_name
from kzd.value import mapping, text, words
from kzd.versions.index import index_of
from kzd.versions.patterns import fitting, tree_of

MATCH_LABELS = path("spec.selector.matchLabels")
POD_TEMPLATE_HASH = "pod-template-hash"
TERMS = tree_of(("term", place) for place in POD_TERMS)
METRICS = tree_of([("metric", DESCRIBED)])


def targeting(workload: Workload, view: ClusterView) -> list[tuple[Resource, FieldPath]]:
    """The autoscalers of a workload, each with the path of the name in it."""
    places = {}
    for other in index_of(view).targets:
        place = target_of(other)
        target = mapping(other.get(place))
        if (
            (text(target.get("kind")) or "Deployment") == workload.kind
            and text(target.get("name")) in workload.names
            and view.means(other, target["name"], workload)
        ):
            places[id(other)] = (*place, "name")
    meant = view.near(workload, [other for other in index_of(view).targets if id(other) in places])
    return [(other, places[id(other)]) for other in meant]


def budgets(workload: Workload, view: ClusterView) -> tuple[list[Resource], list[Finding]]:
    """The disruption budgets that are the workload's alone, and what to say of the others."""
    own, shared = [], []
    for budget in view.budgets_of(workload):
        selector = budget.get(path("spec.selector"))
        others = _others(selector, budget, workload, view)
        if selector and not others:
            own.append(budget)
            continue
        of = f" and those of {others[0].kind} '{others[0].name}'" if others else ""
        message = f"counts the Pods of all versions{of} together, so a version that comes or goes "
        message += "counts as a disruption; a budget of its own for each version needs a selector "
        message += f"that selects the Pods of Deployment '{workload.name}' only"
        shared.append(Finding(path("spec.selector"), message, "warning", about=budget))
    return own, shared


def _others(selector: Any, near: Resource, workload: Workload, view: ClusterView) -> list[Workload]:
    """What else a selector selects."""
    return [item for item in view.workloads_selected(selector, near) if item is not workload]


def described(workload: Workload, autoscaler: Resource) -> Iterator[FieldPath]:
    """Where the metrics of its autoscaler name the workload itself."""
    for _, place, item in fitting(autoscaler.data, METRICS):
        about = mapping(item)
        if about.get("kind") == workload.kind and text(about.get("name")) in workload.names:
            yield (*place, "name")


def keda_hpa(scaled: Resource, version: str) -> Iterator[Edit]:
    """KEDA makes a HorizontalPodAutoscaler; where its name is given, versions would share it."""
    place = path(KEDA_HPA)
    given = text(scaled.get(place))
    if given and not given.endswith(f"-{version}"):
        name = version_name(given.removesuffix(f"-{scaled.labels.get(VERSION)}"), version)
        why = "two versions can't share a HorizontalPodAutoscaler"
        yield Edit(place, name, why, replaces="renamed", about=scaled)


def terms(workload: Workload, view: ClusterView) -> tuple[list[FieldPath], list[Finding]]:
    """
    Where the template's Pods attract or avoid their own kind by labels: what is to be the version
    there, and what to say of selectors that mean others too.
    """
    own, shared = [], []
    for term, place in _all_terms(workload):
        selector = term.get("labelSelector")
        if not _selects_own_kind(term, workload):
            continue
        if selector and not _others(selector, workload, workload, view):
            own.append((*place, "labelSelector", "matchLabels", VERSION))
        else:
            message = "selects the Pods of all versions, and others: where it must hold, a new "
            message += "version may wait for room while the old one is there"
            shared.append(Finding((*place, "labelSelector"), message))
    return own, shared


def _all_terms(workload: Workload) -> list[tuple[dict[str, Any], FieldPath]]:
    return [
        (mapping(term), place)
        for _, place, term in fitting(workload.pod_spec, TERMS, workload.pod())
    ]


def _selects_own_kind(term: dict[str, Any], workload: Workload) -> bool:
    is_by_version = {POD_TEMPLATE_HASH, VERSION} & set(words(term.get("matchLabelKeys")))
    namespaces = words(term.get("namespaces"))
    is_elsewhere = namespaces and workload.namespace not in namespaces
    selects = label_selector_matches(term.get("labelSelector"), workload.pod_labels)
    return selects and not is_by_version and not is_elsewhere


def services(
    workload: Workload, mode: str, view: ClusterView
) -> tuple[list[Service], list[Finding]]:
    """The Services that are to select one version only, and what to say of them and others."""
    chosen: list[Service] = []
    told = []
    place = path("spec.selector")
    for service in view.services_of(workload):
        others = _others({"matchLabels": service.selector}, service, workload, view)
        if mode == "all" and VERSION not in service.selector:
            continue
        if others:
            message = (
                f"selects the Pods of {others[0].kind} '{others[0].name}' too, so it can't be "
            )
            message += "limited to the current version: it goes on selecting all of them"
            told.append(Finding(place, message, "warning", about=service))
            continue
        chosen.append(service)
        if mode == "current":
            message = (
                "selects the new version as soon as it is applied, before its Pods are ready, "
            )
            message += "and what comes back to an old version no longer finds it; "
            message += "`longTask.service: all` keeps every version reachable"
            told.append(Finding(place, message, "warning", about=service))
    return chosen, told


def mentions(workload: Workload, name: str, view: ClusterView) -> Iterator[Finding]:
    """What names the workload in a way that kzd does not know: custom kinds, other namespaces."""
    found = [
        mention
        for known in sorted(workload.names)
        for mention in index_of(view).mentions.get((workload.kind, known), ())
    ]
    for other, place, namespace in found:
        is_other = other is not workload and other.get((*place, "name")) != name
        if is_other and view.namespaces_match(workload.namespace, namespace):
            message = f"names {workload.kind} '{workload.name}', which this version calls "
            message += f"'{name}'; kzd does not know what a {other.kind} does with it"
            yield Finding((*place, "name"), message, "warning", about=other)
