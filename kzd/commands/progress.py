"""How far a long run is, on standard error: a bar for people, lines for a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from kzd.report import text

if TYPE_CHECKING:
    from kzd.measure.collect import Progress

WIDTH = 24


class Bar:
    """A line that is written over on a terminal; elsewhere each state is a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._shown = ""

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: Any) -> None:
        self._clear()

    def tell(self, note: str) -> None:
        """Say something once, above the bar."""
        shown = self._shown
        self._clear()
        self._stream.write(text.note(note))
        if self._is_terminal:
            self._write(shown)
        self._stream.flush()

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        state = line(progress)
        if self._is_terminal:
            self._clear()
            self._write(state)
        else:
            self._stream.write(text.note(state))
        self._stream.flush()

    def _write(self, state: str) -> None:
        self._stream.write(state)
        self._shown = state

    def _clear(self) -> None:
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""


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
