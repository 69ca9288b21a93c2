"""Demands that several kinds share: numbers, percentages, ports, words, labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from kzd.edit import FieldPath
from kzd.option_value import shown
from kzd.validation.problem import Problem
from kzd.value import LARGEST_PORT, LONGEST_PORT_NAME, integer, is_port_name, mapping

PROTOCOLS = ("TCP", "UDP", "SCTP")


class Versions(NamedTuple):
    """The minor versions of the API server and of the oldest kubelet."""

    minor: int
    min_kubelet: int


def is_unset(value: Any) -> bool:
    """Whether the API server puts in its default."""
    return value is None or value == ""


def at_least(
    low: int, data: dict[str, Any], names: Iterable[str], at: FieldPath
) -> Iterator[Problem]:
    """Numbers that must not be smaller, where they are set."""
    for name in names:
        number = integer(data.get(name))
        if number is not None and number < low:
            yield Problem((*at, name), f"must be at least {low}, not {number}")


def one_of(
    words: Iterable[str], data: dict[str, Any], name: str, at: FieldPath
) -> Iterator[Problem]:
    """A word that must be one of some, where it is set."""
    value = data.get(name)
    if isinstance(value, str) and value and value not in words:
        known = " or ".join(f"'{word}'" for word in words)
        yield Problem((*at, name), f"must be {known}, not {shown(value)}")


def number_of_pods(value: Any) -> int | None:
    """
    How many Pods a value means as written, percentages as their number, None where nothing.

    Source: pkg/apis/apps/validation/validation.go, getIntOrPercentValue
    """
    if isinstance(value, str):
        is_percentage = value[-1:] == "%" and value[:-1].isdecimal() and value.isascii()
        return int(value[:-1]) if is_percentage else None
    return integer(value)


def pods(
    data: dict[str, Any], name: str, at: FieldPath, *, is_bounded: bool = True
) -> Iterator[Problem]:
    """
    A number of Pods: an integer of at least 0, or a percentage, which is bounded by 100.

    Source: pkg/apis/apps/validation/validation.go, ValidatePositiveIntOrPercent
    """
    value = data.get(name)
    number = number_of_pods(value)
    if isinstance(value, str) and number is None:
        what = "must be an integer or a percentage such as '25%'"
        yield Problem((*at, name), f"{what}, not {shown(value)}")
    elif isinstance(value, str) and is_bounded and number is not None and number > 100:
        yield Problem((*at, name), f"must be at most 100%, not {shown(value)}")
    else:
        yield from at_least(0, data, (name,), at)


def port_number(value: Any, at: FieldPath) -> Iterator[Problem]:
    """A port number, where it is set."""
    number = integer(value)
    if number is not None and not 1 <= number <= LARGEST_PORT:
        yield Problem(at, f"must be from 1 to {LARGEST_PORT}, not {number}")


def port_name(value: Any, at: FieldPath) -> Iterator[Problem]:
    """The name of a port."""
    if not isinstance(value, str) or is_port_name(value):
        return
    if value.isdecimal():
        yield Problem(
            at,
            f"must be a number or a name with a letter, not {shown(value)}; leave out the quotes",
        )
        return
    yield Problem(
        at,
        f"must have at most {LONGEST_PORT_NAME} characters, lower-case letters, digits and single "
        f"inner dashes, with a letter among them, not {shown(value)}",
    )


def port(value: Any, at: FieldPath) -> Iterator[Problem]:
    """A port's number or name."""
    yield from port_name(value, at) if isinstance(value, str) else port_number(value, at)


def label_values(labels: Any, at: FieldPath) -> Iterator[Problem]:
    """
    The values of labels.

    Source: k8s.io/apimachinery/pkg/util/validation/validation.go, IsValidLabelValue
    """
    for key, value in mapping(labels).items():
        if isinstance(value, str) and value and not _is_label_value(value):
            yield Problem(
                (*at, str(key)),
                "must have at most 63 characters, letters, digits and inner '-', '_' and '.', "
                f"not {shown(value)}",
            )


def duplicates(values: Iterable[Any], at: FieldPath, name: str) -> Iterator[Problem]:
    """Values that come twice in the field `name` of a list's elements."""
    seen: list[Any] = []
    for index, value in enumerate(values):
        if not isinstance(value, str) or not value:
            continue
        if value in seen:
            yield Problem((*at, index, name), f"must be unique, and {shown(value)} comes twice")
        seen.append(value)


def _is_label_value(value: str) -> bool:
    inside = value.replace("-", "").replace("_", "").replace(".", "")
    ends_fit = value[0].isalnum() and value[-1].isalnum()
    return len(value) <= 63 and ends_fit and inside.isalnum() and value.isascii()
