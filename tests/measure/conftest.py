"""`kzd measure` against a cluster in this process, in which nothing may stay."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.console import Console, Done
from tests.fake_cluster import FakeCluster
from tests.fake_server import serving
from tests.measure.fake_nodes import Nodes

QUICK = {
    "kube_api.PATIENCE_SECONDS": 10.0,
    "kube_api.PAUSE_SECONDS": 0.01,
    "measure.collect.LISTENING_SECONDS": 0.02,
    "measure.collect.IDLE_SECONDS": 0.0,
    "measure.ending.TOLD_SECONDS": 0.0,
    "measure.setting_up.POLL_SECONDS": 0.02,
    "measure.setting_up.REFUSED_SECONDS": 0.05,
    "measure.watching.PAUSE_SECONDS": 0.02,
    "measure.cleanup.POLL_SECONDS": 0.02,
    "measure.cleanup.SECONDS_FOR_PODS": 3.0,
}
"""What a run waits for takes a moment where everything happens at once."""

IMPATIENT = {
    "kube_api.PATIENCE_SECONDS": 0.05,
    "measure.collect.ANSWERED_SECONDS": 0.2,
    "measure.collect.SEEN_SECONDS": 0.2,
    "measure.ending.REPORT_SECONDS": 0.2,
    "measure.setting_up.READY_SECONDS": 0.2,
    "measure.cleanup.SECONDS_FOR_PODS": 0.2,
}
"""And what it waits for in vain."""

SHORT = ("--pause", "0.01s", "--observers", "2", "--backends", "2")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """A cluster; at the end nothing of any run may be in it, and all that is somebody else's."""
    for name, seconds in QUICK.items():
        monkeypatch.setattr(f"kzd.{name}", seconds)
    with serving(Nodes) as made:
        yield made
        assert made.left() == []


@pytest.fixture
def impatient(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something is never going to be well."""
    for name, seconds in IMPATIENT.items():
        monkeypatch.setattr(f"kzd.{name}", seconds)


class Measuring:
    """Calls `kzd measure` with the cluster's kubeconfig."""

    def __init__(self, console: Console, cluster: FakeCluster) -> None:
        self.console = console
        self.kubeconfig = str(console.write("kubeconfig", cluster.kubeconfig))

    def __call__(self, *options: str, rollouts: int = 2, singles: int = 0) -> Done:
        numbers = ("--rollouts", str(rollouts), "--singles", str(singles))
        where = ("--kubeconfig", self.kubeconfig)
        return self.console.kzd("measure", *where, *SHORT, *numbers, *options)

    def cleanup(self, *options: str) -> Done:
        """Call `kzd measure cleanup`."""
        return self.console.kzd("measure", "cleanup", "--kubeconfig", self.kubeconfig, *options)


@pytest.fixture
def measure(console: Console, cluster: FakeCluster) -> Iterator[Measuring]:
    """`kzd measure`; what it does to signals is undone."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield Measuring(console, cluster)
    for number, handler in handlers.items():
        signal.signal(number, handler)
