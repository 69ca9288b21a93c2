"""The ConfigMaps and Secrets that a version uses: copies of its own, by their content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Resource, Workload
from kzd.edit import Create, Edit, FieldPath, Finding
from kzd.long_task import BASE, INSTANCE, PRUNE_GUARDS, VERSION, content_hash, version_name
from kzd.value import mapping, sequence, text
from kzd.versions.index import index_of
from kzd.versions.marks import base_of

CONTENT = ("immutable", "type", "data", "binaryData", "stringData")
OTHERS_FILL = ("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token")
"""Types of Secrets whose content the cluster makes."""

HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
"""Argo CD's order: a Deployment of an earlier wave than its ConfigMap never becomes ready."""

LONGEST_LABEL = 63
KEEPS = "an old version needs what it started with, whatever a newer one brings or leaves out"
Reference = tuple[str, str, FieldPath]


def config_references(workload: Workload) -> list[Reference]:
    """The names of ConfigMaps and Secrets in the template: kind, name, and where it is."""
    found: list[tuple[str, Any, FieldPath]] = []
    for container in workload.all_containers:
        for index, item in enumerate(map(mapping, sequence(container.data.get("envFrom")))):
            place = (*container.path, "envFrom", index)
            found += _named(item, place, ConfigMap="configMapRef", Secret="secretRef")
        for index, item in enumerate(map(mapping, sequence(container.data.get("env")))):
            place = (*container.path, "env", index, "valueFrom")
            source = mapping(item.get("valueFrom"))
            found += _named(source, place, ConfigMap="configMapKeyRef", Secret="secretKeyRef")
    for index, item in enumerate(map(mapping, sequence(workload.pod_spec.get("volumes")))):
        place = workload.pod("volumes", index)
        found += _named(item, place, ConfigMap="configMap")
        name = mapping(item.get("secret")).get("secretName")
        found.append(("Secret", name, (*place, "secret", "secretName")))
        sources = sequence(mapping(item.get("projected")).get("sources"))
        for number, source in enumerate(map(mapping, sources)):
            at = (*place, "projected", "sources", number)
            found += _named(source, at, ConfigMap="configMap", Secret="secret")
    for index, item in enumerate(map(mapping, sequence(workload.pod_spec.get("imagePullSecrets")))):
        found.append(("Secret", item.get("name"), workload.pod("imagePullSecrets", index, "name")))
    return [(kind, name, place) for kind, name, place in found if isinstance(name, str) and name]


def _named(
    holder: dict[str, Any], place: FieldPath, **fields: str
) -> Iterator[tuple[str, Any, FieldPath]]:
    for kind, field in fields.items():
        yield kind, mapping(holder.get(field)).get("name"), (*place, field, "name")


def used(workload: Workload, view: ClusterView) -> list[tuple[Resource, list[FieldPath]]]:
    """The ConfigMaps and Secrets of the input that the template names, with where it does."""
    places: dict[tuple[str, str], list[FieldPath]] = defaultdict(list)
    for kind, name, place in config_references(workload):
        places[(kind, name)].append(place)
    named = [
        other
        for kind, name in places
        for other in index_of(view).named.get((kind, name), ())
        if (other.api_version, other.name) == ("v1", name)
    ]
    return [(other, places[(other.kind, other.name)]) for other in view.near(workload, named)]


def kept(
    workload: Workload, instance: str, view: ClusterView, *, copies: bool
) -> Iterator[Edit | Create | Finding]:
    """A copy of each, which the template names instead; or a finding."""
    for original, places in used(workload, view):
        copy = _copy_of(original, instance)
        name = copy["metadata"]["name"]
        if name == original.name:
            continue
        why = _why_not_copied(original, name, view)
        if why or not copies:
            message = "must outlive this version, which its pruning or another content would break"
            message += f"; {why}" if why else "; `longTask.config: keep` makes a copy of its own"
            yield Finding(("metadata", "name"), message, "warning", about=original)
            continue
        yield Create(copy, KEEPS, about=original)
        for place in places:
            yield Edit(place, name, KEEPS, replaces="renamed")


def _why_not_copied(original: Resource, name: str, view: ClusterView) -> str:
    if original.is_live:
        return "it was read from a cluster"
    if not any(mapping(original.get((field,))) for field in CONTENT[2:]):
        return "no copy is made of what is empty here, since something else fills it"
    if len(base_of(original)) > LONGEST_LABEL:
        return f"no copy is made of a name over {LONGEST_LABEL} characters, which no label holds"
    if original.get(("type",)) in OTHERS_FILL:
        return "no copy is made of what the cluster fills"
    if any(key.startswith(HOOKS) for key in original.annotations):
        return "no copy is made of a hook of Helm or Argo CD, which they make and delete themselves"
    for other in index_of(view).named.get((original.kind, name), ()):
        if view.namespaces_match(original.namespace, other.namespace):
            return f"a copy would be '{name}', which another {other.kind} is"
    return ""


def _copy_of(original: Resource, instance: str) -> dict[str, Any]:
    content = {field: original.data[field] for field in CONTENT if original.data.get(field)}
    base = base_of(original)
    version = content_hash({"content": content, "instance": instance})
    metadata: dict[str, Any] = {"name": version_name(base, version)}
    namespace = text(mapping(original.data.get("metadata")).get("namespace"))
    if namespace:
        metadata["namespace"] = namespace
    labels = {key: value for key, value in original.labels.items() if isinstance(value, str)}
    metadata["labels"] = labels | {VERSION: version, BASE: base, INSTANCE: instance}
    waves = {key: wave for key, wave in original.annotations.items() if key == SYNC_WAVE}
    metadata["annotations"] = waves | dict(PRUNE_GUARDS)
    head = {"apiVersion": original.api_version, "kind": original.kind, "metadata": metadata}
    return head | content
