"""Random YAML as people and machines write it, and random edits to it; chance is seeded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from kzd.edit import FieldPath

KEYS = ("name", "image", "spec", "ports", "env", "strategy", "a-b", "x.y/z", "résumé", "limits")
ODD_KEYS = ('"quoted"', "'single'", "8080", "yes", '"\\u00e9"', "spaced ", "0x10", "_", "1.5")
PLAIN = (
    "web", "80", "0755", "yes", "1e3", "25%", "http://x:80/a#b", "a b  c", "12:30", "2020-01-01",
    "-x", "don't", "naïve 😀", "1_000", "v1.2", "=", ".5", "null-ish", "x@y", "a\u00a0b",
)  # fmt: skip
QUOTED = ('"a"', "'it''s'", '"\\t\\"x\\""', '"# no"', "''", '"é\\u00e9"', "'{}'", '"a: b"')
EMPTY = ("", "null", "~", "{}", "[]", "{ }", "NULL")
COMMENTS = ("# note", "#", "# - name: old", "# kind: x", "# '\"{[ &x *y", "#: #\t")
TEXTS = ("echo", "# no comment", "", "  deeper", "kind: Job", "--- no", "é😀", "a: |", "", "- x")

Lines = list[str]


class Generator:
    """
    One random document.  `rate` is how often something odd is done at each turn.

    Lines are made for column 0 and moved right by whoever holds them, as YAML allows.
    """

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.step = self.chance.choice((1, 2, 2, 2, 3, 4, 8))
        self.dash = self.chance.choice((0, 0, 2, 1, 4))
        self.width = self.chance.choice((2, 2, 2, 2, 3, 4))
        self.rate = self.chance.choice((0.02, 0.1, 0.25))
        self.anchors: Lines = []
        self.mappings: Lines = []
        self.count = 0

    def document(self) -> bytes:
        """The bytes of a document."""
        if self._odd(0.1):
            value = self._data(0)
            indent = self.chance.choice((None, 2, 4, "\t"))
            text = json.dumps(value, indent=indent, ensure_ascii=self._odd()) + "\n"
        else:
            text = "".join(f"{line}\n" for line in self._whole())
        if self._odd():
            text = text.rstrip("\n") if self._odd(0.5) else text[:-1]
        if self._odd():
            text = text.replace("\n", "\r\n")
        elif self._odd(self.rate / 4):
            text = "".join(
                line + self.chance.choice(("\n", "\r\n")) for line in text.split("\n")[:-1]
            )
        return (b"\xef\xbb\xbf" if self._odd() else b"") + text.encode()

    def envelope(self) -> bytes:
        """The bytes of a list of such documents."""
        if self._odd(0.3):
            data = {"kind": "L", "items": [self._data(1) for _ in range(3)]}
            if self._odd(0.5):
                data["results"] = [{"message": "old"}]
            indent = self.chance.choice((None, 2, 4, "\t"))
            return json.dumps(data, indent=indent).encode()
        items = [line for _ in range(3) for line in [*self._resource(), *self._noise()]]
        entries = [["kind: L"], ["items:" + self._tail(), *self._moved(items, self.dash)]]
        if self._odd(0.5):
            entries.append(self.chance.choice((["results: []"], ["results:", "- message: old"])))
        self.chance.shuffle(entries)
        end = self.chance.choice(("\n", "\n", "\r\n"))
        text = end.join(line for entry in entries for line in entry)
        return (text + end * (not self._odd())).encode()

    def _resource(self) -> Lines:
        first, *rest = self._moved(self._mapping(1), self.width)
        return ["-" + first[1:], *rest]

    def _whole(self) -> Lines:
        lines = self._mapping(0)
        if self._odd():
            lines = self._moved(lines, self.chance.randrange(1, 4))
        if self._odd(0.2):
            lines = [self.chance.choice(("---", "--- # why", "---  ")), *lines]
        if self._odd():
            lines.append(self.chance.choice(("...", "... # end", "# the end", "", "  # end")))
        return lines

    def _odd(self, rate: float | None = None) -> bool:
        return self.chance.random() < (self.rate if rate is None else rate)

    def _moved(self, lines: Lines, columns: int) -> Lines:
        return [" " * columns + line if line else line for line in lines]

    def _noise(self) -> Iterator[str]:
        while self._odd():
            kind = self.chance.randrange(4)
            if kind == 0:
                yield ""
            elif kind == 1:
                yield " " * self.chance.randrange(9)
            else:
                yield " " * self.chance.randrange(9) + self.chance.choice(COMMENTS)

    def _tail(self) -> str:
        if self._odd():
            return self.chance.choice(("", " ", "  ")) + " " + self.chance.choice(COMMENTS)
        return self.chance.choice((" ", "\t", "  ")) if self._odd(self.rate / 4) else ""

    def _mapping(self, depth: int) -> Lines:
        lines: Lines = []
        names = self.chance.sample(KEYS, self.chance.randrange(1, 4))
        if self._odd():
            names.append(self.chance.choice(ODD_KEYS))
        if self._odd(self.rate / 10):
            names.append(names[0])
        self.chance.shuffle(names)
        for name in names:
            if lines:
                lines += self._noise()
            if self.mappings and self._odd(self.rate / 2):
                lines.append(f"<<: *{self.chance.choice(self.mappings)}")
            if self._odd(self.rate / 8):
                lines += self._explicit(name, depth)
            else:
                lines += self._entry(name, depth)
        return lines

    def _explicit(self, name: str, depth: int) -> Lines:
        first, *rest = self._item(depth + 1, 2)
        return [f"? {name}", ":" + first[1:], *rest]

    def _entry(self, name: str, depth: int) -> Lines:
        mark = self._mark() if self._odd(self.rate / 3) else ""
        kind = self.chance.random() + depth * 0.06
        if kind < 0.3:
            step = self.step if not self._odd() else self.chance.randrange(1, 6)
            head = f"{name}:{mark}{self._tail()}"
            lines = [head, *self._noise(), *self._moved(self._mapping(depth + 1), step)]
            if mark.startswith(" &"):
                self.mappings.append(mark[2:])
        elif kind < 0.5:
            dash = self.dash if not self._odd() else self.chance.randrange(5)
            head = f"{name}:{mark}{self._tail()}"
            lines = [head, *self._noise(), *self._moved(self._sequence(depth + 1), dash)]
        else:
            first, *rest = self._value(depth)
            mark = "" if first.startswith("*") else mark
            lines = [f"{name}:{mark}{' ' if first else ''}{first}", *rest]
        if mark.startswith(" &"):
            self.anchors.append(mark[2:])
        return lines

    def _mark(self) -> str:
        if self._odd(0.6):
            self.count += 1
            return f" &m{self.count}"
        return self.chance.choice((" !!str", " !custom", " !"))

    def _sequence(self, depth: int) -> Lines:
        lines: Lines = []
        for _ in range(self.chance.randrange(1, 4)):
            if lines:
                lines += self._noise()
            lines += self._item(depth, self.width if not self._odd() else 2)
        return lines

    def _item(self, depth: int, width: int) -> Lines:
        kind = self.chance.random() + depth * 0.06
        if kind < 0.6:
            lines = self._mapping(depth + 1)
            if self._odd():
                return ["-" + self._tail(), *self._moved(lines, width)]
            first, *rest = self._moved(lines, width)
            return ["-" + first[1:], *rest]
        if kind < 0.65:
            first, *rest = self._moved(self._sequence(depth + 1), width)
            return ["-" + first[1:], *rest]
        first, *rest = self._value(depth)
        return ["-" + (" " * (width - 1) + first if first else ""), *rest]

    def _value(self, depth: int) -> Lines:
        """A scalar or flow collection: its first line stands behind the key."""
        kind = self.chance.random()
        if kind < 0.35:
            return [self.chance.choice(PLAIN) + self._tail()]
        if kind < 0.45:
            return [self.chance.choice(QUOTED) + self._tail()]
        if kind < 0.6:
            return [self.chance.choice(EMPTY) + self._tail()]
        if kind < 0.75:
            return self._block_scalar()
        if kind < 0.8:
            return self._long()
        if self.anchors and kind < 0.83:
            return [f"*{self.chance.choice(self.anchors)}" + self._tail()]
        first, *rest = self._flow(depth)
        return [first, *self._moved(rest, 1 + self.chance.randrange(6))]

    def _block_scalar(self) -> Lines:
        chomping = self.chance.choice(("", "", "-", "+"))
        step = self.chance.choice((1, 2, 2, 4))
        texts = [self.chance.choice(TEXTS) for _ in range(self.chance.randrange(1, 5))]
        hint = ""
        if next((text for text in texts if text), " ").startswith(" "):
            hint = str(step)
        header = (
            self.chance.choice("|>")
            + self.chance.choice((hint + chomping, chomping + hint))
            + self._tail()
        )
        lines = self._moved(texts, step)
        for _ in range(self.chance.choice((0, 0, 0, 1, 2))):
            lines.append(" " * self.chance.choice((0, 0, step, step + 1)))
        return [header, *lines]

    def _long(self) -> Lines:
        quote = self.chance.choice(("", "'", '"'))
        middle = [""] if self._odd() else []
        return [f"{quote}one", *middle, *self._moved([f"two{quote}{self._tail()}"], 2)]

    def _flow(self, depth: int) -> Lines:
        text = self._flow_text(depth)
        lines = text.split("\n")
        return [*lines[:-1], lines[-1] + self._tail()]

    def _flow_text(self, depth: int) -> str:
        is_mapping = self._odd(0.7)
        opening, closing = "{}" if is_mapping else "[]"
        parts = []
        for name in self.chance.sample(KEYS, self.chance.randrange(1, 4)):
            parts.append(self._flow_entry(name, depth) if is_mapping else self._flow_value(depth))
        blank = self.chance.choice((" ", " ", "")) if not self._odd() else "\n  "
        text = f",{blank}".join(parts)
        if self._odd():
            text += self.chance.choice((",", " ,", ", "))
        if blank == "\n  " and self._odd(0.7):
            ending = f" {self.chance.choice(COMMENTS)}" if self._odd() else ""
            return f"{opening}\n  {text}{ending}\n{closing}"
        return opening + text + self.chance.choice(("", " ")) * self._odd() + closing

    def _flow_entry(self, name: str, depth: int) -> str:
        if self._odd(self.rate / 4):
            return self.chance.choice((name, f"{name}: "))
        if self._odd():
            return f'"{name}":{self._flow_value(depth)}'
        return f"{name}: {self._flow_value(depth)}"

    def _flow_value(self, depth: int) -> str:
        kind = self.chance.random()
        if kind + depth * 0.06 < 0.3:
            return self._flow_text(depth + 1)
        if kind < 0.4:
            return self.chance.choice(("null", "~", "{}", "[]"))
        if kind < 0.6:
            return self.chance.choice(QUOTED)
        return self.chance.choice(("web", "80", "0755", "25%", "a b", "x@y", "1e3"))

    def _data(self, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name in self.chance.sample(KEYS, self.chance.randrange(1, 5)):
            kind = self.chance.randrange(6)
            if kind < 2 and depth < 4:
                data[name] = self._data(depth + 1)
            elif kind == 2 and depth < 4:
                data[name] = [self._data(depth + 1) for _ in range(self.chance.randrange(3))]
            else:
                data[name] = self.chance.choice((1, "x", None, {}, [], True, "é", 2.5, "a\nb"))
        return data


VALUES: tuple[Any, ...] = (
    0, 30, "web", "yes", "0755", "25%", True, {}, [], "a: b", "multi\nline", "é", "", 1.5,
    {"httpGet": {"path": "/ready", "port": "http"}}, {"sleep": {"seconds": 15}},
    {"exec": {"command": ["sh", "-c", "sleep 5"]}}, [{"name": "a", "value": "b: c"}],
    ["x", ["y"]], [{}], [[]],
)  # fmt: skip
NEW_KEYS = ("lifecycle", "preStop", "new", "x.y/new")


def random_document(seed: int) -> bytes:
    """The bytes of a document; nearly all can be read."""
    return Generator(seed).document()


def random_list(seed: int) -> bytes:
    """The bytes of a list of resources, as a ResourceList or as JSON."""
    return Generator(seed).envelope()


def edits_of(data: Any, seed: int, above: FieldPath = ()) -> list[tuple[FieldPath, Any]]:
    """
    Fields of the data to set: unset ones, empty ones, numbers; none of them twice.

    `above` is the field path that leads to the data.
    """
    chance = Random(seed)
    places = list(_nodes(above, data))
    edits: list[tuple[FieldPath, Any]] = []
    for _ in range(chance.randrange(1, 6)):
        path, value = chance.choice(places)
        if isinstance(value, dict):
            path = (*path, *chance.sample(NEW_KEYS, chance.randrange(1, 4)))
        elif path == above or not (value in (None, []) or type(value) is int):
            continue
        new = value + 7 if type(value) is int else deepcopy(chance.choice(VALUES))
        if not any(_meet(path, other) for other, _ in edits):
            edits.append((path, new))
    return edits


def _meet(path: FieldPath, other: FieldPath) -> bool:
    """Whether one of them leads through the other."""
    length = min(len(path), len(other))
    return path[:length] == other[:length]


def _nodes(path: FieldPath, data: Any) -> Iterator[tuple[FieldPath, Any]]:
    yield path, data
    if isinstance(data, dict):
        for key, item in data.items():
            yield from _nodes((*path, key), item)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _nodes((*path, index), item)
