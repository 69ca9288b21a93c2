"""Who names whom and selects whom in the whole input, looked up instead of searched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.naming import target_of
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.selection import SelectorIndex
from kzd.edit import FieldPath, path
from kzd.value import mapping, text
from kzd.versions.marks import base_of

SELECTOR = path("spec.selector")
WORKLOAD_REF = path("spec.workloadRef")
KUSTOMIZE = "kustomize.config.k8s.io"
Mention = tuple[Resource, FieldPath, str | None]


class Index:
    """
    The input as it came in.

    `named` are the resources by kind and each name that they have or had, `versions` the workloads
    by kind and the name before the version; `targets` what scales others; `templates` those that
    use the template of another workload; `kustomizations` what kustomize is told; `mentions` the
    references by kind and name that nothing follows, with their namespaces; `selectors` the
    workloads by what they select.
    """

    def __init__(self, view: ClusterView) -> None:
        self.named: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        self.versions: dict[tuple[str, str], list[Workload]] = defaultdict(list)
        self.targets: list[Resource] = []
        self.kustomizations: list[Resource] = []
        self.templates: list[Resource] = []
        self.mentions: dict[tuple[str, str], list[Mention]] = defaultdict(list)
        selecting: list[tuple[dict[str, Any], Workload]] = []
        for resource in view.everything:
            for name in resource.names:
                self.named[(resource.kind, name)].append(resource)
            if isinstance(resource, Workload):
                self.versions[(resource.kind, base_of(resource))].append(resource)
            if target_of(resource):
                self.targets.append(resource)
            if resource.group == KUSTOMIZE:
                self.kustomizations.append(resource)
            self._note(resource)
            if mapping(resource.get(WORKLOAD_REF)):
                self.templates.append(resource)
            if isinstance(resource, Workload) and resource.get(SELECTOR):
                pairs = mapping(mapping(resource.get(SELECTOR)).get("matchLabels"))
                selecting.append((dict(pairs), resource))
        self.selectors = SelectorIndex(selecting)

    def _note(self, resource: Resource) -> None:
        followed = target_of(resource)
        for place, reference in _references((), resource.data):
            if place == followed:
                continue
            kind, name = text(reference["kind"]), text(reference["name"])
            if kind and name:
                namespace = text(reference.get("namespace")) or resource.namespace
                self.mentions[(kind, name)].append((resource, place, namespace))


def index_of(view: ClusterView) -> Index:
    """The index of a view, made once."""
    key = ("versions", id(view))
    if key not in view.answers:
        view.answers[key] = Index(view)
    found: Index = view.answers[key]
    return found


def _references(field_path: FieldPath, value: Any) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    """The mappings below a resource that have a kind and a name."""
    if isinstance(value, dict):
        if field_path and "kind" in value and "name" in value:
            yield field_path, value
        for key, item in value.items():
            if isinstance(item, dict | list) and isinstance(key, str):
                yield from _references((*field_path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _references((*field_path, index), item)
