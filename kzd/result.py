"""What kzd tells: results with the fields of the KRM functions specification, and their order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kzd.edit import FieldPath, Severity, spelled

STDIN = "-"
"""The name that standard input goes by."""

FUNCTION_CONFIG = "functionConfig"
"""The name that the configuration inside a ResourceList goes by."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

WRITTEN = ("edit", "create")
"""The actions that change something."""


class Result(NamedTuple):
    """
    One thing to tell.  `line` and `column` count from 1 in the file, 0 where unknown.

    `tags` say which `transform` spoke and the `action`: `edit`, `create`, `finding`, `proposal`
    (an unsafe edit), `refusal` (an edit that the text can't take), `validation`, `annotation`,
    `exemption` (one that changes nothing), `configuration`, `input` (what reading it had to tell)
    or `failure`.  `note` is what several share, for a line of its own.  One that `stops` keeps
    manifests from coming out.
    """

    message: str
    severity: Severity
    resource_ref: dict[str, str] | None = None
    field_path: FieldPath = ()
    current: Any = None
    proposed: Any = None
    file: str = ""
    index: int = 0  # type: ignore[assignment]  # tuple has a method of that name
    line: int = 0
    column: int = 0
    tags: dict[str, str] = {}  # noqa: RUF012 - never written to
    note: str = ""
    stops: bool = False

    @property
    def action(self) -> str:
        """What was done, one of the words above."""
        return self.tags.get("action", "finding")

    def krm(self) -> dict[str, Any]:
        """The result as a function answers it; empty parts, and what is no file, are left out."""
        field_path = spelled(self.field_path)
        message = self.message
        if field_path and not self.resource_ref:  # of the configuration, which is no item
            message = f"{field_path}: {message}"
        answer: dict[str, Any] = {"message": message, "severity": self.severity}
        if self.resource_ref:
            answer["resourceRef"] = self.resource_ref
        if field_path and self.resource_ref:
            field: dict[str, Any] = {"path": field_path}
            if self.current is not None:
                field["currentValue"] = self.current
            if self.proposed is not None:
                field["proposedValue"] = self.proposed
            answer["field"] = field
        if self.file and self.file not in (STDIN, FUNCTION_CONFIG):
            answer["file"] = {"path": self.file, "index": self.index}
        if self.tags:
            answer["tags"] = dict(self.tags)
        return answer


def in_order(results: Iterable[Result]) -> list[Result]:
    """Sorted by file, index, severity, path."""
    return sorted(
        results,
        key=lambda result: (
            result.file,
            result.index,
            SEVERITIES.index(result.severity),
            [str(step).zfill(4) if isinstance(step, int) else step for step in result.field_path],
            result.tags.get("transform", ""),
            result.message,
        ),
    )


def reaches(results: Iterable[Result], severity: Severity) -> bool:
    """Whether one of the results is as severe as `severity`."""
    limit = SEVERITIES.index(severity)
    return any(SEVERITIES.index(result.severity) <= limit for result in results)


def counted(number: int, noun: str) -> str:
    """
    A number with its noun.

    >>> counted(1, "workload"), counted(2, "workload")
    ('1 workload', '2 workloads')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
