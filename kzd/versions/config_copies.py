"""The ConfigMaps and Secrets that a version uses: copies of its own, by their content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.naming import CONFIG_NAMES, NEEDED_NAMES
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.role import is_kept_away
from kzd.edit import Create, Edit, FieldPath, Finding, spelled
from kzd.long_task import BASE, INSTANCE, PRUNE_GUARDS, VERSION, content_hash, version_name
from kzd.validation.validate import problems
from kzd.value import mapping, text
from kzd.versions.index import index_of
from kzd.versions.marks import base_of, is_guarded
from kzd.versions.patterns import Tree, fitting, tree_of

CONTENT = ("immutable", "type", "data", "binaryData", "stringData")
OTHERS_FILL = ("kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token")
"""Types of Secrets whose content the cluster makes."""

HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
"""Argo CD's order: a Deployment of an earlier wave than its ConfigMap never becomes ready."""

LONGEST_LABEL = 63
KEEPS = "an old version needs what it started with, whatever a newer one brings or leaves out"


CONFIGS = tree_of(CONFIG_NAMES)
NEEDED = tree_of(NEEDED_NAMES)
EVERYTHING = tree_of((*CONFIG_NAMES, *NEEDED_NAMES))


def pod_names(workload: Workload, tree: Tree) -> Iterator[tuple[str, str, FieldPath]]:
    """What the template names, as one of the trees above says: kind, name, and where it is."""
    for kind, place, name in fitting(workload.pod_spec, tree, workload.pod()):
        if isinstance(name, str):
            yield kind, name, place


def kept(
    workload: Workload, instance: str, view: ClusterView, *, copies: bool
) -> Iterator[Edit | Create | Finding]:
    """A copy of each that the input holds, which the template names instead; or a finding."""
    places: dict[tuple[str, str], list[FieldPath]] = defaultdict(list)
    for kind, name, place in pod_names(workload, CONFIGS):
        places[(kind, name)].append(place)
    for (kind, name), found in places.items():
        originals = _named(kind, name, workload, view)
        made = [_copy_of(original, instance) for original in originals]
        if name in map(_name_of, made):
            originals = _originals(originals[0], workload, view) if copies else []
            made = [_copy_of(original, instance) for original in originals]
        if originals and name not in map(_name_of, made):
            yield from _kept(workload, originals, made, found, view, copies=copies)


def _kept(
    workload: Workload,
    originals: list[Resource],
    made: list[dict[str, Any]],
    places: list[FieldPath],
    view: ClusterView,
    *,
    copies: bool,
) -> Iterator[Edit | Create | Finding]:
    original, copy = originals[0], made[0]
    same = _of_name(original.kind, _name_of(copy), original, view)
    if any(item != copy for item in made):
        why = "the input holds it more than once, and not the same each time"
    elif any(_copy_of(other, other.labels.get(INSTANCE)) != copy for other in same):
        why = f"a copy would be '{_name_of(copy)}', which another {original.kind} is"
    else:
        why = _why_not_copied(original, copy, view)
    if why or not copies:
        message = f"must outlive this version of {workload.kind} '{base_of(workload)}', which its "
        message += "pruning or another content would break"
        message += f"; {why}" if why else "; `longTask.config: keep` makes a copy of its own"
        yield Finding(("metadata", "name"), message, "warning", about=original)
        return
    if not same:
        yield Create(copy, KEEPS, about=original)
    for place in places:
        yield Edit(place, _name_of(copy), KEEPS, replaces="renamed")


def needed(workload: Workload, view: ClusterView) -> Iterator[Finding]:
    """What else of the input its Pods need, for as long as they are there."""
    names = dict.fromkeys((kind, name) for kind, name, _ in pod_names(workload, NEEDED))
    for other in (item for kind, name in names for item in _named(kind, name, workload, view)):
        if not is_guarded(other):
            message = f"must outlive this version of {workload.kind} '{base_of(workload)}', whose "
            message += "Pods need it: where a newer one may leave it out, give it the annotations "
            message += "that keep the Deployment from being pruned"
            yield Finding(("metadata", "name"), message, about=other)


def _originals(copy: Resource, workload: Workload, view: ClusterView) -> list[Resource]:
    """
    What a copy that a template names was made of, since its content may be another by now; none
    where the copy may be an older version's.
    """
    base = base_of(copy)
    if base == copy.name or _has_other_versions(workload, view):
        return []
    return _named(copy.kind, base, workload, view)


def _has_other_versions(workload: Workload, view: ClusterView) -> bool:
    found = index_of(view).versions[(workload.kind, base_of(workload))]
    return any(other is not workload for other in view.near(workload, found))


def _named(kind: str, name: str, workload: Workload, view: ClusterView) -> list[Resource]:
    """Those that a template names."""
    found = _of_name(kind, name, workload, view)
    return [other for other in found if other.api_version == "v1"]


def _of_name(kind: str, name: str, near: Resource, view: ClusterView) -> list[Resource]:
    found = index_of(view).named.get((kind, name), ())
    return view.near(near, [other for other in found if other.name == name])


def _why_not_copied(original: Resource, copy: dict[str, Any], view: ClusterView) -> str:
    if original.is_live:
        return "it was read from a cluster"
    if is_kept_away(original, view):
        return "it is exempt"
    if not any(mapping(original.get((field,))) for field in CONTENT[2:]):
        return "no copy is made of what is empty here, since something else fills it"
    if len(base_of(original)) > LONGEST_LABEL:
        return f"no copy is made of a name over {LONGEST_LABEL} characters, which no label holds"
    if original.get(("type",)) in OTHERS_FILL:
        return "no copy is made of what the cluster fills"
    if any(key.startswith(HOOKS) for key in original.annotations):
        return "no copy is made of a hook of Helm or Argo CD, which they make and delete themselves"
    for problem in problems(copy, view.minor):
        return f"no copy is made of what is not valid: `{spelled(problem.path)}` {problem.message}"
    return ""


def _name_of(copy: dict[str, Any]) -> str:
    name: str = copy["metadata"]["name"]
    return name


def _copy_of(original: Resource, instance: Any) -> dict[str, Any]:
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
