"""
The record of one deletion: what `kzd measure` writes, a line of JSON each.

Every line stands alone, so that files can be cut, joined and gone on with.  A rolling update is
whole when all of its deletions are there; lines of one that is not are no part of any figure.
`schemas/deletion-record.json` describes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from kzd.errors import InputError
from kzd.measure.fields import TEXT, Read, mapping, named, time, time_or_empty, value
from kzd.option_value import camel, shown
from kzd.settings import PATHS

VERSION = "kzd.dev/deletion/v1"

ROLLOUT, SINGLE, WARM_UP = "rollout", "single", "warm-up"
SERIES = (ROLLOUT, SINGLE, WARM_UP)

FRESH, REUSED = "fresh", "reused"
"""Whether an observer takes a new source port for each connection, or a few again and again."""

LONGEST_SECONDS = 3600
"""No Pod is watched for longer."""

URL = "url"
"""The path of an outside URL, before anybody has said which one it is."""


class Arrivals(NamedTuple):
    """
    The new connections of one observer over one path that reached the Pod after its deletion.

    `observer` is its name, `node` where it runs (empty outside of the cluster).  `ports` is FRESH
    or REUSED.  `last_seconds` is the last one on the Pod's clock, None where none came.
    `seen_seconds` is the same by the observer's own account: when it sent the last request that
    the Pod answered, put on the Pod's clock by `offset_seconds`, which it measured to
    `uncertainty_seconds`; None where it has none.  `rate` is the connections a second that it
    opened in fact, to all backends together; `failed` of them got no answer.
    """

    observer: str
    node: str
    path: str
    ports: str
    last_seconds: float | None
    connections: int
    seen_seconds: float | None
    offset_seconds: float | None
    uncertainty_seconds: float | None
    rate: float
    failed: int


class Deletion(NamedTuple):
    """
    One Pod's end.

    `run` names the call of `kzd measure`, `rollout` counts from 1 within the series, `of` is how
    many Pods the rolling update deleted.  `deleted_at` is when the collector's watch showed the
    deletion, on its clock, empty where it did not; `noticed_at` when the Pod's preStop hook began,
    on the Pod's.  Arrivals count from there, where a preStop sleep begins, too.
    `endpoint_seconds` is when the endpoint was seen terminating, on the collector's clock from
    `deleted_at`; None where it was not seen.  The Pod went on serving for `served_seconds`;
    `censored` says why the end may not have been seen, empty where it was.  `load` and `cluster`
    hold facts in the words of PropagationMeasurement, None for what could not be read.
    """

    run: str
    series: str
    rollout: int
    of: int
    pod: str
    node: str
    deleted_at: str
    noticed_at: str
    endpoint_seconds: float | None
    served_seconds: float
    censored: str
    arrivals: tuple[Arrivals, ...]
    load: dict[str, Any]
    cluster: dict[str, Any]
    tool: str


def line(deletion: Deletion) -> str:
    """The record as a line of JSON, with its end of line."""
    data = {"record": VERSION} | _plain(deletion)
    data["arrivals"] = [_plain(item) for item in deletion.arrivals]
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(item: Any) -> dict[str, Any]:
    return {camel(name): each for name, each in item._asdict().items()}


class Records(NamedTuple):
    """What a file of records holds, and what reading it had to tell."""

    deletions: list[Deletion]
    notes: list[str]


def read(name: str, data: bytes) -> Records:
    """
    The records of a file; raises InputError with the file, the line and the field.

    A last line that was cut off, as an interrupted run leaves it, is a note.
    """
    *lines, last = data.split(b"\n")
    notes = []
    try:
        _loaded(last.strip() or b"{}")
        lines.append(last)
    except InputError:
        notes.append(f"{name}:{len(lines) + 1}: the last line is cut off, and left out")
    deletions = [
        _record(name, number, text) for number, text in enumerate(lines, 1) if text.strip()
    ]
    return Records(latest(deletions), notes)


def latest(deletions: Iterable[Deletion]) -> list[Deletion]:
    """The deletions without those that a later record of the same one took the place of."""
    found = {(item.run, item.series, item.rollout, item.pod): item for item in deletions}
    return list(found.values())


def moment(deletion: Deletion) -> datetime:
    """When the deletion was seen or else, on the Pod's clock, when it was noticed."""
    return time(deletion.deleted_at or deletion.noticed_at)


