"""How a text is laid out: where nodes really end, where lines go in, what siblings look like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kzd.text.emit import FlowStyle, Style, leaf
from kzd.text.scalar import is_plain, written
from kzd.text.tape import (
    DOUBLE,
    END,
    FOLDED,
    LITERAL,
    MAPPING,
    SEQUENCE,
    SINGLE,
    Tape,
)

BLOCK_SCALARS = (LITERAL, FOLDED)
LONG_LINES = 10
"""From so many lines on, what comes after a mapping's last entry is out of its sight."""


def last_leaf(tape: Tape, node: int) -> int:
    """The last node inside a block collection whose end is exact; a leaf is its own."""
    if tape.kinds[node] not in (MAPPING, SEQUENCE):
        return node
    last = tape.jumps[node] - 1
    while tape.kinds[last] == END:
        last -= 1
    return last


def end_of(tape: Tape, node: int) -> int:
    """The character after the last one that belongs to a node."""
    return tape.ends[last_leaf(tape, node)]


def keeps_breaks(tape: Tape, node: int) -> bool:
    """Whether a block scalar owns the blank lines after it."""
    start = tape.starts[node]
    header = tape.text[start : tape.text.find("\n", start)]
    return "+" in header.partition("#")[0]


def line_after(tape: Tape, node: int, column: int) -> int:
    """
    Where lines go in that follow a node: the start of the next line, past the comment lines that
    are indented by `column` at least; the end of the text where no line break ends it.
    """
    leaf = last_leaf(tape, node)
    place = tape.ends[leaf]
    if tape.kinds[leaf] in BLOCK_SCALARS:
        place = _after_block_scalar(tape, leaf, place)
    else:
        place = next_line(tape.text, place)
    return past_comments(tape.text, place, column)


def place_in(tape: Tape, mapping: int) -> int:
    """
    Where the lines of a new entry go into a block mapping: after its last entry, but before a
    last entry that is a long mapping itself, and the comment above that.
    """
    *others, (key, value) = tape.entries(mapping)
    if others and tape.kinds[value] == MAPPING:
        start, end = tape.starts[key], end_of(tape, value)
        if tape.text.count("\n", start, end) >= LONG_LINES:
            floor = end_of(tape, others[-1][1])
            line = tape.text.rfind("\n", 0, start) + 1
            return _above_comments(tape.text, line, floor, start - line)
    return line_after(tape, mapping, tape.column(tape.starts[mapping + 1]))


def _above_comments(text: str, place: int, floor: int, column: int) -> int:
    """
    The start of the comment lines right above a line in `column`, which belong to it.

    Not above `floor`, and not those that are indented more: they belong to what is above.
    """
    while place > floor:
        above = text.rfind("\n", 0, place - 1) + 1
        stripped = text[above:place].lstrip(" ")
        is_deeper = place - len(stripped) - above > column
        if above < floor or is_deeper or not stripped.startswith("#"):
            break
        place = above
    return place


def next_line(text: str, place: int) -> int:
    """The start of the line after the one that a place is in; the end where there is none."""
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def _after_block_scalar(tape: Tape, leaf: int, place: int) -> int:
    text = tape.text
    start = text.rfind("\n", 0, place) + 1
    if text[start:place].strip(" ") == "":
        place = start
    if keeps_breaks(tape, leaf):
        return place
    while True:  # empty lines are not part of other block scalars; those with blanks may be
        previous = text.rfind("\n", 0, place - 1) + 1
        if previous <= tape.starts[leaf] or text[previous:place].strip("\r\n"):
            return place
        place = previous


def past_comments(text: str, place: int, column: int) -> int:
    """The start of the line after the comment lines that are indented by `column` at least."""
    kept = place
    while place < len(text):
        end = next_line(text, place)
        line = text[place:end].rstrip("\r\n")
        stripped = line.lstrip(" ")
        if stripped.startswith("#"):
            if len(line) - len(stripped) < column:
                break
            kept = end
        elif stripped:
            break
        place = end
    return kept


def line_end(text: str, place: int) -> str:
    """The line end of the line before a place, or of the text where that has none."""
    last = text.rfind("\n", 0, place)
    if last < 0:
        last = text.find("\n")
    return "\r\n" if last > 0 and text[last - 1] == "\r" else "\n"


def as_lines(text: str, place: int, lines: list[str]) -> str:
    """Lines as they go in at a line's start, or behind a last line without its end."""
    end = line_end(text, place)
    if place == len(text) and text and not text.endswith("\n"):
        return end + end.join(lines)
    return "".join(line + end for line in lines)


def block_style(tape: Tape, ancestors: list[int]) -> Style:
    """What the nearest nodes do: the mapping itself, then those above it, then the document."""
    step, dash = _steps(tape, reversed(ancestors))
    if step is None or dash is None:
        usual = usual_style(tape)
        step, dash = step or usual[0], usual[1] if dash is None else dash
    return Style(step, dash, tape.text.endswith("\n"))


def usual_style(tape: Tape) -> tuple[int, int]:
    """The first step and dash of the document, else two columns and none."""
    if tape.usual_style is None:
        step, dash = _steps(tape, range(len(tape.kinds)))
        tape.usual_style = step or 2, dash or 0
    return tape.usual_style


def _steps(tape: Tape, nodes: Iterable[int]) -> tuple[int | None, int | None]:
    """The columns from a key to the mapping or the dash below it, in the first of some nodes."""
    step = dash = None
    for mapping in nodes:
        if tape.kinds[mapping] != MAPPING:
            continue
        column = tape.column(tape.starts[mapping + 1])
        for _, value in tape.entries(mapping):
            if step is None and tape.kinds[value] == MAPPING:
                step = max(tape.column(tape.starts[value + 1]) - column, 0) or None
            if dash is None and tape.kinds[value] == SEQUENCE and value not in tape.marked:
                dash = max(tape.column(tape.starts[value]) - column, 0)
        if step is not None and dash is not None:
            break
    return step, dash


def in_quotes_of(tape: Tape, node: int, value: Any) -> str:
    """A scalar in the quotes of the one whose place it takes; other values as they are."""
    if isinstance(value, str) and tape.kinds[node] == DOUBLE:
        return written(value, is_json=True)
    if isinstance(value, str) and tape.kinds[node] == SINGLE and is_plain(value):
        return f"'{value}'"
    return leaf(value)


def flow_style(tape: Tape, mapping: int) -> tuple[FlowStyle, str]:
    """How a flow mapping that has entries is written, and what stands before its keys' lines."""
    first = mapping + 1
    text = tape.text
    is_json = tape.kinds[first] == DOUBLE
    behind = text[tape.ends[first] : tape.ends[first] + 2]
    blank = "" if is_json and behind[:1] == ":" and behind[1:] not in (" ", "\t", "\n") else " "
    margin = _margin(text, tape.starts[first])
    outer = _margin(text, tape.starts[mapping], is_alone=False)
    line = text.rfind("\n", 0, tape.starts[first]) + 1
    if line <= tape.starts[mapping] or not margin.startswith(outer) or margin == outer:
        inside = text[tape.starts[mapping] + 1 : tape.starts[first]]
        return FlowStyle(is_json, blank, padding=inside if inside == " " else ""), ""
    return FlowStyle(is_json, blank, margin[len(outer) :], line_end(text, line)), margin


def _margin(text: str, place: int, *, is_alone: bool = True) -> str:
    """The blanks that a line begins with; none where a place must be its first and is not."""
    line = text[text.rfind("\n", 0, place) + 1 : place]
    blanks = line[: len(line) - len(line.lstrip(" \t"))]
    return blanks if blanks == line or not is_alone else ""
