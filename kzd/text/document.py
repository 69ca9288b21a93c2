"""Files and their documents: text, places, plain data; most documents are never parsed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.edit import FieldPath, Severity
from kzd.errors import InputError
from kzd.text.compose import compose
from kzd.text.encoding import require_utf8
from kzd.text.parser import Unreadable
from kzd.text.split import helm_source, sniffed_kind, spans, why_not_kubernetes
from kzd.text.tape import Tape

MAXIMUM_BYTES = 64 * 1024 * 1024
LIST_KINDS = ("List", "ResourceList")
TEMPLATE = "is an unrendered template, left alone; render the chart, and pipe that"
ENVELOPE_GROUP = "config.kubernetes.io/"


class Note(NamedTuple):
    """Something to tell about a document; `line` and `column` count from 1 in its file."""

    message: str
    severity: Severity
    line: int
    column: int


class Document:
    """
    One YAML document.

    `kind` is None where only parsing can tell.  `frozen` says why nothing in it may be edited,
    empty where it may.  `data` is what it means, and what the edits so far make of it.
    """

    def __init__(self, file: File, index: int, start: int, end: int) -> None:
        self.file = file
        self.index = index
        self.start = start
        self.end = end
        self.kind = sniffed_kind(file.data, start, end)
        self.notes: list[Note] = []
        self.frozen = ""
        self.is_template = False
        self.is_sops = False
        self.data: Any = None
        self._tape: Tape | None = None
        self._breaks: list[int] | None = None
        self._source: str | None = None
        self._original: Any = None

    @property
    def text(self) -> str:
        """The text without a byte order mark."""
        if self._tape is not None:
            return self._tape.text
        return self.file.data[self.start : self.end].decode("utf-8")

    def holds(self, word: bytes) -> bool:
        """Whether the text holds a word, without decoding it."""
        return self.file.data.find(word, self.start, self.end) >= 0

    @property
    def source(self) -> str:
        """The template that Helm says it comes from, empty where it says none."""
        if self._source is None:
            self._source = helm_source(self.file.data, self.start, self.end)
        return self._source

    @property
    def tape(self) -> Tape:
        """Its nodes, once it is parsed."""
        assert self._tape is not None
        return self._tape

    def parse(self) -> None:
        """Read the text, once; raises InputError."""
        if self._tape is not None or self.is_template:
            return
        if self.end - self.start > MAXIMUM_BYTES:
            limit = MAXIMUM_BYTES // (1024 * 1024)
            raise self._error(f"must be at most {limit} MiB for kzd to read it", 0)
        text = self.text
        refused = why_not_kubernetes(self.file.data[self.start : self.end])
        if refused.startswith("has a YAML directive"):
            self._tape = Tape(text)
            self._freeze(refused)
            return
        try:
            self._tape = compose(text)
        except Unreadable as error:
            if "{{" in text:
                self.is_template = True
                self._note(TEMPLATE, "info", 0)
                return
            raise self._error(error.message, error.index) from None
        if self._tape.documents > 1 and not refused:
            refused = "holds several documents without `---` lines between them"
        self._look(refused)

    def _look(self, refused: str) -> None:
        tape = self.tape
        if refused:
            self._freeze(refused)
        self.data = tape.data
        for mapping, keys in tape.doubled.items():
            if mapping == 0:
                key = tape.key(keys[0])
                raise self._error(
                    f"has `{key}` twice at its top: are two documents run together?",
                    tape.starts[keys[0]],
                )
            for key_node in keys:
                name = tape.key(key_node)
                message = f"has `{name}` twice in one mapping; Kubernetes takes the last"
                self._note(message, "warning", tape.starts[key_node])
        if isinstance(self.data, dict):
            kind = self.data.get("kind")
            self.kind = kind if isinstance(kind, str) else ""
            sops = self.data.get("sops")
            if isinstance(sops, dict) and "mac" in sops:
                self.is_sops = True
                self._note("is encrypted by SOPS; it is left alone", "info", 0)
        else:
            self.kind = ""

    def _freeze(self, why: str) -> None:
        self.frozen = why
        self._note(f"{why}; it is left alone", "warning", 0)

    def _note(self, message: str, severity: Severity, place: int) -> None:
        self.notes.append(Note(message, severity, *self._line_and_column(place)))

    def _error(self, message: str, place: int) -> InputError:
        line, column = self._line_and_column(place)
        return InputError(message, file=self.file.name, line=line, column=column)

    def _line_and_column(self, place: int) -> tuple[int, int]:
        """Line and column, from 1, of a character of the text."""
        if self._breaks is None:
            self._breaks = [match.start() for match in re.finditer("\n", self.text)]
        line = bisect_left(self._breaks, place)
        start = self._breaks[line - 1] + 1 if line else 0
        return self.file.line_of(self) + line, place - start + 1

    @property
    def resources(self) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
        """The resources in it, each with the field path that leads to it; lists are looked into."""
        if not self.frozen:
            yield from _resources((), self.data)

    @property
    def entries(self) -> list[Any]:
        """What a host numbers: itself or, of a list, its items, lists among them; none unparsed."""
        is_list = isinstance(self.data, dict) and self.data.get("kind") in LIST_KINDS
        items = self.data.get("items") if is_list else [self.data]
        return items if isinstance(items, list) else []

    def position(self, field_path: FieldPath) -> tuple[int, int]:
        """Line and column in the file of a field, or of the nearest that exists above it."""
        if self._tape is None or not self._tape.kinds:
            return self._line_and_column(0)
        return self._line_and_column(self._tape.place(field_path))

    def original(self, prefix: FieldPath) -> Any:
        """What the text says at a field path, without the edits."""
        if self._original is None:
            self._original = compose(self.text).data
        value = self._original
        for step in prefix:
            value = value[step]
        return value


def _resources(path: FieldPath, data: Any) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        return
    items = data.get("items")
    if data["kind"] in LIST_KINDS and isinstance(items, list):
        for index, item in enumerate(items):
            yield from _resources((*path, "items", index), item)
    elif data["kind"] not in LIST_KINDS:
        yield path, data


class File:
    """One input: its name, its bytes and the documents in them."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.documents = [
            Document(self, index, start, end) for index, (start, end) in enumerate(spans(data))
        ]
        self._lines: dict[int, int] = {}

    @property
    def is_resource_list(self) -> bool:
        """Whether all of it is one ResourceList of the functions specification."""
        found = [document for document in self.documents if document.kind != ""]
        if len(found) != 1:
            return False
        if found[0].kind is None:
            found[0].parse()
        if found[0].kind != "ResourceList":
            return False
        found[0].parse()
        data = found[0].data
        version = data.get("apiVersion") if isinstance(data, dict) else None
        return isinstance(version, str) and version.startswith(ENVELOPE_GROUP)

    def line_of(self, document: Document) -> int:
        """The line, from 1, on which a document begins."""
        if not self._lines:
            line, place = 1, 0
            for item in self.documents:
                line += self.data.count(b"\n", place, item.start)
                place = item.start
                self._lines[item.index] = line
        return self._lines[document.index]

    def joined(self, texts: dict[int, str]) -> bytes:
        """The bytes with some documents' texts replaced, by their place in the file."""
        if not texts:
            return self.data
        whole = memoryview(self.data)
        parts: list[bytes | memoryview] = []
        place = 0
        for index in sorted(texts):
            document = self.documents[index]
            parts += [whole[place : document.start], texts[index].encode("utf-8")]
            place = document.end
        return b"".join([*parts, whole[place:]])


def read(name: str, data: bytes) -> File:
    """The documents of some bytes, none of them parsed; raises InputError."""
    require_utf8(name, data)
    return File(name, data)
