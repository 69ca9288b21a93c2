"""What each object of a version carries: its name, labels, and what keeps it from being pruned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kzd.cluster.resource import Resource
from kzd.edit import Create, Edit, FieldPath, Finding, Replacement, spelled
from kzd.long_task import BASE, INSTANCE, PRUNE_GUARDS, VERSION, base_name, version_name
from kzd.value import mapping, text

NAME = ("metadata", "name")
LABELS = ("metadata", "labels")
ANNOTATIONS = ("metadata", "annotations")
LISTS = frozenset(["argocd.argoproj.io/sync-options", "argocd.argoproj.io/compare-options"])
"""Annotations that hold several words."""

ENGINES = {
    "helm.sh/resource-policy": "Helm",
    "argocd.argoproj.io/sync-options": "Argo CD",
    "argocd.argoproj.io/compare-options": "Argo CD",
    "kustomize.toolkit.fluxcd.io/prune": "Flux",
}
OWNED = "`kzd retire` knows by it what it may delete"


def base_of(resource: Resource) -> str:
    """The name before the version: the resource's own, unless it is made of base and version."""
    return base_name(resource.name, resource.labels)


def is_versioned(resource: Resource) -> bool:
    """Whether its name is made of the base and version that its labels say."""
    return base_of(resource) != resource.name


def marks(resource: Resource, version: str, instance: str, because: str) -> Iterator[Edit]:
    """The edits that make a resource one of a version, those left out that say what is there."""
    base = base_of(resource)
    yield from put(resource, NAME, version_name(base, version), because)
    yield from put(resource, (*LABELS, VERSION), version, "the version that it belongs to")
    yield from put(resource, (*LABELS, BASE), base, OWNED)
    yield from put(resource, (*LABELS, INSTANCE), instance, OWNED)
    for key, word in PRUNE_GUARDS.items():
        value = _guarded(key, resource.annotations.get(key), word)
        if value and value != resource.annotations.get(key):
            given = resource.annotations.get(key) is not None
            yield Edit(
                (*ANNOTATIONS, key),
                value,
                f"{ENGINES[key]} keeps it once a newer version has taken its place",
                replaces="extended" if given else "",
                about=resource,
            )


def unguarded(resource: Resource) -> Iterator[Finding]:
    """The annotations by which the owner decided otherwise."""
    for key, word in PRUNE_GUARDS.items():
        given = resource.annotations.get(key)
        if not _guarded(key, given, word):
            message = (
                f"must be '{word}' for {ENGINES[key]} to keep an old version; while it is not, "
            )
            message += "a rollout may end tasks"
            yield Finding((*ANNOTATIONS, key), message, "warning", word, resource)


def is_guarded(resource: Resource) -> bool:
    """Whether its owner has it kept from pruning, by the word of any engine."""
    given = resource.annotations
    return any(
        given.get(key) and _guarded(key, given[key], word) == given[key]
        for key, word in PRUNE_GUARDS.items()
    )


def _guarded(key: str, given: Any, word: str) -> str:
    """The annotation's value with the guard in it; empty where what is there says otherwise."""
    if given is None:
        return word
    words = [item.strip() for item in given.split(",")] if isinstance(given, str) else [""]
    if word in words:
        return str(given)
    option = word.partition("=")[0] + "="
    says_otherwise = key not in LISTS or "" in words or any(w.startswith(option) for w in words)
    return "" if says_otherwise else f"{given},{word}"


def put(resource: Resource, field_path: FieldPath, value: str, because: str) -> Iterator[Edit]:
    """The edit that gives a field another name, none where it has it."""
    current = resource.get(field_path)
    if current != value:
        replaces: Replacement = "" if current is None else "renamed"
        yield Edit(field_path, value, because, replaces=replaces, about=resource)


def oddity(resource: Resource, edits: Iterable[Edit | Create | Finding]) -> str:
    """What is neither unset nor of the kind that an edit of the resource takes for granted."""
    for edit in edits:
        if not isinstance(edit, Edit):
            continue
        of = edit.about or resource
        value: Any = of.data
        for depth, step in enumerate(edit.path):
            if value is None or (isinstance(value, list) and not value):
                break
            if not isinstance(value, dict | list) or isinstance(value, list) is isinstance(
                step, str
            ):
                return f"`{spelled(edit.path[:depth])}` of {of.kind} '{of.name}' is no mapping"
            value = _below(value, step)
        else:
            if value not in (None, {}, []) and not isinstance(value, str):
                return f"`{spelled(edit.path)}` of {of.kind} '{of.name}' is no string"
    return ""


def birth_marks(resource: Resource) -> dict[str, dict[str, str]]:
    """
    The labels and annotations that a resource created beside one of a version carries too: the
    `metadata` fields; none where it is of no version.
    """
    metadata = mapping(resource.data.get("metadata"))
    given = mapping(metadata.get("labels"))
    labels = {key: given[key] for key in (VERSION, BASE, INSTANCE) if text(given.get(key))}
    return {"labels": labels, "annotations": dict(PRUNE_GUARDS)}


def _below(value: Any, step: str | int) -> Any:
    return value.get(step) if isinstance(value, dict) else value[step]
