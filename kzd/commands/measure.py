"""Measuring propagation on a cluster: `kzd measure` and what belongs to it."""

from __future__ import annotations

from typing import Any

import click

from kzd.commands.answer import Answer
from kzd.commands.cluster import KUBECONFIG, is_given, namespace, with_options
from kzd.commands.failure import answered
from kzd.commands.measure_options import CLAIM, NAMESPACE, PROBE
from kzd.commands.measuring import records, run
from kzd.commands.terminal import emit
from kzd.report import text


@click.group(invoke_without_command=True, short_help="Measure propagation on a cluster.")
@with_options((*KUBECONFIG, NAMESPACE, *PROBE))
@click.pass_context
def measure(called: click.Context, /, **options: Any) -> int | None:
    """
    Measure on a cluster how long new connections still reach a Pod after its deletion.

    Rolls a Deployment of its own again and again while observers ask its Service, and writes a
    record of each deletion to standard output, a line of JSON each.  What it made is removed at
    the end, also after Ctrl-C.  `kzd measure summary` makes a PropagationMeasurement of them.
    """
    if called.invoked_subcommand is not None:
        given = [option for option in called.command.params if is_given(called, option.name)]
        if given:
            where = f"`{called.invoked_subcommand}`"
            raise click.UsageError(f"{given[0].opts[0]} is no option of `measure` before {where}")
        return None
    return emit(answered((), lambda: run(options)))


@measure.command(short_help="Remove what a run left in a cluster.")
@with_options(KUBECONFIG)
@click.option("--namespace", metavar="NAME", default="", callback=namespace,
              help="The namespace given to `measure`, if one was.")  # fmt: skip
def cleanup(kubeconfig: str, context: str, namespace: str) -> int:
    """
    Remove what a run of `kzd measure` left in a cluster.

    Only objects that have its labels and its names; without --namespace, in the namespace that
    it makes, and then that namespace.
    """

    def command() -> Answer:
        from kzd.cluster_error import explained
        from kzd.kubeconfig import connect
        from kzd.measure.cleanup import remove
        from kzd.measure.plan import NAME
        from kzd.measure.rbac import COMMAND

        with explained(COMMAND):
            api = connect(kubeconfig, context)
            removed = remove(api, namespace or NAME, with_namespace=not namespace)
        told = [f"removed {name}" for name in removed] or ["nothing to remove"]
        return Answer(b"", "".join(map(text.note, told)), 0)

    return emit(answered((), command))


@measure.command(short_help="Print the smallest Role that it needs.")
@click.option("--namespace", metavar="NAME", default="", callback=namespace,
              help="The namespace given to `measure`.")  # fmt: skip
@click.option("--churn", is_flag=True, help="What --churn needs, too.")
def rbac(namespace: str, churn: bool) -> int:
    """Print the smallest Role that `kzd measure` needs, and what it is for."""

    def command() -> Answer:
        from kzd.measure.rbac import manifests

        return Answer(manifests(namespace, with_churn=churn).encode(), "", 0)

    return emit(answered((), command))


RECORDS = click.argument("names", metavar="FILE...", nargs=-1, required=True, type=click.Path())


@measure.command(short_help="Records to a PropagationMeasurement, to commit.")
@RECORDS
@with_options(CLAIM)
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
        said = "".join(f"{text.printable(line)}\n" for line in told(found).split("\n")[:-1])
        return Answer(out, "".join(map(text.note, notes)) + said, 0)

    return emit(answered((), command))


@measure.command(short_help="Records to a page that shows each deletion.")
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
