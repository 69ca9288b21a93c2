"""Typed values out of plain data from JSON; an error names the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kzd.errors import InputError
from kzd.option_value import Unfit, camel, shown, typed, unknown
from kzd.transform import Option

Read = Callable[[Any, str], Any]
"""Makes a typed value of a plain one; raises InputError with the field that it is given."""


def named(data: Any, fields: dict[str, Read], place: str = "") -> dict[str, Any]:
    """The typed values of a mapping, by their names in Python."""
    values = mapping({camel(name): read for name, read in fields.items()})(data, place)
    return {name: values[camel(name)] for name in fields}


def mapping(fields: dict[str, Read]) -> Read:
    """Reads a mapping that has these keys and no others."""

    def read(data: Any, place: str) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise InputError(f"must be a mapping, not {shown(data)}", field=place)
        prefix = f"{place}." if place else ""
        for key in data:
            if key not in fields:
                raise InputError(unknown(key, fields), field=prefix + key)
        for key in fields:
            if key not in data:
                raise InputError("must be there", field=prefix + key)
        return {key: read(data[key], prefix + key) for key, read in fields.items()}

    return read


def value(
    kind: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> Read:
    """Reads a value of an option's type."""
    option = Option(None, "", minimum=minimum, maximum=maximum, choices=choices, type=kind)

    def read(data: Any, place: str) -> Any:
        try:
            found = typed(option, data)
        except Unfit as error:
            raise InputError(str(error), field=place) from None
        return list(found) if isinstance(found, tuple) else found

    return read


TEXT = value("str")


def time_or_empty(data: Any, place: str) -> str:
    """Reads a time, or an empty string."""
    text: str = TEXT(data, place)
    try:
        if text:
            time(text)
    except ValueError:
        message = "must be a time with its zone, such as 2026-11-23T10:00:00.250Z, not "
        raise InputError(message + shown(text), field=place) from None
    return text


def time(text: str) -> datetime:
    """
    A time of a record; raises ValueError where it isn't one, or has no zone.

    >>> time("2026-11-23T10:00:00.250Z").isoformat()
    '2026-11-23T10:00:00.250000+00:00'
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found
