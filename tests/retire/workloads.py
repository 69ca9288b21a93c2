"""
What controllers, autoscalers and kubelets do with versions in a fake cluster: at once, in order.

Every Pod that ends while it is busy is remembered: that is what must never happen.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from kzd.retire.item import DELETION_COST, Item

if TYPE_CHECKING:
    from tests.fake_cluster import FakeCluster

Object = dict[str, Any]

CORE, APPS = "/api/v1/namespaces/shop", "/apis/apps/v1/namespaces/shop"
HPAS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
KEDA = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects"
VPAS = "/apis/autoscaling.k8s.io/v1/namespaces/shop/verticalpodautoscalers"
PDBS = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets"
AUTOSCALERS = {
    "horizontalpodautoscalers": (HPAS, "HorizontalPodAutoscaler", "minReplicas"),
    "scaledobjects": (KEDA, "ScaledObject", "minReplicaCount"),
}


class Workloads:
    """
    How the cluster behaves: well, unless a test says otherwise.

    `busy` are the names of Pods that work; `killed` those that were ended while they did.  With
    `lingers` Pods take their time to end.  `said` is what a Pod answers instead.
    """

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster
        self.busy: set[str] = set()
        self.killed: list[str] = []
        self.lingers = False
        self.said: dict[str, tuple[int, str]] = {}

    # --- controllers

    def created(self, resource: str, path: str) -> None:
        """A Deployment gets its Pods, an autoscaler sees to what it is for."""
        if resource == "deployments":
            self._settle(path)
        if resource in AUTOSCALERS:
            for at in list(self._cluster.objects):
                if at.startswith(f"{APPS}/deployments/"):
                    self._autoscale(at)

    def patched(self, resource: str, path: str, old: Object) -> None:
        """A Deployment that is scaled gets or loses Pods."""
        if resource == "deployments":
            self._settle(path)
            self._autoscale(path)

    def deleted(self, resource: str, path: str, item: Object) -> None:
        """A Deployment takes its Pods with it, a ScaledObject its autoscaler."""
        if resource == "deployments":
            for pod in self.pods(item):
                self.end(pod)

    def pods(self, deployment: Object) -> list[str]:
        """The paths of a Deployment's Pods, those that end first first."""
        view = Item("Deployment", deployment)
        found = [
            path
            for path, item in self._cluster.objects.items()
            if path.startswith(f"{CORE}/pods/") and view.selects(item["metadata"]["labels"])
        ]
        return sorted(found, key=self._rank)

    def _rank(self, path: str) -> tuple[Any, ...]:
        """As kubernetes/kubernetes pkg/controller/controller_utils.go ranks them."""
        pod = self._cluster.objects[path]
        phases = ("Pending", "Unknown", "Running")
        cost = int(pod["metadata"].get("annotations", {}).get(DELETION_COST, "0"))
        is_ready = pod["status"]["conditions"][0]["status"] == "True"
        assigned = bool(pod["spec"].get("nodeName"))
        return (assigned, phases.index(pod["status"]["phase"]), is_ready, cost, path)

    def _settle(self, path: str) -> None:
        made = self._cluster.objects[path]
        wanted = made["spec"].setdefault("replicas", 1)  # the API's default
        there = [pod for pod in self.pods(made) if not self._is_ending(pod)]
        for pod in there[: max(0, len(there) - wanted)]:
            self.end(pod)
        for number in range(len(there), wanted):
            self._start(made, number)
        generation = made["metadata"]["generation"]
        made["status"] = {
            "observedGeneration": generation, "replicas": wanted, "updatedReplicas": wanted,
            "availableReplicas": wanted,
            "conditions": [{"type": "Available", "status": "True"}],
        }  # fmt: skip
        self._cluster.put(path, made)

    def _autoscale(self, path: str) -> None:
        """
        An autoscaler that is still there undoes a scaling.

        At 0 replicas a HorizontalPodAutoscaler is off, and KEDA alone starts a Deployment.
        Source: kubernetes/kubernetes pkg/controller/podautoscaler/horizontal.go,
        reconcileAutoscaler; kedacore/keda pkg/scaling/executor/scale_scaledobjects.go, RequestScale
        """
        made = self._cluster.objects[path]
        view = Item("Deployment", made)
        for resource, (collection, kind, field) in AUTOSCALERS.items():
            for item in self._cluster.collection(collection):
                replicas, least = made["spec"]["replicas"], item["spec"].get(field, 0)
                is_off = replicas == 0 and resource == "horizontalpodautoscalers"
                if Item(kind, item).scales(view) and replicas < least and not is_off:
                    made["spec"]["replicas"] = least
                    self._settle(path)

    # --- kubelets

    def _start(self, deployment: Object, number: int) -> None:
        name = f"{deployment['metadata']['name']}-6d5f8-{number}"
        template = copy.deepcopy(deployment["spec"]["template"])
        owner = {
            "kind": "ReplicaSet",
            "uid": f"rs-{deployment['metadata']['name']}",
            "controller": True,
        }
        metadata = template["metadata"] | {"name": name, "ownerReferences": [owner]}
        status = {
            "phase": "Running", "podIP": "127.0.0.1",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "started": True, "state": {"running": {}}}],
        }  # fmt: skip
        spec = template["spec"] | {"nodeName": "node1"}
        pod = {"metadata": metadata, "spec": spec, "status": status}
        self._cluster.put(f"{CORE}/pods/{name}", pod)

    def _is_ending(self, path: str) -> bool:
        return "deletionTimestamp" in self._cluster.objects[path]["metadata"]

    def end(self, path: str, grace: int | None = None) -> None:
        """End a Pod; it is remembered where it was busy."""
        if self._is_ending(path):
            return
        pod = self._cluster.objects[path]
        if pod["metadata"]["name"] in self.busy:
            self.killed.append(pod["metadata"]["name"])
        if self.lingers:
            pod["metadata"]["deletionTimestamp"] = "2026-11-29T10:00:00Z"
            self._cluster.put(path, pod)
        else:
            self._cluster.drop(path)

    def finish(self) -> None:
        """All Pods that are ending have ended."""
        for path in list(self._cluster.objects):
            if path.startswith(f"{CORE}/pods/") and self._is_ending(path):
                self._cluster.drop(path)

    def proxied(self, path: str) -> tuple[int, str]:
        """What a Pod answers when it is asked whether it is idle."""
        name = path.rsplit("/", 1)[1].partition(":")[0]
        if name in self.said:
            return self.said[name]
        if f"{CORE}/pods/{name}" not in self._cluster.objects:
            return 404, "not found"
        return (200, "busy") if name in self.busy else (200, "idle")
