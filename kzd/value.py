"""Values of other people's manifests, read without trusting their types."""

from __future__ import annotations

import re
from typing import Any

EXACT = 2**53
"""Whole numbers up to it are the same to all who read JSON."""

SECRET_FIELDS = frozenset(
    ("annotations", "args", "binaryData", "command", "data", "env", "httpHeaders", "stringData")
)
"""What is below them may be a secret, and is never shown."""

LARGEST_PORT = 65535
LONGEST_PORT_NAME = 15
_PORT_NAME = r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*"


def mapping(value: Any) -> dict[str, Any]:
    """`value` where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """`value` where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def integer(value: Any) -> int | None:
    """`value` where it is an integer to all who read it (30.0 too), else None."""
    if type(value) is not int and (not isinstance(value, float) or value % 1 != 0):
        return None  # so for .inf and .nan
    return int(value) if abs(value) <= EXACT else None


def port_number(value: Any) -> int | None:
    """`value` where it is the number of a port, else None."""
    number = integer(value)
    return number if number is not None and 1 <= number <= LARGEST_PORT else None


def port_of(value: Any) -> int | str | None:
    """
    The port that a reference says: a number, digits in a string too, or a name; None for others.

    >>> port_of(8080.0), port_of("80"), port_of("http"), port_of(70000), port_of([80])
    (8080, 80, 'http', None, None)
    """
    if not isinstance(value, str):
        return port_number(value)
    is_number = value.isascii() and value.isdigit()
    return port_number(int(value[:6])) if is_number else value  # six digits are too large already


def is_port_name(value: Any) -> bool:
    """
    Whether the API takes `value` for the name of a port.

    Source: k8s.io/apimachinery/pkg/util/validation/validation.go, IsValidPortName
    """
    return (
        isinstance(value, str)
        and len(value) <= LONGEST_PORT_NAME
        and re.fullmatch(_PORT_NAME, value) is not None
    )


def text(value: Any) -> str | None:
    """`value` where it is a string, else None."""
    return value if isinstance(value, str) else None


def words(value: Any) -> list[str]:
    """The strings of a list, others left out."""
    return [item for item in sequence(value) if isinstance(item, str)]
