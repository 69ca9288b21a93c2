"""Old versions on a real cluster, where what applies a new one deletes what it does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kzd.kube_api import KubeApi
from kzd.kubeconfig import connect
from kzd.long_task import BASE
from kzd.retire.item import RESOURCES
from tests.cluster.conftest import Cluster
from tests.cluster.test_retire import until
from tests.hosts.conftest import Done, Hosts
from tests.hosts.helms import CHART, HELM3, HELM4, Helm

pytestmark = pytest.mark.cluster

README = Path(__file__).parents[2] / "README.md"
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
PRUNE = ("--prune", "-l", "app=transcode")
GROUPS = ("apps/v1/Deployment", "core/v1/ConfigMap", "autoscaling/v2/HorizontalPodAutoscaler")
ALLOWED = [f"--prune-allowlist={group}" for group in GROUPS]
APPLY_SET = ("--prune", "--applyset", "transcode")


class Space:
    """A namespace of a cluster, and the programs that apply manifests to it."""

    def __init__(self, cluster: Cluster, hosts: Hosts) -> None:
        self.api: KubeApi = connect(str(cluster.kubeconfig))
        self.hosts = hosts
        self._variables = {"KUBECONFIG": str(cluster.kubeconfig), "KUBECTL_APPLYSET": "true"}
        self._image = cluster.image

    def manifests(self, tag: str) -> str:
        text = WORKER.replace("IMAGE", self._image).replace("TAG", tag)
        return text + ONLY_FIRST if tag == "1" else text

    def kubectl(self, *arguments: str) -> Done:
        done = self.hosts.run("kubectl", "-n", SPACE, *arguments, **self._variables)
        assert done.code == 0, done.told
        return done

    def apply(self, tag: str, *flags: str) -> None:
        """Render a release, and apply it with kubectl."""
        rendered = self.hosts.run("kzd", data=self.manifests(tag))
        assert rendered.code == 0, rendered.err
        self.kubectl("apply", *flags, "-f", str(self.hosts.write("all.yaml", rendered.out)))
        self.until_it_runs(rendered.out)

    def helm(self, helm: Helm, *arguments: str, by: str = "kzd") -> Done:
        done = helm.run(self.hosts, *arguments, "-n", SPACE, by=by, **self._variables)
        assert done.code == 0, done.told
        return done

    def until_it_runs(self, rendered: str) -> None:
        (name,) = (
            item["metadata"]["name"]
            for item in YAML(typ="safe").load_all(rendered)
            if item and item["kind"] == "Deployment"
        )
        path = f"{RESOURCES['Deployment'].format(SPACE)}/{name}"
        until(lambda: self.api.get(path)["status"].get("availableReplicas") == 1)

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


@pytest.fixture
def space(cluster: Cluster, tmp_path: Path) -> Iterator[Space]:
    made = Space(cluster, Hosts(tmp_path))
    path = f"/api/v1/namespaces/{SPACE}"
    made.api.create("/api/v1/namespaces", {"metadata": {"name": SPACE}})
    yield made
    made.api.delete(path)
    until(lambda: made.api.find(path) is None)


def hidden(space: Space, verb: str) -> None:
    """Run the README's command that hides old versions, `kubectl annotate` or `kubectl label`."""
    command = rf"^kubectl ({verb} [^#\n]*-l kzd\.dev/version [^#\n]*)"
    (arguments,) = re.findall(command, README.read_text(encoding="utf-8"), re.MULTILINE)
    space.kubectl(*arguments.split())


FLAGS = pytest.mark.parametrize(
    ("verb", "flags"),
    [("annotate", (*PRUNE, *ALLOWED)), ("label", APPLY_SET)],
    ids=["prune", "applyset"],
)


def assert_survived(before: dict[str, str], after: dict[str, str]) -> None:
    """All of version 1 is what it was, beside version 2; the decoy shows that pruning happened."""
    decoy = before.pop(ONLY)
    assert {name: after.get(name) for name in before} == before
    assert decoy not in after.values()
    assert {name.partition("/")[0] for name in after.keys() - before.keys()} == {*KINDS, "Pod"}


@FLAGS
def test_an_old_version_that_was_hidden_survives_kubectl(
    space: Space, verb: str, flags: tuple[str, ...]
) -> None:
    hidden(space, verb)
    space.apply("1", *flags)
    before = space.there()
    hidden(space, verb)
    space.apply("2", *flags)
    both = space.there()

    assert_survived(dict(before), both)
    hidden(space, verb)
    space.apply("1", *flags)
    assert {name: uid for name, uid in space.there().items() if name != ONLY} == both


@FLAGS
def test_kubectl_deletes_an_old_version_that_was_not_hidden(
    space: Space, verb: str, flags: tuple[str, ...]
) -> None:
    space.apply("1", *flags)
    before = space.there()
    space.apply("2", *flags)

    assert not before.keys() & space.there().keys()


@pytest.mark.parametrize("helm", [HELM3, HELM4], ids=lambda helm: helm.name)
def test_an_old_version_survives_upgrades_by_helm(space: Space, helm: Helm) -> None:
    chart(space, "1")
    space.helm(helm, "install", "eu", "chart", "--wait")
    before = space.there()
    chart(space, "2")
    space.helm(helm, "upgrade", "eu", "chart", "--wait")
    both = space.there()

    assert_survived(dict(before), both)
    chart(space, "1")
    space.helm(helm, "upgrade", "eu", "chart", "--wait")
    back = space.there()
    assert {name: back.get(name) for name in both} == both

    space.helm(helm, "uninstall", "eu", by="")
    assert space.there().items() >= both.items()


def chart(space: Space, tag: str) -> None:
    space.hosts.write("chart/Chart.yaml", CHART.format("transcode"))
    space.hosts.write("chart/templates/all.yaml", space.manifests(tag))
