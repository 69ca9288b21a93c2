"""
The engine against Kubernetes' own reader, on the tables' texts, the corpus and random documents.

`KZD_FUZZ=20000` makes it try as many random documents; `KZD_FUZZ_SEED` begins elsewhere.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

import pytest

from kzd.errors import InputError
from kzd.text.document import read
from kzd.text.layout import end_of
from kzd.text.piece import Change, Insert
from kzd.text.splice import insert_refusal, splice
from kzd.text.split import has_content
from kzd.text.tape import FLOW_MAPPING, MAPPING
from kzd.text.target import is_empty, target_of
from tests.corpus_run import WHY_SKIPPED, corpus, files
from tests.engine import apply, joined, only_document, try_edits
from tests.oracle import WITHOUT_GO, Answer, answers, has_go, recorded
from tests.random_yaml import edits_of, random_document, random_list
from tests.readings import READ_OTHERWISE, READINGS
from tests.test_document import STREAMS
from tests.test_scalar import KEYS, VALUES
from tests.test_splice import CREATED, EDITED, REFUSED

DOCUMENTS = int(os.environ.get("KZD_FUZZ", "2500"))
SEED = int(os.environ.get("KZD_FUZZ_SEED", "0"))
MAXIMUM_REFUSED = 0.15
"""Random documents are full of what no one writes; the corpus test says what people meet."""

REFUSALS = {
    "anchor or a tag", "anchor that no alias uses", "is an empty item", "a key twice",
    "explicit key", "no colon", "is an alias", "a merge key",
    "without a line end", "not on the line of its key", "is not a mapping",
}  # fmt: skip

needs_go = pytest.mark.skipif(not has_go(), reason=WITHOUT_GO)
needs_corpus = pytest.mark.skipif(corpus() is None, reason=WHY_SKIPPED)

TABLE = list(
    dict.fromkeys(
        [
            *READINGS,
            *(f"a: {plain}\n" for plain in VALUES),
            *(f"{plain}: a\n" for plain in KEYS if plain),
            *(case.text for case in EDITED.values()),
            *(case.expected for case in EDITED.values()),
            *(case.expected for case in CREATED.values()),
            *(case[0] for case in REFUSED.values()),
            *(case.text for case in STREAMS.values()),
        ]
    )
)


def plain_data(stream: bytes) -> list[Any] | None:
    """The documents of a stream as kzd reads them; None where it refuses one or leaves it."""
    try:
        documents = read("-", stream).documents
        for document in documents:
            document.parse()
    except InputError:
        return None
    if any(document.frozen or document.is_template for document in documents):
        return None
    return [document.data for document in documents]


def kubernetes_data(found: list[Answer]) -> list[Any] | None:
    """The documents as Kubernetes reads them; None where it refuses one."""
    if any("error" in answer for answer in found):
        return None
    return [answer["json"] for answer in found]


def spelled(documents: list[Any] | None) -> list[str]:
    """Documents to compare: as JSON, numbers by their value, without those that are nothing."""
    return [
        json.dumps(_alike(document), sort_keys=True)
        for document in documents or []
        if document is not None
    ]


def _alike(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _alike(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_alike(item) for item in value]
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return float(value) if abs(value) > 1 << 53 else int(value)
    return float(value) if type(value) is int and abs(value) > 1 << 53 else value


# What is read


@pytest.mark.parametrize("text", TABLE)
def test_a_text_is_read_as_kubernetes_reads_it(text: str) -> None:
    ours, theirs = plain_data(terminated(text)), kubernetes_data(recorded()[text])

    if text in READ_OTHERWISE:
        assert (ours is None, spelled(ours)) != (theirs is None, spelled(theirs))
    elif theirs is None:
        assert ours is None or is_infinite(text)
    elif ours is None:
        assert any(reason in told(text.encode()) for reason in KZD_REFUSES)
    else:
        assert spelled(ours) == spelled(theirs)


KZD_REFUSES = ("is left alone", "must have a byte order mark at its start only")


def terminated(text: str) -> bytes:
    """A text whose last line ends, as Kubernetes' reader ends it before anything else."""
    return (text if text.endswith("\n") else text + "\n").encode()


def is_infinite(text: str) -> bool:
    """JSON has no such numbers, so Kubernetes refuses them; kzd leaves that to Kubernetes."""
    return bool(re.fullmatch(r"a: -?\.(inf|nan)\n", text))


def told(stream: bytes) -> str:
    """What kzd tells of a stream."""
    try:
        documents = read("-", stream).documents
        for document in documents:
            document.parse()
    except InputError as error:
        return error.message
    return " ".join(note.message for document in documents for note in document.notes)


@needs_go
def test_the_recorded_answers_are_what_go_says() -> None:
    """`python -m tests.oracle` records them."""
    assert dict(zip(TABLE, answers([text.encode() for text in TABLE]), strict=True)) == recorded()


@needs_go
@needs_corpus
def test_the_corpus_is_read_as_kubernetes_reads_it() -> None:
    """What one of both refuses is left out: kzd asks for more, such as keys that are unique."""
    folder = corpus()
    assert folder is not None
    streams = files(folder)
    found = dict(zip(streams, map(kubernetes_data, answers(list(streams.values()))), strict=True))
    ours = {name: plain_data(stream) for name, stream in streams.items()}
    both = [name for name in streams if ours[name] is not None and found[name] is not None]

    assert [name for name in both if spelled(ours[name]) != spelled(found[name])] == []
    assert len(both) > 0.9 * len(streams)


# What is written


class Done(NamedTuple):
    """
    A text, the edits that it took and what it became; `reasons` why it took no others.

    `index` is that of the edited document among those that are not empty.
    """

    seed: int
    index: int
    before: bytes
    changes: list[Change]
    after: bytes
    reasons: list[str]


