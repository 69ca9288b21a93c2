"""New nodes as text: block style by the lines, flow style by the siblings' quotes and spaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.text.scalar import written


class Style(NamedTuple):
    """
    How the text around does it: columns per level, and before the dash of a list's items.

    Without `has_end`, the last line of all has no line end, which a literal might need.
    """

    step: int = 2
    dash: int = 0
    has_end: bool = True


class FlowStyle(NamedTuple):
    """
    How a flow collection is written: its keys in quotes, blanks after colon and comma, blanks
    inside of braces, and what a level is indented by where each entry has a line of its own.
    """

    is_json: bool
    blank: str = " "
    step: str = ""
    end: str = "\n"
    padding: str = ""


def block_lines(data: dict[str, Any], column: int, style: Style) -> Iterator[str]:
    """
    The lines of a mapping's entries, each beginning in `column`.

    >>> list(block_lines({"a": {"b": [{"c": 1, "d": "x y"}]}}, 2, Style()))
    ['  a:', '    b:', '    - c: 1', '      d: "x y"']
    """
    for key, value in data.items():
        head = " " * column + written(key) + ":"
        if isinstance(value, dict) and value:
            yield head
            yield from block_lines(value, column + style.step, style)
        elif isinstance(value, list) and value:
            yield head
            yield from _items(value, column + style.dash, style)
        elif style.has_end and is_literal(value):
            yield from _literal(head, value, column + style.step)
        else:
            yield f"{head} {leaf(value)}"


def _items(items: list[Any], column: int, style: Style) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict) and item:
            yield from item_lines(item, column, 2, style)
        elif style.has_end and is_literal(item):
            yield from _literal(" " * column + "-", item, column + 2)
        else:
            yield " " * column + "- " + leaf(item)


def is_literal(value: Any) -> bool:
    """Whether a text of several lines can stand as it is: printable, and without odd blanks."""
    if not isinstance(value, str) or "\n" not in value.strip("\n"):
        return False
    lines = value.removesuffix("\n").split("\n")
    return (
        lines[0][:1] not in ("", " ")
        and all(line.isprintable() and not line.endswith(" ") for line in lines)
        and lines[-1] != ""
    )


def _literal(head: str, value: str, column: int) -> Iterator[str]:
    """A text of several lines as a block scalar."""
    yield f"{head} {'|' if value.endswith(chr(10)) else '|-'}"
    for line in value.removesuffix("\n").split("\n"):
        yield " " * column + line if line else ""


def item_lines(item: dict[str, Any], column: int, width: int, style: Style) -> Iterator[str]:
    """The lines of a list's item whose dash is in `column` and whose keys come `width` after."""
    first, *rest = block_lines(item, column + width, style)
    yield " " * column + "-" + " " * (width - 1) + first[column + width :]
    yield from rest


def leaf(value: Any) -> str:
    """A scalar, or a list or mapping as flow."""
    return flow(value, FlowStyle(is_json=False), "")


def flow(value: Any, style: FlowStyle, margin: str) -> str:
    """
    A value in flow style; `margin` stands before its entries where they have their own lines.

    >>> flow({"port": 80, "path": "/"}, FlowStyle(is_json=False), "")
    '{port: 80, path: /}'
    >>> flow({"a": [1, "b"]}, FlowStyle(is_json=True, blank=""), "")
    '{"a":[1,"b"]}'
    """
    if isinstance(value, dict):
        parts = [entry(key, item, style, margin) for key, item in value.items()]
        return _wrapped("{", parts, "}", style, margin)
    if isinstance(value, list):
        parts = [flow(item, style, margin + style.step) for item in value]
        return _wrapped("[", parts, "]", style, margin)
    return written(value, is_json=style.is_json)


def entry(key: str, value: Any, style: FlowStyle, margin: str) -> str:
    """A key with its value; `margin` is the key's."""
    name = written(key, is_json=style.is_json)
    return f"{name}:{style.blank}{flow(value, style, margin + style.step)}"


def _wrapped(opening: str, parts: list[str], closing: str, style: FlowStyle, margin: str) -> str:
    if not style.step or not parts:
        padding = style.padding if parts and opening == "{" else ""
        return opening + padding + f",{style.blank}".join(parts) + padding + closing
    line = style.end + margin
    closing = style.end + margin.removesuffix(style.step) + closing
    return opening + line + f",{line}".join(parts) + closing
