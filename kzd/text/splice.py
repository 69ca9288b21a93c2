"""Edits to text: all of a document's in one pass, and a guard that reads the result again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kzd.errors import SelfCheckFailed
from kzd.text import flow_pieces
from kzd.text.compose import compose
from kzd.text.document import Document
from kzd.text.emit import block_lines, item_lines, leaf
from kzd.text.guard import guard
from kzd.text.layout import (
    as_lines,
    block_style,
    in_quotes_of,
    line_after,
    line_end,
    next_line,
    place_in,
)
from kzd.text.piece import BEHIND_ALL, IN_PLACE, Change, Insert, Piece, applied
from kzd.text.tape import FLOW_MAPPING, MAPPING, MAPPINGS, SEQUENCE, Tape
from kzd.text.target import Target, has_open_end, insert_refusal, is_empty, refusal, target_of

__all__ = ["Change", "Insert", "insert_refusal", "refusal", "splice"]


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
    for insert in items:
        pieces += _item_pieces(tape, insert)
    for key, value in (replaced or {}).items():
        pieces += _replaced_pieces(tape, key, value)
    text = applied(tape.text, pieces)
    guard(document, text, items, replaced or {})
    behind = [insert for insert in inserts if not insert.prefix]
    return text + "".join(_document_text(text, insert, tape) for insert in behind)


def _change_pieces(tape: Tape, changes: Iterable[Change]) -> Iterator[Piece]:
    """Changes in the same node become one: their missing parts are nested into each other."""
    pending: dict[int, Any] = {}
    targets: dict[int, Target] = {}
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
        yield from _pieces_at(tape, targets[node], value)


def _pieces_at(tape: Tape, target: Target, value: Any) -> Iterator[Piece]:
    """A value in place of a scalar or an empty collection, or new entries of a mapping."""
    node, above = target.node, list(target.above)
    is_in_flow = bool(above) and tape.kinds[above[-1]] == FLOW_MAPPING
    if is_in_flow and (is_empty(tape, node) or tape.kinds[node] not in MAPPINGS):
        yield flow_pieces.in_place(tape, node, above[-1], value)
    elif is_empty(tape, node):
        yield from _filled(tape, node, target.key, above, value)
    elif tape.kinds[node] == FLOW_MAPPING:
        yield from flow_pieces.into_mapping(tape, node, value)
    elif tape.kinds[node] == MAPPING:
        yield _into_block(tape, node, above, value)
    else:
        yield Piece(tape.starts[node], tape.ends[node], IN_PLACE, in_quotes_of(tape, node, value))


def _into_block(tape: Tape, node: int, above: list[int], value: dict[str, Any]) -> Piece:
    column = tape.column(tape.starts[node + 1])
    place = place_in(tape, node)
    lines = list(block_lines(value, column, block_style(tape, [*above, node])))
    return Piece(place, place, column, as_lines(tape.text, place, lines))


def _filled(tape: Tape, node: int, key: int, above: list[int], value: Any) -> Iterator[Piece]:
    """An empty value: a scalar or an empty collection goes in place, others below the key."""
    start, end = tape.starts[node], tape.ends[node]
    if not isinstance(value, dict | list) or not value:
        yield Piece(start, end, IN_PLACE, (" " if start == end else "") + leaf(value))
        return
    blanks = tape.text[tape.ends[key] : start]
    yield Piece(start - len(blanks) + len(blanks.rstrip(" \t")), end, IN_PLACE, "")
    place = next_line(tape.text, end)
    column = tape.column(tape.starts[key])
    lines = list(block_lines({"": value}, column, block_style(tape, above)))[1:]
    yield Piece(place, place, column + 1, as_lines(tape.text, place, lines))


def _item_pieces(tape: Tape, insert: Insert) -> Iterator[Piece]:
    target = target_of(tape, insert.prefix)
    parent, node = target.above[-1], target.node
    if tape.kinds[parent] != SEQUENCE:
        yield from flow_pieces.behind_item(tape, node, insert.resource)
        return
    dash = tape.column(tape.starts[parent])
    place = line_after(tape, node, dash + 1)
    style = block_style(tape, [*target.above, node])
    is_block = tape.kinds[node] == MAPPING
    width = tape.column(tape.starts[node + 1]) - dash if is_block else 2
    lines = list(item_lines(insert.resource, dash, width, style))
    yield Piece(place, place, dash, as_lines(tape.text, place, lines))


def _replaced_pieces(tape: Tape, key: str, value: list[Any] | None) -> Iterator[Piece]:
    found = tape.entry(0, key)
    if tape.kinds[0] == FLOW_MAPPING:
        if found:
            yield flow_pieces.replaced(tape, *found, value)
        elif value is not None:
            yield from flow_pieces.into_mapping(tape, 0, {key: value})
    elif found:
        yield _replaced_in_block(tape, *found, {} if value is None else {key: value})
    elif value is not None:
        yield _added(tape, {key: value})


def _replaced_in_block(tape: Tape, node: int, old: int, value: dict[str, Any]) -> Piece:
    text = tape.text
    start = text.rfind("\n", 0, tape.starts[node]) + 1
    column = tape.column(tape.starts[node])
    place = line_after(tape, old, column + 1)
    end = line_end(text, place)
    lines = block_lines(value, column, block_style(tape, [0]))
    new = "".join(line + end for line in lines)
    if place == len(text) and not text.endswith("\n"):
        new = new.removesuffix(end)
    return Piece(start, place, BEHIND_ALL, new)


def _added(tape: Tape, value: dict[str, Any]) -> Piece:
    """At the end of the outermost mapping; before its last entry where that has an open end."""
    if not has_open_end(tape, 0):
        return _into_block(tape, 0, [], value)._replace(column=BEHIND_ALL)
    last = [key for key, _ in tape.entries(0)][-1]
    place = tape.text.rfind("\n", 0, tape.starts[last]) + 1
    lines = list(block_lines(value, tape.column(tape.starts[last]), block_style(tape, [0])))
    return Piece(place, place, BEHIND_ALL, as_lines(tape.text, place, lines))


def _document_text(before: str, insert: Insert, tape: Tape) -> str:
    """A document of its own, in the stream's line end, and with a blank line after it as before."""
    end = line_end(before, len(before))
    lines = ["---", *([insert.comment] if insert.comment else [])]
    lines += block_lines(insert.resource, 0, block_style(tape, [0]))
    is_ended = before.endswith("\n")
    text = end.join(lines) + (end if is_ended else "")
    if compose(text).data != insert.resource:
        raise SelfCheckFailed("the new document would not mean what was meant")
    if not is_ended:
        return end + text
    return text + (end if before.endswith(end + end) else "")
