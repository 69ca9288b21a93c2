"""Records of deletions: written, read, refused, and their schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from kzd.errors import InputError
from kzd.measure.record import SERIES, URL, VERSION, Deletion, line, read
from kzd.settings import PATHS
from tests.console import ROOT
from tests.measure.deletions import CLUSTER, arrivals, deletion, reused, rollout

SCHEMA = json.loads((ROOT / "schemas" / "deletion-record.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
NOTHING_KNOWN = dict.fromkeys(CLUSTER)

GOOD = {
    "plain": deletion(),
    "a name that is not ASCII": deletion(node="knöten"),
    "no observer": deletion()._replace(arrivals=()),
    "several observers": deletion(seen=[arrivals(), reused(4.5), arrivals(path=URL, node="")]),
    "nothing arrived": deletion(seen=[arrivals(None, connections=0)]),
    "the observer's own account": deletion(
        seen=[arrivals(0.9, seen_seconds=-0.1, offset_seconds=-3.5, uncertainty_seconds=0.002)]
    ),
    "the endpoint was not seen": deletion(endpoint_seconds=None),
    "the endpoint was seen first": deletion(endpoint_seconds=-0.01),
    "the hook never began": deletion(noticed_at="", censored="the hook never began"),
    "nothing is known about the cluster": deletion(cluster=NOTHING_KNOWN),
    "the watch was lost": deletion(deleted_at="", endpoint_seconds=None),
    "a single deletion": deletion(series="single", of=1),
}

MISSING = object()
BAD: list[tuple[tuple[str | int, ...], Any, str, str]] = [
    (("record",), "kzd.dev/deletion/v2", "record", "the only one that this kzd knows, not 'kzd.d"),
    (("record",), MISSING, "", "must be a record of `kzd measure`, a mapping with the key `rec"),
    (("pod",), MISSING, "pod", "must be there"),
    (("pod",), 7, "pod", "must be a string, not 7; put it into quotes"),
    (("pot",), "a", "pot", "is not known; did you mean `pod`? allowed: "),
    (("series",), "rolout", "series", "must be one of `rollout`, `single`, `warm-up`, not 'rol"),
    (("rollout",), 0, "rollout", "must be a whole number of at least 1, not 0"),
    (("rollout",), 1.5, "rollout", "must be a whole number of at least 1, not 1.5"),
    (("of",), True, "of", "must be a whole number of at least 1, not true"),
    (("deletedAt",), "yesterday", "deletedAt", "a time with its zone, such as 2026-11-23T10:0"),
    (("deletedAt",), "2026-11-23T10:00:00", "deletedAt", "must be a time with its zone, such as"),
    (("noticedAt",), "10:00", "noticedAt", "must be a time with its zone"),
    (("endpointSeconds",), "1", "endpointSeconds", "must be a number, not '1'; leave out the qu"),
    (("servedSeconds",), -1, "servedSeconds", "must be a number from 0 to 3600, not -1"),
    (("servedSeconds",), None, "servedSeconds", "must be a number from 0 to 3600, not null"),
    (("arrivals",), {}, "arrivals", "must be a list, not a mapping"),
    (("arrivals", 0), 1, "arrivals[0]", "must be a mapping, not 1"),
    (("arrivals", 0, "path"), "cluster", "arrivals[0].path", "must be one of `cluster-ip`, "),
    (("arrivals", 0, "ports"), "new", "arrivals[0].ports", "must be one of `fresh`, `reused`, "),
    (("arrivals", 0, "lastSeconds"), -0.1, "arrivals[0].lastSeconds", "from 0 to 3600, not -0.1"),
    (("arrivals", 0, "rate"), MISSING, "arrivals[0].rate", "must be there"),
    (("servedSeconds",), 3601, "servedSeconds", "must be a number from 0 to 3600, not 3601"),
    (("load", "backends"), 0, "load.backends", "must be a whole number of at least 1, not 0"),
    (("load", "hostNetwork"), None, "load.hostNetwork", "must be true or false, not null"),
    (("load", "node"), 1, "load.node", "is not known"),
    (("cluster",), None, "cluster", "must be a mapping, not null"),
    (("cluster", "kubelets"), "v1.34.4", "cluster.kubelets", "must be a list of strings, not 'v"),
    (("cluster", "nodes"), MISSING, "cluster.nodes", "must be there"),
]


def changed(place: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    whole = json.loads(line(deletion()))
    data = whole
    for step in place[:-1]:
        data = data[step]
    if value is MISSING:
        del data[place[-1]]
    else:
        data[place[-1]] = value
    result: dict[str, Any] = whole
    return result


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
def test_what_is_written_is_read(given: Deletion) -> None:
    text = line(given)

    assert text.count("\n") == 1
    VALIDATOR.validate(json.loads(text))
    assert read("a.jsonl", text.encode()) == ([given], [])


@pytest.mark.parametrize(("place", "value", "field", "message"), BAD)
def test_a_bad_record_is_refused_with_its_place(
    place: tuple[str | int, ...], value: Any, field: str, message: str
) -> None:
    data = changed(place, value)

    with pytest.raises(InputError) as caught:
        read("a.jsonl", (line(deletion(1)) + "\n" + json.dumps(data) + "\n").encode())

    assert (caught.value.file, caught.value.line, caught.value.field) == ("a.jsonl", 3, field)
    assert message in caught.value.message
    assert not VALIDATOR.is_valid(data)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1" + "0" * 400])
def test_a_number_must_be_one_that_can_be_reckoned_with(number: str) -> None:
    text = line(deletion()).replace('"rate":50.0', f'"rate":{number}')

    with pytest.raises(InputError, match="must be a number of at least 0"):
        read("a.jsonl", text.encode())


def test_a_deletion_has_a_time() -> None:
    nowhere = deletion(deleted_at="", noticed_at="", censored="its hook never began")

    with pytest.raises(InputError, match="deletedAt: must be there where `noticedAt` is empty"):
        read("a.jsonl", line(nowhere).encode())


def test_the_end_is_unknown_where_the_hook_never_began() -> None:
    with pytest.raises(InputError, match="noticedAt: may be empty only where `censored` says why"):
        read("a.jsonl", line(deletion(noticed_at="")).encode())


FIRST, SECOND = (line(item).encode() for item in rollout(1)[:2])


@pytest.mark.parametrize("cut", [1, 40, len(SECOND) // 2, len(SECOND) - 2])
def test_a_last_line_that_was_cut_off_is_left_out_and_told(cut: int) -> None:
    found = read("a.jsonl", FIRST + SECOND[:cut])

    assert found.deletions == rollout(1)[:1]
    assert found.notes == ["a.jsonl:2: the last line is cut off, and left out"]


def test_a_last_line_cut_off_inside_of_a_character_is_told_too() -> None:
    text = line(deletion(node="knöten")).encode()

    assert read("a.jsonl", text[: text.index("ö".encode()) + 1]).notes


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (SECOND[:40] + FIRST, 1),
        (FIRST + b"\n" + SECOND[:40] + b"\n", 3),
        (FIRST + b"\xff\n", 2),
        (FIRST + b"[" * 100000 + b"\n", 2),
        (FIRST + b"7\n", 2),
        (FIRST + b"{}", 2),
    ],
)
def test_any_other_line_that_is_no_record_is_an_error(data: bytes, number: int) -> None:
    with pytest.raises(InputError) as caught:
        read("a.jsonl", data)

    assert (caught.value.file, caught.value.line) == ("a.jsonl", number)
    assert caught.value.message.startswith("must be ")


@pytest.mark.parametrize(
    "data",
    [
        FIRST + SECOND,
        FIRST + SECOND[:-1],
        b"\xef\xbb\xbf" + FIRST + SECOND,
        b"\n" + FIRST + b"\n  \n" + SECOND + b"\n",
        (FIRST + SECOND).replace(b"\n", b"\r\n"),
    ],
)
def test_blank_lines_and_other_ends_of_lines_say_nothing(data: bytes) -> None:
    assert read("a.jsonl", data) == (rollout(1)[:2], [])


def test_a_later_record_of_the_same_deletion_takes_its_place() -> None:
    old, new = deletion(censored="interrupted"), deletion()
    other = [deletion(run="r2"), deletion(2), deletion(1, 2), deletion(series="single")]
    text = "".join(map(line, [old, *other, new])).encode()

    assert read("a.jsonl", text).deletions == [new, *other]


def test_an_empty_file_holds_nothing() -> None:
    assert read("a.jsonl", b"") == ([], [])


def test_the_schema_describes_every_field_and_knows_the_same_words() -> None:
    def undescribed(schema: dict[str, Any], place: str) -> list[str]:
        inside = schema.get("properties", schema.get("items", {}).get("properties", {}))
        missing = [] if schema.get("description") else [place]
        for name, item in inside.items():
            missing += undescribed(item, f"{place}.{name}")
        return missing

    arrivals_of = SCHEMA["properties"]["arrivals"]["items"]["properties"]

    assert undescribed(SCHEMA, "") == []
    assert SCHEMA["properties"]["record"]["const"] == VERSION
    assert SCHEMA["properties"]["series"]["enum"] == list(SERIES)
    assert arrivals_of["path"]["enum"] == [*PATHS, URL]
