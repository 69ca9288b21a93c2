"""Streams cut into documents, and a look at their kinds without parsing them."""

from __future__ import annotations

from random import Random

import pytest

from kzd.text.split import (
    ends_early,
    has_content,
    helm_source,
    sniffed_kind,
    spans,
    why_not_kubernetes,
)

MARK = b"\xef\xbb\xbf"

STREAMS: dict[str, tuple[bytes, list[bytes]]] = {
    "nothing": (b"", [b""]),
    "one document": (b"a: 1\n", [b"a: 1\n"]),
    "two": (b"a: 1\n---\nb: 1\n", [b"a: 1\n", b"---\nb: 1\n"]),
    "a mark at the start and at the end": (b"---\na: 1\n---", [b"---\na: 1\n", b"---"]),
    "marks in a row": (b"---\n---\na: 1\n", [b"---\n", b"---\na: 1\n"]),
    "a comment on the mark": (b"a: 1\n--- # c\nb: 1\n", [b"a: 1\n", b"--- # c\nb: 1\n"]),
    "blanks and tabs behind the mark": (
        b"a: 1\n---  \nb: 1\n---\t\nc: 1\n",
        [b"a: 1\n", b"---  \nb: 1\n", b"---\t\nc: 1\n"],
    ),
    "CRLF": (b"a: 1\r\n---\r\nb: 1\r\n", [b"a: 1\r\n", b"---\r\nb: 1\r\n"]),
    "content on the mark's line": (b"a: 1\n--- {b: 1}\n", [b"a: 1\n", b"--- {b: 1}\n"]),
    "no mark": (b"a: 1\n---b: 1\n----\n", [b"a: 1\n---b: 1\n----\n"]),
    "an indented mark is content": (b"a: |\n  ---\n  b\n", [b"a: |\n  ---\n  b\n"]),
    "an end mark, then a mark": (b"a: 1\n...\n---\nb: 1\n", [b"a: 1\n...\n", b"---\nb: 1\n"]),
    "a byte order mark": (MARK + b"a: 1\n", [b"a: 1\n"]),
    "a byte order mark before a mark": (MARK + b"---\na: 1\n", [b"---\na: 1\n"]),
    "a later byte order mark": (b"a: 1\n---\n" + MARK + b"b: 1\n", [b"a: 1\n", b"b: 1\n"]),
    "a later byte order mark, CRLF": (b"---\r\n" + MARK + b"b: 1\r\n", [b"b: 1\r\n"]),
    "a byte order mark in the text": (b"a: " + MARK + b"b\n", [b"a: " + MARK + b"b\n"]),
    "only CR": (b"a: 1\r---\rb: 1\r", [b"a: 1\r---\rb: 1\r"]),
}


@pytest.mark.parametrize("case", STREAMS.values(), ids=STREAMS)
def test_documents(case: tuple[bytes, list[bytes]]) -> None:
    stream, expected = case

    assert [stream[start:end] for start, end in spans(stream)] == expected


def test_nothing_but_marks_lies_between_documents() -> None:
    chance = Random(1)
    parts = [
        b"---",
        b"\n",
        b"\r\n",
        MARK,
        b" ",
        b"a: 1",
        b"# c",
        b"...",
        b"\t",
        b"--- # c\n",
        b"---\n",
    ]
    for _ in range(2_000):
        stream = b"".join(chance.choices(parts, k=chance.randrange(12)))
        place = 0
        for start, end in spans(stream):
            assert stream[place:start] in (b"", MARK, b"---\n" + MARK, b"---\r\n" + MARK)
            assert start <= end
            place = end
        assert place == len(stream)


