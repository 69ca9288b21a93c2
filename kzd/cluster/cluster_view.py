"""What the input as a whole says: who selects whom, autoscalers, budgets, claims, entries."""

from __future__ import annotations

import os.path
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from kzd.cluster.entry import ROUTE_KINDS
from kzd.cluster.naming import by_service, by_target, have_same_affixes
from kzd.cluster.propagation import Propagation, propagation_of
from kzd.cluster.resource import Resource, Service, Workload
from kzd.cluster.role import Role, role_of
from kzd.cluster.selection import LabelIndex, SelectorIndex, label_selector_matches, pairs_match
from kzd.cluster.traffic import ServingPort, serving_ports
from kzd.edit import path
from kzd.settings import Settings
from kzd.value import integer, mapping, sequence

if TYPE_CHECKING:
    from kzd.measurement import Measurement

MATCH_LABELS = path("spec.selector.matchLabels")

R = TypeVar("R", bound=Resource)
T = TypeVar("T")


def once(answer: Callable[[ClusterView, R], T]) -> Callable[[ClusterView, R], T]:
    """Answer once for each resource: several rules ask, and nothing changes while they decide."""

    @wraps(answer)
    def remembered(view: ClusterView, resource: R) -> T:
        key = (answer.__name__, id(resource))
        if key not in view.answers:
            view.answers[key] = answer(view, resource)
        found: T = view.answers[key]
        return found

    return remembered


