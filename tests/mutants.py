"""Objects that differ from a valid one in a place or two, chosen by what a schema says of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from ruamel.yaml import YAML

OBJECTS: list[dict[str, Any]] = list(
    YAML(typ="safe", pure=True).load_all(Path(__file__).with_name("objects.yaml"))
)

WRONG = (
    None,
    True,
    7,
    -1,
    2.5,
    3.0,
    2**31,
    2**63,
    "8080",
    "٣Gi",
    "",
    "x y",
    "5Gi",
    [],
    {},
    [None],
    {"x": 1},
)


class Place(NamedTuple):
    """A value inside of an object: where it is, its type, and whether it must be there."""

    parent: Any
    key: Any
    type: str
    is_required: bool


class Mutator:
    """Makes mutants by one version's definitions, always the same ones for a seed."""

    def __init__(self, definitions: dict[str, Any], random: Random) -> None:
        self._definitions = definitions
        self._random = random

    def mutant(self, valid: dict[str, Any], kind: str) -> dict[str, Any]:
        """A copy of a valid object of a kind with one or two changes; it may still be valid."""
        changed = copy.deepcopy(valid)
        for _ in range(self._random.choice((1, 1, 2))):
            places = list(self._places({"": changed}, "", kind, True))
            changes: tuple[Callable[[list[Place]], None], ...] = (
                self._retype, self._remove, self._add_known, self._add_known, self._add_unknown,
                self._swap, self._number,
            )  # fmt: skip
            self._random.choice(changes)(places)
        return changed

    def _places(self, parent: Any, key: Any, kind: str, is_required: bool) -> Iterator[Place]:
        yield Place(parent, key, kind, is_required)
        value = parent[key]
        if isinstance(value, list) and kind[0] == "[":
            for index in range(len(value)):
                yield from self._places(value, index, kind[1:-1], False)
        elif isinstance(value, dict) and kind[0] == "{":
            for name in value:
                yield from self._places(value, name, kind[1:-1], False)
        elif isinstance(value, dict) and kind in self._definitions:
            for name, field in self._definitions[kind].items():
                if name in value:
                    yield from self._places(value, name, field.type, field.required)

    def _retype(self, places: list[Place]) -> None:
        place = self._inner(places)
        if place is not None:
            place.parent[place.key] = copy.deepcopy(self._random.choice(WRONG))

    def _remove(self, places: list[Place]) -> None:
        place = self._inner(places)
        if place is not None:
            del place.parent[place.key]

    def _add_known(self, places: list[Place]) -> None:
        mappings = [place for place in places if place.type in self._definitions]
        place = self._random.choice(mappings)
        fields = self._definitions[place.type]
        name = self._random.choice(list(fields))
        value = place.parent[place.key]
        if isinstance(value, dict) and name not in ("apiVersion", "kind"):
            value[name] = self._grown(fields[name].type, 3)

    def _add_unknown(self, places: list[Place]) -> None:
        mappings = [place for place in places if isinstance(place.parent[place.key], dict)]
        place = self._random.choice(mappings)
        place.parent[place.key][self._random.choice(("unknown", "Name", 5))] = "x"

    def _swap(self, places: list[Place]) -> None:
        one, other = self._inner(places), self._inner(places)
        if one is not None and other is not None:
            one.parent[one.key] = copy.deepcopy(other.parent[other.key])

    def _number(self, places: list[Place]) -> None:
        numbers = [place for place in places if place.type in ("int32", "int64", "int-or-string")]
        if numbers:
            place = self._random.choice(numbers)
            place.parent[place.key] = self._random.choice((0, 1.0, -3, 1.5, 2**31 - 1, 2**31, "1"))

    def _inner(self, places: list[Place]) -> Place | None:
        inner = [place for place in places if place.key not in ("", "apiVersion", "kind")]
        return self._random.choice(inner) if inner else None

    def _grown(self, kind: str, depth: int) -> Any:
        """A value that fits the type, but for a few."""
        if self._random.random() < 0.05:
            return copy.deepcopy(self._random.choice(WRONG))
        if kind[0] == "[":
            return [self._grown(kind[1:-1], depth - 1) for _ in range(self._random.randrange(3))]
        if kind[0] == "{":
            return {"a": self._grown(kind[1:-1], depth - 1)}
        if kind not in self._definitions:
            return self._random.choice(SCALARS[kind])
        return {
            name: self._grown(field.type, depth - 1)
            for name, field in self._definitions[kind].items()
            if field.required or (depth > 0 and self._random.random() < 0.3)
        }


SCALARS: dict[str, tuple[Any, ...]] = {
    "string": ("", "x", "TCP"),
    "boolean": (True, False, None),
    "number": (1, 1.5),
    "object": ({}, {"any": [1]}),
    "int32": (0, 1, 30.0, None),
    "int64": (0, 1, 2**40),
    "int-or-string": (80, "http", "25%"),
    "quantity": ("500m", "1.5Gi", ".5", "1e3", 2, 0.25),
}
