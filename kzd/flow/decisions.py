"""Ask the transforms about a resource, apply what the text can take, and note every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.edit import Create, Edit, FieldPath, Finding, Severity, Together, set_at, spelled
from kzd.errors import SelfCheckFailed
from kzd.flow.bundle import Held
from kzd.flow.telling import result_at
from kzd.result import Result
from kzd.text.splice import insert_refusal, refusal
from kzd.transform import Transform
from kzd.value import integer

NAME = ("metadata", "name")


class Verdict:
    """
    All that was decided about one resource.

    `changes` are the fields set, with their values; `creates` the resources that come after it;
    whichever resource's transforms decided them.  `edits` are those that its own transforms made,
    of other resources too; `kept_away` the transforms that leave the resource alone, with the
    reason; `withheld` those of them that would have said something.
    """

    def __init__(self, held: Held) -> None:
        self.held = held
        self.changes: list[tuple[FieldPath, Any]] = []
        self.creates: list[Create] = []
        self.results: list[Result] = []
        self.edits: list[tuple[Transform, Edit]] = []
        self.kept_away: Mapping[str, str] = {}
        self.withheld: dict[str, str] = {}


class Choice(NamedTuple):
    """
    Which transforms run for one resource, with their options; which of them only pretend to, and
    which leave it alone whatever it is part of.

    `verdicts` are those of all resources of the input, by their ids.
    """

    active: tuple[tuple[Transform, Any], ...]
    exempt: Mapping[str, str]
    kept_away: Mapping[str, str]
    takes_unsafe: bool
    verdicts: Mapping[int, Verdict]

    def about(self, asked: Verdict, decision: Edit | Create | Finding) -> Verdict:
        """The verdict of the resource that a decision is about."""
        return asked if decision.about is None else self.verdicts[id(decision.about)]

    def why_not_about(
        self, asked: Verdict, transform: Transform, decision: Edit | Create | Finding
    ) -> str:
        """Why a transform may say nothing about another resource than the one it was asked of."""
        target = self.about(asked, decision)
        if target is asked or transform.name not in target.kept_away:
            return ""
        target.withheld[transform.name] = target.kept_away[transform.name]
        resource = target.held.resource
        return f"{resource.kind} '{resource.name}' is exempt: {target.kept_away[transform.name]}"


def decide(verdict: Verdict, choice: Choice, view: ClusterView, said: set[str]) -> None:
    """
    Ask every active transform in order; each sees the edits of those before it.

    `said` holds the transforms that speak once in a run and have spoken.
    """
    resource = verdict.held.resource
    verdict.kept_away = choice.kept_away
    is_left_alone = isinstance(resource, Workload) and view.role(resource).is_left_alone
    for transform, options in choice.active:
        if resource.kind not in transform.kinds or (is_left_alone and not transform.left_alone):
            continue
        decisions = transform.decide(resource, options, view)
        if transform.name in choice.exempt:
            if any(True for _ in decisions):
                verdict.withheld[transform.name] = choice.exempt[transform.name]
        else:
            _take(verdict, transform, decisions, choice, said)


def _take(
    verdict: Verdict,
    transform: Transform,
    decisions: Iterable[Edit | Create | Finding | Together],
    choice: Choice,
    said: set[str],
) -> None:
    for decision in decisions:
        if isinstance(decision, Together):
            _take_together(verdict, transform, decision, choice)
        elif choice.why_not_about(verdict, transform, decision):
            continue
        elif isinstance(decision, Edit):
            _take_edit(verdict, transform, decision, choice)
        elif isinstance(decision, Create):
            _take_create(verdict, transform, decision, choice)
        elif transform.name not in said:
            held = choice.about(verdict, decision).held
            verdict.results.append(_found(held, transform, decision))
            if transform.once:
                said.add(transform.name)


def _take_together(
    verdict: Verdict, transform: Transform, together: Together, choice: Choice
) -> None:
    for decision in together.decisions:
        held = choice.about(verdict, decision).held
        if isinstance(decision, Edit):
            what, place = f"`{spelled(decision.path)}`", decision.path
            reason = _why_not_edited(held, decision)
        else:
            what, place = _named(decision), NAME
            reason = insert_refusal(held.document, held.prefix)
        reason = choice.why_not_about(verdict, transform, decision) or reason
        if reason:
            message = f"must be done by hand: {together.because}; {what} is part of it: {reason}"
            severity: Severity = "error" if together.stops else "warning"
            tags, stops = _tags(transform, "refusal"), together.stops
            told = result_at(held, place, message, severity, tags=tags, stops=stops)
            verdict.results.append(told)
            return
    for decision in together.decisions:
        if isinstance(decision, Edit):
            _take_edit(verdict, transform, decision, choice)
        else:
            _take_create(verdict, transform, decision, choice)


def _why_not_edited(held: Held, edit: Edit) -> str:
    for field_path in (edit.path, *edit.needs):
        reason = refusal(held.document, held.prefix + field_path)
        if reason:
            return reason
    return ""


def _take_create(verdict: Verdict, transform: Transform, create: Create, choice: Choice) -> None:
    beside = choice.about(verdict, create)
    held = beside.held
    if any(create.resource == other.resource for other in beside.creates):
        return  # several workloads may need the same
    reason = insert_refusal(held.document, held.prefix)
    if reason:
        message = f"{_named(create)} must be added by hand: {reason}; {create.because}"
        tags = _tags(transform, "refusal")
        verdict.results.append(result_at(held, (), message, "warning", tags=tags))
        return
    beside.creates.append(create)
    verdict.results.append(_created(held, transform, create))


def _take_edit(verdict: Verdict, transform: Transform, edit: Edit, choice: Choice) -> None:
    target = choice.about(verdict, edit)
    held = target.held
    current = held.resource.get(edit.path)
    if current not in (None, {}, []) and not _may_replace(edit, current):
        raise SelfCheckFailed(
            f"{transform.name} would override what is set", file=held.file.name,
            field=spelled(edit.path),
        )  # fmt: skip
    if edit.safety == "unsafe" and not choice.takes_unsafe:
        verdict.results.append(_answered(held, transform, edit, "proposal", current))
        return
    for field_path in (edit.path, *edit.needs):
        reason = refusal(held.document, held.prefix + field_path)
        if reason:
            verdict.results.append(_refused(held, transform, edit, field_path, reason))
            return
    verdict.results.append(_answered(held, transform, edit, "edit", current))
    verdict.edits.append((transform, edit))
    target.changes.append((edit.path, edit.value))
    set_at(held.resource.data, edit.path, edit.value)
    held.resource.edits = (*held.resource.edits, edit)


def _may_replace(edit: Edit, current: Any) -> bool:
    """Whether what is set may give way to an edit, by what that declares."""
    if edit.replaces == "raised":
        return _grows(current, edit.value)
    if not isinstance(current, str) or not isinstance(edit.value, str):
        return False
    if edit.replaces == "extended":
        return edit.value.startswith(f"{current},")
    return edit.replaces == "renamed" and current != edit.value


def _grows(current: Any, value: Any) -> bool:
    before, after = integer(current), integer(value)
    return before is not None and after is not None and after > before


def _tags(transform: Transform, action: str) -> dict[str, str]:
    return {"transform": transform.name, "action": action}


def _answered(held: Held, transform: Transform, edit: Edit, action: str, current: Any) -> Result:
    message = edit.because if action == "edit" else f"could be set: {edit.because}"
    if edit.arithmetic:
        message += f"; {edit.arithmetic}"
    if edit.source:
        message += f" ({edit.source})"
    if action == "proposal":
        message += "; not safe to guess, `--unsafe` sets it"
    return result_at(
        held, edit.path, message, "info", current=current, proposed=edit.value,
        tags=_tags(transform, action),
    )  # fmt: skip


def _refused(
    held: Held, transform: Transform, edit: Edit, field_path: FieldPath, reason: str
) -> Result:
    where = "" if field_path == edit.path else f" together with `{spelled(field_path)}`"
    message = f"must be set by hand{where}: {reason}; {edit.because}"
    return result_at(
        held, edit.path, message, "warning", current=held.resource.get(edit.path),
        proposed=edit.value, tags=_tags(transform, "refusal"),
    )  # fmt: skip


def _created(held: Held, transform: Transform, create: Create) -> Result:
    message = f"{_named(create)} is added: {create.because}"
    if create.source:
        message += f" ({create.source})"
    return result_at(held, (), message, "info", tags=_tags(transform, "create"))


def _named(create: Create) -> str:
    return f"{create.resource['kind']} '{create.resource['metadata']['name']}'"


def _found(held: Held, transform: Transform, finding: Finding) -> Result:
    return result_at(
        held, finding.path, finding.message, finding.severity,
        current=held.resource.get(finding.path), proposed=finding.proposed,
        tags=_tags(transform, "finding"), note=finding.note, stops=finding.stops,
    )  # fmt: skip
