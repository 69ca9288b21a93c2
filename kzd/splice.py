"""Edits to text: all of a document's in one pass, and a guard that reads the result again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from kzd.compose import compose
from kzd.document import Document
from kzd.edit import FieldPath
from kzd.emit import block_lines, entry, flow, item_lines, leaf
from kzd.errors import SelfCheckFailed
from kzd.layout import as_lines, block_style, end_of, flow_style, line_after, line_end
from kzd.parser import Unreadable
from kzd.tape import DOUBLE, FLOW_MAPPING, MAPPINGS, SEQUENCE, Tape
from kzd.target import insert_refusal, is_empty, refusal, target_of

__all__ = ["Change", "Insert", "insert_refusal", "refusal", "splice"]


class Change(NamedTuple):
    """A field of the document set to plain data."""

    path: FieldPath
    value: Any


class Insert(NamedTuple):
    """A resource after the one at `prefix`; a comment goes above a document of its own."""

    prefix: FieldPath
    resource: dict[str, Any]
    comment: str = ""


class Piece(NamedTuple):
    """Text in place of the characters from `start` to `end`; of equal places the deeper first."""

    start: int
    end: int
    column: int
    text: str


def splice(
    document: Document,
    changes: Iterable[Change],
    *,
    inserts: Sequence[Insert] = (),
    replaced: dict[str, list[Any] | None] | None = None,
) -> str:
    """
    The document's text with the edits.

    `replaced` are top-level lists by their key, None to leave them out.  Every change must have
    passed `refusal`, every insert `insert_refusal`.  Raises SelfCheckFailed where the new text
    does not mean the document's data with the inserts.
    """
    tape = document.tape
    pieces = list(_change_pieces(tape, changes))
    items = [insert for insert in inserts if insert.prefix]
    pieces += [_item_piece(tape, insert) for insert in items]
    for key, value in (replaced or {}).items():
        pieces += _replaced_pieces(tape, key, value)
    text = _applied(tape.text, pieces)
    _guard(document, text, items, replaced or {})
    behind = [insert for insert in inserts if not insert.prefix]
    return text + "".join(_document_text(text, insert, tape) for insert in behind)


def _applied(text: str, pieces: list[Piece]) -> str:
    parts: list[str] = []
    place = 0
    for piece in sorted(pieces, key=lambda item: (item.start, -item.column)):
        parts += [text[place : piece.start], piece.text]
        place = piece.end
    return "".join([*parts, text[place:]])


def _change_pieces(tape: Tape, changes: Iterable[Change]) -> Iterable[Piece]:
    """Changes in the same node become one: their missing parts are nested into each other."""
    pending: dict[int, Any] = {}
    targets = {}
    for change in changes:
        target = target_of(tape, change.path)
        targets[target.node] = target
        if not target.rest:
            pending[target.node] = change.value
            continue
        data = pending.setdefault(target.node, {})
        for step in target.rest[:-1]:
            data = data.setdefault(step, {})
        data[target.rest[-1]] = change.value
    for node, value in pending.items():
        target = targets[node]
        above = list(target.above)
        if is_empty(tape, node):
            yield from _filled(tape, node, target.key, above, value)
        elif tape.kinds[node] == FLOW_MAPPING:
            yield _into_flow(tape, node, value)
        elif tape.kinds[node] in MAPPINGS:
            yield _into_block(tape, node, above, value)
        else:
            is_json = tape.kinds[target.key] == DOUBLE
            text = leaf(value) if not is_json else flow(value, flow_style(tape, above[-1])[0], 0)
            yield Piece(tape.starts[node], tape.ends[node], 0, text)


def _into_block(tape: Tape, node: int, above: list[int], value: dict[str, Any]) -> Piece:
    column = tape.column(tape.starts[node + 1])
    place = line_after(tape, node, column)
    lines = list(block_lines(value, column, block_style(tape, [*above, node])))
    return Piece(place, place, column, as_lines(tape.text, place, lines))


def _into_flow(tape: Tape, node: int, value: dict[str, Any]) -> Piece:
    style, column = flow_style(tape, node)
    last = [item for _, item in tape.entries(node)][-1]
    place = end_of(tape, last)
    separator = "," + (style.end + " " * column if style.step else style.blank)
    text = "".join(separator + entry(key, item, style, column) for key, item in value.items())
    return Piece(place, place, tape.column(tape.starts[node + 1]), text)


def _filled(tape: Tape, node: int, key: int, above: list[int], value: Any) -> Iterable[Piece]:
    """An empty value: a scalar or flow goes in place, block lines follow the key's own line."""
    start, end = tape.starts[node], tape.ends[node]
    parent = above[-1]
    blank = " " if start == end else ""
    if tape.kinds[parent] == FLOW_MAPPING:
        style, column = flow_style(tape, parent)
        inner = column + style.step if style.step else 0
        yield Piece(start, end, 0, blank + flow(value, style, inner))
        return
    if not isinstance(value, dict) or not value:
        yield Piece(start, end, 0, blank + leaf(value))
        return
    before = tape.text[tape.ends[key] : start].rstrip(" \t")
    yield Piece(tape.ends[key] + len(before), end, 0, "")
    found = tape.text.find("\n", end)
    place = len(tape.text) if found < 0 else found + 1
    style_ = block_style(tape, above)
    column = tape.column(tape.starts[key]) + style_.step
    lines = list(block_lines(value, column, style_))
    yield Piece(place, place, column, as_lines(tape.text, place, lines))