def _record(name: str, number: int, text: bytes) -> Deletion:
    try:
        return _deletion(_loaded(text))
    except InputError as error:
        error.file, error.line = name, number
        raise


def _loaded(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError("must be UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"must be a record in JSON: {error}") from None


def _deletion(data: Any) -> Deletion:
    if not isinstance(data, dict) or "record" not in data:
        raise InputError("must be a record of `kzd measure`, a mapping with the key `record`")
    if data["record"] != VERSION:
        message = f"must be `{VERSION}`, the only one that this kzd knows, not "
        raise InputError(message + shown(data["record"]), field="record")
    del data["record"]
    found = Deletion(**named(data, _DELETION))
    if not found.deleted_at and not found.noticed_at:
        raise InputError("must be there where `noticedAt` is empty", field="deletedAt")
    if not found.noticed_at and not found.censored:
        raise InputError("may be empty only where `censored` says why", field="noticedAt")
    return found


def _all_arrivals(data: Any, place: str) -> tuple[Arrivals, ...]:
    if not isinstance(data, list):
        raise InputError(f"must be a list, not {shown(data)}", field=place)
    return tuple(
        Arrivals(**named(item, _ARRIVALS, f"{place}[{index}]")) for index, item in enumerate(data)
    )


_COUNT = value("int", 0)
_NUMBER = value("float", 0)
_TEXT_OR_NONE = value("str | None")
_WORDS_OR_NONE = value("list[str] | None")
_COUNT_OR_NONE = value("int | None", 0)

_ARRIVALS: dict[str, Read] = {
    "observer": TEXT,
    "node": TEXT,
    "path": value("str", choices=(*PATHS, URL)),
    "ports": value("str", choices=(FRESH, REUSED)),
    "last_seconds": value("float | None", 0, LONGEST_SECONDS),
    "connections": _COUNT,
    "seen_seconds": value("float | None"),
    "offset_seconds": value("float | None"),
    "uncertainty_seconds": value("float | None", 0),
    "rate": _NUMBER,
    "failed": _COUNT,
}

_LOAD: dict[str, Read] = {
    "backends": value("int", 1),
    "connectionsPerSecond": _NUMBER,
    "observers": _COUNT,
    "hostNetwork": value("bool"),
    "churnPerSecond": _NUMBER,
}

_CLUSTER: dict[str, Read] = {
    "kubernetes": _TEXT_OR_NONE,
    "kubelets": _WORDS_OR_NONE,
    "nodes": _COUNT_OR_NONE,
    "kubeProxyMode": _TEXT_OR_NONE,
    "kernels": _WORDS_OR_NONE,
    "services": _COUNT_OR_NONE,
}

_DELETION: dict[str, Read] = {
    "run": TEXT,
    "series": value("str", choices=SERIES),
    "rollout": value("int", 1),
    "of": value("int", 1),
    "pod": TEXT,
    "node": TEXT,
    "deleted_at": time_or_empty,
    "noticed_at": time_or_empty,
    "endpoint_seconds": value("float | None"),
    "served_seconds": value("float", 0, LONGEST_SECONDS),
    "censored": TEXT,
    "arrivals": _all_arrivals,
    "load": mapping(_LOAD),
    "cluster": mapping(_CLUSTER),
    "tool": TEXT,
}


def whole(deletions: Iterable[Deletion]) -> list[list[Deletion]]:
    """The deletions by rolling update, those only of which all are there."""
    found: dict[tuple[str, str, int], list[Deletion]] = {}
    for item in deletions:
        found.setdefault((item.run, item.series, item.rollout), []).append(item)
    return [group for group in found.values() if len(group) == group[0].of]
