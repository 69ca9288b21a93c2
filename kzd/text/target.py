"""Where in a text an edit goes, and what the text can't take."""

from __future__ import annotations

import re
from typing import NamedTuple

from kzd.edit import FieldPath, spelled
from kzd.text.document import Document
from kzd.text.layout import BLOCK_SCALARS, end_of, keeps_breaks, last_leaf, next_line
from kzd.text.scalar import resolved
from kzd.text.tape import (
    ALIAS,
    FLOW_MAPPING,
    FLOW_SEQUENCE,
    MAPPING,
    MAPPINGS,
    PLAIN,
    SEQUENCE,
    SEQUENCES,
    Tape,
)

ODD_BREAK = "\r(?!\n)|[\x85\u2028\u2029]"


class Target(NamedTuple):
    """
    The deepest node that exists on a field path, with the nodes that lead to it.

    `key` is its key's node, -1 where it is an item or the whole document.  `rest` are the steps
    that do not exist yet.
    """

    node: int
    key: int
    above: tuple[int, ...]
    rest: FieldPath


def target_of(tape: Tape, field_path: FieldPath) -> Target:
    """The target of a field path."""
    node, key = 0, -1
    above: list[int] = []
    for depth, step in enumerate(field_path):
        found = _step(tape, node, step)
        if found is None:
            return Target(node, key, tuple(above), field_path[depth:])
        above.append(node)
        key, node = found
    return Target(node, key, tuple(above), ())


def _step(tape: Tape, node: int, step: str | int) -> tuple[int, int] | None:
    if isinstance(step, str):
        return tape.entry(node, step) if tape.kinds[node] in MAPPINGS else None
    if tape.kinds[node] not in SEQUENCES:
        return None
    items = tape.items(node)
    return (-1, items[step]) if step < len(items) else None


def refusal(document: Document, field_path: FieldPath) -> str:
    """
    Why the text can't take an edit at a field path, empty where it can.

    Nodes are refused, not documents: an anchor, an alias, a tag or a merge key on the way means
    that the bytes there say something elsewhere too.
    """
    if document.frozen:
        return f"the document {document.frozen}"
    tape = document.tape
    target = target_of(tape, field_path)
    done = field_path[: len(field_path) - len(target.rest)]
    nodes = (*target.above, target.node)
    for depth, node in enumerate(nodes):
        reason = _why_shared(tape, node)
        if not reason and node in tape.merging:
            reason = _why_overridden(tape, node, next(iter(nodes[depth + 1 :]), 0))
        if reason:
            where = spelled(done[:depth])
            return f"`{where}` {reason}" if where else f"the document {reason}"
    where = f"`{spelled(done)}`" if done else "the document"
    if target.rest and not _takes(tape, target):
        wanted = "a mapping" if isinstance(target.rest[0], str) else "a list"
        return f"{where} is not {wanted}"
    if is_empty(tape, target.node):
        return _why_not_filled(tape, target, where)
    if target.rest:
        return _why_not_inserted(tape, target, where)
    if tape.kinds[target.node] in MAPPINGS or tape.kinds[target.node] in SEQUENCES:
        return f"{where} is set already"
    if tape.kinds[target.node] in BLOCK_SCALARS:
        return f"{where} is a text of several lines"
    return ""


def _takes(tape: Tape, target: Target) -> bool:
    """Whether the node can hold what is to come below it."""
    if any(not isinstance(step, str) for step in target.rest):
        return False
    kind = tape.kinds[target.node]
    return kind in MAPPINGS or (kind == PLAIN and is_empty(tape, target.node))


def _why_shared(tape: Tape, node: int) -> str:
    if tape.kinds[node] == ALIAS:
        return "is an alias, so its value stands elsewhere"
    if node in tape.shared:
        return "has an anchor or a tag, so an edit would mean more than it says"
    if node in tape.marked and tape.kinds[node] not in (MAPPING, SEQUENCE):
        return "has an anchor that no alias uses, which must be taken away for an edit"
    if node in tape.doubled:
        return "has a key twice"
    return ""


