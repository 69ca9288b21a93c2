"""`kzd retire` against a cluster in this process, in which nothing busy may end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.console import Console, Done
from tests.fake_cluster import FakeCluster
from tests.fake_server import serving
from tests.retire.versions import Object, path_of, rendered
from tests.retire.workloads import Workloads

QUICK = {
    "kube_api.PATIENCE_SECONDS": 0.05,
    "kube_api.PAUSE_SECONDS": 0.01,
    "retire.executing.POLL_SECONDS": 0.02,
    "retire.executing.MARKED_SECONDS": 0.0,
    "retire.executing.CHANGED_SECONDS": 0.0,
}
"""What a run waits for takes a moment where everything happens at once."""

MANIFESTS = "rendered.yaml"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """A cluster; whatever a test does, nothing that was busy may have been ended."""
    for name, seconds in QUICK.items():
        monkeypatch.setattr(f"kzd.{name}", seconds)
    with serving(Workloads) as made:
        yield made
        assert made.nodes.killed == []


class Retiring:
    """Calls `kzd retire` with the cluster's kubeconfig, and puts objects there."""

    def __init__(self, console: Console, cluster: FakeCluster) -> None:
        self.console = console
        self.cluster = cluster
        self.now: datetime = cluster.now()
        self.where = ("--kubeconfig", str(console.write("kubeconfig", cluster.kubeconfig)))

    def put(self, *objects: Object) -> None:
        """Put objects into the cluster; Deployments get their Pods."""
        for item in objects:
            metadata = {key: value for key, value in item["metadata"].items() if key != "uid"}
            path = path_of(item)
            self.cluster.put(path, item | {"metadata": metadata})
            self.cluster.nodes.created(path.rsplit("/", 2)[1], path)

    def current(self, *objects: Object, apply: bool = True) -> None:
        """What the manifests hold; in the cluster too where they are applied."""
        if apply:
            self.put(*objects)
        self.console.write(MANIFESTS, rendered(*objects))

    def plan(self, *options: str) -> Done:
        """Call `kzd retire plan`."""
        return self.console.kzd("retire", "plan", "-f", MANIFESTS, *self.where, *options)

    def __call__(self, *options: str, **more: Any) -> Done:
        """Call `kzd retire apply --yes`."""
        given = ("-f", MANIFESTS, *self.where, "--yes", *options)
        return self.console.kzd("retire", "apply", *given, **more)

    def names(self, resource: str) -> list[str]:
        """The names of all objects of a kind that are there, by its plural."""
        return sorted(
            path.rsplit("/", 1)[1] for path in self.cluster.objects if f"/{resource}/" in path
        )


@pytest.fixture
def retire(console: Console, cluster: FakeCluster) -> Retiring:
    """`kzd retire`."""
    return Retiring(console, cluster)
