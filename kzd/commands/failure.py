"""What is answered when something goes wrong: an error on one line, a bug of kzd's too."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from kzd.commands.answer import Answer, resource_list
from kzd.errors import KzdError, SelfCheckFailed
from kzd.flow.bundle import Source
from kzd.report import text
from kzd.result import Result

DEBUG = "KZD_DEBUG"
HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
NAMES_SHOWN = 3


def answered(
    sources: Sequence[Source],
    command: Callable[[], Answer],
    *,
    is_stream: bool = False,
    is_annotated: bool = False,
) -> Answer:
    """
    What a command answers, whatever happens.

    Where it answers with manifests, a ResourceList that can be read comes back with its items and
    the error among the results.  `is_annotated` where GitHub shows errors at their lines.
    """
    failure: KzdError
    cause: Exception
    try:
        return command()
    except SelfCheckFailed as error:
        failure, cause, more = error, error, _apology(sources)
    except KzdError as error:
        failure, cause, more = error, error, ""
    except Exception as error:  # the process ends here: no traceback for people who render
        failure = SelfCheckFailed(f"{type(error).__name__} {_where(error)}")
        cause, more = error, _apology(sources)
    out = _envelope(sources, failure) if is_stream else b""
    if is_annotated:
        from kzd.report import github  # only where asked for: it costs start-up

        # Nothing else: a file may be named so that its line would be a command of the runner.
        told = github.lines(map(_result, (failure, *failure.others)))
        told += text.note(more) if more else ""
    else:
        told = text.failure(failure, more)
    return Answer(out, told + _traceback(cause), failure.exit_code)


def _result(error: KzdError) -> Result:
    message = ": ".join(part for part in (error.field, error.message) if part)
    return Result(
        message, "error", file=error.file, line=error.line, column=error.column,
        tags={"action": "failure"},
    )  # fmt: skip


def _envelope(sources: Sequence[Source], error: KzdError) -> bytes:
    try:
        return resource_list(sources, [_result(error)]) or b""
    except Exception:  # what can't be read, or what failed above, fails again
        return b""


def _apology(sources: Sequence[Source]) -> str:
    names = [source.name for source in sources]
    shown = ", ".join(names[:NAMES_SHOWN])
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return (
        f"this is a bug in kzd; it had read {shown or 'nothing'}{more}; nothing was written; "
        f"{DEBUG}=1 shows where it happened"
    )


def _where(error: BaseException) -> str:
    """The place in kzd that raised, or called what did; an error's text may hold secrets."""
    place = "in kzd"
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(HOME):
            place = f"in kzd/{file.removeprefix(HOME)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _traceback(error: BaseException) -> str:
    if os.environ.get(DEBUG) != "1":
        return ""
    from traceback import format_exception  # only where asked for: it costs start-up

    return "".join(format_exception(error))