KINDS: dict[bytes, str | None] = {
    b"kind: Service\n": "Service",
    b"a: 1\nkind: Service": "Service",
    b"---\nkind: Service\r\n": "Service",
    b'kind: "Service"\n': "Service",
    b"kind: 'Service' # c\n": "Service",
    b"kind:   Service  # kind of\n": "Service",
    b"kind:\tService\n": "Service",
    b"a: 1\n": "",
    b"": "",
    b"# kind of a comment\n": "",
    b"---\n# kind\n\n": "",
    b"a: |\n  kind: Job\n": None,
    b"kind: Job\na: |\n  kind: Service\n": "Job",
    b"kind: Job\nkind: Service\n": None,
    b"items:\n- kind: Job\n": None,
    b"  kind: Job\n": None,
    b'"kind": "Job"\n': None,
    b"'kind': Job\n": None,
    b"{kind: Job}\n": None,
    b'{"kind":"Job"}\n': None,
    b"kind : Job\n": None,
    b"kind:\n": None,
    b"kind:\n  Job\n": None,
    b"kind: &a Job\n": None,
    b"kind: !!str Job\n": None,
    b"kind: |\n  Job\n": None,
    b"kind: Job more\n": None,
    b'kind: "a\\"b"\n': None,
    b'kind: Job\ndata: {"kind": 1}\n': "Job",
    b'kind: ConfigMap\ndata:\n  a: |\n    {"kind": "Job"}\n': "ConfigMap",
    b'# c\nkind: ConfigMap\n"kind": Job\n': None,
    b"kind: ConfigMap\n'kind': Job\n": None,
    b'{\nkind: ConfigMap\n, "kind": Job}\n': None,
    b'--- {"kind": Job,\nkind: ConfigMap}\n': None,
    b"? kind\n: Job\n": None,
}


@pytest.mark.parametrize("text", KINDS)
def test_the_kind_at_a_glance(text: bytes) -> None:
    assert sniffed_kind(text, 0, len(text)) == KINDS[text]


def test_only_the_document_is_looked_at() -> None:
    stream = b"kind: A\n---\nb: 1\n---\nkind: C"

    assert [sniffed_kind(stream, *span) for span in spans(stream)] == ["A", "", "C"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"# Source: chart/templates/a.yaml\nkind: A\n", "chart/templates/a.yaml"),
        (b"---\n# Source: a.yaml\r\nkind: A\n", "a.yaml"),
        (b"kind: A\n  # Source: a.yaml\n", ""),
        (b"kind: A\n", ""),
        (b"# Source: \xff.yaml\n", "\ufffd.yaml"),
    ],
)
def test_what_helm_says(text: bytes, expected: str) -> None:
    assert helm_source(text, 0, len(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", False),
        (b"\n \t\r\n", False),
        (b"# c\n  # d\n", False),
        (b"---\n", False),
        (b"--- \n# c", False),
        (b"---\r\n", False),
        (b"a", True),
        (b"# c\n  a: 1\n", True),
        (b"--- a\n", True),
        (b"---a\n", True),
        (b"--- {kind: A}\n", True),
        (b"---\t# c\n", False),
        (b"--- #\n", False),
        (MARK + b"a", True),
    ],
)
def test_content(text: bytes, expected: bool) -> None:
    assert has_content(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a: 1\n...\nb: 1\n", True),
        (b"a: 1\n... # c\nb: 1\n", True),
        (b"a: 1\n...\n...\nb: 1\n", True),
        (b"a: 1\n...\n", False),
        (b"a: 1\n...", False),
        (b"a: 1\n...\n# c\n", False),
        (b"a: 1\n....\nb: 1\n", False),
        (b"a: |\n  ...\nb: 1\n", False),
        (b"a: 1\n... b\nc: 1\n", False),
    ],
)
def test_what_stands_behind_the_end(text: bytes, expected: bool) -> None:
    assert ends_early(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"--- # c\na: 1\n", ""),
        (b"---\t\na: 1\n", ""),
        (b"a: 1\n", ""),
        (b"a: '%YAML'\n", ""),
        (b"--- {a: 1}\n", "has content on the line of its `---`, which Kubernetes refuses"),
        (b"---b\n", "has content on the line of its `---`, which Kubernetes refuses"),
        (b"%YAML 1.1\n", "has a YAML directive, which Kubernetes refuses"),
        (b"%TAG ! x\n", "has a YAML directive, which Kubernetes refuses"),
        (b"# c\n%YAML 1.1\n", "has a YAML directive, which Kubernetes refuses"),
        (b"a: 1\n...\nb: 1\n", "goes on after `...`, which Kubernetes drops silently"),
    ],
)
def test_why_not(text: bytes, expected: str) -> None:
    assert why_not_kubernetes(text) == expected
