"""Measuring propagation on a cluster: `kzd measure` and what belongs to it."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from kzd.commands.answer import Answer
from kzd.commands.failure import answered
from kzd.commands.progress import Bar
from kzd.commands.terminal import emit
from kzd.errors import ConfigError, OutputError
from kzd.report import text

if TYPE_CHECKING:
    from kzd.kube_api import KubeApi
    from kzd.measure.plan import Plan
    from kzd.measure.record import Deletion

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def _seconds(context: Any, parameter: Any, given: str | None) -> float | None:
    """The seconds that a text such as 90s, 30m or 2h says."""
    if given is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", given)
    if not found or not float(found[1]):
        raise click.BadParameter(f"must be a duration such as 90s, 30m or 2h, not '{given}'")
    return float(found[1]) * UNITS[found[2]]


CLUSTER = (
    click.option("--kubeconfig", metavar="FILE", default="",
                 help="The kubeconfig, instead of KUBECONFIG or ~/.kube/config."),
    click.option("--context", metavar="NAME", default="", help="A context of the kubeconfig."),
    click.option("--namespace", metavar="NAME", default="",
                 help="A namespace that is there; without it one is made, and removed again."),
)  # fmt: skip
PROBE = (
    click.option("--rollouts", metavar="N", type=click.IntRange(0), default=60, show_default=True,
                 help="Rolling updates to measure, what --resume holds counted in."),
    click.option("--singles", metavar="N", type=click.IntRange(0), default=10, show_default=True,
                 help="Single deletions after them, a series of its own."),
    click.option("--duration", "duration_seconds", metavar="TIME", callback=_seconds,
                 help="Begin nothing more after this time, such as 30m."),
    click.option("--resume", metavar="FILE", default="",
                 help="Go on with the records of this file, and write to it."),
    click.option("--path", "paths", multiple=True,
                 type=click.Choice(("cluster-ip", "headless", "node-port")),
                 help="A path in the cluster; may be repeated. Default: cluster-ip."),
    click.option("--url", metavar="URL", default="",
                 help="A URL that leads to Service kzd-measure, asked from this machine."),
    click.option("--backends", metavar="N", type=click.IntRange(2, 50), default=3,
                 show_default=True, help="Pods behind the Service."),
    click.option("--observers", metavar="N", type=click.IntRange(0, 40), default=3,
                 show_default=True, help="Pods that ask, spread over the nodes."),
    click.option("--host-network", "is_on_host_network", is_flag=True,
                 help="Observers ask from the nodes' own network."),
    click.option("--rate", metavar="N", type=click.FloatRange(1, 300), default=50.0,
                 show_default=True, help="New connections a second, of each observer and path."),
    click.option("--window", "window_seconds", metavar="TIME", callback=_seconds,
                 help="How long a deleted Pod goes on serving; unset, a warm-up finds it."),
    click.option("--pause", "pause_seconds", metavar="TIME", callback=_seconds, default="3s",
                 show_default=True, help="Time between two rolling updates."),
    click.option("--churn", metavar="N", type=click.FloatRange(0, 100), default=0.0,
                 help="Changes a second of other Services beside it."),
    click.option("--image", metavar="IMAGE", default="python:3.13-slim", show_default=True,
                 help="Any image with Python 3.8 or newer."),
)  # fmt: skip


def _with(options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group(invoke_without_command=True, short_help="Measure propagation on a cluster.")
@_with((*CLUSTER, *PROBE))
@click.pass_context
def measure(called: click.Context, /, **options: Any) -> int | None:
    """
    Measure on a cluster how long new connections still reach a Pod after its deletion.

    Rolls a Deployment of its own again and again while observers ask its Service, and writes a
    record of each deletion to standard output, a line of JSON each.  What it made is removed at
    the end, also after Ctrl-C.  `kzd measure summary` makes a PropagationMeasurement of them.
    """
    if called.invoked_subcommand is not None:
        given = [name for name in options if _is_given(called, name)]
        if given:
            option = given[0].replace("_", "-")
            raise click.UsageError(f"--{option} comes after `{called.invoked_subcommand}`")
        return None
    return emit(answered((), lambda: _measure(options)))


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE


@measure.command()
@_with(CLUSTER)
def cleanup(kubeconfig: str, context: str, namespace: str) -> int:
    """
    Remove what a run of `kzd measure` left in a cluster.

    Only objects that have its labels and its names; without --namespace, in the namespace that
    it makes, and then that namespace.
    """

    def command() -> Answer:
        from kzd.kube_api import connect
        from kzd.measure.cleanup import remove
        from kzd.measure.plan import NAME

        removed = remove(connect(kubeconfig, context), namespace or NAME)
        told = [f"removed {name}" for name in removed] or ["nothing to remove"]
        return Answer(b"", "".join(map(text.note, told)), 0)

    return emit(answered((), command))


@measure.command()
@click.option("--namespace", metavar="NAME", default="", help="The namespace given to `measure`.")
@click.option("--churn", is_flag=True, help="What --churn needs, too.")
def rbac(namespace: str, churn: bool) -> int:
    """Print the smallest Role that `kzd measure` needs, and what it is for."""

    def command() -> Answer:
        from kzd.measure.rbac import manifests

        return Answer(manifests(namespace, with_churn=churn).encode(), "", 0)

    return emit(answered((), command))


def _measure(options: dict[str, Any]) -> Answer:
    from kzd.kube_api import connect
    from kzd.measure.collect import collect

    kubeconfig, context = options.pop("kubeconfig"), options.pop("context")
    resume = options.pop("resume")
    plan = _plan(options)
    done, notes = _done(resume)
    for note in notes:
        _tell(note)
    api: KubeApi = connect(kubeconfig, context)
    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), _interrupt)
    with Bar(sys.stderr) as bar, _Output(resume) as output:
        collect(api, plan, write=output.write, tell=bar.tell, show=bar.show, done=done)
    then = f"then: kzd measure summary {resume or 'FILE'} > propagation.yaml"
    return Answer(b"", text.note(then), 0)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _plan(options: dict[str, Any]) -> Plan:
    from kzd.measure.plan import CLUSTER_PATHS, MAXIMUM_REPORTS, Plan, reports

    url = options["url"]
    if url and not re.match(r"https?://[^/\s]+", url):
        raise ConfigError(f"must be http:// or https://, not '{url}'", field="--url")
    if not options["observers"] and not url:
        raise ConfigError("must be at least 1 without --url: nobody would ask", field="--observers")
    default = CLUSTER_PATHS[:1] if options["observers"] else ()
    plan = Plan(**options | {"paths": options["paths"] or default})
    if reports(plan) > MAXIMUM_REPORTS:
        raise ConfigError(
            f"must be fewer for {len(plan.paths)} paths: a Pod's last words hold "
            f"{MAXIMUM_REPORTS} figures, not {reports(plan)}",
            field="--observers",
        )
    return plan


def _done(resume: str) -> tuple[dict[str, int], list[str]]:
    """How many of each series a file holds, and what there is to tell about it."""
    if not resume:
        return {}, []
    from kzd.measure.record import WARM_UP, read, whole

    try:
        with open(resume, "rb") as file:
            records = read(resume, file.read())
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=resume) from None
    done: dict[str, int] = {}
    for deletions in whole(records.deletions):
        series = deletions[0].series
        if series != WARM_UP:
            done[series] = done.get(series, 0) + 1
    return done, records.notes


class _Output:
    """Where records go: standard output, or the end of a file, whose torn line is mended."""

    def __init__(self, name: str) -> None:
        self._name = name or "standard output"
        self._file = open(name, "r+b") if name else sys.stdout.buffer  # noqa: SIM115
        if name:
            self._mend()

    def __enter__(self) -> _Output:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not sys.stdout.buffer:
            self._file.close()

    def _mend(self) -> None:
        data = self._file.read()
        end = data.rfind(b"\n") + 1
        if data[end:].strip().endswith(b"}"):
            self._file.write(b"\n")
        else:
            self._file.seek(end)
            self._file.truncate()

    def write(self, deletions: Sequence[Deletion]) -> None:
        """Write the records of one rolling update at once, so that an interrupt tears none."""
        from kzd.measure.record import line

        try:
            self._file.write("".join(map(line, deletions)).encode())
            self._file.flush()
        except OSError as error:
            raise OutputError(f"can't be written: {error.strerror}", file=self._name) from None


def _tell(note: str) -> None:
    sys.stderr.write(text.note(note))
