"""A document's nodes on a tape: where each begins and ends, and the plain data beside it."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from typing import Any

from kzd.edit import FieldPath

PLAIN, SINGLE, DOUBLE, LITERAL, FOLDED, ALIAS = range(6)
SEQUENCE, FLOW_SEQUENCE, MAPPING, FLOW_MAPPING, END, FLOW_END = range(6, 12)
MAPPINGS = (MAPPING, FLOW_MAPPING)
SEQUENCES = (SEQUENCE, FLOW_SEQUENCE)

_BETWEEN = r"(?:[ \t\r\n]|#[^\n]*|[&!][^ \t\r\n]*)*"


class Tape:
    """
    The nodes of one text in their order: `kinds`, and the characters where each `starts` and
    `ends`.  `jumps` leads from a collection to its end.  A block collection's own end lies after
    the comments that follow it.

    `marked` are nodes that begin with an anchor or a tag, `shared` those of them with a tag or with
    an alias elsewhere, `merging` mappings with a merge key, `doubled` the keys that occur twice, by
    their mapping, `odd_keys` the texts of keys that are not spelled as they read.  `data` is what
    the first document means.  `usual_style` is for `layout` to remember.
    """

    __slots__ = (
        "_items", "data", "documents", "doubled", "ends", "jumps", "kinds", "marked", "merging",
        "odd_keys", "shared", "starts", "text", "usual_style",
    )  # fmt: skip

    def __init__(self, text: str) -> None:
        self.text = text
        self.kinds = bytearray()
        self.starts = array("I")
        self.ends = array("I")
        self.jumps = array("I")
        self.marked: set[int] = set()
        self.shared: set[int] = set()
        self.merging: set[int] = set()
        self.doubled: dict[int, list[int]] = {}
        self.odd_keys: dict[int, str] = {}
        self.documents = 0
        self.data: Any = None
        self.usual_style: tuple[int, int] | None = None
        self._items: dict[int, list[int]] = {}

    def entries(self, mapping: int) -> Iterator[tuple[int, int]]:
        """The keys of a mapping, each with its value."""
        key, end = mapping + 1, self.jumps[mapping]
        while key < end:
            value = self.jumps[key] + 1
            yield key, value
            key = self.jumps[value] + 1

    def items(self, sequence: int) -> list[int]:
        """The items of a sequence, remembered: those of a long list are asked for one by one."""
        if sequence not in self._items:
            found = self._items[sequence] = []
            item, end = sequence + 1, self.jumps[sequence]
            while item < end:
                found.append(item)
                item = self.jumps[item] + 1
        return self._items[sequence]

    def key(self, node: int) -> str:
        """The text of a key."""
        if node in self.odd_keys:
            return self.odd_keys[node]
        raw = self.text[self.starts[node] : self.ends[node]]
        return raw[1:-1] if self.kinds[node] in (SINGLE, DOUBLE) else raw

    def entry(self, mapping: int, key: str) -> tuple[int, int] | None:
        """The key and value of the last entry of that name, as Kubernetes takes it."""
        found = None
        for node, value in self.entries(mapping):
            if self.key(node) == key:
                found = node, value
        return found

    def column(self, index: int) -> int:
        """How many characters of its line are before a character."""
        return index - (self.text.rfind("\n", 0, index) + 1)

    def place(self, field_path: FieldPath) -> int:
        """The character where a field's key, or the nearest that exists above it, begins."""
        node = 0
        place = self.starts[0]
        for step in field_path:
            if isinstance(step, str):
                entry = self.entry(node, step) if self.kinds[node] in MAPPINGS else None
                if entry is None:
                    break
                key, node = entry
                place = self.starts[key]
            else:
                items = self.items(node) if self.kinds[node] in SEQUENCES else []
                if step >= len(items):
                    break
                node = items[step]
                place = self.starts[node]
        return place

    def empty_place(self, next_token: int, mark: str, *, is_flow: bool) -> int:
        """
        Where a value is that nothing stands for: after its colon or dash, in flow past a blank.

        Parsers may tell the next token, with comments before it.  Where neither colon nor dash
        stands it is after the last node.
        """
        text = self.text
        last = self.starts[-1] if self.kinds[-1] in (MAPPING, SEQUENCE) else self.ends[-1]
        found = re.compile(_BETWEEN).match(text, last, next_token)
        place = found.end() if found else last
        if place >= next_token or text[place] != mark:
            return last
        is_apart = is_flow and text[place + 1 : place + 2] == " "
        return place + 2 if is_apart else place + 1
