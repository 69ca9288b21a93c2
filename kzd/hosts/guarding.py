"""Kustomizations whose exec function would be passed over in silence: those without a guard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.config.configuration import KIND
from kzd.config.source import FUNCTION_KEYS
from kzd.hosts.kustomization import NAMES, documents, documents_of, listed
from kzd.value import mapping, text

GUARDED = "internal.config.kubernetes.io~1path"


class Unguarded(NamedTuple):
    """A kustomization and the entry of its `transformers` that nothing stands guard over."""

    kustomization: str
    entry: str


def unguarded(folder: str) -> Iterator[Unguarded]:
    """The functions of kzd in kustomizations below a directory that no guard comes after."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(set(names).intersection(NAMES)):
            path = os.path.normpath(os.path.join(parent, name))
            yield from (Unguarded(path, entry) for entry in _without_guard(path))


def _without_guard(path: str) -> list[str]:
    found: list[str] = []
    for kustomization in documents(path):
        for entry in listed(kustomization, "transformers"):
            transformers = _transformers(entry, os.path.dirname(path))
            if any(map(_is_function, transformers)):
                found.append("an inline function" if "\n" in entry else entry)
            if any(GUARDED in (text(item.get("patch")) or "") for item in transformers):
                found.clear()
    return found


def _transformers(entry: str, folder: str) -> list[dict[str, Any]]:
    """What an entry of `transformers` holds: it is a file, a kustomization, or the text itself."""
    if "\n" in entry:
        return documents_of(entry.encode())
    path = os.path.join(folder, entry)
    if not os.path.isdir(path):
        return documents(path)
    parts = [
        documents(os.path.join(path, name))
        for kustomization in NAMES
        for held in documents(os.path.join(path, kustomization))
        for name in listed(held, "resources")
    ]
    return [document for part in parts for document in part]


def _is_function(document: dict[str, Any]) -> bool:
    """Whether it is kzd as an exec function; a container function is never passed over."""
    annotations = mapping(mapping(document.get("metadata")).get("annotations"))
    said = [text(annotations.get(key)) or "" for key in FUNCTION_KEYS]
    return document.get("kind") == KIND and any(
        "exec" in function for item in said for function in documents_of(item.encode())
    )
