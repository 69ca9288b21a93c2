"""
The report for GitHub Actions: workflow commands, each an annotation at a line of a file.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable

from kzd.report import text
from kzd.report.place import file, rule
from kzd.result import SEVERITIES, STDIN, WRITTEN, Result

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
IN_MESSAGES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
IN_PROPERTIES = IN_MESSAGES | {":": "%3A", ",": "%2C"}


def lines(results: Iterable[Result]) -> str:
    """A command a result; the runner shows ten of each severity, so what matters comes first."""
    return "".join(map(line, sorted(results, key=_rank)))


def line(result: Result) -> str:
    """`::severity file=…,line=…,col=…,title=rule::Kind/name: field: message`, as far as known."""
    name = file(result)
    known = {
        "file": "" if name == STDIN else name,
        "line": "" if name == STDIN else result.line or "",
        "col": "" if name == STDIN else result.column or "",
        "title": rule(result),
    }
    properties = ",".join(
        f"{key}={_escaped(str(value), IN_PROPERTIES)}" for key, value in known.items() if value
    )
    message = _escaped(text.said(result), IN_MESSAGES)
    return f"::{COMMANDS[result.severity]} {properties}::{message}\n"


def _rank(result: Result) -> tuple[int, bool]:
    return SEVERITIES.index(result.severity), result.action not in WRITTEN


def _escaped(said: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in said)
