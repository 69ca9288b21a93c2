"""Texts to nodes and data: by the C parser, by the pure one, and for hostile input by neither."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

import kzd.text.compose
import kzd.text.document
from kzd.errors import InputError, SelfCheckFailed
from kzd.text.compose import MAXIMUM_SECOND_OPINION, compose
from kzd.text.composer import MAXIMUM_EXPANDED, MAXIMUM_LEVELS
from kzd.text.parser import HAS_C_PARSER, Unreadable, fast_events
from kzd.text.splice import splice
from kzd.text.tape import DOUBLE, FLOW_MAPPING, LITERAL, MAPPING, PLAIN, SEQUENCE, Tape
from tests.corpus_run import WHY_SKIPPED, corpus, files
from tests.engine import only_document, try_edits
from tests.random_yaml import edits_of, random_document
from tests.readings import READINGS
from tests.test_document import STREAMS
from tests.test_splice import EDITED, REFUSED, edited


def test_the_c_parser_is_installed() -> None:
    """The dependency brings it; without it everything is ten times slower."""
    assert HAS_C_PARSER


@pytest.fixture
def without_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kzd.text.compose, "HAS_C_PARSER", False)


# Nodes


def spans(tape: Tape) -> Iterator[tuple[int, str]]:
    """The nodes that are no ends, each with its text."""
    for node, kind in enumerate(tape.kinds):
        if kind in (MAPPING, SEQUENCE):
            yield kind, ""
        elif tape.jumps[node] != node or kind < MAPPING - 2:
            yield kind, tape.text[tape.starts[node] : tape.ends[node]]


def test_nodes_and_their_text() -> None:
    tape = compose('a: &x 1 # c\n"b":\n- {c: !!str d, e: }\n- |+\n  f\n\n# g\n')

    assert list(spans(tape)) == [
        (MAPPING, ""),
        (PLAIN, "a"),
        (PLAIN, "&x 1"),
        (DOUBLE, '"b"'),
        (SEQUENCE, ""),
        (FLOW_MAPPING, "{c: !!str d, e: }"),
        (PLAIN, "c"),
        (PLAIN, "!!str d"),
        (PLAIN, "e"),
        (PLAIN, ""),
        (LITERAL, "|+\n  f\n\n"),
    ]
    assert [tape.text[tape.starts[node] :][:2] for node in sorted(tape.marked)] == ["&x", "!!"]


@pytest.mark.parametrize("text", ["😀: é\nb:\n  ü: 1\n", "\u00e9: |\n  😀\nb: 2\n"])
def test_places_count_characters(text: str) -> None:
    tape = compose(text)
    last = tape.place(("b", "ü"))

    assert tape.text[last] in "übr"
    assert tape.column(last) == text.split("\n")[text.count("\n", 0, last)].index(tape.text[last])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\nb: 1\n", 2),
        ("a:  # c\nb: 1\n", 2),
        ("a:", 2),
        ("a :\n", 3),
        ("'a':  \n", 4),
        ("x: {a: , b: 1}\n", 7),
        ("x: {a:   }\n", 7),
        ("x: {a:\n  }\n", 6),
        ("x: {a # :\n  }\n", 5),
        ("m:\n  ? a\n\nb: 1\n", 8),
        ("- # - c\n-\n- x\n", 1),
        ("- x # - y\n-\n", 11),
        ("- a: 1 # -\n-\n", 12),
    ],
)
@pytest.mark.parametrize("has_c", [True, False], ids=["C", "pure"])
def test_where_nothing_stands(
    text: str, place: int, has_c: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kzd.text.compose, "HAS_C_PARSER", has_c)
    tape = compose(text)
    empty = [
        node for node, kind in enumerate(tape.kinds) if kind == PLAIN and is_nothing(tape, node)
    ]

    assert tape.starts[empty[0]] == place


def is_nothing(tape: Tape, node: int) -> bool:
    return tape.starts[node] == tape.ends[node]


def test_keys_that_are_not_spelled_as_they_read() -> None:
    tape = compose("8080: a\n'it''s': b\n\"\\u0061\": c\nyes: d\n'plain': e\n")

    assert [tape.key(key) for key, _ in tape.entries(0)] == ["8080", "it's", "a", "true", "plain"]
    assert sorted(tape.odd_keys.values()) == ["a", "it's", "true"]


def test_keys_that_occur_twice() -> None:
    tape = compose("a: {b: 1, b: 2}\nc:\n  <<: &x {d: 1}\n  d: 2\n1: x\n'1': z\n")

    assert {tape.key(key) for keys in tape.doubled.values() for key in keys} == {"b", "1"}
    assert tape.data == {"a": {"b": 2}, "c": {"d": 2}, "1": "z"}
    assert len(tape.merging) == 1


@pytest.mark.parametrize("has_c", [True, False], ids=["C", "pure"])
def test_anchors_end_with_their_document(has_c: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kzd.text.compose, "HAS_C_PARSER", has_c)

    with pytest.raises(Unreadable, match="has no anchor of this alias before it"):
        compose("a: &x 1\n---\nb: *x\n")
    assert compose("a: 1\n---\nb: 2\n").data == {"a": 1}


@pytest.mark.parametrize("text", ["\ufeffa: 1\n", "a: 1\n\ufeffb: 2\n", "# c\n\ufeffa: 1\n"])
def test_a_byte_order_mark_stands_before_the_text(text: str) -> None:
    with pytest.raises(Unreadable, match="must have a byte order mark at its start only") as error:
        compose(text)

    assert text[error.value.index] == "\ufeff"


# The pure parser, and the second opinion

TEXTS = [
    *READINGS,
    *(case.text for case in EDITED.values()),
    *(case[0] for case in REFUSED.values()),
    *(case.text for case in STREAMS.values()),
]
ONLY_PURE_REFUSES = ("\t", "\x85", "\u2028", "\u2029", "a: |\n \n  x\n")


def read(text: str) -> Any:
    """Everything that is known of a text, or None where it can't be read."""
    try:
        tape = compose(text)
    except Unreadable:
        return None
    block_ends = {
        tape.jumps[node] for node, kind in enumerate(tape.kinds) if kind in (MAPPING, SEQUENCE)
    }
    return (
        repr(tape.data),
        tape.documents,
        bytes(tape.kinds),
        list(tape.starts),
        list(tape.jumps),
        [end for node, end in enumerate(tape.ends) if tape.jumps[node] not in block_ends],
        tape.marked,
        tape.merging,
        tape.doubled,
        tape.odd_keys,
    )


