"""From what was seen of a deletion to its record."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from kzd.measure.accounts import Account
from kzd.measure.record import FRESH, REUSED, Arrivals, Deletion
from kzd.measure.watching import Seen

LATE_SHARE, LATE_SECONDS = 0.1, 1.0
"""A connection so close to the end of serving may not have been the last."""

REUSED_MARK = "reused"


def deletion_of(
    pod: Seen,
    accounts: Sequence[Account],
    *,
    run: str,
    series: str,
    rollout: int,
    of: int,
    load: dict[str, Any],
    cluster: dict[str, Any],
    tool: str,
) -> Deletion:
    """The record of a Pod that ended with a report."""
    report = pod.report
    known = {tuple(name.split(" ", 1)): (last, number) for name, last, number in report["arrivals"]}
    arrivals = []
    for account in accounts:
        for path, is_reused in account.paths():
            mark = f"{path} {REUSED_MARK}" if is_reused else path
            last, number = known.get((account.name, mark), (None, 0))
            arrivals.append(_arrivals(pod, account, path, is_reused, last, number))
    served = float(report["served"])
    is_seen = pod.deleted_at > 0 and pod.terminating_at > 0
    return Deletion(
        run=run,
        series=series,
        rollout=rollout,
        of=of,
        pod=pod.name,
        node=pod.node,
        deleted_at=written(pod.deleted_at) if pod.deleted_at > 0 else "",
        noticed_at=written(report["noticed"]),
        endpoint_seconds=round(pod.terminating_at - pod.deleted_at, 4) if is_seen else None,
        served_seconds=served,
        censored=_censored(report, arrivals),
        arrivals=tuple(arrivals),
        load=load,
        cluster=cluster,
        tool=tool,
    )


def _censored(report: Any, arrivals: Sequence[Arrivals]) -> str:
    """Why the last connection may not have been the last."""
    if report["by"] != "hook":
        return "its preStop hook did not reach the Pod, so its end counts from SIGTERM"
    served = float(report["served"])
    end = served - max(LATE_SECONDS, LATE_SHARE * served)
    fresh = [item.last_seconds or 0.0 for item in arrivals if item.ports == FRESH]
    last = max(fresh, default=0.0)
    if last > end:
        return f"a connection came at {last:g} s, and the Pod served for {served:g} s only"
    return ""


def _arrivals(
    pod: Seen, account: Account, path: str, is_reused: bool, last: float | None, number: int
) -> Arrivals:
    noticed = float(pod.report["noticed"])
    exchange = account.exchange(path, is_reused, pod.name)
    offset = exchange.offset_seconds if exchange else 0.0
    begin = noticed - offset
    load = account.load(path, is_reused, begin, begin + float(pod.report["served"]))
    seen = None
    if exchange and exchange.last is not None:
        seen = round(exchange.last + offset - noticed, 4)
    return Arrivals(
        observer=account.name,
        node=account.node,
        path=path,
        ports=REUSED if is_reused else FRESH,
        last_seconds=last,
        connections=number,
        seen_seconds=seen,
        offset_seconds=exchange.offset_seconds if exchange else None,
        uncertainty_seconds=exchange.uncertainty_seconds if exchange else None,
        rate=round(load.rate, 2),
        failed=load.failed,
    )


def written(moment: float) -> str:
    """Seconds since the epoch as ISO 8601 with milliseconds."""
    whole = int(moment)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{text}.{int((moment - whole) * 1000):03d}Z"
