"""What is asked of one run of `kzd measure`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kzd.measure.record import ROLLOUT, SINGLE, URL

NAME = "kzd-measure"
"""Of the namespace, the Service and the Deployment of the probe: what an Ingress may name."""

IMAGE = "python:3.13-slim"
CLUSTER_PATHS = ("cluster-ip", "headless", "node-port")
MAXIMUM_WINDOW_SECONDS = 600.0


class Plan(NamedTuple):
    """
    How to measure.

    `namespace` is empty for one that the run makes.  `observers` in the cluster and one outside
    for `url` open `rate` connections a second to each of their `paths`.  `rollouts` rolling
    updates and then `singles` single deletions are measured, within `duration_seconds` if given.
    A deleted backend serves on for `window_seconds`; None lets the warm-up find it.
    `pause_seconds` lie between two rolling updates.  `churn` is changes a second of other
    Services' endpoints.
    """

    namespace: str = ""
    image: str = IMAGE
    backends: int = 3
    observers: int = 3
    paths: tuple[str, ...] = CLUSTER_PATHS[:1]
    url: str = ""
    rate: float = 50.0
    rollouts: int = 60
    singles: int = 10
    window_seconds: float | None = None
    pause_seconds: float = 3.0
    duration_seconds: float | None = None
    churn: float = 0.0
    is_on_host_network: bool = False


MAXIMUM_REPORTS = 80
"""How many figures fit into a termination message, of which the API keeps 4,096 bytes."""


def reports(plan: Plan) -> int:
    """How many figures a Pod reports: one for each observer, path and way to take ports."""
    each = sum(1 if path == "headless" else 2 for path in plan.paths)
    return plan.observers * each + bool(plan.url)


def all_paths(plan: Plan) -> frozenset[str]:
    """The paths that its records are about."""
    return frozenset((*plan.paths, *([URL] if plan.url else [])))


def is_left(plan: Plan, done: Mapping[str, int]) -> bool:
    """Whether anything is left to measure, after so many of each series."""
    return done.get(ROLLOUT, 0) < plan.rollouts or done.get(SINGLE, 0) < plan.singles
