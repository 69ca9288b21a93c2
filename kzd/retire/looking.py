"""Looking at a cluster: what a namespace shows at this moment, and what time it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.long_task import VERSION
from kzd.retire.item import AUTOSCALERS, CONFIGS, DEPENDENTS, RESOURCES, Item
from kzd.retire.ownership import Shown
from kzd.value import mapping, sequence

SKEW_SECONDS = 60.0
OPTIONAL = ("ScaledObject", "VerticalPodAutoscaler")
SPARED = ("Secret", "VerticalPodAutoscaler")
"""Kinds that nothing is decided by: where they may not be listed they stay."""


def look(api: KubeApi, namespace: str, version: str = "") -> Shown:
    """
    What a namespace shows; raises ClusterError where something that counts is not to be seen.

    With `version` only what is to be known of that one: its Pods, and no copies.
    """
    notes: list[str] = []
    labelled = f"{VERSION}={version}" if version else VERSION

    def every(kinds: Iterable[str], labels: str = "") -> tuple[Item, ...]:
        return tuple(item for kind in kinds for item in _list(api, kind, namespace, labels, notes))

    # Deployments first: what changes while the rest is read changes their resourceVersion too.
    return Shown(
        namespace,
        deployments=every(["Deployment"]),
        services=every(["Service"]),
        autoscalers=every(AUTOSCALERS),
        dependents=every(DEPENDENTS),
        configs=() if version else every(CONFIGS, VERSION),
        pods=every(["Pod"], labelled),
        notes=notes,
        now=_now(api, notes),
    )


def _list(api: KubeApi, kind: str, namespace: str, labels: str, notes: list[str]) -> list[Item]:
    path = RESOURCES[kind].format(namespace)
    query = {"labelSelector": labels} if labels else {}
    try:
        answer = api.get(path, **query)
    except ClusterError as error:
        if error.status == 404 and kind in OPTIONAL:  # this cluster does not have the kind
            return []
        if error.status == 403 and kind in SPARED:
            notes.append(f"{kind}s in {namespace} may not be listed, so they stay")
            return []
        raise
    items = mapping(answer).get("items")
    is_whole = not mapping(mapping(answer).get("metadata")).get("continue")
    if not isinstance(items, list) or not is_whole:
        raise ClusterError(f"{api.host}{path} does not answer with a whole list")
    return [Item(kind, _named(item, namespace)) for item in sequence(items)]


def _named(item: Any, namespace: str) -> dict[str, Any]:
    """With its namespace, which a list may leave out."""
    data = mapping(item)
    return data | {"metadata": {"namespace": namespace} | mapping(data.get("metadata"))}


def _now(api: KubeApi, notes: list[str]) -> datetime:
    """
    The earlier time of the API's clock and this machine's.

    A clock that is ahead makes what is young look old, and what is busy long overdue.
    """
    try:
        found = parsedate_to_datetime(api.date)
    except ValueError:
        raise ClusterError(f"{api.host} does not say what time it is, so no age is known") from None
    of_api = found if found.tzinfo else found.replace(tzinfo=UTC)
    here = datetime.now(UTC)
    if abs((here - of_api).total_seconds()) > SKEW_SECONDS:
        notes.append(
            f"the API's clock says {of_api:%Y-%m-%d %H:%M:%S}, this machine's "
            f"{here:%Y-%m-%d %H:%M:%S}; ages are by the earlier one"
        )
    return min(of_api, here)
