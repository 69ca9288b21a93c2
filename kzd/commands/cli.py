"""The command line: parse, call, print, exit."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

import click

from kzd import __version__
from kzd.commands import answer as commands
from kzd.commands import files
from kzd.commands.advise import advise
from kzd.commands.answer import Answer
from kzd.commands.failure import answered
from kzd.commands.files import Input
from kzd.commands.measure import measure
from kzd.commands.options import common, paths, transforms
from kzd.commands.retire import retire
from kzd.commands.run import NAMES, Request
from kzd.commands.setup import doctor, init
from kzd.commands.terminal import (
    COMPLETION,
    INTERRUPTED,
    NOT_WRITTEN,
    emit,
    has_colors,
    is_terminal,
    width,
)
from kzd.flow.bundle import Source
from kzd.option_value import nearest
from kzd.result import STDIN

COMMANDS = (
    "render", "check", "diff", "explain", "schema", "init", "doctor", "advise", "measure", "retire",
)  # fmt: skip
EPILOG = """\b
The options are those of `render`: `kzd render --help` lists them.

\b
Exit codes: 0 fine; 1 a finding reaches --fail-on, or `check` or `diff` would
change something; 2 usage or configuration; 3 input or output; 4 a bug in kzd.

\b
Completion in bash: eval "$(_KZD_COMPLETE=bash_source kzd)"; zsh_source and
fish_source are there too.
"""


def run(arguments: Sequence[str]) -> int:
    """Run a command; the exit code."""
    try:
        if not arguments and COMPLETION not in os.environ:
            with kzd.make_context("kzd", [], resilient_parsing=True) as context:
                click.echo(kzd.get_help(context), err=True)
            return 2
        code = kzd.main(_with_command(arguments), prog_name=_program(), standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        return emit(Answer(b"", shown.getvalue(), error.exit_code))
    except OSError as error:  # nobody takes the help
        reason = "" if isinstance(error, BrokenPipeError) else error.strerror
        told = f"kzd: error: standard output can't be written: {reason}\n" if reason else ""
        return emit(Answer(b"", told, NOT_WRITTEN))


def _program() -> str:
    """What was typed: kubectl finds `kubectl-kzd` for `kubectl kzd`."""
    is_plugin = os.path.basename(sys.argv[0]).startswith("kubectl-")
    return "kubectl kzd" if is_plugin else "kzd"


def _with_command(arguments: Sequence[str]) -> list[str]:
    """Options alone mean `render`; a command after options comes first."""
    first = arguments[0] if arguments else ""
    if first not in COMMANDS and first[:1] not in ("", "-") and os.path.exists(first):
        raise click.UsageError(f"'{first}' is no command; did you mean `kzd render {first}`?")
    if not first.startswith("-") or first in ("-h", "--help", "--version"):
        return list(arguments)
    named = next((word for word in arguments if word in COMMANDS), "render")
    rest = list(arguments)
    if named in rest:
        rest.remove(named)
    return [named, *rest]


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kzd", message="%(prog)s %(version)s")
def kzd() -> None:
    """
    Zero-downtime defaults for other people's Kubernetes manifests.

    With a pipe on standard input, `kzd` alone is the filter, the same as `kzd render -`.
    """


kzd.add_command(init)
kzd.add_command(doctor)
kzd.add_command(advise)
kzd.add_command(measure)
kzd.add_command(retire)


@kzd.command()
@paths
@click.option("--in-place", is_flag=True, help="Replace the files that change.")
@click.option("--output", metavar="DIR", help="Write all files below this directory.")
@common
def render(in_place: bool, output: str | None, **options: Any) -> int:
    """
    Write the manifests with their defaults.

    To standard output, or to files with --in-place or --output.  The report goes to standard
    error.
    """
    if in_place and output:
        raise click.UsageError("--in-place and --output exclude each other")
    is_stream = not (in_place or output)
    asked = _Asked(options, is_reported_on_stderr=True, output=output or "")

    def command() -> Answer:
        inputs = asked.inputs()
        answer = commands.render(asked.sources, asked.request, is_stream=is_stream)
        # A file never comes out empty: one that could not be read stays as it is.
        contents = [
            (item, file.data or item.data)
            for file, item in zip(answer.files, inputs, strict=True)
            if not item.unreadable
        ]
        if in_place:
            files.replace(contents)
        elif output:
            files.write_below(output, contents)
        return answer

    return asked.told(command, is_stream=is_stream, is_filter=is_stream)


@kzd.command(short_help="Review the manifests: what would change, what to know.")
@paths
@common
def check(**options: Any) -> int:
    """
    Review the manifests: what `render` would change, and what is worth knowing.

    Exits with 1 where something would change.  A single ResourceList is answered with its
    results; kustomize, which asks validators for that, gets no items with them.
    """
    asked = _Asked(options)
    return asked.answer(lambda: commands.check(asked.sources, asked.request), is_stream=True)


@kzd.command(short_help="Show what would change, as a diff.")
@paths
@common
def diff(**options: Any) -> int:
    """
    Show what `render` would change, as a diff that `git apply` and `patch -p1` take.

    It is whole: the copies of Secrets that long tasks get are in it. `check` only names them.
    """
    is_colored = not options["no_color"] and has_colors(sys.stdout)
    asked = _Asked(options, is_reported_on_stderr=True)
    return asked.answer(lambda: commands.diff(asked.sources, asked.request, is_colored=is_colored))


@kzd.command()
@click.argument("paths", metavar="[TRANSFORM|FILE|DIR|-]...", nargs=-1, shell_complete=transforms)
@common
def explain(**options: Any) -> int:
    """
    Explain a transform, or each workload of the manifests.

    A workload's role and why, and every number with its arithmetic and where it came from.
    """
    from kzd.commands import manual

    names = options["paths"]
    rules = [name for name in names if name in NAMES]
    if rules and len(rules) < len(names):
        raise click.UsageError("name transforms or files, not both")
    if rules or (not names and is_terminal(sys.stdin)):
        if options["format"] != "text":
            asked_for = f"`--format {options['format']}`"
            raise click.UsageError(f"a transform's page is text; {asked_for} is for files")
        page = manual.pages(rules) if rules else manual.contents()
        return emit(Answer(page, "", 0))
    for name in names:
        if name != STDIN and not os.path.exists(name):
            raise click.UsageError(f"'{name}' is no file and no transform{nearest(name, NAMES)}")
    asked = _Asked(options)
    return asked.answer(lambda: commands.explain(asked.sources, asked.request, width=width()))


@kzd.command()
def schema() -> int:
    """Print the JSON Schema of the configuration."""
    from kzd import transforms
    from kzd.config.schema import config_schema, json_text

    return emit(Answer(json_text(config_schema(transforms.load())).encode(), "", 0))


class _Asked:
    """The options of one command, and its input once it is read."""

    def __init__(
        self, options: dict[str, Any], *, is_reported_on_stderr: bool = False, output: str = ""
    ) -> None:
        self._paths: tuple[str, ...] = options.pop("paths")
        self._exclude: tuple[str, ...] = options.pop("exclude")
        self._output = output
        stream = sys.stderr if is_reported_on_stderr else sys.stdout
        is_colored = not options.pop("no_color") and has_colors(stream)
        self.request = Request(**options, is_colored=is_colored)
        self.sources: list[Source] = []
        if not self._paths and is_terminal(sys.stdin):
            raise click.UsageError("name files or directories, or pipe manifests in")

    def inputs(self) -> list[Input]:
        """The files, read; `sources` holds them then."""
        stdin = sys.stdin.buffer if sys.stdin else None
        read = files.read_all(
            self._paths or (STDIN,), stdin, exclude=self._exclude, output=self._output
        )
        self.sources += [
            Source(item.name, item.data, item.is_walked, item.unreadable) for item in read
        ]
        return read

    def answer(self, command: Callable[[], Answer], *, is_stream: bool = False) -> int:
        """
        Read the input, run the command on it, and write its answer.

        `is_stream` where a ResourceList is answered with one.
        """

        def whole() -> Answer:
            self.inputs()
            return command()

        return self.told(whole, is_stream=is_stream)

    def told(
        self, command: Callable[[], Answer], *, is_stream: bool, is_filter: bool = False
    ) -> int:
        """Run a command that reads its input, and write its answer or what went wrong."""
        is_annotated = self.request.format == "github"
        answer = answered(self.sources, command, is_stream=is_stream, is_annotated=is_annotated)
        return emit(answer, is_filter=is_filter)
