"""The standard streams: who is behind them, and all that is written to them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from kzd.commands.answer import Answer

COMPLETION = "_KZD_COMPLETE"
NOT_WRITTEN, INTERRUPTED = 3, 130


def emit(answer: Answer) -> int:
    """Write an answer; the exit code, which is another one where nobody takes it."""
    told = answer.told
    problem = _write(sys.stdout, answer.out)
    if problem:
        told = f"kzd: error: standard output can't be written: {problem}\n"
    elif problem == "":
        told = ""
    is_lost = _write(sys.stderr, told.encode("utf-8", "backslashreplace")) is not None
    return NOT_WRITTEN if is_lost or problem is not None else answer.exit_code


def _write(stream: TextIO | None, data: bytes) -> str | None:
    """Write all of it; what went wrong, empty for a closed pipe, None where nothing did."""
    if stream is None:
        return "it is closed" if data else None
    try:
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        _forget(stream.fileno())
        return ""
    except OSError as error:
        _forget(stream.fileno())
        return error.strerror or "unknown reason"
    return None


def _forget(descriptor: int) -> None:
    """Point a dead stream elsewhere: the interpreter flushes it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person types into a stream, or nothing is there to read."""
    return stream is None or stream.isatty()


def has_colors(stream: TextIO | None) -> bool:
    """Whether people look at a stream, on a terminal that has colours, and want them."""
    return (
        stream is not None
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
        and stream.isatty()
    )