def _item_piece(tape: Tape, insert: Insert) -> Piece:
    target = target_of(tape, insert.prefix)
    parent, node = target.above[-1], target.node
    if tape.kinds[parent] != SEQUENCE:
        return _flow_item_piece(tape, node, insert)
    dash = tape.column(tape.starts[parent])
    place = line_after(tape, node, dash + 1)
    style = block_style(tape, [*target.above, node])
    lines = list(item_lines(insert.resource, dash, 2, style))
    return Piece(place, place, dash, as_lines(tape.text, place, lines))


def _flow_item_piece(tape: Tape, node: int, insert: Insert) -> Piece:
    style, column = flow_style(tape, node)
    place = end_of(tape, node)
    separator = f",{style.blank}"
    if style.step:
        separator = "," + style.end + " " * (column - style.step)
    text = separator + flow(insert.resource, style, column)
    return Piece(place, place, tape.column(tape.starts[node]), text)


def _replaced_pieces(tape: Tape, key: str, value: list[Any] | None) -> Iterable[Piece]:
    found = tape.entry(0, key)
    if found is None:
        if value is not None:
            if tape.kinds[0] == FLOW_MAPPING:
                yield _into_flow(tape, 0, {key: value})
            else:
                yield _into_block(tape, 0, [], {key: value})._replace(column=-1)
        return
    node, old = found
    if tape.kinds[0] == FLOW_MAPPING:
        yield _replaced_in_flow(tape, node, old, value)
        return
    start = tape.starts[node]
    place = line_after(tape, old, len(tape.text))
    lines = list(block_lines({key: value}, 0, block_style(tape, [0]))) if value is not None else []
    text = "".join(line + line_end(tape.text, place) for line in lines)
    yield Piece(start, place, -1, text)


def _replaced_in_flow(tape: Tape, node: int, old: int, value: list[Any] | None) -> Piece:
    if value is not None:
        style, column = flow_style(tape, 0)
        inner = column + style.step if style.step else 0
        return Piece(tape.starts[old], end_of(tape, old), -1, flow(value, style, inner))
    entries = list(tape.entries(0))
    place = [key for key, _ in entries].index(node)
    if place:
        return Piece(end_of(tape, entries[place - 1][1]), end_of(tape, old), -1, "")
    end = tape.starts[entries[1][0]] if len(entries) > 1 else end_of(tape, old)
    return Piece(tape.starts[node], end, -1, "")


def _document_text(before: str, insert: Insert, tape: Tape) -> str:
    """A document of its own, in the stream's line end."""
    end = line_end(before, len(before))
    lines = ["---", *([insert.comment] if insert.comment else [])]
    lines += block_lines(insert.resource, 0, block_style(tape, [0]))
    text = end.join(lines)
    if compose(text).data != insert.resource:
        raise SelfCheckFailed("the new document would not mean what was meant")
    return text + end if before.endswith("\n") else end + text


def _guard(
    document: Document, text: str, items: list[Insert], replaced: dict[str, list[Any] | None]
) -> None:
    """Read the new text and require the data as the edits have made it."""
    try:
        data = compose(text).data
    except Unreadable as error:
        raise _failed(document, f"it {error.message}") from None
    for order, insert in enumerate(sorted(items, key=lambda item: item.prefix)):
        place = _list_of(data, insert.prefix)
        index = int(insert.prefix[-1]) + 1  # those before it are taken out already
        if len(place) <= index or place.pop(index) != insert.resource:
            raise _failed(document, f"new resource {order + 1} is not where it belongs")
    expected = document.data
    if replaced:
        for key, value in replaced.items():
            if data.pop(key, None) != value:
                raise _failed(document, f"`{key}` would not be what was meant")
        expected = {key: value for key, value in expected.items() if key not in replaced}
    if data != expected:
        raise _failed(document, "it would not mean what was meant")


def _list_of(data: Any, prefix: FieldPath) -> list[Any]:
    for step in prefix[:-1]:
        data = data[step]
    return data if isinstance(data, list) else []


def _failed(document: Document, why: str) -> SelfCheckFailed:
    line, _ = document.position(())
    return SelfCheckFailed(f"the new text is wrong: {why}", file=document.file.name, line=line)