def _why_overridden(tape: Tape, mapping: int, entry: int) -> str:
    """A merge overrides the entries before it, and the mapping's unset fields may be in it."""
    merges = [key for key, _ in tape.entries(mapping) if tape.key(key) == "<<"]
    return "" if entry > merges[-1] else "has a merge key, so its fields stand elsewhere too"


def _why_not_filled(tape: Tape, target: Target, where: str) -> str:
    """An empty value is filled in place, which takes a key on its line and nothing else."""
    if target.key < 0:
        return f"{where} is an empty item"
    if _is_explicit(tape, target.key):
        return f"{where} has an explicit key (`?`)"
    if _has_odd_break(tape, target.key) or _has_odd_break(tape, target.node):
        return f"{where} shares a line with a break that is no line feed"
    start, end = tape.starts[target.node], tape.ends[target.node]
    if tape.kinds[target.above[-1]] == FLOW_MAPPING:
        has_colon = ":" in tape.text[tape.ends[target.key] : start]
        return "" if has_colon else f"{where} has no colon"
    text = tape.text
    line = text.find("\n", tape.ends[target.key])
    rest = text[end : line if line >= 0 else len(text)].strip(" \t\r")
    if end > (line if line >= 0 else len(text)) or (rest and not rest.startswith("#")):
        return f"{where} is not on the line of its key"
    return ""


def _why_not_inserted(tape: Tape, target: Target, where: str) -> str:
    if tape.kinds[target.node] == FLOW_MAPPING:
        return ""
    if any(_is_explicit(tape, key) for key, _ in tape.entries(target.node)):
        return f"{where} has an explicit key (`?`)"
    if _has_odd_break(tape, target.node):
        return f"{where} shares a line with a break that is no line feed"
    if has_open_end(tape, target.node):
        return f"{where} ends in a text without a line end, which a line after it would change"
    return ""


def _has_odd_break(tape: Tape, node: int) -> bool:
    """Whether its first or last line has a break inside that editors and kzd take for none."""
    text = tape.text
    if text.isascii() and "\r" not in text:  # a long line is not searched for every node on it
        return False
    start = tape.starts[node]
    first = text.rfind("\n", 0, start) + 1
    end = end_of(tape, node)
    last = next_line(text, end)
    odd = re.compile(ODD_BREAK)
    return bool(odd.search(text, first, start) or odd.search(text, end, last))


def has_open_end(tape: Tape, node: int) -> bool:
    """Whether it ends in a block scalar that the end of the text cuts off within a line."""
    leaf = last_leaf(tape, node)
    is_last = tape.ends[leaf] >= len(tape.text) or keeps_breaks(tape, leaf)
    return tape.kinds[leaf] in BLOCK_SCALARS and is_last and not tape.text.endswith("\n")


def _is_explicit(tape: Tape, key: int) -> bool:
    if "?" not in tape.text:
        return False
    start = tape.starts[key]
    line = tape.text[tape.text.rfind("\n", 0, start) + 1 : start]
    return "?" in line.replace("-", " ").split()


def is_empty(tape: Tape, node: int) -> bool:
    """Whether a node is null, or a collection with nothing in it."""
    kind = tape.kinds[node]
    if kind in (FLOW_MAPPING, FLOW_SEQUENCE):
        return tape.jumps[node] == node + 1
    return kind == PLAIN and resolved(tape.text[tape.starts[node] : tape.ends[node]]) is None


def insert_refusal(document: Document, prefix: FieldPath) -> str:
    """Why the text can't take a new resource after the one at `prefix`, empty where it can."""
    if document.frozen:
        return f"the document {document.frozen}"
    tape = document.tape
    open_end = "its last text has no line end, which a line after it would change"
    if not prefix:
        if tape.kinds[0] != MAPPING:
            return "it is JSON, which takes no second document"
        return open_end if has_open_end(tape, 0) else ""
    target = target_of(tape, prefix)
    for node in target.above:
        reason = _why_shared(tape, node)
        if reason:
            return f"the list {reason}"
    if target.above[-1] in tape.marked:
        return "the list has an anchor, which must be taken away for another item"
    if _has_odd_break(tape, target.node):
        return "it shares a line with a break that is no line feed"
    is_block = tape.kinds[target.above[-1]] == SEQUENCE
    return open_end if is_block and has_open_end(tape, target.node) else ""
