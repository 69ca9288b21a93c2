"""Checks plain data against the schemas of one version as jsonschema would, in microseconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kzd.option_value import nearest
from kzd.validation.fault import Fault
from kzd.validation.problem import REQUIRED
from kzd.validation.schema import fields, is_definition, kinds

_QUANTITY = r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\s*"
_SUFFIXES = frozenset(("m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", *"0123456789"))
"""The usual ones, which need no regular expression: compiling it takes longer than all the rest."""


Faults = list[Fault] | None
Check = Callable[[Any], Faults]


class Checker:
    """The checks of one version, made of its definitions when an object first needs them."""

    def __init__(self, minor: int) -> None:
        self._minor = minor
        self._checks: dict[str, Check] = {
            "string": _string,
            "boolean": _boolean,
            "number": _number,
            "object": _object,
            "quantity": _quantity,
            "int-or-string": _integer(32, "an integer or a string", or_string=True),
            "int32": _integer(32),
            "int64": _integer(64),
        }
        self._kinds = {
            (api_version, kind): field.type
            for api_version, kind, field in kinds()
            if field.first <= minor <= field.last
        }

    def of_kind(self, api_version: str, kind: str) -> Check | None:
        """The check of a kind, None where this version does not know it."""
        definition = self._kinds.get((api_version, kind))
        return None if definition is None else self._check(definition)

    def api_version(self, kind: str) -> str | None:
        """The API version to use for a kind: the newest that is no beta."""
        known = [api_version for api_version, name in self._kinds if name == kind]
        return max(known, key=lambda version: ("beta" not in version, version), default=None)

    def knows_group(self, api_version: str) -> bool:
        """Whether some known kind is of an API version's group, so that no one else's is."""
        group = _group(api_version)
        return any(_group(known) == group for known, _ in self._kinds)

    def _check(self, kind: str) -> Check:
        check = self._checks.get(kind)
        if check is None:
            if kind[0] == "[":
                check = _list(self._check(kind[1:-1]), self._null(kind[1:-1]))
            elif kind[0] == "{":
                check = _map(self._check(kind[1:-1]), self._null(kind[1:-1]))
            else:
                check = self._mapping(kind)
            self._checks[kind] = check
        return check

    def _mapping(self, definition: str) -> Check:
        checks: dict[str, Check] = {}
        required: list[str] = []

        def check(value: Any) -> Faults:
            if not isinstance(value, dict):
                return [_wrong("a mapping", value, is_shown=False)]
            if not checks:
                self._compile(definition, checks, required)
            faults: Faults = None
            for key, item in value.items():
                field = checks.get(key)
                if field is None:
                    faults = _with(faults, key, [Fault([], self._unknown(definition, key, checks))])
                elif item is not None and (found := field(item)):
                    faults = _with(faults, key, found)
            for key in required:
                if value.get(key) is None:
                    faults = _with(faults, key, [Fault([], REQUIRED)])
            return faults

        return check

    def _compile(self, definition: str, checks: dict[str, Check], required: list[str]) -> None:
        for field in fields(definition):
            if field.first <= self._minor <= field.last:
                checks[field.name] = self._check(field.type)
                if field.is_required:
                    required.append(field.name)

    def _null(self, kind: str) -> Check:
        """Inside of lists and maps the API reads null as the empty value."""

        def check(value: Any) -> Faults:
            lacks = is_definition(kind) and any(field.is_required for field in fields(kind))
            return [Fault([], "must not be null")] if lacks else None

        return check

    def _unknown(self, definition: str, key: Any, known: dict[str, Check]) -> str:
        what = f"is not a known field of `{definition.rpartition('.')[2]}`"
        for field in fields(definition):
            if field.name == key and field.first > self._minor:
                return f"{what} in Kubernetes 1.{self._minor}; it came with 1.{field.first}"
            if field.name == key:
                return f"{what} in Kubernetes 1.{self._minor}; 1.{field.last} was its last"
        return what + nearest(key, known)


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def _with(faults: Faults, key: Any, found: list[Fault]) -> list[Fault]:
    """The faults so far and those found at a key."""
    for fault in found:
        fault.steps.append(key if isinstance(key, int | str) else str(key))
    if faults is None:
        return found
    faults += found
    return faults


def _list(element: Check, null: Check) -> Check:
    def check(value: Any) -> Faults:
        if not isinstance(value, list):
            return [_wrong("a list", value, is_shown=False)]
        faults: Faults = None
        for index, item in enumerate(value):
            found = null(item) if item is None else element(item)
            if found:
                faults = _with(faults, index, found)
        return faults

    return check


def _map(element: Check, null: Check) -> Check:
    def check(value: Any) -> Faults:
        if not isinstance(value, dict):
            return [_wrong("a mapping", value, is_shown=False)]
        faults: Faults = None
        for key, item in value.items():
            found = null(item) if item is None else element(item)
            if found:
                faults = _with(faults, str(key), found)
        return faults

    return check


def _string(value: Any) -> Faults:
    if isinstance(value, str):
        return None
    return [_wrong("a string", value, is_shown=False)]


def _boolean(value: Any) -> Faults:
    return None if isinstance(value, bool) else [_wrong("true or false", value)]


def _object(value: Any) -> Faults:
    if isinstance(value, dict):
        return None
    return [_wrong("a mapping", value, is_shown=False)]


def _number(value: Any) -> Faults:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return None if is_number else [_wrong("a number", value)]


def _quantity(value: Any) -> Faults:
    if not isinstance(value, str):
        fits = not _number(value)
    else:
        digits = value[:-2] if value[-1:] == "i" else value[:-1]
        is_plain = digits.isdecimal() and value.isascii() and value[len(digits) :] in _SUFFIXES
        fits = is_plain or bool(re.fullmatch(_QUANTITY, value))
    return None if fits else [_wrong("a quantity such as '500m' or '1.5Gi'", value)]


def _integer(bits: int, what: str = "an integer", *, or_string: bool = False) -> Check:
    limit = 2 ** (bits - 1)

    def check(value: Any) -> Faults:
        if or_string and isinstance(value, str):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
            return [_wrong(what, value)]
        if -limit <= value < limit:
            return None
        return [_wrong(f"from {-limit} to {limit - 1}", value)]

    return check


def _wrong(what: str, value: Any, *, is_shown: bool = True) -> Fault:
    """A value of the wrong type; it is shown where what is asked for can't hold a secret."""
    return Fault([], f"must be {what}", value, names_value=True, shows_value=is_shown)
