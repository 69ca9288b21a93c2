"""Kustomizations whose exec function would be passed over in silence: those without a guard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.config.configuration import KIND
from kzd.errors import InputError
from kzd.hosts.kustomize import KUSTOMIZATIONS
from kzd.text.document import read
from kzd.value import mapping, text, words

FUNCTION_KEYS = ("config.kubernetes.io/function", "config.k8s.io/function")
GUARDED = "internal.config.kubernetes.io~1path"


class Unguarded(NamedTuple):
    """A kustomization and the entry of its `transformers` that nothing stands guard over."""

    kustomization: str
    entry: str


def unguarded(folder: str) -> Iterator[Unguarded]:
    """The functions of kzd in kustomizations below a directory that no guard comes after."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(set(names).intersection(KUSTOMIZATIONS)):
            path = os.path.normpath(os.path.join(parent, name))
            yield from (Unguarded(path, entry) for entry in _without_guard(path))


def _without_guard(path: str) -> list[str]:
    found: list[str] = []
    for kustomization in _documents(path):
        for entry in words(kustomization.get("transformers")):
            documents = _documents_of(entry, os.path.dirname(path))
            if any(map(_is_function, documents)):
                found.append("an inline function" if "\n" in entry else entry)
            if any(GUARDED in (text(item.get("patch")) or "") for item in documents):
                found.clear()
    return found


def _documents_of(entry: str, folder: str) -> list[dict[str, Any]]:
    """What an entry of `transformers` holds: it is a file, a kustomization, or the text itself."""
    if "\n" in entry:
        return _read(entry.encode())
    path = os.path.join(folder, entry)
    if not os.path.isdir(path):
        return _documents(path)
    parts = [
        _documents(os.path.join(path, name))
        for kustomization in KUSTOMIZATIONS
        for listed in _documents(os.path.join(path, kustomization))
        for name in words(listed.get("resources"))
    ]
    return [document for part in parts for document in part]


def _documents(path: str) -> list[dict[str, Any]]:
    try:
        with open(path, "rb") as file:
            return _read(file.read())
    except OSError:
        return []


def _read(data: bytes) -> list[dict[str, Any]]:
    try:
        documents = read("", data).documents
        for document in documents:
            document.parse()
    except InputError:
        return []
    return [mapping(document.data) for document in documents]


def _is_function(document: dict[str, Any]) -> bool:
    """Whether it is kzd as an exec function; a container function is never passed over."""
    annotations = mapping(mapping(document.get("metadata")).get("annotations"))
    said = [text(annotations.get(key)) or "" for key in FUNCTION_KEYS]
    return document.get("kind") == KIND and any(
        "exec" in function for item in said for function in _read(item.encode())
    )
