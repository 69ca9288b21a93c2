"""`kzd measure` on a real cluster."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kzd.kube_api import KubeApi
from kzd.kubeconfig import connect
from kzd.measure.fields import time as time_of
from kzd.measure.objects import MANAGED, collection
from kzd.measure.plan import NAME
from kzd.measure.record import FRESH, ROLLOUT, read, whole
from tests.cluster.conftest import Cluster
from tests.cluster.lab import IMAGE, Lab, kzd

pytestmark = pytest.mark.cluster

LENIENT = ("--quantile", "0.5", "--confidence", "0.8")
"""What three rolling updates can claim."""

AGREEMENT_SECONDS = 0.1
COMPARED = 4
OBSERVATIONS = 3
REPLICAS = 3
DELAY_SECONDS = 3
DELAY_TOLERANCE_SECONDS = 0.3


def left_over(api: KubeApi) -> list[str]:
    """What is left of any run, wherever it is."""
    selector = ",".join(f"{key}={value}" for key, value in MANAGED.items())
    paths = [
        "/api/v1/pods", "/api/v1/services", "/api/v1/configmaps", "/apis/apps/v1/deployments",
        "/apis/apps/v1/replicasets", "/api/v1/namespaces",
    ]  # fmt: skip
    found = [(path, api.get(path, labelSelector=selector)["items"]) for path in paths]
    return [f"{path}: {item['metadata']['name']}" for path, items in found for item in items]


def wait_until_nothing_is_left(api: KubeApi) -> None:
    """A namespace goes a moment after its deletion."""
    end = time.monotonic() + 30
    while left_over(api) and time.monotonic() < end:
        time.sleep(0.5)
    assert left_over(api) == []


def test_from_nothing_to_a_rendered_sleep_in_two_commands(cluster: Cluster, tmp_path: Path) -> None:
    records, measurement = tmp_path / "records.jsonl", tmp_path / "propagation.yaml"
    kzd(
        "measure", "--image", cluster.image, "--rollouts", "3", "--singles", "1",
        "--observers", "2", "--path", "cluster-ip", "--path", "headless", "--path", "node-port",
        "--churn", "5",
        kubeconfig=cluster.kubeconfig, file=records,
    )  # fmt: skip
    wait_until_nothing_is_left(connect(str(cluster.kubeconfig)))
    kzd(
        "measure", "summary", *LENIENT, str(records),
        kubeconfig=cluster.kubeconfig, file=measurement,
    )  # fmt: skip
    assert "path: node-port" in measurement.read_text()
    assert 0 < max(from_deletion(records.read_bytes())) < 60
    manifest = tmp_path / "web.yaml"
    manifest.write_text(WEB, encoding="utf-8")
    shown = kzd(
        "explain", "--measurement", str(measurement), str(manifest), kubeconfig=cluster.kubeconfig
    )
    assert "measured: 50 % of rolling updates within" in " ".join(shown.split())


WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kzd.dev/propagation.path: cluster-ip}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_usable_records_and_nothing_in_the_cluster(
    cluster: Cluster, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "kzd", "measure", "--image", cluster.image, "--window", "5s",
         "--observers", "1"],
        env=os.environ | {"KUBECONFIG": str(cluster.kubeconfig)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    first = process.stdout.readline()
    process.send_signal(number)
    rest = process.communicate(timeout=120)[0]
    assert process.returncode == 130
    assert read("records", first + rest).deletions
    wait_until_nothing_is_left(connect(str(cluster.kubeconfig)))


def test_the_role_is_enough_and_what_is_killed_can_be_cleaned_up(
    cluster: Cluster, tmp_path: Path
) -> None:
    api = connect(str(cluster.kubeconfig))
    kubeconfig, namespace = limited(api, cluster, tmp_path)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "kzd", "measure", "--image", cluster.image, "--window", "5s",
             "--observers", "1", "--namespace", namespace],
            env=os.environ | {"KUBECONFIG": str(kubeconfig)}, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout
        record = json.loads(process.stdout.readline())
        process.kill()
        process.communicate()
        assert record["cluster"]["nodes"] is None
        assert left_over(api)
        kzd("measure", "cleanup", "--namespace", namespace, kubeconfig=kubeconfig)
        wait_until_nothing_is_left(api)
        assert api.find(f"{collection('Namespace', '')}/{namespace}")
    finally:
        api.delete(f"{collection('Namespace', '')}/{namespace}")


def limited(api: KubeApi, cluster: Cluster, tmp_path: Path) -> tuple[Path, str]:
    """The kubeconfig of a ServiceAccount that may do what `kzd measure rbac` says."""
    from ruamel.yaml import YAML

    namespace = f"{NAME}-limited"
    api.create(collection("Namespace", ""), {"metadata": {"name": namespace}})
    account = {"metadata": {"name": "measurer", "namespace": namespace}}
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    api.create(accounts, account)
    text = kzd("measure", "rbac", "--namespace", namespace, kubeconfig=cluster.kubeconfig)
    role = next(iter(YAML(typ="safe").load_all(text)))
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    api.create(f"{roles}/roles", role)
    group = "rbac.authorization.k8s.io"
    api.create(f"{roles}/rolebindings", {
        "metadata": {"name": "measurer"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": role["metadata"]["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": "measurer", "namespace": namespace}],
    })  # fmt: skip
    asked = api.create(f"{accounts}/measurer/token", {"spec": {"expirationSeconds": 3600}})
    known: Any = YAML(typ="safe").load(cluster.kubeconfig)
    current = known["current-context"]
    context = next(item["context"] for item in known["contexts"] if item["name"] == current)
    context["user"] = "measurer"
    known["users"] = [{"name": "measurer", "user": {"token": asked["status"]["token"]}}]
    file = tmp_path / "limited"
    file.write_text(json.dumps(known), encoding="utf-8")
    return file, namespace


class TestAgainstAnIndependentObserver:
    """The lab's observer sees each node's conntrack: no probe, no failing request."""

    def figures(self, lab: Lab, tmp_path: Path, *options: str) -> tuple[list[float], list[float]]:
        """
        The slowest of each rolling update, by kzd and by the observer, from its deletion on.

        kube-proxy is idle before each.  Where a new Pod is ready as soon as it is an endpoint, a
        deletion waits the whole sync period; where it becomes so later, all may wait less.
        """
        lab.up(*options)
        records = tmp_path / "records.jsonl"
        kzd(
            "measure", "--image", IMAGE, "--rollouts", str(COMPARED), "--singles", "0",
            "--observers", "2", "--rate", "150", "--window", "6s", "--pause", "14s",
            kubeconfig=lab.kubeconfig, file=records,
        )  # fmt: skip
        ours, theirs = from_deletion(records.read_bytes()), observed(lab)
        print(f"kzd {ours}; observer {theirs}", file=sys.stderr)
        assert len(ours) == COMPARED
        return ours, theirs

    def test_agrees_and_shifts_as_much_when_rules_come_later(
        self, lab: Lab, tmp_path: Path
    ) -> None:
        ours, theirs = self.figures(lab, tmp_path)
        assert abs(statistics.median(ours) - statistics.median(theirs)) <= AGREEMENT_SECONDS
        later, theirs_later = self.figures(lab, tmp_path, "--min-sync", f"{1 + DELAY_SECONDS}s")
        for before, after in ((ours, later), (theirs, theirs_later)):
            # Only the longest is the whole sync period wherever in it the deletions fall.
            shift = max(after) - max(before)
            assert abs(shift - DELAY_SECONDS) <= DELAY_TOLERANCE_SECONDS


def observed(lab: Lab) -> list[float]:
    """
    The slowest of each rolling update that the observer saw whole.

    Its watch ends at a Pod that has lost its address already; it is then asked once more.
    """
    for _ in range(OBSERVATIONS):
        seen = lab.figures(
            "observe", "--deletions", "0", "--rollouts", str(COMPARED), "--pause", "12"
        )
        rows = [max(row["node1"], row["node2"]) for row in seen["rollouts"]]
        whole_ones = len(rows) // REPLICAS
        if whole_ones >= COMPARED - 1:
            return [max(rows[REPLICAS * i : REPLICAS * (i + 1)]) for i in range(whole_ones)]
    raise AssertionError(f"the observer saw no {COMPARED - 1} rolling updates")


def from_deletion(records: bytes) -> list[float]:
    """
    For each rolling update its last new connection, counted from where the observer counts.

    kzd counts from the preStop hook, as a sleep does; in the lab all have one clock.
    """
    return [
        max(
            (item.last_seconds or 0.0)
            + (time_of(deletion.noticed_at) - time_of(deletion.deleted_at)).total_seconds()
            for deletion in group
            for item in deletion.arrivals
            if item.ports == FRESH
        )
        for group in whole(read("records", records).deletions)
        if group[0].series == ROLLOUT
    ]
