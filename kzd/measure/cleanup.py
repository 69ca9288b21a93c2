"""Removing what a run made, and nothing else: proven by its labels and its name."""

from __future__ import annotations

import time

from kzd.kube_api import ClusterError, KubeApi
from kzd.measure.objects import (
    CHURN,
    HEADLESS,
    MANAGED,
    NODE_PORT,
    OBSERVERS,
    RUN,
    Object,
    collection,
)
from kzd.measure.plan import NAME

NAMES = {
    "Deployment": (NAME, OBSERVERS),
    "Service": (NAME, HEADLESS, NODE_PORT),
    "ConfigMap": (NAME,),
}
SECONDS_FOR_PODS = 60.0
GRACE_SECONDS = 1


def remove(api: KubeApi, namespace: str, run: str = "") -> list[str]:
    """
    Remove the objects of a run, or of all runs, from a namespace; what was removed.

    The namespace goes too where a run made it and nothing else is in it.  Goes on past what
    fails, and raises the first ClusterError at the end.
    """
    removed: list[str] = []
    failures: list[ClusterError] = []
    for kind in NAMES:
        try:
            for item in _ours(api, kind, namespace, run):
                metadata = item["metadata"]
                path = f"{collection(kind, namespace)}/{metadata['name']}"
                if api.delete(path, uid=metadata["uid"]):
                    removed.append(f"{kind}/{metadata['name']}")
        except ClusterError as error:
            failures.append(error)
    try:
        removed += _pods(api, namespace, run)
        removed += _namespace(api, namespace, run)
    except ClusterError as error:
        failures.append(error)
    if failures:
        raise failures[0]
    return removed


def _ours(api: KubeApi, kind: str, namespace: str, run: str) -> list[Object]:
    """The objects of a kind whose labels and name both say that a run made them."""
    found = api.get(collection(kind, namespace), labelSelector=_selector(run)).get("items") or []
    return [item for item in found if _is_named_so(kind, item["metadata"]["name"])]


def _selector(run: str) -> str:
    managed = ",".join(f"{key}={value}" for key, value in MANAGED.items())
    return f"{managed},{RUN}={run}" if run else f"{managed},{RUN}"


def _is_named_so(kind: str, name: str) -> bool:
    index = name.removeprefix(f"{CHURN}-")
    is_churn = kind == "Service" and index != name and index.isdigit()
    return (
        name in NAMES.get(kind, ()) or is_churn or (kind == "Pod" and name.startswith(f"{NAME}-"))
    )


def _pods(api: KubeApi, namespace: str, run: str) -> list[str]:
    """End the Pods, also those that still serve; until none is left, or for a minute."""
    seen: set[str] = set()
    end = time.monotonic() + SECONDS_FOR_PODS
    while pods := _ours(api, "Pod", namespace, run):
        for pod in pods:
            metadata = pod["metadata"]
            path = f"{collection('Pod', namespace)}/{metadata['name']}"
            if metadata.get("deletionGracePeriodSeconds", 2) > GRACE_SECONDS:
                api.delete(path, uid=metadata["uid"], grace_seconds=GRACE_SECONDS)
            seen.add(f"Pod/{metadata['name']}")
        if time.monotonic() > end:
            left = ", ".join(pod["metadata"]["name"] for pod in pods)
            raise ClusterError(f"Pods that do not end: {left}; `kzd measure cleanup` tries again")
        time.sleep(0.5)
    return sorted(seen)


def _namespace(api: KubeApi, namespace: str, run: str) -> list[str]:
    """Remove the namespace that a run made, unless somebody put something of theirs into it."""
    if namespace != NAME:
        return []
    path = f"{collection('Namespace', '')}/{namespace}"
    found = api.find(path)
    labels = (found or {}).get("metadata", {}).get("labels") or {}
    if not MANAGED.items() <= labels.items() or (run and labels.get(RUN) != run):
        return []
    for kind in ("Pod", "Service", "Deployment", "ConfigMap"):
        for item in api.get(collection(kind, namespace)).get("items") or []:
            name = item["metadata"]["name"]
            if not _is_named_so(kind, name) and name != "kube-root-ca.crt":
                raise ClusterError(
                    f"namespace {namespace} stays: {kind}/{name} in it is not of `kzd measure`"
                )
    return [f"Namespace/{namespace}"] if api.delete(path, uid=found["metadata"]["uid"]) else []
