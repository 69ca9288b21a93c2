"""
The way in: the plain filter at once, everything else through `kzd.commands.cli`.

Whoever pipes manifests through kzd waits for it, so nothing is imported here that the filter
does not need; a test holds the list.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from kzd.commands.terminal import COMPLETION, INTERRUPTED, emit, has_colors, is_terminal

if TYPE_CHECKING:
    from kzd.commands.answer import Answer

VALUES: dict[str, tuple[str, tuple[str, ...]]] = {
    "--config": ("config", ()),
    "--kubernetes-version": ("kubernetes_version", ()),
    "--min-kubelet": ("min_kubelet", ()),
    "--namespace": ("namespace", ()),
    "--fail-on": ("fail_on", ("error", "warning", "info")),
    "--format": ("format", ("text", "json", "github", "gitlab", "sarif")),
}
"""Options with a value: the request's field and the words it takes, any where there are none."""

REPEATED = {"--only": "only", "--skip": "skip", "--measurement": "measurement"}
FLAGS = {"--unsafe": ("unsafe", True), "--quiet": ("quiet", True), "--no-color": ("color", False)}


def script() -> NoReturn:
    """
    Run kzd and end the process with its exit code, at once.

    All is written by then, and taking down what was imported takes a fifth of a small run's time.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # closed, or nobody reads any more
            continue
    os._exit(code)


def main() -> int:
    """Run kzd; the exit code is the process's."""
    try:
        asked = None if COMPLETION in os.environ else filter_arguments(sys.argv[1:])
        if asked is not None and not is_terminal(sys.stdin):
            return run_filter(asked)
        from kzd.commands import cli  # click costs more start-up than all the rest

        return cli.run(sys.argv[1:])
    except KeyboardInterrupt:
        return INTERRUPTED


def filter_arguments(arguments: list[str]) -> dict[str, Any] | None:
    """
    The options of `kzd`, `kzd render` and `kzd render -`; None where click has to look at them.

    >>> filter_arguments(["render", "-", "--skip=rolling-update", "--quiet"])
    {'skip': ('rolling-update',), 'quiet': True}
    >>> filter_arguments(["render", "web.yaml"]) is filter_arguments(["--help"]) is None
    True
    """
    is_render = arguments[:1] == ["render"]
    rest = arguments[1:] if is_render else list(arguments)
    asked: dict[str, Any] = {}
    may_name_stdin = is_render
    while rest:
        option, has_value, value = rest.pop(0).partition("=")
        if option == "-" and may_name_stdin:
            may_name_stdin = False
            continue
        if option in FLAGS and not has_value:
            name, flag = FLAGS[option]
            asked[name] = flag
            continue
        if (option not in VALUES and option not in REPEATED) or not (has_value or rest):
            return None
        value = value if has_value else rest.pop(0)
        if option in REPEATED:
            asked[REPEATED[option]] = (*asked.get(REPEATED[option], ()), value)
            continue
        name, words = VALUES[option]
        if (words and value not in words) or (name == "config" and name in asked):
            return None
        asked[name] = value
    return asked


def run_filter(asked: dict[str, Any]) -> int:
    """Standard input through the pipeline to standard output; the exit code."""
    import gc

    gc.disable()  # one short run: collecting costs more than it frees
    from kzd.commands.answer import render
    from kzd.commands.failure import answered
    from kzd.commands.run import Request
    from kzd.errors import InputError
    from kzd.flow.bundle import Source

    is_colored = asked.pop("color", True) and has_colors(sys.stderr)
    request = Request(**asked, is_colored=is_colored)
    sources: list[Source] = []

    def command() -> Answer:
        try:
            sources.append(Source("-", sys.stdin.buffer.read()))
        except OSError as error:
            raise InputError(f"can't be read: {error.strerror}", file="-") from error
        return render(sources, request, is_stream=True)

    answer = answered(sources, command, is_stream=True, is_annotated=request.format == "github")
    return emit(answer, is_filter=True)


if __name__ == "__main__":
    script()