class ClusterView:
    """
    All resources of the input, related to each other by the rules of the API.

    `minor` is the API server's minor version, `min_kubelet` that of the oldest kubelet.
    Unset namespaces match unset ones; a set and an unset one match while the input names at most
    one.  Where an identity occurs in several files, evidence comes from the workload's own file,
    then from its own directory.  `settings` and `runs` answer for one resource: the
    configuration's sections, and whether a transform is active.  `measured` is the measurement of
    a path that fits a namespace and is at most so many days old, None where there is none.
    `everything` are the resources of all kinds that were read.
    """

    def __init__(
        self,
        resources: Sequence[Resource],
        settings: Callable[[Resource], Settings],
        runs: Callable[[Resource, str], bool],
        *,
        minor: int,
        min_kubelet: int,
        measured: Callable[[str, str | None, int], Measurement | None] = lambda *_: None,
        everything: Sequence[Resource] = (),
    ) -> None:
        self.resources = list(resources)
        self.everything = everything
        self.settings = settings
        self.runs = runs
        self.minor = minor
        self.min_kubelet = min_kubelet
        self.measured = measured
        self._by_kind: dict[str, list[Resource]] = defaultdict(list)
        self._by_kinds: dict[tuple[str, ...], list[Resource]] = {}
        for resource in self.resources:
            if resource.kind != "Service" or isinstance(resource, Service):  # Knative has one too
                self._by_kind[resource.kind].append(resource)
        self.repeated = _in_several_files(self.resources)
        named = {resource.namespace for resource in self.resources if resource.namespace}
        self._names_one_namespace = len(named) <= 1
        self._services = SelectorIndex(
            (service.selector, service)
            for service in cast("list[Service]", self.of_kind("Service"))
            if service.selector and service.type != "ExternalName"
        )
        self._budgets = SelectorIndex(
            (mapping(budget.get(MATCH_LABELS)), budget)
            for budget in self.of_kind("PodDisruptionBudget")
        )
        self._workloads = LabelIndex(
            (item.pod_labels, item)
            for item in self.resources
            if isinstance(item, Workload) and not item.is_hook  # tests have a chart's labels
        )
        self._autoscalers = by_target(self.of_kind("HorizontalPodAutoscaler", "ScaledObject"))
        self._entries = by_service(self.of_kind(*ROUTE_KINDS, "TargetGroupBinding"))
        self.answers: dict[tuple[str, int], Any] = {}
        """What `once` remembers, by the question and the resource's id."""

    def of_kind(self, *kinds: str) -> list[Resource]:
        """All resources of these kinds, in the order of the input."""
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], [])
        if kinds not in self._by_kinds:
            found = [resource for resource in self.resources if resource.kind in kinds]
            self._by_kinds[kinds] = found
        return self._by_kinds[kinds]

    def namespaces_match(self, one: str | None, other: str | None) -> bool:
        """Whether two namespaces, None where unset, can be the same."""
        return one == other or (self._names_one_namespace and (one is None or other is None))

    def in_namespace_of(self, resource: Resource, *kinds: str) -> list[Resource]:
        """The resources of these kinds that share a resource's namespace."""
        return self.near(resource, self.of_kind(*kinds))

    def namespaces_of(self, resource: Resource) -> list[Resource]:
        """The Namespaces of the input that have the name of a resource's."""
        return [item for item in self.of_kind("Namespace") if resource.namespace in item.names]

    def near(self, resource: Resource, found: Iterable[Resource]) -> list[Resource]:
        """Those that share a resource's namespace; of copies in several files the nearest."""
        same = [
            other for other in found if self.namespaces_match(resource.namespace, other.namespace)
        ]
        return self._nearest_copies(resource, same) if self.repeated else same

    def _nearest_copies(self, near: Resource, found: list[Resource]) -> list[Resource]:
        file = near.origin.file
        folder = os.path.dirname(file)
        if near.identity in self.repeated:
            found = [other for other in found if os.path.dirname(other.origin.file) == folder]
        copies: dict[tuple[Any, ...], list[Resource]] = defaultdict(list)
        for other in found:
            copies[other.identity].append(other)
        kept: set[int] = set()
        for group in copies.values():
            own = [other for other in group if other.origin.file == file]
            beside = [other for other in group if os.path.dirname(other.origin.file) == folder]
            kept.update(map(id, own or beside or group))
        return [other for other in found if id(other) in kept]

    def means(self, referrer: Resource, name: str, named: Resource) -> bool:
        """Whether a reference by a name means this one of those that have or had the name."""
        return have_same_affixes(referrer, named) or not any(
            name in other.names and have_same_affixes(referrer, other)
            for other in self.near(named, self.of_kind(named.kind))
        )

    def services_of(self, workload: Workload) -> list[Service]:
        """Every Service of the namespace that selects the workload's Pods."""
        labels = workload.pod_labels
        found = [
            service
            for service in self._services.candidates(labels)
            if pairs_match(service.selector, labels)
        ]
        return cast("list[Service]", self.near(workload, found))

    def budgets_of(self, workload: Workload) -> list[Resource]:
        """The disruption budgets that select the workload's Pods."""
        found = [
            budget
            for budget in self._budgets.candidates(workload.pod_labels)
            if _budget_selects(budget, workload.pod_labels)
        ]
        return self.near(workload, found)

    def workloads_selected(self, selector: Any, near: Resource) -> list[Workload]:
        """The workloads of the namespace whose Pods a LabelSelector selects, but Helm's hooks."""
        pairs = mapping(mapping(selector).get("matchLabels"))
        found = [
            workload
            for workload in self._workloads.candidates(pairs)
            if label_selector_matches(selector, workload.pod_labels)
        ]
        return cast("list[Workload]", self.near(near, found))

    @once
    def workloads_of(self, service: Service) -> list[Workload]:
        """The workloads of the namespace whose Pods a Service selects."""
        return self.workloads_selected({"matchLabels": service.selector}, near=service)

    def autoscaler_of(self, workload: Workload) -> Resource | None:
        """The HorizontalPodAutoscaler or ScaledObject that owns the workload's replicas."""
        for name in sorted(workload.names):
            found = self._autoscalers.get((workload.kind, name), [])
            for autoscaler in self.near(workload, found):
                if self.means(autoscaler, name, workload):
                    return autoscaler
        return None

    def effective_minimum(self, workload: Workload) -> int:
        """The autoscaler's minimum if there is one, else `replicas`, else 1."""
        autoscaler = self.autoscaler_of(workload)
        if autoscaler is None:
            return workload.replicas
        if autoscaler.kind == "ScaledObject":
            return integer(autoscaler.get(path("spec.minReplicaCount"))) or 0
        minimum = integer(autoscaler.get(path("spec.minReplicas")))
        return 1 if minimum is None else minimum

    def entries_of(self, service: Service) -> list[Resource]:
        """The routes and bindings that name a Service."""
        named = [
            (entry, namespace)
            for name in sorted(service.names)
            for entry, namespace in self._entries.get(name, ())
            if self.means(entry, name, service)
        ]
        found = [
            entry
            for entry, namespace in named
            if self.namespaces_match(service.namespace, namespace)
        ]
        return self._nearest_copies(service, found) if self.repeated else found

    def claim_modes(self, workload: Workload, name: str) -> list[str] | None:
        """The access modes of a claim; None where the input does not hold it."""
        for claim in self.in_namespace_of(workload, "PersistentVolumeClaim"):
            if name in claim.names and self.means(workload, name, claim):
                modes = sequence(claim.get(path("spec.accessModes")))
                return [mode for mode in modes if isinstance(mode, str)]
        return None

    @once
    def role(self, workload: Workload) -> Role:
        """What the workload is, decided from the resources as they came in."""
        return role_of(workload, self)

    @once
    def serving_ports(self, workload: Workload) -> list[ServingPort]:
        """The ports behind the Services of a serving workload, best first."""
        return serving_ports(workload, self.role(workload).services, self.services_of(workload))

    @once
    def propagation(self, workload: Workload) -> Propagation:
        """Which propagation applies to a workload, and why."""
        return propagation_of(workload, self)


def _in_several_files(resources: Iterable[Resource]) -> set[tuple[Any, ...]]:
    """The identities that more than one file holds."""
    files: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for resource in resources:
        files[resource.identity].add(resource.origin.file)
    return {identity for identity, names in files.items() if len(names) > 1}


def _budget_selects(budget: Resource, labels: dict[str, Any]) -> bool:
    """Whether a budget selects Pods; an empty selector is all of them in v1, none before."""
    selector = mapping(budget.data.get("spec")).get("selector")
    if selector == {} and budget.api_version != "policy/v1":
        return False
    return label_selector_matches(selector, labels)
