"""Overrides: what the configuration says of the resources that a match fits."""

from __future__ import annotations

from typing import Any, NamedTuple

from kzd.cluster.resource import Resource
from kzd.cluster.role import known_names
from kzd.config.layer import Layer, Reader
from kzd.edit import FieldPath
from kzd.option_value import camel, listed, shown

MATCH_KEYS = ("kind", "name", "namespace", "labels")
GLOBAL_SECTIONS = ("kubernetes",)
ALL = "all"


class Match(NamedTuple):
    """Globs over kind, name and namespace, and labels; all that are given must fit."""

    kind: str = "*"
    name: str = "*"
    namespace: str = "*"
    labels: dict[str, str] = {}  # noqa: RUF012 - never written to

    def fits(self, resource: Resource) -> bool:
        """Whether a resource is meant, by any name that `known_names` has."""
        from fnmatch import fnmatchcase  # only where overrides are: it costs start-up

        return (
            fnmatchcase(resource.kind, self.kind)
            and fnmatchcase(resource.namespace or "", self.namespace)
            and any(fnmatchcase(name, self.name) for name in known_names(resource))
            and all(resource.labels.get(key) == value for key, value in self.labels.items())
        )


class Override(NamedTuple):
    """One of `spec.overrides`: its field path, whom it fits, and what it says."""

    path: FieldPath
    match: Match
    layer: Layer
    exempt: dict[str, str]

    def exempt_path(self, name: str) -> FieldPath:
        """The field path of the reason why a transform, or `all`, is kept away."""
        return (*self.path, "exempt", exempt_key(name))


def read_overrides(reader: Reader, value: Any) -> tuple[Override, ...]:
    """The overrides in order; raises ConfigError."""
    path: FieldPath = ("spec", "overrides")
    if value is None:
        return ()
    if not isinstance(value, list):
        reader.fail(path, f"must be a list, not {shown(value)}")
    return tuple(_override(reader, (*path, index), item) for index, item in enumerate(value))


def _override(reader: Reader, path: FieldPath, value: Any) -> Override:
    sections = [key for key in reader.sections if key not in GLOBAL_SECTIONS]
    data = reader.mapping(path, value, ["match", "exempt", *sections])
    if value is None:
        reader.fail(path, "must be a mapping with `match`")
    return Override(
        path,
        _match(reader, (*path, "match"), data.get("match")),
        reader.layer(path, data, sections, is_specific=True),
        _exempt(reader, (*path, "exempt"), data.get("exempt")),
    )


def _match(reader: Reader, path: FieldPath, value: Any) -> Match:
    data = reader.mapping(path, value, MATCH_KEYS)
    given = {key: item for key, item in data.items() if item not in (None, {})}
    if not given:
        reader.fail(path, f"must hold one of {listed(MATCH_KEYS)} at least")
    for key in ("kind", "name", "namespace"):
        if key in given and not isinstance(given[key], str):
            reader.fail((*path, key), f"must be a string, not {shown(given[key])}")
    for label, wanted in reader.mapping((*path, "labels"), given.get("labels")).items():
        if not isinstance(wanted, str):
            reader.fail((*path, "labels", label), f"must be a string, not {shown(wanted)}")
    return Match(**given)


def _exempt(reader: Reader, path: FieldPath, value: Any) -> dict[str, str]:
    reasons = {}
    for key, reason in reader.mapping(path, value, [*reader.transforms, ALL]).items():
        if not isinstance(reason, str) or not reason.strip():
            reader.fail((*path, key), "must be the reason for the exemption, in words")
        reasons[reader.transforms.get(key, ALL)] = reason.strip()
    return reasons


def exempt_key(name: str) -> str:
    """The key of a transform, or of all of them, in `exempt`."""
    return name if name == ALL else camel(name)
