"""Where a run would see nothing, or less than it seems."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from kzd.measure.accounts import Account, Load
from kzd.measure.plan import Plan

FAILED_SHARE, RATE_SHARE = 0.05, 0.5
STRETCH_SECONDS = 3


def why_blind(accounts: Sequence[Account], plan: Plan) -> str:
    """
    Why these observers would see nothing; empty where each is answered by every backend.

    Looked at is the last stretch of time that each has told of.
    """
    wanted = plan.observers + bool(plan.url)
    if len(accounts) < wanted:
        return f"{len(accounts)} of {wanted} observers tell something"
    for account in accounts:
        end = account.last_second + 1
        for path, is_reused in account.paths() or [("any path", False)]:
            load = account.load(path, is_reused, end - STRETCH_SECONDS, end)
            why = "" if is_reused else _why_nothing(load, plan)
            if why:
                where = account.node or "this machine"
                return f"observer {account.name} on {where}, {path}: {why}"
    return ""


def _why_nothing(load: Load, plan: Plan) -> str:
    if load.failed > FAILED_SHARE * load.sent or not load.sent:
        errors = ", ".join(load.errors) or "no answer"
        hint = "; a NetworkPolicy may keep them away" if "TimeoutError" in load.errors else ""
        return f"{load.failed} of {load.sent} requests failed: {errors}{hint}"
    if load.rate < RATE_SHARE * plan.rate:
        return f"{load.rate:.0f} connections a second, {plan.rate:g} were asked for"
    if len(load.pods) < plan.backends:
        return (
            f"answered by {len(load.pods)} of {plan.backends} backends; "
            "with session affinity it can't be seen when a Pod is left"
        )
    return ""


def remarks(nodes: Collection[str], facts: dict[str, Any]) -> Iterator[str]:
    """What to know of a run whose observers are on these nodes."""
    known = facts["nodes"]
    total = "an unknown number of" if known is None else str(known)
    if nodes:
        yield f"observers on {len(nodes)} of {total} nodes: {', '.join(sorted(nodes))}"
    if known == 1:
        yield "one node: the news that travels to other nodes is not seen here"
    if nodes and not facts["kubeProxyMode"]:
        yield "kube-proxy's mode can't be read; --host-network may help"
