"""
The timeline: a page that shows every deletion of a measurement, with nothing to load.

It is XML as well, and each SVG in it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kzd.measure.evidence import Evidence, Rollout, Sample, gather
from kzd.measure.figure import Line, figure, told
from kzd.measure.figure_style import PAGE_STYLE
from kzd.measure.record import URL, WARM_UP, Deletion, latest, moment
from kzd.measure.svg import element, text
from kzd.measurement import MEASURED, Measurement, margin_seconds, sleep_seconds
from kzd.value import mapping, words

TITLE = "How long new connections still reached deleted Pods"


def timeline(deletions: Sequence[Deletion], measurements: Sequence[Measurement]) -> str:
    """
    A page of HTML, in XML's syntax, with a figure for each measurement.

    Deletions of the warm-up are left out.  An outside URL belongs to the measurement whose path
    no other arrivals have.
    """
    known = sorted(latest(deletions), key=moment)
    known = [item for item in known if item.series != WARM_UP]
    paths = {one.path for item in known for one in item.arrivals}
    parts: list[str] = []
    for number, measurement in enumerate(measurements, 1):
        path = measurement.path if measurement.path in paths else URL
        parts += _path(gather(known, path), measurement, f"kzd-{number}")
    page = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width"),
            element("title", text(TITLE)),
            element("style", PAGE_STYLE),
        ),
        element("body", element("main", element("h1", text(TITLE)), *parts)),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{page}\n"


def _path(evidence: Evidence, measurement: Measurement, name: str) -> Iterator[str]:
    said = [
        f"{measurement.path}: how long new connections still reached a deleted Pod",
        _claim(measurement),
        _sleep(measurement),
        _run(measurement),
    ]
    yield element(
        "figure",
        figure(evidence, name, [*filter(None, said)], list(_lines(measurement))),
        element("figcaption", text(" ".join(_summary(evidence, measurement)))),
    )
    if evidence.rollouts:
        yield element(
            "details",
            element("summary", text(f"The rolling updates over {measurement.path}")),
            _table(evidence),
        )


def _lines(measurement: Measurement) -> Iterator[Line]:
    bound = measurement.bound_seconds
    if bound is not None:
        sleep = sleep_seconds(bound, _margin(measurement))
        yield Line("bound", bound, f"bound {bound:g} s")
        yield Line("sleep", float(sleep), f"S = {sleep} s of preStop sleep")


def _margin(measurement: Measurement) -> float:
    return margin_seconds(measurement.bound_seconds or 0.0, measurement.resolution_seconds)


def _claim(item: Measurement) -> str:
    counted = (
        f"n = {item.rollouts} rolling updates, {item.deletions} deletions, "
        f"{item.censored} of them censored"
    )
    if item.claim != MEASURED or item.bound_seconds is None:
        return f"Insufficient, {counted}: {item.reason}"
    return (
        f"{100 * item.quantile:g} % of rolling updates end within {item.bound_seconds:g} s, with "
        f"{100 * item.confidence:g} % confidence ({counted})"
    )


def _sleep(item: Measurement) -> str:
    bound, margin = item.bound_seconds, _margin(item)
    if bound is None:
        return ""
    return (
        f"A preStop sleep of S = {sleep_seconds(bound, margin)} s covers it: {bound:g} s bound + "
        f"{margin:g} s margin, rounded up"
    )


def _run(item: Measurement) -> str:
    cluster, load = mapping(item.cluster), mapping(item.load)
    parts = [
        f"Measured {item.measured_at}",
        _fact("Kubernetes", cluster.get("kubernetes")),
        _fact("nodes:", cluster.get("nodes")),
        _fact("kube-proxy", cluster.get("kubeProxyMode")),
        _fact("kernel", ", ".join(words(cluster.get("kernels")))),
        _fact("Services:", cluster.get("services")),
        _fact("observers:", load.get("observers")),
        _fact("new connections a second and observer:", load.get("connectionsPerSecond")),
        item.tool,
    ]
    return "; ".join(part for part in parts if part)


def _fact(name: str, value: Any) -> str:
    told = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{name} {told}" if value or value == 0 else ""


def _summary(evidence: Evidence, measurement: Measurement) -> Iterator[str]:
    """What the figure shows, in sentences."""
    yield from (f"{said}." for said in (_claim(measurement), _sleep(measurement)) if said)
    if evidence.rollouts:
        slowest = max(evidence.rollouts, key=lambda item: item.seconds)
        yield f"The slowest: {told(_slowest(slowest))}."
    if evidence.unwhole:
        yield f"Rolling updates that are not whole, no part of any figure: {len(evidence.unwhole)}."
    if evidence.singles:
        longest = max(item.seconds for item in evidence.singles)
        yield f"Single deletions, reported apart: {len(evidence.singles)}, at most {longest:.3g} s."


def _slowest(rollout: Rollout) -> Sample:
    return max(rollout.samples, key=lambda item: item.seconds)


def _table(evidence: Evidence) -> str:
    head = element(
        "tr",
        *(element("th", said, scope="col") for said in ("run", "number", "seconds", "slowest")),
    )
    return element(
        "table", element("thead", head), element("tbody", *map(_line, evidence.rollouts))
    )


def _line(rollout: Rollout) -> str:
    return element(
        "tr",
        element("td", text(rollout.run)),
        element("td", f"{rollout.number}", class_="num"),
        element("td", f"{rollout.seconds:.3f}", class_="num"),
        element("td", text(told(_slowest(rollout)))),
    )
