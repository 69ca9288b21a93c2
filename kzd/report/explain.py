"""The report that explains: each workload's role and why, and every number with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from kzd.cluster.resource import Resource
from kzd.edit import Edit, spelled
from kzd.flow.review import Review
from kzd.flow.telling import presentable
from kzd.report import text
from kzd.result import WRITTEN, Result

INDENT = "  "


def report(
    results: Sequence[Result], reviews: Sequence[Review], *, width: int, is_colored: bool = False
) -> str:
    """All workloads, then what belongs to none of them, then the summary; empty lines between."""
    parts = [
        "".join(f"{line}\n" for line in _workload(review, width, is_colored=is_colored))
        for review in reviews
    ]
    shown = {id(result) for review in reviews for result in review.results}
    rest = [text.line(item, is_colored=is_colored) for item in results if id(item) not in shown]
    parts += ["".join(rest)] if rest else []
    return "\n".join([*parts, text.summary(results, reviews, is_planned=True)])


def _workload(review: Review, width: int, *, is_colored: bool) -> Iterator[str]:
    resource = review.resource
    place = f"{review.file}:{review.line}" if review.line else review.file
    namespace = f" in namespace {resource.namespace}" if resource.namespace else ""
    yield text.printable(f"{resource.kind}/{resource.name}{namespace} ({place})")
    yield from filled(f"{review.role.name}: {review.role.why}", width, INDENT)
    if review.role.single:
        yield from filled(f"single: {review.role.single}", width, INDENT)
    yield from _propagation(review, width)
    yield from _exemptions(review, width)
    for transform, edit in review.edits:
        of = edit.about if edit.about not in (None, resource) else None
        yield from _edit(transform, edit, width, f"{of.kind}/{of.name}: " if of else "")
    for result in review.results:
        if result.action == "create":
            yield from _created(result, width)
    for result in review.results:
        if result.action not in WRITTEN:
            yield from _result(result, resource, width, is_colored=is_colored)
    if not review.is_changed and not review.role.is_left_alone:
        yield f"{INDENT}nothing to change"


def _exemptions(review: Review, width: int) -> Iterator[str]:
    """Transforms that are kept away for one reason share a line."""
    for why in dict.fromkeys(why for _, why in review.exemptions):
        names = ", ".join(name for name, reason in review.exemptions if reason == why)
        yield from filled(f"exempt from {names}: {why}", width, INDENT)


def _propagation(review: Review, width: int) -> Iterator[str]:
    found = review.propagation
    if found is None:
        return
    why = f"; {found.source or found.why}" if found.path or found.source else ""
    yield from filled(f"propagation: {found.arithmetic} ({found.basis}){why}", width, INDENT)


def _edit(transform: str, edit: Edit, width: int, of: str) -> Iterator[str]:
    value = text.flow(presentable(edit.value, edit.path))
    what = f"+ {of}{spelled(edit.path)} = {value} [{transform}]"
    yield from filled(what, width, INDENT, INDENT * 3)
    for said in (edit.because, edit.arithmetic, f"from: {edit.source}" if edit.source else ""):
        if said:
            yield from filled(said, width, INDENT * 3)


def _created(result: Result, width: int) -> Iterator[str]:
    what, _, because = result.message.partition(": ")
    yield text.printable(f"{INDENT}+ {what} [{result.tags['transform']}]")
    yield from filled(because, width, INDENT * 3)


def _result(result: Result, of: Resource, width: int, *, is_colored: bool) -> Iterator[str]:
    transform = result.tags.get("transform")
    field = text.field(result)
    if text.subject(result) not in ("", f"{of.kind}/{of.name}"):
        field = f"{text.subject(result)}: {field}"
    field = f" {field}" if field else ""
    tail = f" [{transform}]" if transform else ""
    severity = text.colored(result.severity, is_colored=is_colored)
    yield f"{INDENT}{severity}:{text.printable(field)}{tail}"
    yield from filled(result.message, width, INDENT * 3)


def filled(said: str, width: int, indent: str, hanging: str = "") -> list[str]:
    """Lines of a width; fields and names stay whole."""
    return wrap(
        text.printable(said), max(width, 40), initial_indent=indent,
        subsequent_indent=hanging or indent, break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
