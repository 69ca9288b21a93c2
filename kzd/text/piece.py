"""What goes into a text: changes and inserts as they are asked for, pieces with their places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kzd.edit import FieldPath

IN_PLACE = 1 << 30
BEHIND_ALL = -1


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
    """
    Text in place of the characters from `start` to `end`.

    Of equal places the deeper `column` comes first: what stands in place of a value before what
    follows it, the entries of an inner mapping before those of the outer one.
    """

    start: int
    end: int
    column: int
    text: str


def applied(text: str, pieces: Iterable[Piece]) -> str:
    """The text with all pieces in it."""
    parts: list[str] = []
    place = 0
    for piece in sorted(pieces, key=lambda item: (item.start, -item.column)):
        parts += [text[place : piece.start], piece.text]
        place = piece.end
    return "".join([*parts, text[place:]])
