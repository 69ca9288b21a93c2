"""What differs between two streams of resources, whatever their order and their style."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from ruamel.yaml import YAML

ABSENT = ""

Key = tuple[str, str, str, str]
"""The apiVersion, kind, namespace and name of a resource."""


class Change(NamedTuple):
    """One leaf that differs: values are JSON, or ABSENT."""

    key: Key
    field: str
    before: str
    after: str


class Changes(NamedTuple):
    """All that differs between two streams: leaves, and whole resources."""

    fields: frozenset[Change]
    created: dict[Key, Any]
    lost: frozenset[Key]


NOTHING = Changes(frozenset(), {}, frozenset())


def changes(before: str, after: str) -> Changes:
    """What differs between two streams."""
    old, new = resources(before), resources(after)
    fields = [
        Change(key, field, was.get(field, ABSENT), now.get(field, ABSENT))
        for key in old.keys() & new.keys()
        if old[key] != new[key]
        for was, now in [(leaves(old[key]), leaves(new[key]))]
        for field in was.keys() | now.keys()
        if was.get(field) != now.get(field)
    ]
    created = {key: new[key] for key in new.keys() - old.keys()}
    return Changes(frozenset(fields), created, frozenset(old.keys() - new.keys()))


@cache
def resources(text: str) -> dict[Key, Any]:
    """The resources of a stream, those in lists too; no two may have the same key."""
    found = list(_resources(list(YAML(typ="safe", pure=False).load_all(text))))
    twice = [key for key, count in Counter(map(_key, found)).items() if count > 1]
    assert twice == []
    return {_key(resource): resource for resource in found}


def _resources(documents: list[Any]) -> Iterator[Any]:
    for document in filter(None, documents):
        if document["kind"] == "List":
            yield from _resources(document["items"])
        else:
            yield document


def _key(resource: Any) -> Key:
    metadata = resource["metadata"]
    namespace = metadata.get("namespace") or ""
    return resource["apiVersion"], resource["kind"], namespace, metadata["name"]


def leaves(node: Any, field: str = "") -> dict[str, str]:
    """Scalars and empty collections by their fields, such as `spec.containers[0].name`."""
    return dict(_leaves(node, field))


def _leaves(node: Any, field: str) -> Iterator[tuple[str, str]]:
    if node and isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{field}.{key}" if field else str(key))
    elif node and isinstance(node, list):
        for index, value in enumerate(node):
            yield from _leaves(value, f"{field}[{index}]")
    else:
        yield field, json.dumps(node, default=str)
