"""Ask the transforms about a resource, apply what the text can take, and note every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.edit import Create, Edit, FieldPath, Finding, spelled
from kzd.errors import SelfCheckFailed
from kzd.flow.bundle import Held
from kzd.flow.telling import result_at
from kzd.result import Result
from kzd.text.splice import insert_refusal, refusal
from kzd.transform import Transform
from kzd.value import integer


class Verdict:
    """
    All that was decided about one resource.

    `changes` are the fields set, with their values; `creates` the resources that come after it;
    `withheld` the transforms that an exemption kept from saying something, with its reason.
    """

    def __init__(self, held: Held) -> None:
        self.held = held
        self.changes: list[tuple[FieldPath, Any]] = []
        self.creates: list[Create] = []
        self.results: list[Result] = []
        self.edits: list[tuple[Transform, Edit]] = []
        self.withheld: dict[str, str] = {}


class Choice(NamedTuple):
    """
    Which transforms run for one resource, with their options; which of them only pretend to.

    `held` is what the input holds, by the id of its resource.
    """

    active: tuple[tuple[Transform, Any], ...]
    exempt: Mapping[str, str]
    takes_unsafe: bool
    held: Mapping[int, Held]


def verdict_of(held: Held, choice: Choice, view: ClusterView, said: set[str]) -> Verdict:
    """
    Ask every active transform in order; each sees the edits of those before it.

    `said` holds the transforms that speak once in a run and have spoken.
    """
    verdict = Verdict(held)
    resource = held.resource
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
    return verdict


def _take(
    verdict: Verdict,
    transform: Transform,
    decisions: Iterable[Edit | Create | Finding],
    choice: Choice,
    said: set[str],
) -> None:
    for decision in decisions:
        if isinstance(decision, Edit):
            _take_edit(verdict, transform, decision, choice)
        elif isinstance(decision, Create):
            _take_create(verdict, transform, decision)
        elif transform.name not in said:
            about = verdict.held if decision.about is None else choice.held[id(decision.about)]
            verdict.results.append(_found(about, transform, decision))
            if transform.once:
                said.add(transform.name)


def _take_create(verdict: Verdict, transform: Transform, create: Create) -> None:
    held = verdict.held
    reason = insert_refusal(held.document, held.prefix)
    if reason:
        message = f"{_named(create)} must be added by hand: {reason}; {create.because}"
        tags = _tags(transform, "refusal")
        verdict.results.append(result_at(held, (), message, "warning", tags=tags))
        return
    verdict.creates.append(create)
    verdict.results.append(_created(held, transform, create))


def _take_edit(verdict: Verdict, transform: Transform, edit: Edit, choice: Choice) -> None:
    held = verdict.held
    current = held.resource.get(edit.path)
    if current not in (None, {}, []) and not (edit.raises and _grows(current, edit.value)):
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
    verdict.changes.append((edit.path, edit.value))
    _set(held.resource.data, edit.path, edit.value)
    held.resource.edits = (*held.resource.edits, edit)


def _grows(current: Any, value: Any) -> bool:
    before, after = integer(current), integer(value)
    return before is not None and after is not None and after > before


def _set(data: Any, field_path: FieldPath, value: Any) -> None:
    for step in field_path[:-1]:
        if isinstance(step, str) and data.get(step) is None:
            data[step] = {}
        data = data[step]
    data[field_path[-1]] = value


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
        tags=_tags(transform, "finding"),
    )  # fmt: skip
