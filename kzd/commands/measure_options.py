"""The options of `kzd measure` and of what belongs to it, as click takes them."""

from __future__ import annotations

from math import isnan
from typing import Any

import click

from kzd.commands.cluster import namespace, seconds


class Number(click.FloatRange):
    """A number in a range, and a number it is: `nan` lies in every range."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Refuse what is no number."""
        found: float = super().convert(value, param, ctx)
        if isnan(found):
            self.fail(f"must be a number, not '{value}'", param, ctx)
        return found


NAMESPACE = click.option(
    "--namespace", metavar="NAME", default="", callback=namespace,
    help="A namespace that is there; without it one is made, and removed again.",
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
    click.option("--rate", metavar="N", type=Number(1, 300), default=50.0,
                 show_default=True, help="New connections a second, of each observer and path."),
    click.option("--window", "window_seconds", metavar="TIME", callback=seconds,
                 help="How long a deleted Pod goes on serving; unset, a warm-up finds it."),
    click.option("--pause", "pause_seconds", metavar="TIME", callback=seconds, default="3s",
                 show_default=True, help="Time between two rolling updates."),
    click.option("--churn", metavar="N", type=Number(0, 100), default=0.0,
                 help="Changes a second of other Services beside it."),
    click.option("--image", metavar="IMAGE", default="python:3.13-slim", show_default=True,
                 help="Any image with Python 3.8 or newer."),
)  # fmt: skip


CLAIM = (
    click.option("--quantile", metavar="SHARE", type=Number(0.5, 0.999), default=0.95,
                 show_default=True, help="The share of rolling updates that the bound is for."),
    click.option("--confidence", metavar="SHARE", type=Number(0.5, 0.999), default=0.95,
                 show_default=True, help="How sure the bound has to be."),
    click.option("--path", metavar="PATH", default="",
                 help="What a measured --url is: ingress, ..."),
    click.option("--namespaces", metavar="GLOB", multiple=True,
                 help="Where it counts, all namespaces if unset; may be repeated."),
    click.option("--name", metavar="NAME", default="",
                 help="The document's name; unset, the path's."),
)  # fmt: skip
