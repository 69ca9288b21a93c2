"""`kzd retire` on a real cluster: a task of 60 s, a new version, and the old one after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd.kube_api import KubeApi
from kzd.kubeconfig import connect
from kzd.long_task import VERSION
from kzd.retire.item import RESOURCES
from tests.cluster.conftest import Cluster
from tests.cluster.lab import kzd
from tests.cluster.programs import until
from tests.cluster.versions import namespace

pytestmark = pytest.mark.cluster

SPACE = "kzd-retire-test"
TASK_SECONDS = 60
APP = """\
import signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
working = []
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/work":
            working.append(1)
            time.sleep(SECONDS)
            working.pop()
        text = b"busy" if working else b"idle"
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
ThreadingHTTPServer(("", 8080), Handler).serve_forever()
""".replace("SECONDS", str(TASK_SECONDS))
LABELS = {"app": "transcode"}


def manifests(image: str, release: str, *, with_autoscaler: bool) -> list[dict[str, Any]]:
    """A Deployment that opted in, its Service, and its autoscaler where asked for."""
    container = {
        "name": "worker", "image": image, "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", APP], "env": [{"name": "RELEASE", "value": release}],
        "ports": [{"containerPort": 8080}],
    }  # fmt: skip
    said = {"kzd.dev/long-task": "true", "kzd.dev/long-task.idlePath": "/idle"}
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "transcode"}
    made: list[dict[str, Any]] = [
        {"apiVersion": "apps/v1", "kind": "Deployment",
         "metadata": {"name": "transcode", "namespace": SPACE, "annotations": said},
         "spec": {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template}},
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"name": "transcode", "namespace": SPACE},
         "spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}},
    ]  # fmt: skip
    if with_autoscaler:
        made.append(
            {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
             "metadata": {"name": "transcode", "namespace": SPACE},
             "spec": {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 4}}
        )  # fmt: skip
    return made


class Life:
    """One namespace of a cluster, and kzd's commands there."""

    def __init__(self, cluster: Cluster, folder: Path, *, with_autoscaler: bool) -> None:
        self.api: KubeApi = connect(str(cluster.kubeconfig))
        self.cluster = cluster
        self.rendered = folder / "rendered.yaml"
        self._input = folder / "input.yaml"
        self._with_autoscaler = with_autoscaler

    def apply(self, release: str) -> str:
        """Render and apply a release, and wait until it is available; its Deployment's name."""
        made = manifests(self.cluster.image, release, with_autoscaler=self._with_autoscaler)
        self._input.write_text("---\n".join(f"{json.dumps(item)}\n" for item in made))
        kzd("render", str(self._input), kubeconfig=self.cluster.kubeconfig, file=self.rendered)
        name = ""
        for item in YAML(typ="safe").load_all(self.rendered.read_text()):
            path, kind = RESOURCES[item["kind"]].format(SPACE), item["kind"]
            if not self.api.find(f"{path}/{item['metadata']['name']}"):
                self.api.create(path, item)
            name = item["metadata"]["name"] if kind == "Deployment" else name
        until(lambda: self.deployment(name)["status"].get("availableReplicas") == 2)
        return name

    def deployment(self, name: str) -> Any:
        return self.api.find(f"{RESOURCES['Deployment'].format(SPACE)}/{name}")

    def pod(self, deployment: str) -> str:
        """The path of a Pod of a version."""
        version = self.deployment(deployment)["metadata"]["labels"][VERSION]
        path = RESOURCES["Pod"].format(SPACE)
        pods = self.api.get(path, labelSelector=f"{VERSION}={version}")["items"]
        return f"{path}/{pods[0]['metadata']['name']}"

    def retire(self) -> str:
        """Retire what is idle; the log."""
        done = subprocess.run(
            [sys.executable, "-m", "kzd", "retire", "apply", "-f", str(self.rendered), "--yes",
             "--min-age", "0s"],
            env=os.environ | {"KUBECONFIG": str(self.cluster.kubeconfig)},
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stderr

    def there(self) -> set[str]:
        """All that a version may have."""
        kinds = ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service")
        return {
            f"{kind}/{item['metadata']['name']}"
            for kind in kinds
            for item in self.api.get(RESOURCES[kind].format(SPACE))["items"]
        }


@pytest.fixture(params=[False, True], ids=["alone", "with an autoscaler"])
def life(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[Life]:
    made = Life(cluster, tmp_path, with_autoscaler=request.param)
    with namespace(made.api, SPACE):
        yield made


def test_a_task_ends_undisturbed_and_then_its_version_goes(life: Life) -> None:
    old = life.apply("1")
    of_old = life.there()
    pod = life.pod(old)
    with ThreadPoolExecutor() as pool:
        began = time.monotonic()
        task = pool.submit(life.api.answer, f"{pod}:8080/proxy/work", TASK_SECONDS + 30.0)
        time.sleep(3)
        new = life.apply("2")
        both = life.there()
        log = life.retire()

        assert "it is busy" in log
        assert life.there() == both
        assert task.result() == (200, "idle")
        assert time.monotonic() - began >= TASK_SECONDS
    log = life.retire()

    assert life.deployment(new)
    assert life.there() == both - (of_old - {"Service/transcode"}), log
