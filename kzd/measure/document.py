"""Measurements as YAML: documents that are committed beside the manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kzd.measurement import API_VERSION, KIND, Measurement
from kzd.option_value import camel
from kzd.text.emit import leaf
from kzd.text.scalar import written

LOCAL = {"config.kubernetes.io/local-config": "true"}
"""Lets kustomize and kpt carry a document, and never apply it."""

WIDTH = 100

ORDER = (
    "path", "namespaces", "claim", "reason", "quantile", "confidence", "bound_seconds",
    "maximum_seconds", "rollouts", "deletions", "censored", "resolution_seconds", "measured_at",
    "observers", "singles", "cluster", "load", "tool",
)  # fmt: skip

MAY_BE_LEFT_OUT = ("namespaces", "reason", "observers", "singles", "cluster", "load", "tool")


def documents(measurements: Iterable[Measurement]) -> bytes:
    """A YAML stream of PropagationMeasurements."""
    texts = ["".join(f"{line}\n" for line in _lines(_plain(item), 0)) for item in measurements]
    return "---\n".join(texts).encode()


def _plain(measurement: Measurement) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for name in ORDER:
        value = getattr(measurement, name)
        if value or name not in MAY_BE_LEFT_OUT:
            spec[camel(name)] = list(value) if isinstance(value, tuple) else value
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": measurement.name, "annotations": LOCAL},
        "spec": spec,
    }


def _lines(data: dict[str, Any], column: int) -> Iterator[str]:
    """The lines of a mapping's entries; what fits into a line stands in flow style."""
    for key, value in data.items():
        head = " " * column + written(key) + ":"
        line = f"{head} {leaf(value)}"
        if len(line) <= WIDTH or not isinstance(value, dict | list):
            yield line
        elif isinstance(value, dict):
            yield head
            yield from _lines(value, column + 2)
        else:
            yield head
            yield from (" " * column + "- " + leaf(item) for item in value)
