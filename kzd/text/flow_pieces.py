"""Pieces for flow collections: entries and items behind the last one, values in place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kzd.text.emit import FlowStyle, entry, flow
from kzd.text.layout import end_of, flow_style, in_quotes_of, past_comments
from kzd.text.piece import BEHIND_ALL, IN_PLACE, Piece
from kzd.text.tape import DOUBLE, SINGLE, Tape

_REST_OF_LINE = r"[ \t]*(,?)[ \t]*(?:(?<=[ \t,])#[^\n]*)?\r?\n"


def into_mapping(tape: Tape, mapping: int, value: dict[str, Any]) -> Iterator[Piece]:
    """New entries of a flow mapping that has some."""
    style, margin = flow_style(tape, mapping)
    last = [item for _, item in tape.entries(mapping)][-1]
    texts = [entry(key, item, style, margin) for key, item in value.items()]
    yield from _behind(tape, last, texts, style, margin)


def behind_item(tape: Tape, item: int, value: dict[str, Any]) -> Iterator[Piece]:
    """A new item behind one that is a flow mapping."""
    style, margin = flow_style(tape, item)
    yield from _behind(
        tape, item, [flow(value, style, margin)], style, margin.removesuffix(style.step)
    )


def _behind(
    tape: Tape, last: int, texts: list[str], style: FlowStyle, margin: str
) -> Iterator[Piece]:
    """On lines of their own where the last one ends its line; its comment stays there with it."""
    place = end_of(tape, last)
    column = tape.column(tape.starts[last])
    comma = " ," if tape.text[place - 1] == ":" else ","
    rest = re.compile(_REST_OF_LINE).match(tape.text, place)
    if not style.step or not rest:
        separator = style.end + margin if style.step else style.blank
        yield Piece(place, place, column, comma + separator + f",{separator}".join(texts))
        return
    if not rest[1]:
        yield Piece(place, place, column, comma)
    line = past_comments(tape.text, rest.end(), len(margin))
    lines = f",{style.end}".join(margin + text for text in texts)
    yield Piece(line, line, column, lines + rest[1] + style.end)


def in_place(tape: Tape, node: int, mapping: int, value: Any) -> Piece:
    """A value of a flow mapping's entry in place of another."""
    style, margin = flow_style(tape, mapping)
    start, end = tape.starts[node], end_of(tape, node)
    blank = " " if start == end and tape.text[start - 1] == ":" else ""
    inner = margin + style.step if style.step else ""
    is_quoted = tape.kinds[node] in (SINGLE, DOUBLE)
    text = in_quotes_of(tape, node, value) if is_quoted else flow(value, style, inner)
    return Piece(start, end, IN_PLACE, blank + text)


def replaced(tape: Tape, key: int, old: int, value: Any) -> Piece:
    """An entry of the outermost mapping with another value, or without the entry for None."""
    if value is not None:
        return in_place(tape, old, 0, value)
    entries = list(tape.entries(0))
    place = [node for node, _ in entries].index(key)
    if place:
        return Piece(end_of(tape, entries[place - 1][1]), end_of(tape, old), BEHIND_ALL, "")
    end = tape.starts[entries[1][0]] if len(entries) > 1 else end_of(tape, old)
    return Piece(tape.starts[key], end, BEHIND_ALL, "")
