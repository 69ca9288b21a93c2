"""Two versions of a long task in a namespace, applied by programs that delete what is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kzd.kube_api import KubeApi
from kzd.kubeconfig import connect
from kzd.long_task import BASE
from kzd.retire.item import RESOURCES
from tests.cluster.conftest import Cluster
from tests.cluster.programs import until
from tests.hosts.conftest import Done, Hosts

SPACE = "kzd-prune-test"
WORKER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: transcode
  labels: {app: transcode}
  annotations: {kzd.dev/long-task: "true"}
spec:
  replicas: 1
  selector: {matchLabels: {app: transcode}}
  template:
    metadata: {labels: {app: transcode}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: worker
        image: IMAGE
        imagePullPolicy: IfNotPresent
        command: [sleep, "3600"]
        env: [{name: RELEASE, value: "TAG"}]
        envFrom: [{configMapRef: {name: codecs}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: codecs, labels: {app: transcode}}
data: {release: "TAG"}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: transcode, labels: {app: transcode}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: transcode}
  minReplicas: 1
  maxReplicas: 2
"""
ONLY_FIRST = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: only-in-version-1, labels: {app: transcode}}
data: {release: "1"}
"""
ONLY = "ConfigMap/only-in-version-1"
KINDS = ("Deployment", "ConfigMap", "HorizontalPodAutoscaler")


class Space:
    """A namespace of a cluster, and the programs that apply manifests to it."""

    def __init__(self, cluster: Cluster, hosts: Hosts) -> None:
        self.api: KubeApi = connect(str(cluster.kubeconfig))
        self.hosts = hosts
        self.variables = {"KUBECONFIG": str(cluster.kubeconfig), "KUBECTL_APPLYSET": "true"}
        self._image = cluster.image

    def manifests(self, tag: str) -> str:
        text = WORKER.replace("IMAGE", self._image).replace("TAG", tag)
        return text + ONLY_FIRST if tag == "1" else text

    def kubectl(self, *arguments: str) -> Done:
        done = self.hosts.run("kubectl", "-n", SPACE, *arguments, **self.variables)
        assert done.code == 0, done.told
        return done

    def apply_json(self, item: dict[str, Any]) -> None:
        """Apply an object as it is."""
        self.kubectl("apply", "-f", str(self.hosts.write("item.json", json.dumps(item))))

    def rendered(self, tag: str) -> str:
        """A release as kzd renders it."""
        done = self.hosts.run("kzd", data=self.manifests(tag))
        assert done.code == 0, done.err
        return done.out

    def apply(self, tag: str, *flags: str) -> None:
        """Render a release, apply it with kubectl, and wait until it runs."""
        rendered = self.rendered(tag)
        self.kubectl("apply", *flags, "-f", str(self.hosts.write("all.yaml", rendered)))
        self.until_it_runs(rendered)

    def until_it_runs(self, rendered: str) -> None:
        """Wait until the version of rendered manifests is available."""
        (name,) = (
            item["metadata"]["name"]
            for item in YAML(typ="safe").load_all(rendered)
            if item and item["kind"] == "Deployment"
        )
        path = f"{RESOURCES['Deployment'].format(SPACE)}/{name}"

        def runs() -> bool:
            found = self.api.find(path)
            return bool(found) and found["status"].get("availableReplicas") == 1

        until(runs)

    def there(self) -> dict[str, str]:
        """What is there of versions, with its Pods, and the decoy: names and uids."""
        return {
            f"{kind}/{item['metadata']['name']}": item["metadata"]["uid"]
            for kind in (*KINDS, "Pod")
            for item in self.api.get(RESOURCES[kind].format(SPACE))["items"]
            if not item["metadata"].get("deletionTimestamp")
            and (kind == "Pod" or BASE in item["metadata"].get("labels", {})
                 or f"{kind}/{item['metadata']['name']}" == ONLY)
        }  # fmt: skip


@contextmanager
def space_of(cluster: Cluster, folder: Path) -> Iterator[Space]:
    """A namespace that is gone afterwards; files and configurations of programs in the folder."""
    made = Space(cluster, Hosts(folder))
    with namespace(made.api, SPACE):
        yield made


@contextmanager
def namespace(api: KubeApi, name: str) -> Iterator[None]:
    """A namespace of this name, until the end of the block."""
    path = f"/api/v1/namespaces/{name}"
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    try:
        yield
    finally:
        api.delete(path)
        until(lambda: api.find(path) is None)


def assert_survived(before: dict[str, str], after: dict[str, str]) -> None:
    """All of version 1 is what it was, beside version 2; the decoy shows that pruning happened."""
    decoy = before.pop(ONLY)
    assert {name: after.get(name) for name in before} == before
    assert decoy not in after.values()
    assert {name.partition("/")[0] for name in after.keys() - before.keys()} == {*KINDS, "Pod"}
