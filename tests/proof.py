"""
What must hold whenever kzd has run, told without asking the code that did it.

Each question answers with a list of faults, empty where all is well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache, cached_property
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from kzd import transforms
from kzd.cluster.resource import Resource
from kzd.edit import Edit, FieldPath, spelled
from kzd.errors import InputError
from kzd.flow.bundle import Bundle, Held, Source, read_bundle
from kzd.pipeline import Output
from kzd.result import Result
from kzd.text.document import Document, File, read
from kzd.validation.validate import broken_rules, problems
from tests.forms import meaning

TRANSFORMS = {item.name: item for item in transforms.load()}
CREATED = {kind for item in TRANSFORMS.values() for kind in item.creates}
TAGS = set(re.findall(r"`(\w+)`", Result.__doc__ or ""))
DECIDING = ("edit", "create", "proposal")

Run = Callable[[bytes], Output]


class Pair(NamedTuple):
    """A resource before and after, with the edits that were made; `before` is None where new."""

    before: Held | None
    after: Held
    edits: tuple[tuple[str, Edit], ...]

    @property
    def subject(self) -> str:
        return f"{self.after.resource.kind}/{self.after.resource.name}"


class Proof:
    """What came of an input, and the questions about it."""

    def __init__(self, before: bytes, output: Output) -> None:
        self.before = before
        self.output = output
        self.after = output.files[0].data

    @cached_property
    def pairs(self) -> list[Pair]:
        """The resources before and after, in their order."""
        old, new = _bundle(self.before).held, list(_bundle(self.after).held)
        reviews = list(self.output.reviews)
        elsewhere = [
            (name, edit)
            for review in reviews
            for name, edit in review.edits
            if edit.about not in (None, review.resource)
        ]
        found: list[Pair] = []
        for held in old:
            identity = _identity(held.resource)
            edits = [item for item in elsewhere if _identity(item[1].about) == identity]
            if reviews and _identity(reviews[0].resource) == identity:
                review = reviews.pop(0)
                edits += [item for item in review.edits if item[1].about in (None, review.resource)]
            expected = _renamed(identity, edits)
            while new and _identity(new[0].resource) != expected:
                found.append(Pair(None, new.pop(0), ()))
            if not new:
                raise AssertionError(f"{held.resource!r} is gone")
            found.append(Pair(held, new.pop(0), tuple(edits)))
        assert not reviews
        return found + [Pair(None, held, ()) for held in new]

    def unfixed(self, run: Run) -> list[str]:
        """A second run changes nothing, `results` excepted."""
        again = run(self.after).files[0].data
        if again == self.after:
            return []
        if not read("-", self.after).is_resource_list:
            return ["a second run changes the text"]
        faults = [] if meaning(self.after) == meaning(again) else ["a second run changes items"]
        if _without_results(self.after) != _without_results(again):
            faults.append("a second run changes the text")
        return faults

    def undeclared(self) -> list[str]:
        """Only what edits name has changed, each was unset or may be raised, and is declared."""
        return [
            f"{pair.subject}: {fault}"
            for pair in self.pairs
            for fault in (_undeclared(pair) if pair.before else _foreign(pair.after.resource))
        ]

    def rewritten(self) -> list[str]:
        """Lines that are gone though no edit had to touch them, and comments that are."""
        lines = self.before.split(b"\n")
        touched = self._touched()
        if not self.before.endswith(b"\n"):
            touched.add(len(lines) - 1)
        rest = iter(self.after.split(b"\n"))
        faults = [
            f"line {number + 1} is gone or has moved: {line!r}"
            for number, line in enumerate(lines)
            if number not in touched and line not in rest
        ]
        for number in sorted(touched):
            content, mark, comment = lines[number].rstrip(b"\r").partition(b" #")
            is_text = content.count(b'"') % 2 or content.count(b"'") % 2
            if mark and not is_text and comment not in self.after:
                faults.append(f"line {number + 1} loses its comment: {lines[number]!r}")
        ends = {line[-1:] == b"\r" for line in lines[:-1]}
        if ends == {True} and any(line[-1:] != b"\r" for line in self.after.split(b"\n")[:-1]):
            faults.append("a line end is not that of its neighbours")
        return faults[:3]

    def _touched(self) -> set[int]:
        """Lines that hold an edited value, or the empty, null or flow collection it goes into."""
        lines: set[int] = set()
        latest: Held | None = None
        for pair in self.pairs:
            if pair.before:
                latest = pair.before
                for _, edit in pair.edits:
                    lines |= _lines_of(latest.document, latest.prefix + edit.path, latest.file)
            elif latest and latest.prefix:
                lines |= _lines_of(latest.document, (*latest.prefix[:-1], -1), latest.file)
        file = read("-", self.before)
        if file.is_resource_list:
            document = next(item for item in file.documents if item.kind == "ResourceList")
            lines |= _lines_of(document, ("results",), file)
            document.parse()
            if "results" in document.data:
                lines.add(document.position(("results",))[0] - 1)
        return lines

    def invalid(self, minor: int, min_kubelet: int) -> list[str]:
        """Resources that were valid for a version, or are new, and are not any more."""
        faults = []
        for pair in self.pairs:
            old = _problems(pair.before.resource.data, minor, min_kubelet) if pair.before else set()
            new = _problems(pair.after.resource.data, minor, min_kubelet)
            faults += [f"1.{minor}: {pair.subject}: {fault}" for fault in sorted(new - old)]
        return faults

    def mistagged(self) -> list[str]:
        """Results whose tags say what is documented nowhere."""
        return [
            f"{result.message}: {result.tags}"
            for result in self.output.results
            if result.tags.get("action") not in TAGS
            or result.tags.get("transform") not in (None, *TRANSFORMS)
            or not set(result.tags) <= {"action", "transform"}
        ]

    @property
    def decisions(self) -> Counter[str]:
        """
        What was decided of which resource, in no order.

        A resource that the text can't take counts as added: JSON has no place for a second
        document.
        """
        return Counter(
            f"{'edit' if result.field_path else 'create'} {result.tags['transform']} "
            f"{result.resource_ref} {spelled(result.field_path)} {result.proposed}"
            for result in self.output.results
            if result.action in DECIDING or (result.action == "refusal" and not result.field_path)
        )

    @property
    def is_refused(self) -> bool:
        """Whether the text could not take an edit; what follows from it may be another decision."""
        return any(
            result.action == "refusal" and result.field_path for result in self.output.results
        )

    def differs(self, other: Proof) -> list[str]:
        """The decisions that only one of two runs has made, where none was refused."""
        if self.is_refused or other.is_refused:
            return []
        lost, new = self.decisions - other.decisions, other.decisions - self.decisions
        return [f"not any more: {item}" for item in lost] + [f"only now: {item}" for item in new]


def _identity(resource: Resource) -> tuple[object, ...]:
    """What the text says of it, whatever namespace the command line adds."""
    metadata = resource.data.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return resource.api_version, resource.kind, resource.name, namespace


def _renamed(identity: tuple[object, ...], edits: list[tuple[str, Edit]]) -> tuple[object, ...]:
    names = [edit.value for _, edit in edits if edit.path == ("metadata", "name")]
    return (*identity[:2], *names[-1:], identity[3]) if names else identity


def _bundle(data: bytes) -> Bundle:
    try:
        return read_bundle([Source("-", data)], reads_everything=True)
    except InputError:  # a document that can't matter does not parse
        return read_bundle([Source("-", data)])


def _without_results(data: bytes) -> bytes:
    """A ResourceList but for the lines of its results, and for its last line's end."""
    file = read("-", data)
    document = next(item for item in file.documents if item.kind == "ResourceList")
    document.parse()
    lines = data.split(b"\n")
    if "results" in document.data:
        held = _lines_of(document, ("results",), file)
        held.add(document.position(("results",))[0] - 1)
        lines = [line for number, line in enumerate(lines) if number not in held]
    return b"\n".join(lines).rstrip(b"\r\n")


