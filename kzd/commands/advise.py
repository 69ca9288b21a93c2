"""Advice on a cluster: `kzd advise`, for facts that are given or that a measurement tells."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from kzd.commands import files
from kzd.commands.answer import Answer
from kzd.commands.failure import answered
from kzd.commands.terminal import emit, width
from kzd.errors import ConfigError
from kzd.flow.bundle import Source
from kzd.option_value import Unfit, typed_text
from kzd.transform import Option

SERVICES = Option(None, "", minimum=0, type="int")


@click.command(short_help="Print what to do, avoid and know for facts about a cluster.")
@click.argument("paths", metavar="[FILE|-]...", nargs=-1, type=click.Path())
@click.option("--kernel", metavar="RELEASE", help="The oldest kernel, as `uname -r` prints it.")
@click.option(
    "--kubernetes-version", metavar="1.N", help="The oldest kube-proxy's, which the kubelet tells."
)
@click.option(
    "--kube-proxy-mode", metavar="MODE",
    help="iptables, nftables, ipvs, or ebpf where another program does its work.",
)  # fmt: skip
@click.option("--services", metavar="N", help="How many Services there are.")
@click.option("--format", type=click.Choice(("text", "json")), default="text", show_default=True)
def advise(paths: tuple[str, ...], format: str, **options: str | None) -> int:
    """
    Print what to do, avoid and know in a cluster, each with the fact that it rests on.

    Of a cluster that the options describe, or of measurements (FILE holds
    PropagationMeasurements); options beat what is measured.  Without facts, it is for all.
    """
    sources: list[Source] = []

    def command() -> Answer:
        given = _given(options)
        stdin = sys.stdin.buffer if sys.stdin else None
        sources.extend(Source(item.name, item.data) for item in files.read_all(paths, stdin))
        return Answer(_report(sources, given, format), "", 0)

    return emit(answered(sources, command))


def _given(options: dict[str, str | None]) -> dict[str, Any]:
    """The fields of Facts that options say; raises ConfigError."""
    from kzd.advice.facts import MODES, kernel_of, minor_of, platform_of

    modes = Option(None, "", choices=MODES, type="str")
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "kernel": ("kernel", kernel_of),
        "kubernetes_version": ("kube_proxy", minor_of),
        "kube_proxy_mode": ("mode", lambda text: typed_text(modes, text)),
        "services": ("services", lambda text: typed_text(SERVICES, text)),
    }
    given: dict[str, Any] = {}
    for name, (field, reader) in readers.items():
        text = options[name]
        try:
            given |= {} if text is None else {field: reader(text)}
        except Unfit as error:
            raise ConfigError(str(error), field=f"--{name.replace('_', '-')}") from error
    platform = platform_of(options["kernel"] or "", options["kubernetes_version"] or "")
    return given | ({"platform": platform} if platform else {})


def _report(sources: Sequence[Source], given: dict[str, Any], format: str) -> bytes:
    from kzd.advice.advise import advise
    from kzd.advice.facts import Facts, facts_of
    from kzd.config.source import measurements
    from kzd.report import advice as report

    measured = [facts_of(item.measurement) for source in sources for item in measurements(source)]
    facts = [item._replace(**given) for item in measured or [Facts()]]
    found = advise(*facts)
    text = report.report(facts, found, width=width()) if format == "text" else ""
    return (text or report.report_json(facts, found)).encode("utf-8", "backslashreplace")
