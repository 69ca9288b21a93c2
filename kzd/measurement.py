"""A propagation that was measured: what a PropagationMeasurement says."""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple

API_VERSION = "kzd.dev/v1alpha1"
KIND = "PropagationMeasurement"

MEASURED = "measured"
INSUFFICIENT = "insufficient"


class Measurement(NamedTuple):
    """
    One PropagationMeasurement.

    `namespaces` are globs, none for all.  `claim` is MEASURED or INSUFFICIENT, and `reason` then
    says why.  With `confidence`, `quantile` of all rolling updates end within `bound_seconds`,
    which is None where that can't be claimed.  `rollouts` is n; `deletions` and `censored` count
    Pods.  `measured_at` is a date as ISO 8601 writes it.  `singles` tells of deletions one by one,
    which are in no claim; `observers`, `cluster`, `load` and `tool` describe the run: all of that
    as plain data.  `source` says where it was read.
    """

    name: str
    path: str
    claim: str
    quantile: float
    confidence: float
    bound_seconds: float | None
    maximum_seconds: float | None
    rollouts: int
    deletions: int
    censored: int
    resolution_seconds: float
    measured_at: str
    namespaces: tuple[str, ...] = ()
    reason: str = ""
    observers: tuple[Any, ...] = ()
    singles: Any = None
    cluster: Any = None
    load: Any = None
    tool: str = ""
    source: str = ""


def margin_seconds(seconds: float, resolution: float = 0.0) -> float:
    """
    What is added to a propagation: the larger of 1 s, what the measurement can't tell apart, and
    a quarter.

    >>> margin_seconds(3.0), margin_seconds(9.0), margin_seconds(3.0, 1.4)
    (1.0, 2.25, 1.4)
    """
    return max(1.0, resolution, seconds / 4)


def sleep_seconds(seconds: float, margin: float) -> int:
    """The whole seconds that a preStop sleep needs for a propagation and its margin."""
    return ceil(seconds + margin)
