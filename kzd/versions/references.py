"""Who refers to a Deployment that becomes a version, and what must follow it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Resource, Service, Workload
from kzd.cluster.selection import label_selector_matches
from kzd.edit import Edit, FieldPath, Finding, path
from kzd.long_task import VERSION, version_name
from kzd.value import mapping, sequence, text, words
from kzd.versions.index import TARGETS, index_of

KEDA_HPA = path("spec.advanced.horizontalPodAutoscalerConfig.name")
MATCH_LABELS = path("spec.selector.matchLabels")
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
POD_TEMPLATE_HASH = "pod-template-hash"
HOOK = "helm.sh/hook"


def targeting(workload: Workload, view: ClusterView) -> list[tuple[Resource, FieldPath]]:
    """The autoscalers of a workload, each with the path of the name in it."""
    places = {}
    for other in index_of(view).targets:
        place = TARGETS[(other.group, other.kind)]
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
    """What else a selector selects, but for Helm's hooks: its tests have the labels of a chart."""
    found = view.workloads_selected(selector, near)
    return [item for item in found if item is not workload and HOOK not in item.annotations]


def keda_hpa(scaled: Resource, version: str) -> Iterator[Edit]:
    """KEDA makes a HorizontalPodAutoscaler; where its name is given, versions would share it."""
    given = text(scaled.get(KEDA_HPA))
    if given and not given.endswith(f"-{version}"):
        name = version_name(given.removesuffix(f"-{scaled.labels.get(VERSION)}"), version)
        why = "two versions can't share a HorizontalPodAutoscaler"
        yield Edit(KEDA_HPA, name, why, replaces="renamed", about=scaled)


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
    affinity = mapping(workload.pod_spec.get("affinity"))
    found: list[tuple[Any, FieldPath]] = [
        (item, workload.pod("topologySpreadConstraints", index))
        for index, item in enumerate(sequence(workload.pod_spec.get("topologySpreadConstraints")))
    ]
    for kind in ("podAffinity", "podAntiAffinity"):
        given = mapping(affinity.get(kind))
        for index, item in enumerate(sequence(given.get(REQUIRED))):
            found.append((item, workload.pod("affinity", kind, REQUIRED, index)))
        for index, item in enumerate(sequence(given.get(PREFERRED))):
            term = mapping(item).get("podAffinityTerm")
            place = workload.pod("affinity", kind, PREFERRED, index, "podAffinityTerm")
            found.append((term, place))
    return [(mapping(term), place) for term, place in found]


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
        if other is not workload and view.namespaces_match(workload.namespace, namespace):
            message = f"names {workload.kind} '{workload.name}', which this version calls "
            message += f"'{name}'; kzd does not know what a {other.kind} does with it"
            yield Finding((*place, "name"), message, "warning", about=other)
