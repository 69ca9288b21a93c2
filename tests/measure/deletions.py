"""Deletions for tests: what is not said is plain and good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kzd.measure.record import FRESH, REUSED, ROLLOUT, Arrivals, Deletion

LOAD = {
    "backends": 3,
    "connectionsPerSecond": 50.0,
    "observers": 2,
    "hostNetwork": False,
    "churnPerSecond": 0.0,
}
CLUSTER = {
    "kubernetes": "v1.34.4",
    "kubelets": ["v1.34.4"],
    "nodes": 2,
    "kubeProxyMode": "iptables",
    "kernels": ["6.18.5"],
    "services": 12,
}
BEGIN = datetime(2026, 11, 23, 10, tzinfo=UTC)


def arrivals(last: float | None = 0.9, **others: Any) -> Arrivals:
    plain: dict[str, Any] = {
        "observer": "observer-1",
        "node": "node1",
        "path": "cluster-ip",
        "ports": FRESH,
        "last_seconds": last,
        "connections": 12,
        "seen_seconds": None,
        "offset_seconds": None,
        "uncertainty_seconds": None,
        "rate": 50.0,
        "failed": 0,
    }
    return Arrivals(**plain | others)


def both(first: float | None, second: float | None = 0.1, **others: Any) -> tuple[Arrivals, ...]:
    """What an observer on either node saw."""
    return (
        arrivals(first, **others),
        arrivals(second, observer="observer-2", node="node2", **others),
    )


def reused(last: float | None) -> Arrivals:
    return arrivals(last, observer="observer-1-reused", ports=REUSED)


def deletion(
    rollout: int = 1,
    pod: int = 1,
    seen: Sequence[Arrivals] = (),
    *,
    minutes: float | None = None,
    **others: Any,
) -> Deletion:
    begin = BEGIN + timedelta(minutes=rollout if minutes is None else minutes, seconds=pod)
    plain: dict[str, Any] = {
        "run": "r1",
        "series": ROLLOUT,
        "rollout": rollout,
        "of": 3,
        "pod": f"kzd-measure-{rollout}-{pod}",
        "node": "node1",
        "deleted_at": begin.isoformat(),
        "noticed_at": (begin + timedelta(milliseconds=20)).isoformat(),
        "endpoint_seconds": 0.03,
        "served_seconds": 20.0,
        "censored": "",
        "arrivals": tuple(seen) or both(0.9),
        "load": LOAD,
        "cluster": CLUSTER,
        "tool": "kzd 0.1.0",
    }
    return Deletion(**plain | others)


def rollout(number: int, seconds: float = 0.9, of: int = 3, **others: Any) -> list[Deletion]:
    """A whole rolling update whose slowest deletion took so long."""
    return [
        deletion(number, pod, both(seconds if pod == 1 else seconds / 2), of=of, **others)
        for pod in range(1, of + 1)
    ]


def rollouts(values: Sequence[float], **others: Any) -> list[Deletion]:
    """Whole rolling updates by the seconds of their slowest deletions."""
    return [
        item for number, value in enumerate(values, 1) for item in rollout(number, value, **others)
    ]
