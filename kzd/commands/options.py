"""The options and arguments that commands share, as click takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from kzd.commands.answer import FORMATS
from kzd.commands.run import NAMES
from kzd.result import SEVERITIES


def transforms(context: Any, parameter: Any, incomplete: str) -> list[str]:
    """The names of transforms that begin so, for a shell that completes."""
    return [name for name in NAMES if name.startswith(incomplete)]


def _only_one(context: Any, parameter: Any, given: tuple[str, ...]) -> str | None:
    if len(given) > 1:
        raise click.BadParameter("must be given once; configurations are never merged")
    return given[0] if given else None


COMMON = (
    click.option("--config", metavar="FILE", multiple=True, callback=_only_one,
                 help="The configuration, a ZeroDowntime."),
    click.option("--measurement", metavar="FILE", multiple=True,
                 help="What was measured, PropagationMeasurements; may be repeated."),
    click.option("--only", metavar="TRANSFORM", multiple=True, shell_complete=transforms,
                 help="Run this transform only, and those it needs; may be repeated."),
    click.option("--skip", metavar="TRANSFORM", multiple=True, shell_complete=transforms,
                 help="Leave this transform out; may be repeated."),
    click.option("--unsafe", is_flag=True, help="Make the edits that guess, too."),
    click.option("--kubernetes-version", metavar="1.N", help="The version of the API server."),
    click.option("--min-kubelet", metavar="1.N", help="The version of the oldest kubelet."),
    click.option("--namespace", metavar="NAME", help="The namespace where manifests say none."),
    click.option("--fail-on", type=click.Choice(SEVERITIES), default="error", show_default=True,
                 help="Exit with 1 at findings of this severity."),
    click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True,
                 help="The report's: for people, for GitHub's or GitLab's CI, for code scanning, "
                      "or JSON as `schemas/report.json` describes it."),
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
