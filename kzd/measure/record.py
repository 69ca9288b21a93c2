"""
The record of one deletion: what `kzd measure` writes, a line of JSON each.

Every line stands alone, so that files can be cut, joined and gone on with.  A rolling update is
whole when all of its deletions are there; lines of one that is not are no part of any figure.
`schemas/deletion-record.json` describes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from kzd.errors import InputError
from kzd.option_value import camel, shown

VERSION = "kzd.dev/deletion/v1"

ROLLOUT, SINGLE, WARM_UP = "rollout", "single", "warm-up"
SERIES = (ROLLOUT, SINGLE, WARM_UP)

FRESH, REUSED = "fresh", "reused"
"""Whether an observer takes a new source port for each connection, or a few again and again."""


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
    deletion, on its clock; `noticed_at` when the Pod's preStop hook began, on the Pod's.  Arrivals
    count from there, where a preStop sleep begins, too.  `endpoint_seconds` is when the endpoint
    was seen terminating, on the collector's clock from `deleted_at`; None where it was not seen.
    The Pod went on serving for `served_seconds`; `censored` says why the end may not have been
    seen, empty where it was.  `load` and `cluster` hold facts in the words of
    PropagationMeasurement, None for what could not be read.
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
    return {camel(name): value for name, value in item._asdict().items()}
