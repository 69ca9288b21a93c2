"""Values of other people's manifests, read without trusting their types."""

from __future__ import annotations

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """`value` where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """`value` where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def integer(value: Any) -> int | None:
    """`value` where the API reads it as an integer (30.0 too), else None."""
    if type(value) is int:
        return value
    if not isinstance(value, float):
        return None
    return int(value) if value % 1 == 0 else None  # not so for .inf and .nan


def text(value: Any) -> str | None:
    """`value` where it is a string, else None."""
    return value if isinstance(value, str) else None


def words(value: Any) -> list[str]:
    """The strings of a list, others left out."""
    return [item for item in sequence(value) if isinstance(item, str)]
