"""What kustomize makes of a file after kzd has written it."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import dirname, join, normpath

from kzd.cluster.resource import Resource
from kzd.value import words

CHANGES_NO_TEMPLATE = frozenset(
    "apiVersion kind metadata resources bases namespace buildMetadata crds openapi "
    "sortOptions".split()
)
"""
Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""


def changing_kustomization(file: str, kustomizations: Iterable[Resource]) -> str:
    """
    The file of a kustomization that may change pod templates in `file`, empty where none does.

    One takes in what its `resources` name, kustomizations too; what lies below it counts as well.
    """
    found = [(normpath(item.origin.file), item) for item in kustomizations]
    taken_in = [normpath(file)]
    for place in taken_in:  # it grows: what takes that in, takes all in
        for name, item in found:
            folder = dirname(name)
            if folder not in taken_in and any(_is_below(place, at) for at in _sources(item)):
                if not item.data.keys() <= CHANGES_NO_TEMPLATE:
                    return item.origin.file
                taken_in.append(folder)
    return ""


def _sources(kustomization: Resource) -> list[str]:
    folder = dirname(kustomization.origin.file)
    named = [
        name for field in ("resources", "bases") for name in words(kustomization.get((field,)))
    ]
    return [normpath(join(folder, name)) for name in (".", *named)]


def _is_below(place: str, folder: str) -> bool:
    return folder in (".", place) or place.startswith(f"{folder}/")
