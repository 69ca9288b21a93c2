"""The figure of one path: every deletion a row, over the seconds since its preStop hook began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from kzd.measure import marks
from kzd.measure.evidence import Evidence, Sample, last_seconds
from kzd.measure.figure_style import STYLE
from kzd.measure.record import Arrivals
from kzd.measure.sections import Section, every, sections_of
from kzd.measure.svg import NAMESPACE, element, text, ticks

WIDTH, LEFT, RIGHT = 1000, 96, 26
ROW, GAP, HEADING, LINE = 10, 3, 22, 16
CHARACTER = 6.0
"""The width of an average character, rather too wide than too narrow."""

REUSED_SHOWN = 3
"""How far beyond all else few source ports may stretch the axis; what is beyond is an arrow."""


class Line(NamedTuple):
    """A vertical line: its class, where it is and what stands at it."""

    name: str
    seconds: float
    label: str


class Scale(NamedTuple):
    """Where seconds are: the axis goes to `end`."""

    end: float

    def x(self, seconds: float) -> float:
        """The place of so many seconds, at the most the axis' end."""
        return LEFT + (WIDTH - LEFT - RIGHT) * max(0.0, min(seconds, self.end)) / self.end

    def holds(self, seconds: float) -> bool:
        """Whether the axis goes so far."""
        return seconds <= self.end


def figure(evidence: Evidence, name: str, said: Sequence[str], lines: Sequence[Line]) -> str:
    """
    An SVG that stands alone.

    `said` is its title and what is told below, a text each, `name` makes its ids unique, `lines`
    are drawn from left to right.
    """
    sections = list(sections_of(evidence))
    scale = Scale(_end(evidence, lines))
    head, top = _head(said)
    legend, top = _legend(top, has_reused=any(item.reused for item in every(evidence)))
    plot = top + LINE * (len(lines) + 1) + 8
    bands, rows, bottom = _rows(sections, plot, scale)
    height = bottom + 46
    title, description = f"{name}-title", f"{name}-description"
    return element(
        "svg",
        element("title", text(said[0]), id=title),
        element("desc", text("; ".join(said[1:])), id=description),
        element("style", STYLE),
        element("rect", class_="paper", width=WIDTH, height=height),
        *head,
        *legend,
        *bands,
        *_grid(plot, bottom, scale),
        *_lines(lines, top, bottom, scale),
        *_axis(plot, bottom, scale),
        *rows,
        xmlns=NAMESPACE, class_="kzd", width=WIDTH, height=height,
        viewBox=f"0 0 {WIDTH} {height:g}", role="img",
        aria_labelledby=f"{title} {description}",
    )  # fmt: skip


def _end(evidence: Evidence, lines: Sequence[Line]) -> float:
    samples = every(evidence)
    known = [item.seconds for item in samples] + [item.seconds for item in lines]
    most = max([0.1, *known])
    reused = max((last_seconds(item.reused) for item in samples), default=0.0)
    return 1.06 * max(most, reused if reused <= REUSED_SHOWN * most else 0.0)


def _head(said: Sequence[str]) -> tuple[list[str], float]:
    """The texts at the top, and where they end."""
    found = [element("text", text(said[0]), x=16, y=28, class_="head")]
    y = 34.0
    for part in said[1:]:
        for line in wrap(part, int((WIDTH - 32) / CHARACTER)):
            y += LINE
            found.append(element("text", text(line), x=16, y=y))
    return found, y + 8


def _legend(top: float, *, has_reused: bool) -> tuple[list[str], float]:
    """What the marks mean, and where that ends."""
    y = top + LINE
    entries = [
        (
            marks.endpoint(0, 0),
            "endpoint seen terminating (on the collector's clock, from the deletion)",
        ),
        (marks.circle(0, 0, "fresh"), "last new connection, of the slowest observer"),
        (marks.circle(0, 0, "other"), "of another observer"),
        *(
            [
                (
                    marks.square(0, 0),
                    "with few source ports, no part of the bound; > is beyond the axis",
                )
            ]
            if has_reused
            else []
        ),
        (marks.span("serving", -7, 5, 0) + marks.stop(5, 0), "serving, and its end"),
        (marks.cross(0, 0), "end not known (censored)"),
    ]
    x = 24.0
    found = []
    for mark, said in entries:
        wide = 14 + len(said) * CHARACTER
        if x + wide > WIDTH - 16:
            x, y = 24.0, y + LINE
        found.append(element("g", mark, transform=f"translate({x:g} {y - 4:g})"))
        found.append(element("text", text(said), x=x + 10, y=y))
        x += wide + 22
    return found, y + 8