def _foreign(resource: Resource) -> Iterator[str]:
    if resource.kind not in CREATED:
        yield "no transform declares that it adds it"


def _undeclared(pair: Pair) -> Iterator[str]:
    assert pair.before is not None
    view = pair.before.resource
    expected = deepcopy(view.data)
    for name, edit in pair.edits:
        transform = TRANSFORMS[name]
        current = view.get(edit.path)
        if not any(fits(declared, edit.path) for declared in transform.writes_to(view.kind)):
            yield f"{name} does not declare {spelled(edit.path)} of {view.kind}"
        nodes = _nodes(pair.before.document, pair.before.prefix + edit.path)
        if any(node.anchor and f"*{node.anchor}" in pair.before.document.text for node in nodes):
            yield f"{name} edits {spelled(edit.path)}, which an alias repeats"
        if current not in (None, {}, []) and not _may_give_way(name, edit, current):
            yield f"{name} overrides {spelled(edit.path)} = {current!r} by {edit.value!r}"
        _put(expected, edit.path, edit.value)
    if expected != pair.after.resource.data:
        yield from _differences((), expected, pair.after.resource.data)


def _may_give_way(name: str, edit: Edit, current: Any) -> bool:
    """A grace period may grow; only long tasks get other names, or more words in a list."""
    if edit.path[-1] == "terminationGracePeriodSeconds":
        return edit.replaces == "raised" and edit.value > current
    if name != "long-task":
        return False
    if edit.replaces == "extended":
        return edit.value.split(",")[:-1] == current.split(",")
    is_name = edit.path[-1] in ("name", "secretName") or "kzd.dev/" in edit.path[-1]
    return edit.replaces == "renamed" and is_name and edit.value != current


