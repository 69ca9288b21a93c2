"""Meshes whose proxy takes the kubelet's connections in the app's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kzd.cluster.container import Container
from kzd.cluster.propagation import MESH_CONTAINERS
from kzd.cluster.resource import Workload

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

LINKERD = "linkerd.io/inject"
LINKERD_ON = ("enabled", "ingress")
ISTIO_REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers"
ISTIO_INJECT = "sidecar.istio.io/inject"
FILLED_IN = "auto"


def is_of_a_mesh(container: Container) -> bool:
    """Whether a container is a mesh's proxy, whose probes the mesh brings along itself."""
    return container.name in MESH_CONTAINERS or container.image == FILLED_IN


def why_answered(workload: Workload, view: ClusterView) -> str:
    """
    Why a proxy, and not the app, would answer a probe; empty where none would.

    Istio sends probes on to its agent, which asks the app, unless told not to; a proxy that
    stands in the manifest was injected before kzd and knows nothing of a new probe.

    Source: https://istio.io/latest/docs/ops/configuration/mesh/app-health-check/
    """
    for container in [*workload.containers, *workload.init_containers]:
        if container.name in MESH_CONTAINERS:
            return f"before it stands the proxy of container '{container.name}'"
    given = workload.pod_labels | workload.pod_annotations
    if _says(given.get(ISTIO_REWRITE), "false") and not _says(given.get(ISTIO_INJECT), "false"):
        return f'`{ISTIO_REWRITE}: "false"` leaves the answer to Istio\'s proxy'
    if LINKERD in workload.pod_annotations:
        inject, where = workload.pod_annotations[LINKERD], "the Pod"
    else:
        inject, where = _of_namespace(workload, view)
    if any(_says(inject, word) for word in LINKERD_ON):
        return f"`{LINKERD}` on {where} puts Linkerd's proxy before it"
    return ""


def _of_namespace(workload: Workload, view: ClusterView) -> tuple[object, str]:
    for namespace in view.of_kind("Namespace"):
        if workload.namespace in namespace.names and LINKERD in namespace.annotations:
            return namespace.annotations[LINKERD], f"Namespace '{namespace.name}'"
    return None, ""


def _says(value: object, word: str) -> bool:
    return str(value).lower() == word
