"""PropagationMeasurements: plain data to what they say, each with the place where it was read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from kzd.config.layer import Position, Reader, Said
from kzd.edit import FieldPath, Severity
from kzd.measurement import API_VERSION, INSUFFICIENT, KIND, MEASURED, Measurement
from kzd.option_value import camel, shown
from kzd.result import Result
from kzd.settings import PATHS
from kzd.transform import Section, option

TOP_KEYS = ("apiVersion", "kind", "metadata", "spec")
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
ANY = ("observers", "singles", "cluster", "load")
"""Keys of `spec` that describe the run, in whatever words."""

REQUIRED = (
    "path", "claim", "quantile", "confidence", "bound_seconds", "maximum_seconds", "rollouts",
    "deletions", "censored", "resolution_seconds", "measured_at",
)  # fmt: skip


class MeasurementSection(Section):
    """What was measured, where and when."""

    path: str = option(None, "The path that was measured.", choices=PATHS)
    namespaces: list[str] = option((), "Globs of the namespaces where it fits; unset, all.")
    claim: str = option(None, "Whether the bound may be claimed.", choices=(MEASURED, INSUFFICIENT))
    reason: str | None = option(None, "Why it may not.")
    quantile: float = option(None, "The share of all rolling updates.", minimum=0.5, maximum=0.9999)
    confidence: float = option(None, "The confidence of the bound.", minimum=0.5, maximum=0.9999)
    bound_seconds: float | None = option(
        None,
        "Seconds within which that share ends; null where that can't be claimed.",
        minimum=0,
        maximum=3600,
    )
    maximum_seconds: float | None = option(None, "The longest that was seen.", minimum=0)
    rollouts: int = option(None, "n, the whole rolling updates.", minimum=0)
    deletions: int = option(None, "The Pods that they deleted.", minimum=0)
    censored: int = option(None, "Those whose end was not seen.", minimum=0)
    resolution_seconds: float = option(
        None, "What the measurement can't tell apart.", minimum=0, maximum=3600
    )
    measured_at: str = option(None, "The date, such as 2026-11-23.")
    tool: str | None = option(None, "What measured.")


class Read(NamedTuple):
    """A measurement, and its place: the file, and the field path and position in its document."""

    measurement: Measurement
    file: str
    path: FieldPath
    position: Position | None

    def place(self, field: str) -> tuple[int, int]:
        """Line and column of a field of its spec, 0 where unknown."""
        return self.position((*self.path, "spec", field)) if self.position else (0, 0)

    def told(self, field: str, message: str, severity: Severity) -> Result:
        """A result about a field of its spec."""
        line, column = self.place(field)
        reference = {"apiVersion": API_VERSION, "kind": KIND, "name": self.measurement.name}
        return Result(
            message, severity, {key: value for key, value in reference.items() if value},
            ("spec", field), file=self.file, line=line, column=column,
            tags={"action": "configuration"},
        )  # fmt: skip


def read_measurement(
    data: Any, source: str, position: Position | None = None, path: FieldPath = ()
) -> Read:
    """
    The measurement that plain data says, at a field path of the document that `source` names.

    `position` tells the line and column of a field path.  Raises ConfigError.
    """
    reader = Reader(source, (), position)
    if not isinstance(data, dict):
        reader.fail(path, f"must be a {KIND}, not {shown(data)}")
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if data.get(key) != wanted:
            reader.fail((*path, key), f"must be '{wanted}', not {shown(data.get(key))}")
    reader.mapping(path, data, TOP_KEYS)
    metadata = reader.mapping((*path, "metadata"), data.get("metadata"))
    place = (*path, "spec")
    spec = reader.mapping(place, data.get("spec"))
    said = reader.options(place, spec, MeasurementSection, ANY)
    _judge(reader, place, spec, said)
    values = {name: item.value for name, item in said.items()}
    values |= {key: spec.get(key) for key in ANY}
    values["observers"] = tuple(spec.get("observers") or ())
    line, _ = position(path) if position else (0, 0)
    name = metadata.get("name")
    measurement = Measurement(
        name=name if isinstance(name, str) else "",
        source=f"{source}:{line}" if line else source,
        **{key: value for key, value in values.items() if value is not None or key in REQUIRED},
    )
    return Read(measurement, source, path, position)


def _judge(reader: Reader, path: FieldPath, spec: dict[str, Any], said: dict[str, Said]) -> None:
    """Refuse what no single option's type says is wrong."""
    for name in REQUIRED:
        if name not in said:
            wrong = "not null" if camel(name) in spec else "and is missing"
            reader.fail((*path, camel(name)), f"must be set, {wrong}")
    if not _is_date(said["measured_at"].value):
        message = f"must be a date such as '2026-11-23', not {shown(spec['measuredAt'])}"
        reader.fail((*path, "measuredAt"), message)
    if said["claim"].value == INSUFFICIENT and not (said.get("reason") or Said("", "")).value:
        reader.fail((*path, "reason"), f"must say why the claim is `{INSUFFICIENT}`")
    if not isinstance(spec.get("observers"), list | None):
        reader.fail((*path, "observers"), f"must be a list, not {shown(spec['observers'])}")


def _is_date(text: str) -> bool:
    if not re.fullmatch(DATE, text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_list(value: Any, source: str, position: Position | None) -> Sequence[Read]:
    """What `spec.propagation.measurements` of a ZeroDowntime holds; raises ConfigError."""
    path: FieldPath = ("spec", "propagation", "measurements")
    if value is None:
        return []
    if not isinstance(value, list):
        Reader(source, (), position).fail(path, f"must be a list, not {shown(value)}")
    return [
        read_measurement(item, source, position, (*path, index)) for index, item in enumerate(value)
    ]
