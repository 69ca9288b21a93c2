"""The standard streams: who is behind them, and all that is written to them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from kzd.commands.answer import Answer

COMPLETION = "_KZD_COMPLETE"
REPORT = "KZD_REPORT"
MAXIMUM_WIDTH = 110
NOT_WRITTEN, INTERRUPTED = 3, 130
NO_MANIFESTS = (
    "kzd: error: Helm wants manifests, which only `kzd` with options and no command prints\n"
)


def emit(answer: Answer, *, is_filter: bool = False) -> int:
    """
    Write an answer; the exit code, which is another one where nobody takes it.

    `is_filter` where `out` is manifests.  A Helm that hides standard error is told on standard
    output why it gets none.
    """
    lost = _append(os.environ.get(REPORT), answer.told)
    if lost:
        answer = answer._replace(out=b"", told=answer.told + lost, exit_code=NOT_WRITTEN)
    if "HELM_PLUGIN_DIR" in os.environ and (answer.exit_code or not is_filter):
        from kzd.hosts.post_renderer import hides_errors, scalar  # only where it fails there

        if hides_errors(os.environ):
            report = "" if is_filter else answer.out.decode("utf-8", "replace")
            more = "" if answer.exit_code else NO_MANIFESTS
            why = scalar(report + answer.told + more, answer.exit_code)
            answer = answer._replace(out=why, exit_code=0)
    told = answer.told
    problem = _write(sys.stdout, answer.out)
    if problem:
        told = f"kzd: error: standard output can't be written: {problem}\n"
    elif problem == "":
        told = ""
    is_lost = _write(sys.stderr, told.encode("utf-8", "backslashreplace")) is not None
    return NOT_WRITTEN if is_lost or problem is not None else answer.exit_code


def say(stream: TextIO | None, told: str) -> None:
    """
    Say something while a command goes on.

    Nobody may be there to read it any more; what was begun goes on, and is cleaned up, all the
    same.
    """
    if stream is None:
        return
    with suppress(OSError, ValueError):
        stream.write(told)
        stream.flush()


def _append(report: str | None, told: str) -> str:
    """Append what is told to the report that the environment names; what went wrong, if any."""
    if not report:
        return ""
    try:
        with open(report, "ab") as file:
            if _is_stdout(file.fileno()):
                return f"kzd: error: {REPORT}: must not be standard output, where YAML goes\n"
            file.write(told.encode("utf-8", "backslashreplace"))
    except OSError as error:
        return f"kzd: error: {REPORT}: '{report}' can't be written: {error.strerror}\n"
    return ""


def _is_stdout(descriptor: int) -> bool:
    try:
        return os.path.sameopenfile(descriptor, sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):  # it is closed, or no file
        return False


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


def width() -> int:
    """How many characters a line has for people to read: the terminal's, within limits."""
    from shutil import get_terminal_size  # only for people who read: it costs start-up

    return min(get_terminal_size((100, 24)).columns, MAXIMUM_WIDTH)


def has_colors(stream: TextIO | None) -> bool:
    """Whether people look at a stream, on a terminal that has colours, and want them."""
    return (
        stream is not None
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
        and stream.isatty()
    )
