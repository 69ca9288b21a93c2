"""Kustomizations whose exec function would be passed over in silence: those without a guard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.config.configuration import KIND
from kzd.config.source import FUNCTION_KEYS
from kzd.hosts.kustomization import NAMES, documents, documents_of, listed
from kzd.value import mapping, text, words

GUARDED = "internal.config.kubernetes.io~1path"


CHECK = "`check` answers without resources; list it under `validators:`"
GUARD = "`kzd init kustomize` writes a guard that makes this an error"


class Unguarded(NamedTuple):
    """A kustomization, an entry of its `transformers` that may lose resources, what to do."""

    kustomization: str
    entry: str
    remedy: str


def unguarded(folder: str) -> Iterator[Unguarded]:
    """
    The functions of kzd in kustomizations below a directory that no guard comes right after.

    A `check` among them answers as a validator must: as a transformer it removes everything.
    """
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(set(names).intersection(NAMES)):
            path = os.path.normpath(os.path.join(parent, name))
            yield from (Unguarded(path, *found) for found in _without_guard(path))


def _without_guard(path: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    is_right_before = False
    for kustomization in documents(path):
        for entry in listed(kustomization, "transformers"):
            transformers = _transformers(entry, os.path.dirname(path))
            name = "an inline function" if "\n" in entry else entry
            functions = [item for document in transformers for item in _functions(document)]
            if any("check" in words(item.get("args")) for item in functions):
                found.append((name, CHECK))
            elif functions:
                found.append((name, GUARD))
            is_right_before = bool(functions) or is_right_before
            # Another function between the two would satisfy the guard in kzd's place.
            if is_right_before and any(
                GUARDED in (text(item.get("patch")) or "") for item in transformers
            ):
                found = [item for item in found if item[1] == CHECK]
            is_right_before = bool(functions)
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


def _functions(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What runs kzd as an exec function; a container function is never passed over."""
    if document.get("kind") != KIND:
        return []
    annotations = mapping(mapping(document.get("metadata")).get("annotations"))
    said = [text(annotations.get(key)) or "" for key in FUNCTION_KEYS]
    found = [function for item in said for function in documents_of(item.encode())]
    return [mapping(function["exec"]) for function in found if "exec" in function]
