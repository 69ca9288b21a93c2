"""Versions for tests: what is not said is plain, proven and idle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kzd.long_task import BASE, IDLE_PATH, INSTANCE, VERSION, content_hash, version_name
from kzd.retire.item import RESOURCES, Item
from kzd.retire.ownership import Shown, Version, versions_of

Object = dict[str, Any]

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ONE, TWO, THREE = (content_hash(number) for number in (1, 2, 3))
HOUR = 3600.0


def labels_of(base: str, version: str, instance: str = "shop") -> dict[str, str]:
    return {INSTANCE: instance, BASE: base, VERSION: version}


def stamp(age: float, now: datetime = NOW) -> str:
    return f"{now - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"


def metadata(
    base: str, version: str, age: float = HOUR, now: datetime = NOW, **more: Any
) -> Object:
    plain = {
        "name": version_name(base, version),
        "namespace": "shop",
        "uid": f"{base}-{version}-uid",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": stamp(age, now),
        "labels": labels_of(base, version),
    }
    return plain | more


def deployment(
    version: str = ONE,
    *,
    base: str = "worker",
    replicas: int = 2,
    age: float = HOUR,
    annotations: dict[str, str] | None = None,
    now: datetime = NOW,
    config: str = "",
    **more: Any,
) -> Object:
    """A Deployment as the API shows it: available, with an idle endpoint."""
    pairs = {"app": base, VERSION: version}
    container: Object = {"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}
    if config:
        container["envFrom"] = [{"configMapRef": {"name": config}}]
    said = {IDLE_PATH: "/idle"} if annotations is None else annotations
    status = {
        "observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas,
        "availableReplicas": replicas,
        "conditions": [{"type": "Available", "status": "True"}],
    }  # fmt: skip
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(base, version, age, now, annotations=said) | more,
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": pairs},
            "template": {"metadata": {"labels": pairs}, "spec": {"containers": [container]}},
        },
        "status": status,
    }


def pod(made: Object, number: int = 0, **status: Any) -> Object:
    """A Pod of a Deployment, running and ready."""
    name = f"{made['metadata']['name']}-6d5f8-{number}"
    owner = {"kind": "ReplicaSet", "uid": "rs", "controller": True}
    template = made["spec"]["template"]
    plain = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "app", "started": True, "state": {"running": {}}}],
    }
    return {
        "metadata": {
            "name": name, "namespace": "shop", "uid": f"{name}-uid", "resourceVersion": "9",
            "labels": template["metadata"]["labels"], "ownerReferences": [owner],
        },
        "spec": template["spec"] | {"nodeName": "node1"},
        "status": plain | status,
    }  # fmt: skip


def seen(made: Object, pods: Sequence[Object]) -> Version:
    """A version as it is seen in the cluster, with these Pods."""
    items = [Item("Pod", item) for item in pods]
    (version,) = versions_of(Shown("shop", NOW, [Item("Deployment", made)], pods=items))
    return version


def autoscaler(
    version: str = ONE, *, base: str = "worker", kind: str = "HorizontalPodAutoscaler",
    target: str = "", age: float = HOUR, now: datetime = NOW, **more: Any,
) -> Object:  # fmt: skip
    """A version's autoscaler, with a name of its own; one of KEDA's is ready."""
    field = "targetRef" if kind == "VerticalPodAutoscaler" else "scaleTargetRef"
    reference = {"kind": "Deployment", "name": target or version_name(base, version)}
    api = RESOURCES[kind].removeprefix("/apis/").split("/namespaces")[0]
    least = "minReplicaCount" if kind == "ScaledObject" else "minReplicas"
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": metadata(f"{base}-scaler", version, age, now) | more,
        "spec": {field: reference, least: 1},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def budget(
    version: str = ONE, *, base: str = "worker", age: float = HOUR, now: datetime = NOW,
    shared: bool = False, **more: Any,
) -> Object:  # fmt: skip
    """A version's disruption budget; a `shared` one selects all versions."""
    pairs = {"app": base} if shared else {"app": base, VERSION: version}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(f"{base}-budget", version, age, now) | more,
        "spec": {"selector": {"matchLabels": pairs}, "maxUnavailable": 1},
    }


def config(content: str, *, base: str = "settings", age: float = HOUR, now: datetime = NOW,
           kind: str = "ConfigMap", **more: Any) -> Object:  # fmt: skip
    """A copy of configuration, by its content."""
    version = content_hash(content)
    return {
        "apiVersion": "v1", "kind": kind, "metadata": metadata(base, version, age, now) | more,
        "data": {"content": content},
    }  # fmt: skip


def service(selector: dict[str, str], name: str = "worker") -> Object:
    """A Service."""
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": selector, "ports": [{"port": 80}]},
    }  # fmt: skip


def rendered(*objects: Object) -> str:
    """Objects as manifests: without what only the API says."""
    live = ("uid", "resourceVersion", "generation", "creationTimestamp")
    items = []
    for item in objects:
        kept = {key: value for key, value in item["metadata"].items() if key not in live}
        items.append({key: value for key, value in item.items() if key != "status"})
        items[-1]["metadata"] = kept
    return "---\n".join(f"{json.dumps(item)}\n" for item in items)


def path_of(item: Object) -> str:
    """Where the API has an object."""
    metadata = item["metadata"]
    return f"{RESOURCES[item['kind']].format(metadata['namespace'])}/{metadata['name']}"
