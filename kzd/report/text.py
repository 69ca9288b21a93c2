"""The report for people: a line a result, sorted as they come, and one line that sums up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from kzd.edit import Severity, spelled
from kzd.errors import KzdError
from kzd.flow.review import Review
from kzd.result import SEVERITIES, Result, counted

COLORS = {"error": "31;1", "warning": "33", "info": "36"}
VALUE_CHARACTERS = 60
SUBJECTS = 6

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def shown(results: Iterable[Result], least: Severity) -> list[Result]:
    """The results that are as severe as `least`, and those about unread input."""
    severities = SEVERITIES[: SEVERITIES.index(least) + 1]
    return [item for item in results if item.severity in severities or item.action == "input"]


def line(result: Result, *, is_colored: bool = False) -> str:
    """`file:line:column: severity: Kind/name: field: message [transform]`, as far as known."""
    place = ":".join(str(part) for part in (result.file, result.line, result.column) if part)
    severity = colored(result.severity, is_colored=is_colored)
    transform = result.tags.get("transform")
    tail = f" [{transform}]" if transform else ""
    return f"{': '.join(filter(None, (printable(place), severity, said(result))))}{tail}\n"


def said(result: Result) -> str:
    """`Kind/name: field: message`, as far as known."""
    return printable(": ".join(filter(None, (subject(result), field(result), result.message))))


def subject(result: Result) -> str:
    """`Kind/name`; a resource without a name has its kind only."""
    reference = result.resource_ref or {}
    return "/".join(reference[key] for key in ("kind", "name") if reference.get(key))


def field(result: Result) -> str:
    """The field that a result is about, with the value that kzd gives it or would give it."""
    path = spelled(result.field_path)
    if result.action not in ("edit", "proposal", "refusal") or result.proposed is None:
        return path
    return f"{path} = {value(result.proposed)}"


def summary(
    results: Iterable[Result], reviews: Sequence[Review], *, is_planned: bool = False
) -> str:
    """
    One line, such as `12 workloads: 5 changed, 3 left alone, 2 warnings`; `is_planned` where
    nothing is written.
    """
    severities = [result.severity for result in results]
    changed = sum(review.is_changed for review in reviews)
    alone = sum(review.role.is_left_alone for review in reviews)
    parts = [f"{changed or 'none'} {'to change' if is_planned else 'changed'}"] if reviews else []
    parts += [f"{alone} left alone"] if alone else []
    for severity in ("error", "warning"):
        number = severities.count(severity)
        parts += [counted(number, severity)] if number else []
    total = counted(len(reviews), "workload") if reviews else "no workloads"
    return f"{total}: {', '.join(parts)}\n" if parts else f"{total}\n"


def failure(error: KzdError, more: str = "") -> str:
    """What went wrong, each on one line."""
    text = "; ".join(part for part in (str(error), more) if part)
    line = printable(text if error.file else f"kzd: {text}")
    return "".join([f"{line}\n", *map(failure, error.others)])


def note(text: str) -> str:
    """Something that belongs to no place of the input."""
    return f"kzd: {printable(text)}\n"


def shared(results: Iterable[Result]) -> list[str]:
    """The notes of the results, each once and behind the resources that it is about."""
    about: dict[str, list[str]] = {}
    for result in results:
        if result.note:
            about.setdefault(result.note, []).append(subject(result))
    return [f"{listed(dict.fromkeys(found))}: {note}" for note, found in about.items()]


def listed(subjects: Iterable[str]) -> str:
    """
    Some of them, and the number of the others.

    >>> listed(["a", "b"]), listed("abcdefgh")
    ('a, b', 'a, b, c, d, e, f and 2 more')
    """
    every = list(subjects)
    more = len(every) - SUBJECTS
    return ", ".join(every[:SUBJECTS]) + (f" and {more} more" if more > 0 else "")


def colored(severity: str, *, is_colored: bool) -> str:
    """The severity, in its colour on a terminal."""
    return f"\x1b[{COLORS[severity]}m{severity}\x1b[0m" if is_colored else severity


def value(data: Any) -> str:
    """
    A value as flow YAML, cut where it is long.

    >>> value({"tcpSocket": {"port": 8080}})
    '{tcpSocket: {port: 8080}}'
    """
    text = flow(data)
    return text if len(text) <= VALUE_CHARACTERS else text[:VALUE_CHARACTERS] + "…"


def flow(data: Any) -> str:
    """A value as flow YAML, all of it."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in data.items()) + "}"
    if isinstance(data, list | tuple):
        return "[" + ", ".join(map(flow, data)) + "]"
    if isinstance(data, bool) or data is None:
        return {True: "true", False: "false", None: "null"}[data]
    return str(data)


def printable(text: str) -> str:
    """Text without control characters, which a terminal might obey."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
