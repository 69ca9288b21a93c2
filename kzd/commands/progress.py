"""How far a long run is, on standard error: a bar for people, lines for a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from kzd.commands.terminal import say
from kzd.report import text

if TYPE_CHECKING:
    from kzd.measure.collect import Progress

WIDTH = 24


class Bar:
    """A line that is written over on a terminal; elsewhere each state is a line."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._is_terminal = stream is not None and stream.isatty()
        self._shown = ""

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: Any) -> None:
        self._write(self._cleared())

    def tell(self, note: str) -> None:
        """Say something once, above the bar."""
        shown = self._shown
        self._write(self._cleared() + text.note(note) + shown)
        self._shown = shown

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        state = line(progress)
        if self._is_terminal:
            self._write(self._cleared() + state)
            self._shown = state
        else:
            self._write(text.note(state))

    def _cleared(self) -> str:
        """What takes the bar away."""
        shown, self._shown = self._shown, ""
        return "\r" + " " * len(shown) + "\r" if shown else ""

    def _write(self, told: str) -> None:
        say(self._stream, told)


def line(progress: Progress) -> str:
    """One state as a line."""
    full = WIDTH * progress.done // max(1, progress.total)
    bar = "=" * full + " " * (WIDTH - full)
    left = progress.left_seconds
    remaining = "" if left is None else f", {duration(left)} left"
    return f"[{bar}] {progress.done} of {progress.total}{remaining}; {progress.text}"


def duration(seconds: float) -> str:
    """
    Seconds as people say them.

    >>> duration(42), duration(600), duration(4000)
    ('42 s', '10 min', '1 h 7 min')
    """
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
