"""Files and documents: what is read, what is told about it, and what is left alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import kzd.text.document
from kzd.edit import path
from kzd.errors import InputError
from kzd.text.document import File, Note, read
from tests.engine import only_document

MARK = "\ufeff"


class Stream(NamedTuple):
    text: str
    data: list[Any]
    notes: list[Note] = []  # noqa: RUF012
    frozen: list[int] = []  # noqa: RUF012


def left_alone(why: str, line: int = 1) -> Note:
    return Note(f"{why}; it is left alone", "warning", line, 1)


def parsed(name: str, text: str) -> File:
    """A file with all its documents read."""
    file = read(name, text.encode())
    for document in file.documents:
        document.parse()
    return file


REFUSES_DIRECTIVE = "has a YAML directive, which Kubernetes refuses"
REFUSES_CONTENT = "has content on the line of its `---`, which Kubernetes refuses"
DROPS = "goes on after `...`, which Kubernetes drops silently"
SEVERAL = "holds several documents without `---` lines between them"

STREAMS = {
    "nothing": Stream("", [None]),
    "only comments": Stream("# a\n---\n# b\n", [None, None]),
    "a comment on the mark": Stream("--- # c\na: 1\n---\t\nb: 1\n", [{"a": 1}, {"b": 1}]),
    "marks in a row and at the end": Stream("---\n---\na: 1\n---\n", [None, {"a": 1}, None]),
    "content on the mark's line": Stream(
        "--- {a: 1}\n---\nb: 1\n", [{"a": 1}, {"b": 1}], [left_alone(REFUSES_CONTENT)], [0]
    ),
    "content behind three dashes": Stream(
        "---b: 1\n", [{"---b": 1}], [left_alone(REFUSES_CONTENT)], [0]
    ),
    "an end mark before a mark": Stream("a: 1\n...\n---\nb: 1\n", [{"a": 1}, {"b": 1}]),
    "a document behind an end mark": Stream(
        "c: 1\n---\na: 1\n...\nb: 1\n", [{"c": 1}, {"a": 1}], [left_alone(DROPS, 2)], [1]
    ),
    "an end mark and comments": Stream("a: 1\n... # c\n# d\n", [{"a": 1}]),
    "a directive": Stream(
        "%YAML 1.1\n---\na: 1\n", [None, {"a": 1}], [left_alone(REFUSES_DIRECTIVE)], [0]
    ),
    "a tag directive": Stream(
        "%TAG ! x\n---\na: 1\n", [None, {"a": 1}], [left_alone(REFUSES_DIRECTIVE)], [0]
    ),
    "CRLF": Stream("a: 1\r\n---\r\nb: |\r\n  c\r\n", [{"a": 1}, {"b": "c\n"}]),
    "only CR, one document": Stream("a: 1\rb: 2\r", [{"a": 1, "b": 2}]),
    "only CR, two documents": Stream("a: 1\r---\rb: 2\r", [{"a": 1}], [left_alone(SEVERAL)], [0]),
    "byte order marks": Stream(f"{MARK}a: 1\n---\n{MARK}b: 1\n", [{"a": 1}, {"b": 1}]),
    "no final newline": Stream("a: 1\n---\nb: 1", [{"a": 1}, {"b": 1}]),
    "a template": Stream(
        "a: 1\n---\nb: {{ .x }}\nc: {{ .y }}: {\n",
        [{"a": 1}, None],
        [
            Note(
                "is an unrendered template, left alone; render the chart, and pipe that",
                "info",
                2,
                1,
            )
        ],
    ),
    "a template's mapping for a key": Stream(
        "b: {{ x }}\n",
        [None],
        [
            Note(
                "is an unrendered template, left alone; render the chart, and pipe that",
                "info",
                1,
                1,
            )
        ],
    ),
    "braces in a scalar": Stream("b: '{{ x }}'\n", [{"b": "{{ x }}"}]),
    "encrypted by SOPS": Stream(
        "a: ENC[x]\nsops: {mac: x}\n",
        [{"a": "ENC[x]", "sops": {"mac": "x"}}],
        [Note("is encrypted by SOPS; it is left alone", "info", 1, 1)],
    ),
    "what only has the name of SOPS": Stream("sops: {a: 1}\n", [{"sops": {"a": 1}}]),
    "a key twice": Stream(
        "b: 1\n---\n\na:\n  x: 1\n  z: 2\n  x: 3\n",
        [{"b": 1}, {"a": {"x": 3, "z": 2}}],
        [Note("has `x` twice in one mapping; Kubernetes takes the last", "warning", 7, 3)],
    ),
    "tab behind a value": Stream("a: 1\t\nb:\tc\n", [{"a": 1, "b": "c"}]),
    "texts that look like documents": Stream(
        "a: |\n  kind: Job\n  --- \n  ...\nb: 1\n", [{"a": "kind: Job\n--- \n...\n", "b": 1}]
    ),
}


@pytest.mark.parametrize("case", STREAMS.values(), ids=STREAMS)
def test_a_stream(case: Stream) -> None:
    file = parsed("-", case.text)

    assert [document.data for document in file.documents] == case.data
    assert [note for document in file.documents for note in document.notes] == case.notes
    assert [item.index for item in file.documents if item.frozen] == case.frozen


@pytest.mark.parametrize("case", STREAMS.values(), ids=STREAMS)
def test_what_is_not_edited_is_the_same_bytes(case: Stream) -> None:
    file = parsed("-", case.text)

    assert file.joined({}) == case.text.encode()
    assert file.joined({item.index: item.text for item in file.documents}) == case.text.encode()


UNREADABLE = {
    "a tab that indents": (
        "kind: A\n\tb: 1\n",
        2,
        1,
        "found a tab character that violates indentation",
    ),
    "broken syntax": ("a: 1\n---\nb:\n  c: [1\n", 5, 1, "did not find expected ',' or ']'"),
    "quotes that stay open": ('a: 1\nb: "c\n', 2, 4, "the quotes that open here are never closed"),
    "a leading at-sign": ("kind: A\nb: @x@\n", 2, 4, "cannot start any token"),
    "a control character": ("a: \u0007\n", 1, 1, "control characters are not allowed"),
    "a delete character": ("a: \x7f\n", 1, 1, "control characters are not allowed"),
    "an alias to nothing": ("a: *b\n", 1, 4, "has no anchor of this alias before it"),
    "an alias to itself": ("a: &a [*a]\n", 1, 8, "has no anchor of this alias before it"),
    "an anchor of the document before": (
        "a: &x 1\n---\nb: *x\n",
        3,
        4,
        "has no anchor of this alias before it",
    ),
    "null for a key": ("a:\n  ~: 1\n", 2, 3, "has null for a key"),
    "a list for a key": ("a: 1\n? [b]\n: 1\n", 2, 3, "has a collection for a key"),
    "a merge of a scalar": ("a: &x 1\nb:\n  <<: *x\n", 3, 3, "merges what is no mapping"),
    "a byte order mark behind a comment": (
        "a: 1\n---\n# Source: x\n\ufeffkind: A\n",
        4,
        1,
        "must have a byte order mark at its start only",
    ),
    "a key twice at the top": (
        "a: 1\nkind: A\n---\nb: 1\nkind: B\nb: 2\n",
        6,
        1,
        "has `b` twice at its top: are two documents run together?",
    ),
    "two JSON documents": ('{"a": 1}\n{"b": 1}\n', 2, 1, "did not find expected <document start>"),
    "over a thousand levels": (
        "a: " + "[" * 1_001 + "\n",
        1,
        1_003,
        "must not be deeper than 1000 levels",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cant_be_read_is_told_with_its_place(case: tuple[str, int, int, str]) -> None:
    text, line, column, message = case

    with pytest.raises(InputError) as error:
        parsed("x.yaml", text)

    assert (error.value.file, error.value.line, error.value.column) == ("x.yaml", line, column)
    assert message in error.value.message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfea\0", "must be UTF-8, not UTF-16 (byte 0)"),
        (b"\xfe\xff\0a", "must be UTF-8, not UTF-16 (byte 0)"),
        (b"\xff\xfe\0\0a\0\0\0", "must be UTF-8, not UTF-32 (byte 0)"),
        (b"\0\0\xfe\xff\0\0\0a", "must be UTF-8, not UTF-32 (byte 0)"),
        (b"a: 1\nb: \0\n", "must be UTF-8 text: byte 8 is NUL"),
        (b"a: 1\n---\nb: \xff\n", "must be UTF-8 text: byte 12 is not"),
        (b"a: \xed\xa0\xbd\n", "must be UTF-8 text: byte 3 is not"),
        (b"a: \xc3", "must be UTF-8 text: byte 3 is not"),
        (b"\x89PNG\r\n\x1a\n", "must be UTF-8 text: byte 0 is not"),
    ],
)
def test_what_is_no_text(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        read("x.yaml", data)

    assert error.value.message == message


def test_a_document_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kzd.text.document, "MAXIMUM_BYTES", 3 * 1024 * 1024)
    file = read("-", b"a: 1\n---\nkind: Deployment\nb: " + b"x" * 3 * 1024 * 1024 + b"\n")
    file.documents[0].parse()

    with pytest.raises(InputError, match="must be at most 3 MiB for kzd to read it") as error:
        file.documents[1].parse()

    assert error.value.line == 2


def test_places_are_those_that_an_editor_shows() -> None:
    text = f"{MARK}a: 1\r\n---\r\n# é\u2028\r\nb:\r\n  😀: x\r\n  c:\r\n  - d: 1\r\n    e: 2\r\n"
    document = read("-", text.encode()).documents[1]
    document.parse()

    assert document.position(()) == (4, 1)
    assert document.position(path("b")) == (4, 1)
    assert document.position(path("b.😀")) == (5, 3)
    assert document.position(path("b.c[0]")) == (7, 5)
    assert document.position(path("b.c[0].e")) == (8, 5)
    assert document.position(path("b.c[0].new.field")) == (7, 5)
    assert document.position(path("b.c[1].new")) == (6, 3)
    assert document.position(path("z")) == (4, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: A\n", [((), "A")]),
        ("kind: List\nitems:\n- kind: A\n- kind: B\n", [(("items", 0), "A"), (("items", 1), "B")]),
        (
            "kind: ResourceList\nitems:\n- kind: List\n  items: [{kind: A}]\n- kind: B\n",
            [(("items", 0, "items", 0), "A"), (("items", 1), "B")],
        ),
        ("kind: List\nitems: [x, {a: 1}, null, {kind: 1}]\n", []),
        ("kind: List\n", []),
        ("kind: List\nitems: {a: 1}\n", []),
        ("kind: DeploymentList\nitems: [{kind: A}]\n", [((), "DeploymentList")]),
        ("- kind: A\n", []),
        ("kind: [A]\n", []),
        ("data:\n  a.yaml: |\n    kind: A\nkind: ConfigMap\n", [((), "ConfigMap")]),
        ("kind: A\n...\nkind: B\n", []),
        ("x\n", []),
    ],
)
def test_the_resources_in_a_document(text: str, expected: list[tuple[Any, str]]) -> None:
    document = only_document(text)

    assert [(where, data["kind"]) for where, data in document.resources] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n", True),
        ("apiVersion: config.kubernetes.io/v1alpha1\nkind: ResourceList\n", True),
        ('{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[]}', True),
        ("# c\n---\napiVersion: config.kubernetes.io/v1\nkind: ResourceList\n---\n# d\n", True),
        ("apiVersion: v1\nkind: ResourceList\n", False),
        ("apiVersion: v1\nkind: List\n", False),
        ("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n---\nkind: A\n", False),
        ("", False),
    ],
)
def test_an_envelope(text: str, expected: bool) -> None:
    assert read("-", text.encode()).is_resource_list is expected


def test_what_a_document_said_before_the_edits() -> None:
    document = only_document("kind: List\nitems:\n- kind: A\n  a: {}\n")
    document.data["items"][0]["a"]["b"] = 1

    assert document.original(("items", 0)) == {"kind": "A", "a": {}}


def test_nothing_is_parsed_before_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(text: str) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(kzd.text.document, "compose", fails)
    file = read("-", b"kind: A\n---\n'kind': B\n---\nc: [\n")

    assert [document.kind for document in file.documents] == ["A", None, ""]
    assert file.joined({1: "x\n"}) == b"kind: A\nx\n---\nc: [\n"


@pytest.mark.parametrize("text", ["a: {{ x }}: {\n", "a: 1\n...\nb: 1\n", "a: {b: 1, b: 2}\n"])
def test_what_is_told_is_told_once(text: str) -> None:
    document = only_document(text)
    document.parse()

    assert len(document.notes) == 1