def _grid(top: float, bottom: float, scale: Scale) -> Iterator[str]:
    for x in map(scale.x, ticks(scale.end)):
        yield element("line", class_="grid", x1=x, x2=x, y1=top - 4, y2=bottom + 4)


def _axis(top: float, bottom: float, scale: Scale) -> Iterator[str]:
    for seconds in ticks(scale.end):
        for y in (top - 8, bottom + 16):
            yield element("text", f"{seconds:g}", x=scale.x(seconds), y=y, class_="small mid halo")
    said = "seconds since the Pod's preStop hook began"
    yield element("text", text(said), x=(LEFT + WIDTH - RIGHT) / 2, y=bottom + 34, class_="mid")


def _lines(lines: Sequence[Line], top: float, bottom: float, scale: Scale) -> Iterator[str]:
    """Each label in a lane of its own, the leftmost line's in the lowest: no line crosses one."""
    for lane, line in enumerate(reversed(lines)):
        x, y = scale.x(line.seconds), top + LINE * (lane + 1)
        yield element("line", class_=line.name, x1=x, x2=x, y1=y - 10, y2=bottom + 4)
        is_left = x - 6 > len(line.label) * CHARACTER
        yield element(
            "text", text(line.label), x=x - 6 if is_left else x + 6, y=y,
            class_=f"of-{line.name} halo num" if is_left else f"of-{line.name} halo",
        )  # fmt: skip


def _rows(
    sections: Sequence[Section], top: float, scale: Scale
) -> tuple[list[str], list[str], float]:
    """What lies below the rows, the rows below their headings, and where they end."""
    bands, found = [], []
    y = top
    for section in sections:
        found.append(element("text", text(section.heading), x=16, y=y + 14, class_="small halo"))
        y += HEADING
        for index, group in enumerate(section.groups):
            height = ROW * len(group.samples)
            if index % 2 == 0:
                bands.append(
                    element("rect", class_="band", y=y - 1, width=WIDTH, height=height + GAP)
                )
            middle = y + height / 2 + 4
            found.append(element("text", group.label, x=LEFT - 14, y=middle, class_="small num"))
            for sample in group.samples:
                found.append(_row(sample, y, scale))
                y += ROW
            y += GAP
    return bands, found, y


def _row(sample: Sample, top: float, scale: Scale) -> str:
    deletion, y = sample.deletion, top + ROW / 2
    end = scale.x(deletion.served_seconds)
    drawn = [marks.span("serving", scale.x(0), end, y)]
    if deletion.endpoint_seconds is not None:
        drawn.append(marks.endpoint(scale.x(deletion.endpoint_seconds), y))
    if scale.holds(deletion.served_seconds):
        drawn.append(marks.stop(end, y))
    slowest = max(sample.fresh, key=lambda item: item.last_seconds or 0.0, default=None)
    for item in sorted(sample.fresh, key=lambda item: item is slowest):
        if item.last_seconds is not None:
            kind = "fresh" if item is slowest else "other"
            drawn.append(marks.circle(scale.x(item.last_seconds), y, kind, _said(item)))
    for item in sample.reused:
        if item.last_seconds is not None:
            draw = marks.square if scale.holds(item.last_seconds) else marks.arrow
            drawn.append(draw(scale.x(item.last_seconds), y, _said(item)))
    if sample.doubt:
        drawn.append(marks.cross(end, y))
    hit = element("rect", class_="hit", y=top, width=WIDTH, height=ROW)
    return element("g", element("title", text(told(sample))), hit, *drawn, class_="row")


def told(sample: Sample) -> str:
    """A deletion in a sentence."""
    item = sample.deletion
    seen = item.endpoint_seconds
    parts = [
        f"{item.series} {item.rollout} of run {item.run}, Pod {item.pod} on node {item.node}",
        f"last new connection after {sample.seconds:.3g} s" if sample.seconds else "none came",
        "endpoint not seen terminating"
        if seen is None
        else f"endpoint terminating at {seen:.3g} s",
        f"served {item.served_seconds:.3g} s",
        sample.doubt,
    ]
    return ", ".join(part for part in parts if part)


def _said(item: Arrivals) -> str:
    place = f" on {item.node}" if item.node else ", outside"
    return f"{item.observer}{place}: {item.last_seconds:.3g} s, {item.connections} connections"
