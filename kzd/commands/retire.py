"""Retiring old versions of long tasks: `kzd retire` and what belongs to it."""

from __future__ import annotations

from typing import Any

import click

from kzd.commands.answer import Answer
from kzd.commands.cluster import (
    KUBECONFIG,
    is_given,
    must_be,
    namespace,
    seconds,
    seconds_or_none,
    url,
    with_options,
)
from kzd.commands.failure import answered
from kzd.commands.terminal import emit
from kzd.long_task import INSTANCE
from kzd.option_value import DNS_LABEL

MANIFESTS = (
    click.option("-f", "--filename", "names", metavar="FILE|DIR|-", multiple=True,
                 help="The manifests as rendered, which say what is current; may be repeated."),
    click.option("--namespace", metavar="NAME", default="", callback=namespace,
                 help="The namespace where manifests say none."),
    click.option("--instance-label", metavar="LABEL", default=INSTANCE, show_default=True,
                 help="The label that says whose a version is."),
)  # fmt: skip
LIMITS = (
    click.option("--min-age", "min_age_seconds", metavar="TIME", callback=seconds_or_none,
                 default="10m", show_default=True, help="Keep versions that are younger."),
    click.option("--max-age", "max_age_seconds", metavar="TIME", callback=seconds,
                 help="Ask for a decision about older versions that are kept; exit with 1."),
    click.option("--max-versions", metavar="N", type=click.IntRange(1),
                 help="Ask for a decision where so many versions are not enough."),
    click.option("--force-after", "force_after_seconds", metavar="TIME", callback=seconds,
                 help="Retire versions of this age though they are busy."),
    click.option("--scale-down", "scales_down", is_flag=True,
                 help="End the idle Pods of a version of which others are busy."),
)  # fmt: skip
EVIDENCE = (
    click.option("--prometheus", metavar="URL", default="", callback=url,
                 help="Where idle queries go, such as http://prometheus.monitoring:9090."),
    click.option("--prometheus-token", metavar="FILE", default="",
                 help="A file with a bearer token for it."),
    click.option("--direct", "is_direct", is_flag=True,
                 help="Ask Pods at their addresses, from inside the cluster, not through its API."),
)  # fmt: skip
FROM_CLUSTER = click.option(
    "--configmap", metavar="NAME", default="",
    help="The ConfigMap of `kzd retire manifest`, instead of -f; it is read before each step.",
)  # fmt: skip
FORMAT = click.option(
    "--format", type=click.Choice(("text", "json")), default="text", show_default=True
)
LIMIT_NAMES = (
    "min_age_seconds", "max_age_seconds", "max_versions", "force_after_seconds", "scales_down",
)  # fmt: skip
LONGEST_NAME = 52
"""Of a CronJob: the API leaves room for what its Jobs append.
Source: kubernetes/kubernetes pkg/apis/batch/validation/validation.go, ValidateCronJobCreate"""

FIELD = r"[0-9A-Za-z*/,?-]+"
NAME = (
    rf"(?=.{{1,{LONGEST_NAME}}}\Z){DNS_LABEL}",
    f"a DNS label of at most {LONGEST_NAME} characters (a-z, 0-9 and -)",
)
SCHEDULE = (rf"@[a-z]+( [0-9a-z]+)?|{FIELD}( +{FIELD}){{4}}", "five fields of cron's, or an @word")
IMAGE = (r"[\x21-\x7e]+", "an image such as registry.example.com/kzd:1.0")


@click.group(short_help="Delete old versions of long tasks once they are idle.")
def retire() -> None:
    """
    Delete old versions of long tasks once they are idle.

    What is current comes from the manifests as they were rendered; without them nothing is
    deleted.  What is not proven to be an old version, and idle, is kept.

    Where manifests say no namespace, and --namespace names none, `plan` and `apply` take that of
    the kubeconfig's context.
    """


@retire.command()
@with_options((*MANIFESTS, FROM_CLUSTER, *LIMITS, *EVIDENCE, *KUBECONFIG, FORMAT))
def plan(**options: Any) -> int:
    """
    Print what would happen to each version, and why; changes nothing.

    Exits with 1 where a person has to decide something.
    """

    def command() -> Answer:
        from kzd.commands.retiring import planned

        return planned(options)

    return emit(answered((), command))


@retire.command()
@with_options((*MANIFESTS, FROM_CLUSTER, *LIMITS, *EVIDENCE, *KUBECONFIG, FORMAT))
@click.option(
    "--plan",
    "plan_file",
    metavar="FILE",
    default="",
    help="A plan that `plan --format json` printed: only what it says; -f says what is current.",
)
@click.option(
    "--wait",
    "wait_seconds",
    metavar="TIME",
    callback=seconds_or_none,
    default="2m",
    show_default=True,
    help="How long to wait for Pods to end; the next run goes on.",
)
@click.option("--yes", "is_confirmed", is_flag=True, help="Ask nobody.")  # fmt: skip
@click.pass_context
def apply(called: click.Context, /, **options: Any) -> int:
    """
    Do what a plan says, and nothing else.

    The plan is shown first.  Before each step the cluster is looked at again, and what no longer
    is as the plan says is kept.  `--format json` prints a line of JSON for each event.
    """
    if options["plan_file"]:
        given = [name for name in LIMIT_NAMES if is_given(called, name)]
        if given:
            raise click.UsageError("--plan has its own limits; give them to `kzd retire plan`")

    def command() -> Answer:
        from kzd.commands.retiring import applied

        return applied(options)

    return emit(answered((), command))


@retire.command()
@with_options((*MANIFESTS, *LIMITS, *EVIDENCE))
@click.option(
    "--image",
    metavar="IMAGE",
    required=True,
    callback=must_be(IMAGE),
    help="An image with `kzd[cluster]`.",
)
@click.option(
    "--name",
    metavar="NAME",
    default="kzd-retire",
    show_default=True,
    callback=must_be(NAME),
    help="Of all that is printed; another one for each app of a namespace.",
)
@click.option("--schedule", metavar="CRON", default="*/10 * * * *", show_default=True,
              callback=must_be(SCHEDULE))  # fmt: skip
def manifest(**options: Any) -> int:
    """
    Print a CronJob that retires, with the smallest Role that it needs.

    With it comes a ConfigMap that says what is current.  Apply it with the manifests, each time
    and before them: what it says counts, and until that is there nothing goes.
    """

    def command() -> Answer:
        from kzd.commands.retiring import manifest

        return manifest(options)

    return emit(answered((), command))
