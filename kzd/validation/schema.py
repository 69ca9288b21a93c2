"""The fields of Kubernetes' built-in kinds by version, as schemas/kubernetes.txt lists them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

OLDEST = 25
NEWEST = 37

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOLDERS = (os.path.join(_HERE, "schemas"), os.path.join(os.path.dirname(_HERE), "schemas"))
_definitions: dict[str, str] = {}


class Field(NamedTuple):
    """A field of a definition: its type as the file spells it, and the versions that have it."""

    name: str
    type: str
    is_required: bool
    first: int
    last: int


def fields(definition: str) -> Iterator[Field]:
    """The fields of a definition in all versions; a name comes twice where its type changed."""
    for line in _text(definition).splitlines():
        name, kind, *limits = line.split()
        first, last = _limits(limits[0]) if limits else (OLDEST, NEWEST)
        yield Field(name, kind.removesuffix("!"), kind[-1] == "!", first, last)


def kinds() -> Iterator[tuple[str, str, Field]]:
    """The known kinds as apiVersion, kind and a field whose type is the kind's definition."""
    for field in fields("kinds"):
        api_version, _, kind = field.name.partition(":")
        yield api_version, kind, field


def is_definition(kind: str) -> bool:
    """Whether a type is a mapping of named fields."""
    return "." in kind and kind[0] not in "[{"


def _limits(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    return int(first), int(last or (NEWEST if dash else first))


def _text(definition: str) -> str:
    if not _definitions:
        for block in _file().split("\n\n")[1:]:
            name, _, lines = block.partition("\n")
            _definitions[name] = lines
    return _definitions[definition]


def _file() -> str:
    """In a wheel the schemas lie inside the package, in a checkout beside it."""
    folder = next(filter(os.path.isdir, _FOLDERS))
    with open(os.path.join(folder, "kubernetes.txt"), encoding="utf-8", newline="\n") as file:
        return file.read()
