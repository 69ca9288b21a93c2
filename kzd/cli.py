"""The command line: parse, call, print, exit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from shutil import get_terminal_size
from typing import Any

import click

from kzd import __version__, commands, files
from kzd.__main__ import INTERRUPTED, emit, has_colors, is_terminal
from kzd.bundle import Source
from kzd.commands import Answer
from kzd.failure import answered
from kzd.files import STDIN, Input
from kzd.result import SEVERITIES
from kzd.run import NAMES, Request

COMMANDS = ("render", "check", "diff", "explain", "schema")
MAXIMUM_WIDTH = 110
EPILOG = """\b
Exit codes: 0 fine; 1 a finding reaches --fail-on, or `check` or `diff` would
change something; 2 usage or configuration; 3 input or output; 4 a bug in kzd.
\b
Completion in bash: eval "$(_KZD_COMPLETE=bash_source kzd)"; zsh_source and
fish_source are there too.
"""


def run(arguments: Sequence[str]) -> int:
    """Run a command; the exit code."""
    try:
        if not arguments:
            with click.Context(kzd, info_name="kzd") as context:
                click.echo(kzd.get_help(context), err=True)
            return 2
        code = kzd.main(_with_command(arguments), prog_name="kzd", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code


def _with_command(arguments: Sequence[str]) -> list[str]:
    """Options alone mean `render`; a command after options comes first."""
    if not arguments[0].startswith("-") or arguments[0] in ("--help", "--version"):
        return list(arguments)
    named = next((word for word in arguments if word in COMMANDS), "render")
    rest = list(arguments)
    if named in rest:
        rest.remove(named)
    return [named, *rest]


def _transforms(context: Any, parameter: Any, incomplete: str) -> list[str]:
    return [name for name in NAMES if name.startswith(incomplete)]


COMMON = (
    click.option("--config", metavar="FILE", help="The configuration, a ZeroDowntime."),
    click.option("--only", metavar="TRANSFORM", multiple=True, shell_complete=_transforms,
                 help="Run this transform only; may be repeated."),
    click.option("--skip", metavar="TRANSFORM", multiple=True, shell_complete=_transforms,
                 help="Leave this transform out; may be repeated."),
    click.option("--unsafe", is_flag=True, help="Make the edits that guess, too."),
    click.option("--kubernetes-version", metavar="1.N", help="The version of the API server."),
    click.option("--min-kubelet", metavar="1.N", help="The version of the oldest kubelet."),
    click.option("--namespace", metavar="NAME", help="The namespace where manifests say none."),
    click.option("--fail-on", type=click.Choice(SEVERITIES), default="error", show_default=True,
                 help="Exit with 1 at findings of this severity."),
    click.option("--format", type=click.Choice(["text", "json"]), default="text",
                 show_default=True, help="The report's format."),
    click.option("--quiet", is_flag=True, help="Report errors only."),
    click.option("--no-color", is_flag=True, help="No colours on a terminal either."),
    click.option("--exclude", metavar="GLOB", multiple=True,
                 help="Pass over such files and directories while walking."),
)  # fmt: skip


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that all commands share, and the files."""
    for add in reversed(COMMON):
        command = add(command)
    return command


paths = click.argument("paths", metavar="[FILE|DIR|-]...", nargs=-1, type=click.Path())


@click.group(epilog=EPILOG)
@click.version_option(__version__, prog_name="kzd", message="%(prog)s %(version)s")
def kzd() -> None:
    """
    Zero-downtime defaults for other people's Kubernetes manifests.

    With a pipe on standard input, `kzd` alone is the filter, the same as `kzd render -`.
    """


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
    asked = _Asked(options, is_reported_on_stderr=True, output=output or "")

    def command() -> Answer:
        inputs = asked.inputs()
        answer = commands.render(
            asked.sources, asked.request, is_stream=not (in_place or output)
        )
        # A file never comes out empty: one that could not be read stays as it is.
        data = [new.data or old.data for new, old in zip(answer.files, inputs, strict=True)]
        if in_place:
            files.replace(inputs, data)
        elif output:
            files.write_below(output, inputs, data)
        return answer

    return emit(answered(asked.sources, command))


@kzd.command()
@paths
@common
def check(**options: Any) -> int:
    """
    Review the manifests: what `render` would change, and what is worth knowing.

    Exits with 1 where something would change.  A single ResourceList is answered with its
    results and no items, as validators are asked to.
    """
    asked = _Asked(options)
    return asked.answer(lambda: commands.check(asked.sources, asked.request))


@kzd.command()
@paths
@common
def diff(**options: Any) -> int:
    """Show what `render` would change, as a diff that `git apply` and `patch -p1` take."""
    is_colored = not options["no_color"] and has_colors(sys.stdout)
    asked = _Asked(options, is_reported_on_stderr=True)
    return asked.answer(
        lambda: commands.diff(asked.sources, asked.request, is_colored=is_colored)
    )


@kzd.command()
@click.argument(
    "paths", metavar="[TRANSFORM|FILE|DIR|-]...", nargs=-1, shell_complete=_transforms
)
@common
def explain(**options: Any) -> int:
    """
    Explain a transform, or each workload of the manifests.

    A workload's role and why, and every number with its arithmetic and where it came from.
    """
    from kzd import manual

    names = options["paths"]
    if names and all(name in NAMES for name in names):
        return emit(Answer(manual.pages(names), "", 0))
    if not names and is_terminal(sys.stdin):
        return emit(Answer(manual.contents(), "", 0))
    asked = _Asked(options)
    width = min(get_terminal_size((100, 24)).columns, MAXIMUM_WIDTH)
    return asked.answer(lambda: commands.explain(asked.sources, asked.request, width=width))


@kzd.command()
def schema() -> int:
    """Print the JSON Schema of the configuration."""
    from kzd import transforms
    from kzd.config_schema import config_schema, json_text

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
        read = files.read_all(
            self._paths or (STDIN,), sys.stdin.buffer, exclude=self._exclude, output=self._output
        )
        self.sources += [Source(item.name, item.data, item.is_walked) for item in read]
        return read

    def answer(self, command: Callable[[], Answer]) -> int:
        """Read the input, run the command on it, and write its answer."""

        def whole() -> Answer:
            self.inputs()
            return command()

        return emit(answered(self.sources, whole))
