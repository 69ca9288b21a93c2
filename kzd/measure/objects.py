"""The objects of a run: all of them, so that they can be made, known again and removed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from kzd.measure.plan import NAME, Plan

RUN = "kzd.dev/measure"
ROLE = "kzd.dev/measure-role"
MANAGED = {"app.kubernetes.io/managed-by": NAME}
BACKEND, OBSERVER = "backend", "observer"
OBSERVERS = f"{NAME}-observer"
HEADLESS, NODE_PORT = f"{NAME}-headless", f"{NAME}-node-port"
CHURN = f"{NAME}-churn"
CHURN_SERVICES = 20
PORT = 8080
NOBODYS = {"IPv4": "192.0.2.", "IPv6": "2001:db8::"}
"""The beginnings of addresses for documentation.  Source: RFC 5737, RFC 3849."""

GRACE_BEYOND_SECONDS = 30
UNPRIVILEGED = 65532

WITHOUT_MESH = {"sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none"}
WITHOUT_LINKERD = {"linkerd.io/inject": "disabled"}
"""
A mesh's proxy chooses the backend in the Service's place: what it shows would be the mesh's
propagation under the name of another path.

Source: https://istio.io/latest/docs/reference/config/labels/,
https://linkerd.io/2/features/proxy-injection/
"""

UNDISTURBED = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}
"""A node that is taken away in the middle of a rolling update leaves a gap in the records."""

COLLECTIONS = {
    "Namespace": "/api/v1/namespaces",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Service": "/api/v1/namespaces/{}/services",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Pod": "/api/v1/namespaces/{}/pods",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
}
"""The path of each kind's collection in a namespace."""

Object = dict[str, Any]


def collection(kind: str, namespace: str) -> str:
    """The path of a kind's collection."""
    return COLLECTIONS[kind].format(namespace)


def _object(api_version: str, kind: str, name: str, run: str, **body: Any) -> Object:
    metadata = {"name": name, "labels": MANAGED | {RUN: run}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


def namespace(run: str, *, is_privileged: bool) -> Object:
    """The namespace, where none is given; Pods on the host's network need a privileged one."""
    made = _object("v1", "Namespace", NAME, run)
    if is_privileged:
        made["metadata"]["labels"] |= {"pod-security.kubernetes.io/enforce": "privileged"}
    return made


def script(run: str) -> Object:
    """The ConfigMap with what the Pods run."""
    scripts = {
        f"{mode}.py": files("kzd.measure").joinpath(f"{mode}.py") for mode in (BACKEND, OBSERVER)
    }
    data = {name: file.read_text(encoding="utf-8") for name, file in scripts.items()}
    return _object("v1", "ConfigMap", NAME, run, data=data)


def services(run: str, plan: Plan) -> list[Object]:
    """The Services of the paths: the Service of cluster-ip is always there."""
    ports = [{"name": "http", "port": 80, "targetPort": PORT}]
    common = {"selector": {RUN: run, ROLE: BACKEND}, "ports": ports}
    made = [_object("v1", "Service", NAME, run, spec=common)]
    if "headless" in plan.paths:
        made.append(_object("v1", "Service", HEADLESS, run, spec=common | {"clusterIP": "None"}))
    if "node-port" in plan.paths:
        made.append(_object("v1", "Service", NODE_PORT, run, spec=common | {"type": "NodePort"}))
    return made


def backends(run: str, plan: Plan, window_seconds: float, generation: int) -> Object:
    """
    The Deployment of the backends; another `generation` is another rolling update.

    The grace period covers the window, so that the kubelet never ends what is still measured.
    """
    hook = {"httpGet": {"path": "/hook", "port": PORT}}
    probe = {"httpGet": {"path": "/ready", "port": PORT}, "periodSeconds": 1}
    container = _container(
        plan, "backend", {"PORT": PORT, "WINDOW_SECONDS": window_seconds},
        ports=[{"containerPort": PORT}], readinessProbe=probe, lifecycle={"preStop": hook},
    )  # fmt: skip
    grace = int(window_seconds) + GRACE_BEYOND_SECONDS
    template = _template(run, BACKEND, container, terminationGracePeriodSeconds=grace)
    template["metadata"]["annotations"] |= {"kzd.dev/measure-generation": str(generation)}
    strategy = {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    return _deployment(run, NAME, BACKEND, plan.backends, template, strategy=strategy)


def observers(run: str, plan: Plan, targets: Sequence[tuple[str, str, bool]]) -> Object:
    """The Deployment of the observers; a target is path, URL and whether it reuses ports."""
    downward = {"NAME": "metadata.name", "NODE": "spec.nodeName", "HOST_IP": "status.hostIP"}
    given = {"TARGETS": json.dumps(targets), "RATE": plan.rate}
    container = _container(plan, OBSERVER, given, downward)
    more: Object = {"terminationGracePeriodSeconds": 1}
    if plan.is_on_host_network:
        more |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    template = _template(run, OBSERVER, container, **more)
    return _deployment(run, OBSERVERS, OBSERVER, plan.observers, template)


def churn_service(run: str, index: int) -> Object:
    """A Service that leads nowhere and whose endpoints change all the time."""
    return _object("v1", "Service", f"{CHURN}-{index}", run, spec={"ports": [{"port": 80}]})


def churn_slice(run: str, service: Object, step: int) -> Object:
    """Its endpoints at one step, addresses that nobody has; they go with the Service."""
    metadata = service["metadata"]
    family = (service["spec"].get("ipFamilies") or ["IPv4"])[0]
    network = NOBODYS[family]
    made = _object(
        "discovery.k8s.io/v1", "EndpointSlice", metadata["name"], run, addressType=family,
        ports=[{"port": 80}], endpoints=[{"addresses": [f"{network}{1 + step % 250}"]}],
    )  # fmt: skip
    made["metadata"]["labels"] |= {
        "kubernetes.io/service-name": metadata["name"],
        "endpointslice.kubernetes.io/managed-by": NAME,
    }
    made["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "Service", "name": metadata["name"], "uid": metadata["uid"]}
    ]
    return made


def _deployment(
    run: str, name: str, role: str, replicas: int, template: Object, **spec: Any
) -> Object:
    selector = {"matchLabels": {RUN: run, ROLE: role}}
    return _object(
        "apps/v1", "Deployment", name, run,
        spec={"replicas": replicas, "selector": selector, "template": template, **spec},
    )  # fmt: skip


def _template(run: str, role: str, container: Object, **spec: Any) -> Object:
    spread = {
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {RUN: run, ROLE: role}},
    }  # fmt: skip
    return {
        "metadata": {
            "labels": MANAGED | WITHOUT_MESH | {RUN: run, ROLE: role},
            "annotations": WITHOUT_LINKERD | UNDISTURBED,
        },
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "topologySpreadConstraints": [spread],
            "securityContext": {
                "runAsNonRoot": True, "runAsUser": UNPRIVILEGED,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": "probe", "configMap": {"name": NAME}}],
            **spec,
        },
    }  # fmt: skip


def _container(
    plan: Plan,
    mode: str,
    given: Mapping[str, Any],
    downward: Mapping[str, str] | None = None,
    **more: Any,
) -> Object:
    env: list[Object] = [{"name": name, "value": str(value)} for name, value in given.items()]
    env += [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}}
        for name, field in (downward or {}).items()
    ]
    return {
        "name": mode,
        "image": plan.image,
        "command": ["python3", "-I", "-B", f"/kzd/{mode}.py"],
        "env": env,
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "probe", "mountPath": "/kzd"}],
        **more,
    }  # fmt: skip
