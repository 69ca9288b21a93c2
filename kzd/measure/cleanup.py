"""Removing what a run made, and nothing else: proven by its labels and its name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.measure.objects import (
    CHURN,
    COLLECTIONS,
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
FOREIGN = {kind: COLLECTIONS[kind] for kind in ("Pod", *NAMES)} | {
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
}
"""
What somebody may have put into the namespace, with the path of each kind's collection.

Secrets are not among them: to list them is to read them.
"""

PUBLISHED = ("kube-root-ca.crt", "istio-ca-root-cert", "openshift-service-ca.crt")
"""ConfigMaps that a controller puts into every namespace."""

SECONDS_FOR_PODS = 60.0
POLL_SECONDS = 0.5
GRACE_SECONDS = 1


def remove(api: KubeApi, namespace: str, run: str = "", *, with_namespace: bool) -> list[str]:
    """
    Remove the objects of a run, or of all runs, from a namespace; what was removed.

    `with_namespace` the namespace goes too where a run made it and nothing of FOREIGN is in it.
    Goes on past what fails, and raises ClusterError with all that may be left at the end.
    """
    removed: list[str] = []
    failed: dict[str, ClusterError] = {}
    # Once more until nothing is found: what a creation on its way made shows later.
    while found := _found(api, namespace, run, failed):
        removed += found
        if failed:
            break
    if with_namespace:
        with _noted(failed, f"Namespace/{namespace}"):
            removed += _namespace(api, namespace, run)
    if failed and f"Namespace/{namespace}" not in removed:
        first = next(iter(failed.values()))
        where = f" --namespace {namespace}" if namespace != NAME else ""
        raise ClusterError(
            f"may be left in namespace {namespace}: {', '.join(failed)}; "
            f"`kzd measure cleanup{where}` tries again: {first.message}",
            status=first.status,
        )
    return removed


def _found(api: KubeApi, namespace: str, run: str, failed: dict[str, ClusterError]) -> list[str]:
    """Remove what is there now."""
    removed: list[str] = []
    for kind in NAMES:
        with _noted(failed, f"every {kind}"):
            for item in _ours(api, kind, namespace, run):
                metadata = item["metadata"]
                name = f"{kind}/{metadata['name']}"
                path = f"{collection(kind, namespace)}/{metadata['name']}"
                with _noted(failed, name):
                    if api.delete(path, uid=metadata["uid"]):
                        removed.append(name)
    with _noted(failed, "Pods"):
        removed += _pods(api, namespace, run)
    return removed


@contextmanager
def _noted(failed: dict[str, ClusterError], what: str) -> Iterator[None]:
    """Note what fails, and go on."""
    try:
        yield
    except ClusterError as error:
        failed[what] = error


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
            raise ClusterError(f"Pods that do not end: {left}")
        time.sleep(POLL_SECONDS)
    return sorted(seen)


def _namespace(api: KubeApi, namespace: str, run: str) -> list[str]:
    """Remove the namespace that a run made, unless somebody put something of theirs into it."""
    path = f"{collection('Namespace', '')}/{namespace}"
    found = api.find(path)
    labels = (found or {}).get("metadata", {}).get("labels") or {}
    if not MANAGED.items() <= labels.items() or (run and labels.get(RUN) != run):
        return []
    for kind in FOREIGN:
        ours: set[str] = set()
        if kind in COLLECTIONS:
            ours = {item["metadata"]["uid"] for item in _ours(api, kind, namespace, "")}
        for item in api.get(FOREIGN[kind].format(namespace)).get("items") or []:
            name = item["metadata"]["name"]
            if item["metadata"]["uid"] not in ours and name not in PUBLISHED:
                raise ClusterError(f"{kind}/{name} in it is not of `kzd measure`, so it stays")
    return [f"Namespace/{namespace}"] if api.delete(path, uid=found["metadata"]["uid"]) else []