@pytest.mark.parametrize("text", TEXTS)
def test_the_pure_parser_reads_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = kzd.text.document.read("-", text.encode()).documents
    fast = [read(document.text) for document in documents]
    monkeypatch.setattr(kzd.text.compose, "HAS_C_PARSER", False)
    pure = [read(document.text) for document in documents]

    if None in pure and any(odd in text for odd in ONLY_PURE_REFUSES):
        return
    assert pure == fast


@pytest.mark.usefixtures("without_c")
@pytest.mark.parametrize("name", EDITED)
def test_the_pure_parser_writes_the_same(name: str) -> None:
    case = EDITED[name]
    try:
        only_document(case.text)
    except InputError:
        assert any(odd in case.text for odd in ONLY_PURE_REFUSES)
        return

    assert edited(case.text, *case.wishes) == case.expected


def outcome(data: bytes, seed: int) -> Any:
    """What becomes of random edits in some document: the text and the reasons, None if unread."""
    try:
        document = only_document(data)
    except InputError:
        return None
    if document.is_template:
        return "a template"
    changes, reasons = try_edits(document, edits_of(document.data, seed))
    try:
        return splice(document, changes), reasons
    except SelfCheckFailed as error:
        return error.message


def test_the_pure_parser_writes_the_same_into_random_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = [random_document(seed) for seed in range(400)]
    fast = [outcome(data, seed) for seed, data in enumerate(documents)]
    monkeypatch.setattr(kzd.text.compose, "HAS_C_PARSER", False)
    pure = [outcome(data, seed) for seed, data in enumerate(documents)]
    differing = [
        documents[seed]
        for seed, result in enumerate(pure)
        if result is not None and result != fast[seed]
    ]

    assert differing == []
    assert sum(result is None for result in pure) < len(documents) / 10


@pytest.mark.skipif(corpus() is None, reason=WHY_SKIPPED)
def test_the_pure_parser_writes_the_same_into_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = corpus()
    assert folder is not None
    some = [data for data in list(files(folder).values())[::9] if len(data) < 40_000]
    fast = [outcome(data, seed) for seed, data in enumerate(some)]
    monkeypatch.setattr(kzd.text.compose, "HAS_C_PARSER", False)
    pure = [outcome(data, seed) for seed, data in enumerate(some)]

    assert [data for seed, data in enumerate(some) if pure[seed] not in (None, fast[seed])] == []
    assert sum(result is not None for result in pure) > len(some) * 0.9


