"""Facts about the cluster, as far as they can be read; None for what can't."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.measure.accounts import Account

MODES = ("iptables", "ipvs", "nftables")


def cluster_facts(api: KubeApi, accounts: Iterable[Account]) -> dict[str, Any]:
    """What a record's `cluster` says; the observers tell the kernels and kube-proxy's mode."""
    known = list(accounts)
    nodes = _items(api, "/api/v1/nodes")
    infos = [item["status"]["nodeInfo"] for item in nodes or []]
    kernels = {info["kernelVersion"] for info in infos} | {
        account.kernel for account in known if account.kernel and account.node
    }
    modes = {account.mode for account in known if account.mode in MODES and account.node}
    return {
        "kubernetes": _version(api),
        "kubelets": sorted({info["kubeletVersion"] for info in infos}) or None,
        "nodes": None if nodes is None else len(nodes),
        "kubeProxyMode": modes.pop() if len(modes) == 1 else None,
        "kernels": sorted(kernels) or None,
        "services": _number_of_services(api),
    }


def _version(api: KubeApi) -> str | None:
    try:
        return str(api.get("/version")["gitVersion"])
    except (ClusterError, KeyError):
        return None


def _items(api: KubeApi, path: str) -> list[Any] | None:
    try:
        return list(api.get(path).get("items") or [])
    except ClusterError:
        return None


def _number_of_services(api: KubeApi) -> int | None:
    try:
        found = api.get("/api/v1/services", limit=1)
    except ClusterError:
        return None
    metadata = found["metadata"]
    remaining = metadata.get("remainingItemCount", None if metadata.get("continue") else 0)
    return None if remaining is None else len(found.get("items") or []) + int(remaining)
