"""Figures out of samples: of values, of each observer, and of the facts about a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil
from statistics import median
from typing import Any, NamedTuple

from kzd.measure.evidence import Sample, answered_rate
from kzd.measure.record import Arrivals


class Figures(NamedTuple):
    """How many values there are, their median and the largest of them."""

    number: int
    median_seconds: float
    maximum_seconds: float


class Observer(NamedTuple):
    """
    What one observer saw of the deletions in rolling updates.

    `node` is empty outside of the cluster; `rate` the fewest answers a second that it got in one
    deletion; `failed` the connections without an answer.
    """

    name: str
    node: str
    ports: str
    figures: Figures
    rate: float
    failed: int


def figures(values: Sequence[float]) -> Figures | None:
    """Count, median and maximum; None where there are no values."""
    return Figures(len(values), median(values), max(values)) if values else None


def observers(samples: list[Sample]) -> Iterable[Observer]:
    """Those with fresh ports first, the slowest of them first."""
    saw: dict[tuple[str, str, str], list[tuple[Arrivals, float]]] = defaultdict(list)
    for item in samples:
        for one in (*item.fresh, *item.reused):
            key = (one.observer, one.node, one.ports)
            saw[key].append((one, answered_rate(one, item.deletion)))
    found = [
        Observer(
            *key,
            Figures(len(seen), median(seconds), max(seconds)),
            min(rate for _, rate in seen),
            sum(one.failed for one, _ in seen),
        )
        for key, seen in saw.items()
        for seconds in [[one.last_seconds or 0.0 for one, _ in seen]]
    ]
    return sorted(found, key=lambda item: (item.ports, -item.figures.maximum_seconds, item.name))


def plain(observer: Observer) -> dict[str, Any]:
    """An observer as a PropagationMeasurement tells it."""
    data = {
        "name": observer.name,
        "node": observer.node,
        "ports": observer.ports,
        "medianSeconds": rounded_up(observer.figures.median_seconds, 3),
        "maximumSeconds": rounded_up(observer.figures.maximum_seconds, 3),
        "answersPerSecond": round(observer.rate, 1),
    }
    return {key: value for key, value in data.items() if value != ""}


def plain_figures(found: Figures) -> dict[str, Any]:
    """Figures of single deletions as a PropagationMeasurement tells them."""
    return {
        "deletions": found.number,
        "medianSeconds": rounded_up(found.median_seconds, 3),
        "maximumSeconds": rounded_up(found.maximum_seconds, 3),
    }


def merged(facts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Facts as they were last known; lists have all that were seen."""
    found: dict[str, Any] = {}
    for fact in facts:
        for key, value in fact.items():
            old = found.get(key)
            if isinstance(value, list) and isinstance(old, list):
                found[key] = sorted({*old, *value})
            elif value is not None or key not in found:
                found[key] = value
    return found


def rounded_up(value: float, digits: int) -> float:
    """
    A number that is not smaller, with so many digits after the point.

    >>> rounded_up(1.0601, 3), rounded_up(1.06, 3), rounded_up(0.07, 2)
    (1.061, 1.06, 0.07)
    """
    shift = 10.0**digits
    return ceil(round(value * shift, 6)) / shift
