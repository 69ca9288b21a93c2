"""Measuring propagation on a cluster: `kzd measure` and what belongs to it."""

from __future__ import annotations

from typing import Any

import click

from kzd.commands.answer import Answer
from kzd.commands.cluster import KUBECONFIG, is_given, seconds, with_options
from kzd.commands.failure import answered
from kzd.commands.measuring import records, run
from kzd.commands.terminal import emit
from kzd.report import text

CLUSTER = (
    *KUBECONFIG,
    click.option("--namespace", metavar="NAME", default="",
                 help="A namespace that is there; without it one is made, and removed again."),
)  # fmt: skip
PROBE = (
    click.option("--rollouts", metavar="N", type=click.IntRange(0), default=60, show_default=True,
                 help="Rolling updates to measure, what --resume holds counted in."),
    click.option("--singles", metavar="N", type=click.IntRange(0), default=10, show_default=True,
                 help="Single deletions after them, a series of its own."),
    click.option("--duration", "duration_seconds", metavar="TIME", callback=seconds,
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
    click.option("--window", "window_seconds", metavar="TIME", callback=seconds,
                 help="How long a deleted Pod goes on serving; unset, a warm-up finds it."),
    click.option("--pause", "pause_seconds", metavar="TIME", callback=seconds, default="3s",
                 show_default=True, help="Time between two rolling updates."),
    click.option("--churn", metavar="N", type=click.FloatRange(0, 100), default=0.0,
                 help="Changes a second of other Services beside it."),
    click.option("--image", metavar="IMAGE", default="python:3.13-slim", show_default=True,
                 help="Any image with Python 3.8 or newer."),
)  # fmt: skip


@click.group(invoke_without_command=True, short_help="Measure propagation on a cluster.")
@with_options((*CLUSTER, *PROBE))
@click.pass_context
def measure(called: click.Context, /, **options: Any) -> int | None:
    """
    Measure on a cluster how long new connections still reach a Pod after its deletion.

    Rolls a Deployment of its own again and again while observers ask its Service, and writes a
    record of each deletion to standard output, a line of JSON each.  What it made is removed at
    the end, also after Ctrl-C.  `kzd measure summary` makes a PropagationMeasurement of them.
    """
    if called.invoked_subcommand is not None:
        given = [name for name in options if is_given(called, name)]
        if given:
            option = given[0].replace("_", "-")
            raise click.UsageError(f"--{option} comes after `{called.invoked_subcommand}`")
        return None
    return emit(answered((), lambda: run(options)))


@measure.command()
@with_options(CLUSTER)
def cleanup(kubeconfig: str, context: str, namespace: str) -> int:
    """
    Remove what a run of `kzd measure` left in a cluster.

    Only objects that have its labels and its names; without --namespace, in the namespace that
    it makes, and then that namespace.
    """

    def command() -> Answer:
        from kzd.kube_api import ClusterError
        from kzd.kubeconfig import connect
        from kzd.measure.cleanup import remove
        from kzd.measure.plan import NAME
        from kzd.measure.rbac import explain

        try:
            removed = remove(connect(kubeconfig, context), namespace or NAME)
        except ClusterError as error:
            explain(error)
            raise
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


RECORDS = click.argument("names", metavar="FILE...", nargs=-1, required=True, type=click.Path())


@measure.command()
@RECORDS
@click.option(
    "--quantile",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="The share of rolling updates that the bound is for.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="How sure the bound has to be.",
)
@click.option("--path", metavar="PATH", default="", help="What a measured --url is: ingress, ...")
@click.option(
    "--namespaces",
    metavar="GLOB",
    multiple=True,
    help="Where it counts, all namespaces if unset; may be repeated.",
)
@click.option("--name", metavar="NAME", default="", help="The document's name; unset, the path's.")
def summary(names: tuple[str, ...], **options: Any) -> int:
    """
    Make a PropagationMeasurement of records: a document for each path, to commit.

    Standard error gets what it claims, in words, and what it does not.  `kzd render --measurement`
    takes it.  The path of a --url has to be named: ingress, aws-alb-ip, ...
    """

    def command() -> Answer:
        from kzd.measure.document import documents
        from kzd.measure.summary import summarize
        from kzd.measure.telling import told

        deletions, notes = records(names)
        found = summarize(
            deletions,
            quantile=options["quantile"],
            confidence=options["confidence"],
            path_of_url=options["path"],
            namespaces=options["namespaces"],
            name=options["name"],
        )
        out = documents(item.measurement for item in found)
        return Answer(out, "".join(map(text.note, notes)) + told(found), 0)

    return emit(answered((), command))


@measure.command()
@RECORDS
@click.option("--path", metavar="PATH", default="", help="What a measured --url is: ingress, ...")
def timeline(names: tuple[str, ...], path: str) -> int:
    """
    Draw records as a page: every deletion a row, when each observer's last connection arrived.

    The page stands alone: it needs no network and no script.
    """

    def command() -> Answer:
        from kzd.measure.summary import summarize
        from kzd.measure.timeline import timeline as drawn

        deletions, notes = records(names)
        measurements = [item.measurement for item in summarize(deletions, path_of_url=path)]
        page = drawn(deletions, measurements)
        return Answer(page.encode(), "".join(map(text.note, notes)), 0)

    return emit(answered((), command))