def done_to(data: bytes, seed: int) -> Done | None:
    """Random edits in the one document of a text; None where it can't be read."""
    try:
        document = only_document(data)
    except InputError:
        return None
    if document.is_template or document.frozen:
        return None
    changes, reasons = try_edits(document, edits_of(document.data, seed))
    after = joined(document, splice(document, changes)).encode()
    before = document.file.documents[: document.index]
    index = sum(has_content(data[item.start : item.end]) for item in before)
    return Done(seed, index, data, changes, after, reasons)


@pytest.fixture(scope="module")
def every() -> list[Done]:
    """Random edits in random documents; none of them fails the guard."""
    seeds = range(SEED, SEED + DOCUMENTS)
    return [done for seed in seeds if (done := done_to(random_document(seed), seed))]


def test_nearly_all_random_documents_are_read(every: list[Done]) -> None:
    assert len(every) > 0.95 * DOCUMENTS


def test_refusals_are_few_and_known(every: list[Done]) -> None:
    edits = sum(len(done.changes) for done in every)
    reasons = Counter(
        next((known for known in REFUSALS if known in reason), reason)
        for done in every
        for reason in done.reasons
    )

    assert set(reasons) <= REFUSALS
    assert reasons.total() < MAXIMUM_REFUSED * (edits + reasons.total())


def test_the_lines_of_the_input_stay(every: list[Done]) -> None:
    """All but those of a value that is edited, or of the end of a flow mapping."""
    assert [done.seed for done in every if not keeps_lines(done)] == []


def keeps_lines(done: Done) -> bool:
    edited = edited_lines(done)
    after = iter(lines_of(done.after))
    return all(
        number in edited or any(line == new for new in after)
        for number, line in enumerate(lines_of(done.before))
    )


def lines_of(data: bytes) -> list[str]:
    return [line.removesuffix("\r") for line in data.decode().split("\n")]


def edited_lines(done: Done) -> set[int]:
    """The lines of the values that the edits change, by their numbers from 0."""
    document = only_document(done.before)
    tape, numbers = document.tape, set[int]()
    offset = document.file.data[: document.start].count(b"\n")
    for change in done.changes:
        target = target_of(tape, change.path)
        if tape.kinds[target.node] == MAPPING:
            continue
        end = end_of(tape, target.node)
        if tape.kinds[target.node] == FLOW_MAPPING and not is_empty(tape, target.node):
            end = end_of(tape, tape.jumps[target.node] - 1)
            start = end
        else:
            start = tape.starts[target.node]
        first, last = (offset + tape.text.count("\n", 0, place) for place in (start, end))
        numbers |= set(range(first, last + 1))
    return numbers


@needs_go
def test_the_edits_are_what_kubernetes_reads(every: list[Done]) -> None:
    """The edits made to the JSON of the input are the JSON of the output."""
    before = answers([done.before for done in every])
    after = answers([done.after for done in every])
    wrong = []
    for done, old, new in zip(every, before, after, strict=True):
        found = kubernetes_data(old)
        if found is None:
            continue
        expected = [item for item in found if item is not None]
        for change in done.changes:
            apply(expected[done.index], change.path, deepcopy(change.value))
        if spelled(expected) != spelled(kubernetes_data(new)):
            wrong.append(done.seed)

    assert wrong == []
    assert sum(kubernetes_data(old) is None for old in before) < 0.01 * len(every)


@needs_go
@needs_corpus
def test_edits_of_the_corpus_are_what_kubernetes_reads() -> None:
    folder = corpus()
    assert folder is not None
    tried = [done_to(data, seed) for seed, data in enumerate(files(folder).values())]
    some = [done for done in tried if done and done.changes]

    test_the_edits_are_what_kubernetes_reads(some)
    test_the_lines_of_the_input_stay(some)
    assert len(some) > 500


# Envelopes


def enveloped(seed: int) -> tuple[bytes, bytes, Any] | None:
    """A random list before and after new items, edits and results; and what it should mean."""
    data = random_list(seed)
    chance = Random(seed)
    try:
        document = only_document(data)
    except InputError:
        return None
    changes, _ = try_edits(document, edits_of(document.data["items"], seed, ("items",)))
    count = len(document.data["items"])
    places = sorted(chance.sample(range(count), chance.randrange(count)), reverse=True)
    inserts = [
        Insert(("items", place), {"kind": "New", "metadata": {"name": f"n{place}"}})
        for place in places
        if not insert_refusal(document, ("items", place))
    ]
    results = chance.choice(([], [{"message": "is set: so"}]))
    after = splice(document, changes, inserts=inserts, replaced={"results": results or None})
    expected = deepcopy(document.data)
    for insert in inserts:
        expected["items"].insert(int(insert.prefix[1]) + 1, insert.resource)
    expected = {key: item for key, item in expected.items() if key != "results"}
    return (
        data,
        joined(document, after).encode(),
        expected | ({"results": results} if results else {}),
    )


def test_new_items_and_results_are_what_was_meant() -> None:
    """The guard says so, and so does Kubernetes where its reader is at hand."""
    tried = [enveloped(seed) for seed in range(SEED, SEED + DOCUMENTS // 4)]
    every = [item for item in tried if item]

    assert len(every) > 0.9 * len(tried)
    assert [
        data for data, after, expected in every if spelled(plain_data(after)) != spelled([expected])
    ] == []
    if has_go():
        ended = [item for item in every if item[1].endswith(b"\n")]
        found = answers([after for _, after, _ in ended])
        assert [
            data
            for (data, _, expected), answer in zip(ended, found, strict=True)
            if (theirs := kubernetes_data(answer)) is not None
            and spelled(theirs) != spelled([expected])
        ] == []
