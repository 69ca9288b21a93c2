"""The whole life of a long task: rendered, rolled out, superseded, rolled back, retired."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd.long_task import VERSION
from tests.console import ROOT
from tests.fake_cluster import FakeCluster
from tests.hosts.examples import blocks
from tests.retire.conftest import MANIFESTS, Retiring
from tests.retire.versions import Object
from tests.retire.workloads import CORE

EXAMPLE = ROOT / "examples" / "long-task"
OLD = "transcode-bwg2wg95kvq"

INPUT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: transcode
  namespace: shop
  annotations:
    kzd.dev/long-task: "true"
    kzd.dev/long-task.idlePath: ":8080/idle"
spec:
  replicas: 2
  selector:
    matchLabels: {app: transcode}
  template:
    metadata:
      labels: {app: transcode}
    spec:
      containers:
      - name: worker
        image: example.com/transcode:1.0
        envFrom:
        - configMapRef: {name: settings}
        - secretRef: {name: key}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: transcode-scaler, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: transcode}
  minReplicas: 2
  maxReplicas: 10
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: transcode, namespace: shop}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: transcode}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {codec: av1}
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: shop}
stringData: {key: the same for all}
---
apiVersion: v1
kind: Service
metadata: {name: transcode, namespace: shop}
spec:
  selector: {app: transcode}
  ports:
  - {name: http, port: 80, targetPort: 8080}
"""
NEWER = INPUT.replace("transcode:1.0", "transcode:1.1").replace("av1", "av2")


class Life:
    """Renders with kzd, applies, retires."""

    def __init__(self, retire: Retiring) -> None:
        self.retire = retire

    def render(self, text: str) -> list[Object]:
        """The manifests, which say from now on what is current."""
        done = self.retire.console.kzd("render", "-", data=text)
        assert done.code == 0, done.err
        self.retire.console.write(MANIFESTS, done.out)
        return [item for item in YAML(typ="safe").load_all(done.out) if item]

    def apply(
        self, text: str, *, hours_ago: float = 0, namespace: str = ""
    ) -> set[tuple[str, str]]:
        """Apply what is rendered, some time ago; the objects, as kind and name."""
        cluster: FakeCluster = self.retire.cluster
        items = self.render(text)
        cluster.ahead = -3600 * hours_ago
        for item in map(plain, items):
            item["metadata"].setdefault("namespace", namespace)
            self.retire.put(item)
        cluster.ahead = 0.0
        return names(items)

    def there(self, *resources: str) -> set[str]:
        return {name for resource in resources for name in self.retire.names(resource)}


def plain(item: Any) -> Any:
    """Plain data of what a reader of YAML made."""
    if isinstance(item, dict):
        return {str(key): plain(value) for key, value in item.items()}
    return [plain(value) for value in item] if isinstance(item, list) else item


def names(items: list[Object]) -> set[tuple[str, str]]:
    return {(item["kind"], item["metadata"]["name"]) for item in items}


@pytest.fixture
def life(retire: Retiring) -> Life:
    return Life(retire)


ALL = (
    "deployments", "horizontalpodautoscalers", "poddisruptionbudgets", "configmaps", "secrets",
    "services",
)  # fmt: skip


def test_an_old_version_goes_with_all_that_was_its_own(life: Life) -> None:
    old = life.apply(INPUT, hours_ago=3)
    new = life.apply(NEWER, hours_ago=2)
    both = old & new
    assert ("Service", "transcode") in both
    assert len(old - both) == len(new - both) == 4, "Deployment, HPA, PDB and the copy that differs"
    done = life.retire()

    assert done.code == 0, done.err
    assert life.there(*ALL) == {name for _, name in new | {("ConfigMap", "settings")}}


def test_a_busy_version_goes_on_with_all_that_it_has(life: Life, cluster: FakeCluster) -> None:
    old = life.apply(INPUT, hours_ago=3)
    cluster.nodes.busy = set(life.retire.names("pods"))
    new = life.apply(NEWER, hours_ago=2)
    done = life.retire()

    assert done.code == 0, done.err
    assert life.there(*ALL) == {name for _, name in old | new}


def test_after_a_rollback_the_newer_version_goes(life: Life) -> None:
    old = life.apply(INPUT, hours_ago=3)
    life.apply(NEWER, hours_ago=2)
    life.render(INPUT)
    done = life.retire()

    assert done.code == 0, done.err
    assert life.there(*ALL) == {name for _, name in old}


def test_each_version_is_one_of_its_own(life: Life) -> None:
    life.apply(INPUT, hours_ago=3)
    life.apply(NEWER, hours_ago=2)
    found = life.retire.cluster.collection("/apis/apps/v1/namespaces/shop/deployments")
    selectors = [item["spec"]["selector"]["matchLabels"][VERSION] for item in found]

    assert len(set(selectors)) == 2


def test_the_input_of_the_transform_is_no_manifest_of_versions(life: Life) -> None:
    life.apply(INPUT, hours_ago=3)
    life.retire.console.write(MANIFESTS, NEWER)
    done = life.retire()

    assert done.code == 3
    assert "must hold what `kzd` renders" in done.err


# --- the example


@pytest.fixture
def example(life: Life) -> Life:
    """The example's two versions in the cluster: one film is being transcoded by the old one."""
    for place, name in enumerate(("v1", "v2")):
        text = (EXAMPLE / f"{name}.yaml").read_text()
        life.apply(text, hours_ago=3 - place, namespace="shop")
    for pod in life.retire.names("pods"):
        annotate(life, pod, "0")
    return life


def annotate(life: Life, pod: str, tasks: str) -> None:
    path = f"{CORE}/pods/{pod}"
    item = life.retire.cluster.objects[path]
    item["metadata"]["annotations"] = {"example.com/tasks": tasks}
    life.retire.cluster.put(path, item)


def test_the_example_s_plan_is_what_is_printed(example: Life) -> None:
    shown = [text for language, text in blocks(EXAMPLE / "README.md") if language == "text"]
    busy = next(name for name in example.retire.names("pods") if OLD in name)
    annotate(example, busy, "1")
    first = example.retire.plan("--namespace", "shop")
    annotate(example, busy, "0")
    second = example.retire.plan("--namespace", "shop")

    assert first.out.decode() == shown[1]
    assert second.out.decode() == shown[2]


def test_the_example_ends_with_the_new_version(example: Life) -> None:
    assert example.retire("--namespace", "shop").code == 0
    assert len(example.there("deployments", "horizontalpodautoscalers")) == 1
    assert example.there("configmaps") == {"codecs", "codecs-blqj75vw25t"}
    assert example.there("services") == {"transcode-metrics"}