def fits(declared: str, field_path: FieldPath) -> bool:
    """Whether a field path is the declared one; `[]` stands for any element, `{}` for any key."""
    if declared.endswith("{}"):
        return fits(declared.removesuffix("{}"), field_path[:-1])
    return "".join(
        "[]" if isinstance(step, int) else f".{step}" for step in field_path
    ) == "." + declared.lstrip(".")


def _put(data: Any, field_path: FieldPath, value: Any) -> None:
    for step in field_path[:-1]:
        if isinstance(step, str) and data.get(step) is None:
            data[step] = {}
        data = data[step]
    data[field_path[-1]] = value


def _differences(field_path: FieldPath, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            yield from _differences((*field_path, key), one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, items in enumerate(zip(one, other, strict=True)):
            yield from _differences((*field_path, index), *items)
    elif one != other or type(one) is not type(other):
        yield f"{spelled(field_path)} must be {one!r}, not {other!r}"


def _lines_of(document: Document, field_path: FieldPath, file: File) -> set[int]:
    """The lines, from 0, that setting a field may change: none where it only adds some."""
    nodes = _nodes(document, field_path)
    node = nodes[-1]
    is_there = len(nodes) > len(field_path)
    if not is_there and isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
        return set()
    start, end = node.start_mark.line, node.end_mark.line
    if end > start and not node.end_mark.column:
        end -= 1  # a block ends where the next token begins
    first = file.line_of(document) - 1
    return set(range(first + start, first + end + 1))


def _nodes(document: Document, field_path: FieldPath) -> list[Node]:
    """The nodes on a field path, from the document's own to the last that exists."""
    nodes = [_composed(document.text)]
    for step in field_path:
        below = _below(nodes[-1], step)
        if below is None:
            break
        nodes.append(below)
    return nodes


@cache
def _composed(text: str) -> Node:
    try:
        return YAML(typ="safe").compose(text)
    except YAMLError:
        return YAML(typ="safe", pure=True).compose(text)


def _below(node: Node, step: str | int) -> Node | None:
    if isinstance(node, MappingNode):
        return next((value for key, value in reversed(node.value) if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        found: Node = node.value[step]
        return found
    return None


def _problems(data: Any, minor: int, min_kubelet: int) -> set[str]:
    found = [*problems(data, minor), *broken_rules(data, minor, min_kubelet)]
    return {
        f"{spelled(problem.path)}: {problem.message}"
        for problem in found
        if problem.severity == "error"
    }
