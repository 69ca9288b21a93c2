"""What controllers, kubelets and the probe's own Pods do in a fake cluster: at once, in order."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from kzd.measure.objects import BACKEND, OBSERVER, ROLE
from kzd.measure.plan import NAME

if TYPE_CHECKING:
    from tests.fake_cluster import FakeCluster

Object = dict[str, Any]

CORE, APPS = "/api/v1/namespaces", "/apis/apps/v1/namespaces"
SLICES = "/apis/discovery.k8s.io/v1/namespaces"
NODES = ("node1", "node2")
TOLD_SECONDS = 22


class Nodes:
    """
    How the cluster behaves; all of it well unless a test says otherwise.

    `last_seconds` is when the last connection reached a deleted Pod.  With `serve_on` deleted Pods
    end only when they are made to.  `unready` is the Pods' state by role, and `quota` a message
    where no Pod may be made.  `reports` are last words to say instead of a report.
    """

    def __init__(self, cluster: FakeCluster) -> None:
        self.last_seconds = 0.4
        self.serve_on = False
        self.unready: dict[str, Object] = {}
        self.quota = ""
        self.reports: list[str] = []
        self.failed = 0
        self._cluster = cluster
        self._number = 0
        self._backends: dict[str, float] = {}
        for name in NODES:
            info = {"kernelVersion": "6.18.5", "kubeletVersion": "v1.34.4"}
            cluster.put(f"/api/v1/nodes/{name}", {"status": {"nodeInfo": info}})
        cluster.put(f"{CORE}/shop", {})

    # --- controllers

    def created(self, resource: str, path: str) -> None:
        """Do what follows from a creation."""
        made = self._cluster.objects[path]
        namespace = namespace_of(path)
        if resource == "namespaces":
            self._cluster.put(f"{path}/configmaps/kube-root-ca.crt", {"data": {}})
        elif resource == "configmaps":
            self._backends = {}
        elif resource == "services":
            self._number += 1
            made["spec"].setdefault("clusterIP", f"10.96.0.{self._number}")
            for port in made["spec"]["ports"]:
                if made["spec"].get("type") == "NodePort":
                    port["nodePort"] = 30000 + self._number
            if made["metadata"]["name"] == NAME:
                self._publish(namespace)
        elif resource == "deployments":
            for _ in range(made["spec"]["replicas"]):
                self._start(path)
            self._count(path)

    def patched(self, resource: str, path: str, old: Object) -> None:
        """Roll out a changed template: a new Pod, then an old one less, until all are new."""
        new = self._cluster.objects[path]
        if resource != "deployments" or new["spec"]["template"] == old["spec"]["template"]:
            return
        for pod in self._pods(path):
            if _is_there(self._cluster.objects[pod]):
                self._start(path)
                if BACKEND not in self.unready:
                    self.end(pod)
        self._count(path)

    def deleted(self, resource: str, path: str, item: Object) -> None:
        """The Pods of a Deployment go with it, and take their time."""
        if resource == "deployments":
            for pod in self._pods(path, item):
                self.end(pod)

    def _pods(self, path: str, deployment: Object | None = None) -> list[str]:
        made = deployment or self._cluster.objects[path]
        labels = made["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = f"{CORE}/{namespace_of(path)}/pods"
        found = self._cluster.collection(pods, selector)
        return [f"{pods}/{pod['metadata']['name']}" for pod in found]

    def _count(self, path: str) -> None:
        made = self._cluster.objects[path]
        pods = [self._cluster.objects[pod] for pod in self._pods(path)]
        there = [pod for pod in pods if _is_there(pod)]
        ready = sum(item["status"]["conditions"][0]["status"] == "True" for item in there)
        made["status"] = {
            "observedGeneration": made["metadata"]["generation"],
            "replicas": len(there), "updatedReplicas": len(there), "availableReplicas": ready,
        }  # fmt: skip
        if self.quota:
            refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
            made["status"]["conditions"] = [refused | {"message": self.quota}]
        self._cluster.put(path, made)

    def _publish(self, namespace: str) -> None:
        """The endpoints of the Service, which go with it."""
        service = self._cluster.objects.get(f"{CORE}/{namespace}/services/{NAME}")
        if service is None:
            return
        owner = {"uid": service["metadata"]["uid"]}
        labels = {"kubernetes.io/service-name": NAME}
        endpoints = [
            {
                "targetRef": {"name": pod["metadata"]["name"]},
                "conditions": {"terminating": "deletionTimestamp" in pod["metadata"]},
            }
            for pod in self._cluster.collection(f"{CORE}/{namespace}/pods")
            if pod["metadata"]["labels"].get(ROLE) == BACKEND
        ]
        path = f"{SLICES}/{namespace}/endpointslices/{NAME}-abcde"
        metadata = (self._cluster.objects.get(path) or {}).get("metadata") or {
            "labels": labels, "ownerReferences": [owner],
        }  # fmt: skip
        self._cluster.put(path, {"metadata": metadata, "endpoints": endpoints})

    # --- kubelets

    def _start(self, deployment: str) -> None:
        """Make a Pod: ready at once unless a test says otherwise."""
        if self.quota:
            return
        made = self._cluster.objects[deployment]
        namespace = namespace_of(deployment)
        template = json.loads(json.dumps(made["spec"]["template"]))
        role = template["metadata"]["labels"][ROLE]
        self._number += 1
        name = f"{made['metadata']['name']}-6d5f8-{self._number:05d}"
        path = f"{CORE}/{namespace}/pods/{name}"
        template["metadata"]["name"] = name
        spec = template["spec"] | {"nodeName": NODES[self._number % 2]}
        unready = self.unready.get(role)
        state = {"running": {}} if unready is None else unready.get("state", {})
        conditions = [{"type": "Ready", "status": "False" if unready else "True"}]
        conditions += (unready or {}).get("conditions", [])
        containers = [{"name": "injected", "state": {}}, {"name": role, "state": state}]
        status = {"conditions": conditions, "containerStatuses": containers}
        self._cluster.put(path, {"metadata": template["metadata"], "spec": spec, "status": status})
        if role == BACKEND:
            self._backends[name] = 0.0
            self._publish(namespace)

    def end(self, path: str, grace: int | None = None) -> None:
        """Delete a Pod with its own grace period or another one; its Deployment makes up for it."""
        pod = self._cluster.objects[path]
        is_new = "deletionTimestamp" not in pod["metadata"]
        own = pod["spec"].get("terminationGracePeriodSeconds", 30)
        seconds = own if grace is None else grace
        pod["metadata"] |= {
            "deletionTimestamp": "2026-11-23T10:00:00Z", "deletionGracePeriodSeconds": seconds,
        }  # fmt: skip
        self._cluster.put(path, pod)
        namespace, role = namespace_of(path), pod["metadata"]["labels"].get(ROLE, "")
        if is_new and role == BACKEND:
            self._publish(namespace)
        deployment = self._deployment(namespace, role)
        if seconds <= 1:
            self._gone(path)
        elif deployment and not self.serve_on:
            self._finish(path, pod)
        if deployment:
            self._make_up(deployment)

    def evict(self) -> None:
        """A backend ends without having been deleted, and stays to be seen; another one comes."""
        path = next(
            path
            for path, item in self._cluster.objects.items()
            if "/pods/" in path
            and item["metadata"]["labels"].get(ROLE) == BACKEND
            and "deletionTimestamp" not in item["metadata"]
        )
        pod = self._cluster.objects[path]
        pod["status"] = {"phase": "Failed", "reason": "Evicted"}
        self._cluster.put(path, pod)
        self._make_up(self._deployment(namespace_of(path), BACKEND))

    def relent(self) -> None:
        """Pods may be made again."""
        self.quota = ""
        for path in [path for path in self._cluster.objects if "/deployments/" in path]:
            self._make_up(path)

    def _deployment(self, namespace: str, role: str) -> str:
        """The path of a role's Deployment, empty without one."""
        for path, made in self._cluster.objects.items():
            if path.startswith(f"{APPS}/{namespace}/deployments/"):
                labels = made["spec"].get("selector", {}).get("matchLabels", {})
                if labels.get(ROLE) == role:
                    return path
        return ""

    def _make_up(self, deployment: str) -> None:
        pods = [self._cluster.objects[pod] for pod in self._pods(deployment)]
        there = sum(map(_is_there, pods))
        for _ in range(self._cluster.objects[deployment]["spec"]["replicas"] - there):
            self._start(deployment)
        self._count(deployment)

    def _gone(self, path: str) -> None:
        self._cluster.drop(path)
        self._publish(namespace_of(path))

    def _finish(self, path: str, pod: Object) -> None:
        """A backend says its last words, and goes."""
        message = self.reports.pop(0) if self.reports else self._report(pod)
        state = {"terminated": {"message": message}}
        pod["status"]["containerStatuses"] = [{"name": BACKEND, "state": state}]
        self._cluster.put(path, pod)
        self._gone(path)

    # --- the probe's own Pods

    def _report(self, pod: Object) -> str:
        """As though the Pod had served its window by now."""
        env = {item["name"]: item.get("value") for item in pod["spec"]["containers"][0]["env"]}
        served = float(env["WINDOW_SECONDS"])
        noticed = time.time() - served
        last = min(self.last_seconds, served)
        self._backends[pod["metadata"]["name"]] = noticed + last
        arrivals = [
            [" ".join([name, path, *(["reused"] if is_reused else [])]), last, 12]
            for name, targets in self._observers()
            for path, _, is_reused in targets
        ]
        report = {"noticed": noticed, "by": "hook", "served": served, "arrivals": arrivals}
        return json.dumps(report)

    def _observers(self) -> list[tuple[str, Any]]:
        found = []
        for path, pod in self._cluster.objects.items():
            if "/pods/" in path and pod["metadata"]["labels"].get(ROLE) == OBSERVER:
                found.append((path.rsplit("-", 1)[1], _targets(pod)))
        return found

    def log(self, pod: Object) -> str:
        """The lines of an observer: the seconds that are over."""
        name, node = pod["metadata"]["name"].rsplit("-", 1)[1], pod["spec"]["nodeName"]
        lines: list[Object] = [
            {"observer": name, "node": node, "kernel": "6.18.5", "mode": "iptables"}
        ]
        pods = {name: [17, last or None, 0.001, 0.0004] for name, last in self._backends.items()}
        now = int(time.time())
        errors = {"TimeoutError": self.failed} if self.failed else {}
        for second in range(now - TOLD_SECONDS, now):
            targets = [
                {
                    "path": path, "reused": is_reused, "sent": 50, "failed": self.failed,
                    "errors": errors, "pods": pods,
                }
                for path, _, is_reused in _targets(pod)
            ]  # fmt: skip
            lines.append({"second": second, "targets": targets})
        return "".join(json.dumps(line) + "\n" for line in lines)


def namespace_of(path: str) -> str:
    """The namespace in a path."""
    return path.split("/namespaces/")[1].split("/")[0]


def _targets(pod: Object) -> Any:
    env = {item["name"]: item.get("value") for item in pod["spec"]["containers"][0]["env"]}
    return json.loads(env["TARGETS"])


def _is_there(pod: Object) -> bool:
    """Whether a Deployment counts a Pod."""
    is_deleted = "deletionTimestamp" in pod["metadata"]
    return not is_deleted and pod["status"].get("phase") != "Failed"