SECOND_OPINION = "args: [--addr=:8080, http://web:80/]\n"


def test_what_only_the_pure_parser_reads() -> None:
    with pytest.raises(Exception, match="unexpected ':'"):
        list(fast_events(SECOND_OPINION))

    assert compose(SECOND_OPINION).data == {"args": ["--addr=:8080", "http://web:80/"]}


@pytest.mark.parametrize(
    "more", ["b: 1\t\n", "b: 'x\ty'\n", "b: 'x\u2028'\n", "# " + "x" * MAXIMUM_SECOND_OPINION]
)
def test_where_the_pure_parser_is_not_asked(more: str) -> None:
    with pytest.raises(Unreadable, match="unexpected ':'"):
        compose(SECOND_OPINION + more)


@pytest.mark.usefixtures("without_c")
@pytest.mark.parametrize(
    "text", ["a: [\n", "a: 1\n\tb: 2\n", "a: x\u2028y\n", "a: \x07\n", "a: |x\n"]
)
def test_the_pure_parser_says_what_is_wrong(text: str) -> None:
    with pytest.raises(Unreadable, match="is not YAML"):
        compose(text)


# Hostile input

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 10)
)
CHAIN = "a0: &a0 [x]\n" + "".join(
    f"a{level}: &a{level} [*a{level - 1}]\n" for level in range(1, 2 * MAXIMUM_LEVELS)
)
MERGES = "a0: &a0 {k: 1}\n" + "".join(
    f"a{level}: &a{level}\n  <<: *a{level - 1}\n  k{level}: 1\n"
    for level in range(1, 2 * MAXIMUM_LEVELS)
)
DEEP = f"a: &a {'[' * 600}{']' * 600}\nb: {'[' * 600}*a{']' * 600}\n"
WIDE = "a: &a [" + "x, " * 5_000 + "]\nb: [" + "*a, " * 5_000 + "]\n"


@pytest.mark.parametrize(
    "text", [BOMB, CHAIN, MERGES, WIDE, DEEP], ids=["bomb", "chain", "merges", "wide", "deep"]
)
@pytest.mark.parametrize("has_c", [True, False], ids=["C", "pure"])
def test_aliases_do_not_expand_without_end(
    text: str, has_c: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kzd.text.compose, "HAS_C_PARSER", has_c)

    with pytest.raises(Unreadable, match=f"must not expand to over {MAXIMUM_EXPANDED} nodes"):
        compose(text)


NESTED = {
    "lists": "[" * 100_000,
    "closed lists": "[" * 100_000 + "]" * 100_000,
    "mappings": "{a: " * 100_000,
    "dashes": "- " * 100_000 + "a",
    "block mappings": "\n".join(" " * level + "a:" for level in range(3_000)),
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_deep_nesting_stops_early(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events are counted: the parser itself would take minutes for all of them."""
    count = 0

    def counted(whole: str) -> Iterator[Any]:
        nonlocal count
        for event in fast_events(whole):
            count += 1
            yield event

    monkeypatch.setattr(kzd.text.compose, "fast_events", counted)

    with pytest.raises(Unreadable, match=f"must not be deeper than {MAXIMUM_LEVELS} levels"):
        compose(text)
    assert count <= 2 * MAXIMUM_LEVELS + 10


def test_as_deep_as_may_be() -> None:
    text = "[" * MAXIMUM_LEVELS + "]" * MAXIMUM_LEVELS

    assert len(compose(text).kinds) == 2 * MAXIMUM_LEVELS


def test_a_line_of_many_megabytes() -> None:
    text = f"a: {'x' * 30_000_000}\nb:\n  c: 1\n"
    tracemalloc.start()
    document = only_document(text)
    changes, _ = try_edits(document, [("b.d", 1)])
    new = splice(document, changes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert new.endswith("xxx\nb:\n  c: 1\n  d: 1\n")
    assert peak < 20 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "9" * 1_000_000,
        "9" * 500 + ": a",
        "a: 0x" + "f" * 1_000_000,
        "a: !!int " + "1_" * 10_000,
    ],
    ids=lambda text: text[:8],
)
def test_endless_numbers(text: str) -> None:
    assert compose(text + "\n").data
