"""The marks of a timeline at a place; `said` is what a pointer over it shows."""

from __future__ import annotations

from kzd.measure.svg import element, text

MARK = 3.2


def _title(said: str) -> list[str]:
    return [element("title", text(said))] if said else []


def circle(x: float, y: float, kind: str, said: str = "") -> str:
    """The last new connection of an observer; `kind` is `fresh` or `other`."""
    return element("circle", *_title(said), class_=kind, cx=x, cy=y, r=MARK)


def square(x: float, y: float, said: str = "") -> str:
    """That of an observer with few source ports."""
    size = 2 * MARK
    return element(
        "rect", *_title(said), class_="reused", x=x - MARK, y=y - MARK, width=size, height=size
    )


def arrow(x: float, y: float, said: str = "") -> str:
    """The same where it is beyond the axis."""
    return _path("reused", f"M{x + 6:g} {y - MARK:g}l6 {MARK:g}l-6 {MARK:g}", said)


def endpoint(x: float, y: float) -> str:
    """When the endpoint was seen terminating."""
    return _path("endpoint", f"M{x:.6g} {y - 3.6:g}l3.6 6.6h-7.2z")


def cross(x: float, y: float) -> str:
    """An end that is not known."""
    return _path("doubt", f"M{x - MARK:.6g} {y - MARK:g}l6.4 6.4m0 -6.4l-6.4 6.4")


def stop(x: float, y: float) -> str:
    """The end of serving."""
    return _path("end", f"M{x:.6g} {y - 3:g}v6")


def span(kind: str, start: float, end: float, y: float) -> str:
    """A level line."""
    return element("line", class_=kind, x1=start, x2=end, y1=y, y2=y)


def _path(kind: str, drawn: str, said: str = "") -> str:
    return element("path", *_title(said), class_=kind, d=drawn)
