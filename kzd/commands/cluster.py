"""The options of commands that talk with a cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import click

from kzd.option_value import DNS_LABEL

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

LONGEST_TIME = 15
"""Characters; with more of them it is no time that anybody means, or infinite."""

KUBECONFIG = (
    click.option("--kubeconfig", metavar="FILE", default="",
                 help="The kubeconfig, instead of KUBECONFIG or ~/.kube/config."),
    click.option("--context", metavar="NAME", default="", help="A context of the kubeconfig."),
)  # fmt: skip


def seconds(context: Any, parameter: Any, given: str | None) -> float | None:
    """The seconds that a text such as 90s, 30m, 2h or 7d says; 0 is none."""
    found = seconds_or_none(context, parameter, given)
    if found == 0:
        raise _unfit(given)
    return found


def seconds_or_none(context: Any, parameter: Any, given: str | None) -> float | None:
    """The same where 0 is one, too."""
    if given is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", given)
    if not found or len(given) > LONGEST_TIME:
        raise _unfit(given)
    return float(found[1]) * UNITS[found[2]]


def _unfit(given: str | None) -> click.BadParameter:
    return click.BadParameter(f"must be a duration such as 90s, 30m, 2h or 7d, not '{given}'")


def namespace(context: Any, parameter: Any, given: str) -> str:
    """A name that a namespace may have; empty where the option was not given."""
    if is_given(context, parameter.name) and not re.fullmatch(DNS_LABEL, given):
        raise click.BadParameter(f"must be the name of a namespace, not '{given}'")
    return given


def must_be(wanted: tuple[str, str]) -> Callable[[Any, Any, str], str]:
    """A check of an option's text: the pattern that it has to fit, and what that is in words."""
    pattern, words = wanted

    def check(_context: Any, _parameter: Any, given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise click.BadParameter(f"must be {words}, not '{given}'")
        return given

    return check


def url(_context: Any, _parameter: Any, given: str) -> str:
    """A URL of HTTP; empty where the option was not given."""
    if given and not re.match(r"https?://[^/]", given):
        raise click.BadParameter(f"must begin with http:// or https://, not '{given}'")
    return given


def with_options(options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """Give a command these options, in their order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def is_given(context: click.Context, name: str | None) -> bool:
    """Whether the command line says an option."""
    return (
        name is not None
        and context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
    )
