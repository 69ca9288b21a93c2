"""Kustomizations as they are on disk; what can't be read counts as empty."""

from __future__ import annotations

import os
from typing import Any

from kzd.errors import InputError
from kzd.text.document import read
from kzd.value import mapping, words

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def kustomization_in(folder: str) -> str | None:
    """The path of a directory's kustomization; None where it holds none."""
    paths = (os.path.normpath(os.path.join(folder, name)) for name in NAMES)
    return next(filter(os.path.isfile, paths), None)


def documents(path: str) -> list[dict[str, Any]]:
    """The documents of a file."""
    try:
        with open(path, "rb") as file:
            return documents_of(file.read())
    except OSError:
        return []


def documents_of(data: bytes) -> list[dict[str, Any]]:
    """The documents of a text."""
    try:
        found = read("", data).documents
        for document in found:
            document.parse()
    except InputError:
        return []
    return [mapping(document.data) for document in found]


def listed(kustomization: dict[str, Any], field: str) -> list[str]:
    """The entries of a list of paths, without `./` before them."""
    entries = words(kustomization.get(field))
    return [entry if "\n" in entry else os.path.normpath(entry) for entry in entries]
