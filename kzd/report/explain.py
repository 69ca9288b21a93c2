"""The report that explains: each workload's role and why, and every number with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from kzd.edit import Edit, spelled
from kzd.report.text import colored, printable, value
from kzd.result import Result
from kzd.review import Review

INDENT = "  "
EDITS = ("edit", "create")


def report(reviews: Sequence[Review], *, width: int, is_colored: bool = False) -> str:
    """All workloads, an empty line between."""
    return "\n".join(
        "".join(f"{line}\n" for line in _workload(review, width, is_colored=is_colored))
        for review in reviews
    )


def _workload(review: Review, width: int, *, is_colored: bool) -> Iterator[str]:
    resource = review.resource
    place = f"{review.file}:{review.line}" if review.line else review.file
    namespace = f" in namespace {resource.namespace}" if resource.namespace else ""
    yield printable(f"{resource.kind}/{resource.name}{namespace} ({place})")
    yield from _filled(f"{review.role.name}: {review.role.why}", width, INDENT)
    if review.role.single:
        yield from _filled(f"single: {review.role.single}", width, INDENT)
    yield from _propagation(review, width)
    for transform, edit in review.edits:
        yield from _edit(transform, edit, width)
    for result in review.results:
        if result.action not in ("edit",):
            yield from _result(result, width, is_colored=is_colored)
    if not review.is_changed and not review.role.is_left_alone:
        yield f"{INDENT}nothing to change"


def _propagation(review: Review, width: int) -> Iterator[str]:
    found = review.propagation
    if found is None:
        return
    source = f", said by {found.source}" if found.source else ""
    text = f"propagation: {found.arithmetic} ({found.basis}{source}); {found.why}"
    yield from _filled(text, width, INDENT)


def _edit(transform: str, edit: Edit, width: int) -> Iterator[str]:
    yield printable(f"{INDENT}+ {spelled(edit.path)} = {value(edit.value)} [{transform}]")
    for text in (edit.because, edit.arithmetic, f"from: {edit.source}" if edit.source else ""):
        if text:
            yield from _filled(text, width, INDENT * 3)


def _result(result: Result, width: int, *, is_colored: bool) -> Iterator[str]:
    transform = result.tags.get("transform")
    if result.action == "create":
        yield printable(f"{INDENT}+ {result.message} [{transform}]")
        return
    field = spelled(result.field_path)
    field = f" {field}" if field else ""
    tail = f" [{transform}]" if transform else ""
    severity = colored(result.severity, is_colored=is_colored)
    yield f"{INDENT}{severity}:{printable(field)}{tail}"
    yield from _filled(result.message, width, INDENT * 3)


def _filled(text: str, width: int, indent: str) -> list[str]:
    """Lines of a width; fields and names stay whole."""
    return wrap(
        printable(text), max(width, 40), initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
