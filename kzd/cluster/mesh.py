"""Meshes: what shows one, and where its proxy takes connections in the app's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kzd.cluster.container import Container
from kzd.cluster.resource import Workload

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

PROXIES = ("istio-proxy", "linkerd-proxy")
MARKS = (
    "sidecar.istio.io/inject",
    "istio.io/rev",
    "istio-injection",
    "istio.io/dataplane-mode",
    "linkerd.io/inject",
)
OFF = ("false", "disabled", "none")
LINKERD = "linkerd.io/inject"
LINKERD_ON = ("enabled", "ingress")
ISTIO_REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers"
ISTIO_INJECT = "sidecar.istio.io/inject"
FILLED_IN = "auto"


def is_of_a_mesh(container: Container) -> bool:
    """Whether a container is a mesh's proxy, whose probes the mesh brings along itself."""
    return container.name in PROXIES or container.image == FILLED_IN


def why_answered(workload: Workload, view: ClusterView) -> str:
    """
    Why a proxy, and not the app, would answer a probe; empty where none would.

    Istio sends probes on to its agent, which asks the app, unless told not to; a proxy that
    stands in the manifest was injected before kzd and knows nothing of a new probe.

    Source: https://istio.io/latest/docs/ops/configuration/mesh/app-health-check/
    """
    proxy = _proxy(workload)
    if proxy:
        return f"before it stands the proxy of container '{proxy}'"
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


def mark_of(workload: Workload, view: ClusterView) -> str:
    """What shows that a workload is in a mesh, empty where nothing does."""
    proxy = _proxy(workload)
    if proxy:
        return f"container '{proxy}'"
    pod = workload.pod_labels | workload.pod_annotations
    if any(mark in pod for mark in MARKS):
        mark = _switched_on(pod)
        return f"`{mark}` on the Pod" if mark else ""
    for namespace in view.namespaces_of(workload):
        mark = _switched_on(namespace.labels | namespace.annotations)
        if mark:
            return f"`{mark}` on Namespace '{namespace.name}'"
    return ""


def _proxy(workload: Workload) -> str:
    """The name of a proxy's container that stands in the manifest, empty without one."""
    return next((item.name for item in workload.all_containers if item.name in PROXIES), "")


def _switched_on(given: dict[str, Any]) -> str:
    """The first mark among labels and annotations that does not say no."""
    return next(
        (mark for mark in MARKS if mark in given and str(given[mark]).lower() not in OFF), ""
    )


def _of_namespace(workload: Workload, view: ClusterView) -> tuple[object, str]:
    for namespace in view.namespaces_of(workload):
        if LINKERD in namespace.annotations:
            return namespace.annotations[LINKERD], f"Namespace '{namespace.name}'"
    return None, ""


def _says(value: object, word: str) -> bool:
    return str(value).lower() == word
