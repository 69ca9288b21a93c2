"""
Faults at every call in turn: whatever happens, nothing busy or current is ended or deleted.

The scene has a current version, an idle one to retire and a busy one, each with all that belongs
to it, and objects of others.  After each fault the next run goes on and comes to the same end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from kzd.kube_api import KubeApi
from kzd.long_task import version_name
from tests.console import Console, Done
from tests.fake_cluster import FakeCluster
from tests.fake_server import Pool
from tests.retire.conftest import MANIFESTS, QUICK, Retiring
from tests.retire.versions import (
    ONE,
    THREE,
    TWO,
    autoscaler,
    budget,
    config,
    deployment,
    path_of,
    rendered,
    service,
)
from tests.retire.workloads import APPS, HPAS, Workloads

OLD, CURRENT, BUSY = (
    f"{APPS}/deployments/{version_name('worker', it)}" for it in (ONE, TWO, THREE)
)
AUTOSCALER = f"{HPAS}/{version_name('worker-scaler', ONE)}"
IMPATIENT = {"kube_api.PATIENCE_SECONDS": 0.01, "kube_api.PAUSE_SECONDS": 0.002}


class Scene:
    """One cluster before a run, and what must be true of it whatever the run met."""

    def __init__(self, console: Console, cluster: FakeCluster) -> None:
        self.cluster = cluster
        self.retire = Retiring(console, cluster)
        now = self.retire.now
        self.copies = {it: config(it, now=now) for it in (ONE, TWO, THREE)}
        for version in (ONE, TWO, THREE):
            self.retire.put(*self.version(version))
        self.retire.put(
            service({"app": "worker"}),
            deployment(ONE, base="other", now=now, labels={}, name="other"),
            config("of nobody", now=now, labels={}),
        )
        self.retire.current(*self.version(TWO), apply=False)
        self.before = set(cluster.objects)
        self._first = self._state()
        self.busy = {name for name in self.pods() if THREE in name}
        cluster.nodes.busy |= self.busy
        cluster.calls.clear()

    def version(self, version: str) -> list[dict[str, Any]]:
        now, copy = self.retire.now, self.copies[version]
        return [
            deployment(version, now=now, config=copy["metadata"]["name"]),
            autoscaler(version, now=now), budget(version, now=now), copy,
        ]  # fmt: skip

    def pods(self) -> list[str]:
        return self.retire.names("pods")

    def of(self, version: str) -> set[str]:
        """All that a version has, and its Pods."""
        copy = self.copies[version]["metadata"]["name"]
        return {path for path in self.before if version in path or path.endswith(copy)}

    def vanish(self, path: str) -> None:
        """Somebody else deletes it."""
        item = self.cluster.objects.get(path)
        if item is not None:
            self.cluster.drop(path)
            self.cluster.nodes.deleted(path.rsplit("/", 2)[1], path, item)

    def apply(self, version: str) -> None:
        """Apply a version again: what is gone comes back, and replicas stay as they are."""
        gone = (it for it in self.version(version) if path_of(it) not in self.cluster.objects)
        self.retire.put(*gone)

    def replicas(self, path: str) -> int:
        return int(self.cluster.objects[path]["spec"]["replicas"])

    def scale(self, path: str, replicas: int) -> None:
        """Somebody scales a Deployment."""
        made = self.cluster.objects[path]
        made["spec"]["replicas"] = replicas
        self.cluster.put(path, made)
        self.cluster.nodes.created("deployments", path)

    def run(self, *options: str) -> Done:
        return self.retire("--wait", "0s", *options)

    def check(self) -> None:
        """Nothing but the old version may have changed."""
        assert self.cluster.nodes.killed == []
        state, own = self._state(), self.of(ONE)
        assert {path: state.get(path, "gone") for path in self.before - own} == {
            path: self._first[path] for path in self.before - own
        }

    def _state(self) -> dict[str, Any]:
        """What there is, and how much of it."""
        return {
            path: item.get("spec", {}).get("replicas")
            for path, item in self.cluster.objects.items()
        }

    def converge(self) -> None:
        """Without faults the next run comes to the end; from the beginning it is known to."""
        if self._state() == self._first:
            return
        self.cluster.mend()
        self.cluster.ahead = 0.0
        done = self.run()
        assert done.code == 0, done.err
        self.check()
        assert set(self.cluster.objects) == self.before - self.of(ONE)


Stage = Callable[[], Scene]


@pytest.fixture
def stage(console: Console, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Makes scenes, each in a cluster of its own."""
    for name, seconds in (QUICK | IMPATIENT).items():
        monkeypatch.setattr(f"kzd.{name}", seconds)

    def scene() -> Scene:
        cluster = FakeCluster(Workloads)
        cluster.address = "http://cluster.test"
        configuration = SimpleNamespace(host=cluster.address, auth_settings=dict)
        api = KubeApi(configuration, Pool(cluster))
        monkeypatch.setattr("kzd.kubeconfig.connect", lambda *_: api)
        return Scene(console, cluster)

    return scene


def calls(stage: Stage) -> list[Any]:
    """The calls of a run that meets no fault."""
    scene = stage()
    assert scene.run().code == 0
    scene.check()
    assert set(scene.cluster.objects) == scene.before - scene.of(ONE)
    return list(scene.cluster.calls)


def late(cluster: FakeCluster) -> None:
    cluster.late_seconds = 3600.0


FAULTS: dict[str, Callable[[FakeCluster, int], None]] = {
    "forbidden": lambda cluster, at: cluster.fail_at(at, 403, reason="Forbidden"),
    "forbidden for good": lambda cluster, at: cluster.fail_at(at, 403, times=None),
    "a conflict": lambda cluster, at: cluster.fail_at(at, 409, reason="Conflict"),
    "conflicts for good": lambda cluster, at: cluster.fail_at(at, 409, times=None),
    "not found": lambda cluster, at: cluster.fail_at(at, 404, reason="NotFound"),
    "an error of the server": lambda cluster, at: cluster.fail_at(at, 500),
    "errors of the server for good": lambda cluster, at: cluster.fail_at(at, 500, times=None),
    "cut off": lambda cluster, at: cluster.fail_at(at, 0),
    "cut off for good": lambda cluster, at: cluster.fail_at(at, 0, times=None),
    "its answer lost": lambda cluster, at: cluster.fail_at(at, 0, is_after=True),
    "its answer late": lambda cluster, at: cluster.at(at, partial(late, cluster)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_every_call(stage: Stage, fault: str) -> None:
    for at in range(1, len(calls(stage)) + 1):
        scene = stage()
        FAULTS[fault](scene.cluster, at)
        done = scene.run()
        assert done.code in (0, 3), done.err
        assert "Traceback" not in done.err
        assert "bug in kzd" not in done.err
        scene.check()
        scene.converge()


def test_an_object_that_vanishes_at_every_call(stage: Stage) -> None:
    scene = stage()
    paths = sorted(scene.of(ONE))
    for place, at in enumerate(range(1, len(calls(stage)) + 1)):
        scene = stage()
        path = paths[place % len(paths)]
        scene.cluster.at(at, partial(scene.vanish, path))
        done = scene.run()
        assert done.code == 0, done.err
        scene.check()
        scene.converge()


# --- races


def test_a_version_that_becomes_busy_at_every_call_is_kept(stage: Stage) -> None:
    """Its Pods are asked last: only what begins while the scaling is on its way is ended by it."""
    every = calls(stage)
    scaling = [place for place, call in enumerate(every, 1) if call.resource.endswith("/scale")]
    assert len(scaling) == 1
    for at in range(1, len(every) + 1):
        if at in scaling:
            continue
        scene = stage()
        scene.cluster.at(at, partial(scene.cluster.nodes.busy.update, set(scene.pods())))
        done = scene.run()
        assert done.code == 0, done.err
        scene.check()
        is_begun = at > scaling[0]
        assert (OLD in scene.cluster.objects) != is_begun
        is_alone = AUTOSCALER not in scene.cluster.objects and not is_begun
        assert ("its autoscaler is deleted" in done.err) == is_alone
        scene.cluster.nodes.busy = set(scene.busy)
        scene.converge()


def test_a_rollback_at_every_call_is_seen(stage: Stage) -> None:
    """
    The manifests are read before each step: a version that is current again is kept.

    Where it has 0 replicas by then nothing scales it up again, and the other one goes on.
    """
    every = calls(stage)
    deleting = [call.verb == "delete" and call.path == OLD for call in every].index(True) + 1
    ends = set()
    for at in range(1, deleting):
        scene = stage()
        back = rendered(*scene.version(ONE))
        scene.cluster.at(at, partial(scene.retire.console.write, MANIFESTS, back))
        done = scene.run()
        assert done.code == 0, done.err
        assert OLD in scene.cluster.objects
        assert CURRENT in scene.cluster.objects

        scene.apply(ONE)
        is_half = scene.replicas(OLD) == 0
        ends.add(is_half)
        done = scene.run()
        assert done.code == int(is_half), done.err
        assert ("has 0 replicas and nothing scales it" in done.err) == is_half
        if is_half:
            assert scene.replicas(CURRENT) == 2
            scene.scale(OLD, 2)
            done = scene.run()
            assert done.code == 0, done.err
        assert scene.cluster.nodes.killed == []
        assert scene.replicas(OLD) == 2
        assert CURRENT not in scene.cluster.objects
        assert BUSY in scene.cluster.objects
    assert ends == {True, False}


def until_deleted(stage: Stage) -> range:
    """The calls, counted from 1, up to that which deletes the old version."""
    deleting = [call.verb == "delete" and call.path == OLD for call in calls(stage)]
    return range(1, deleting.index(True) + 2)


def test_another_object_of_the_same_name_at_every_call_stays(stage: Stage) -> None:
    """An object that was deleted and made again is another one."""

    def again(scene: Scene) -> None:
        if OLD in scene.cluster.objects:
            scene.vanish(OLD)
            scene.retire.put(scene.version(ONE)[0])

    for at in until_deleted(stage):
        scene = stage()
        scene.cluster.at(at, partial(again, scene))
        done = scene.run()
        assert done.code == 0, done.err
        scene.check()
        is_planned = at > 1  # the first call lists the Deployments
        assert OLD in scene.cluster.objects or not is_planned


def test_somebody_who_scales_up_at_every_call_is_heard(stage: Stage) -> None:
    def up(scene: Scene) -> None:
        if OLD in scene.cluster.objects:
            scene.scale(OLD, 3)
            scene.cluster.nodes.busy.update(scene.pods())

    for at in until_deleted(stage):
        scene = stage()
        scene.cluster.at(at, partial(up, scene))
        done = scene.run()
        assert done.code == 0, done.err
        scene.check()
        assert OLD in scene.cluster.objects


# --- ending idle Pods beside busy ones


class Half(Scene):
    """Of the busy version one Pod is idle."""

    def __init__(self, stage: Stage) -> None:
        self.__dict__.update(stage().__dict__)
        self.idle = min(self.busy)
        self.busy.remove(self.idle)
        self.cluster.nodes.busy.remove(self.idle)

    def scale_down(self) -> Done:
        return self.run("--scale-down")

    def hold(self, done: Done) -> None:
        """The busy Pod goes on, and nothing of the current version has changed."""
        assert "bug in kzd" not in done.err
        assert self.cluster.nodes.killed == []
        assert self.busy <= set(self.pods())
        assert {path for path in self.of(TWO) if path not in self.cluster.objects} == set()


def scaling(stage: Stage) -> tuple[int, int, int]:
    """How many calls scale a half busy version down; the last that asks the idle Pod; the scale."""
    scene = Half(stage)
    done = scene.scale_down()
    scene.hold(done)
    assert scene.idle not in scene.pods()
    every = scene.cluster.calls
    is_scale = [call.path == BUSY and call.resource.endswith("/scale") for call in every]
    scales = is_scale.index(True)
    asks = [place for place, call in enumerate(every[:scales]) if call.name.startswith(scene.idle)]
    return len(every), asks[-1] + 1, scales + 1


@pytest.mark.parametrize("fault", ["a conflict", "its answer lost"])
def test_a_fault_at_every_call_of_scaling_down(stage: Stage, fault: str) -> None:
    number, _, _ = scaling(stage)
    for at in range(1, number + 1):
        scene = Half(stage)
        FAULTS[fault](scene.cluster, at)
        done = scene.scale_down()
        assert done.code in (0, 3), done.err
        scene.hold(done)
        if scene.idle in scene.pods():
            scene.cluster.mend()
            again = scene.scale_down()
            assert again.code == 0, again.err
            scene.hold(again)
            assert scene.idle not in scene.pods()


def test_an_idle_pod_that_becomes_busy_at_every_call_of_scaling_down_goes_on(stage: Stage) -> None:
    """Until it is asked for the last time; what begins between that and the scale is not seen."""
    number, asked, scaled = scaling(stage)
    for at in (*range(1, asked + 1), *range(scaled + 1, number + 1)):
        scene = Half(stage)
        scene.cluster.at(at, partial(scene.cluster.nodes.busy.add, scene.idle))
        done = scene.scale_down()
        assert done.code == 0, done.err
        scene.hold(done)
        assert (scene.idle in scene.pods()) == (at <= asked)


# --- clocks


@pytest.mark.parametrize("seconds", [-30 * 86400.0, -7200.0, 7200.0, 30 * 86400.0])
def test_a_clock_that_jumps_at_every_call(stage: Stage, seconds: float) -> None:
    for at in range(1, len(calls(stage)) + 1):
        scene = stage()
        scene.cluster.at(at, partial(setattr, scene.cluster, "ahead", seconds))
        done = scene.run("--force-after", "1d")
        assert done.code == 0, done.err
        scene.check()
        scene.converge()


def test_an_interruption_at_every_call(stage: Stage) -> None:
    """Ctrl-C: nothing but the call that is on its way still has its effect."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    for at in range(1, len(calls(stage)) + 1):
        scene = stage()
        scene.cluster.at(at, interrupt)
        done = scene.run()
        assert done.code == 130, done.err
        assert "Traceback" not in done.err
        is_begun = "planned" in done.err or "versions: 1 current" in done.err
        assert ("interrupted; the next run goes on" in done.err) == is_begun
        scene.check()
        scene.converge()


def test_two_runs_at_once_at_every_call(stage: Stage) -> None:
    """Another run does all of it between two calls of this one."""
    for at in range(1, len(calls(stage)) + 1):
        scene = stage()
        scene.cluster.at(at, scene.run)
        done = scene.run()
        assert done.code == 0, done.err
        scene.check()
        assert set(scene.cluster.objects) == scene.before - scene.of(ONE)


def test_a_cluster_s_clock_that_is_behind_counts(console: Console, cluster: FakeCluster) -> None:
    cluster.ahead = -3 * 86400.0
    scene = Scene(console, cluster)
    young = deployment(ONE, base="young", age=300, now=scene.retire.now)
    scene.retire.put(young)
    done = scene.run("--force-after", "1d")

    assert done.code == 0, done.err
    assert "ages are by the earlier one" in done.err
    scene.check()
    kept = {path for path in cluster.objects if "young" in path}
    assert kept
    assert set(cluster.objects) == scene.before - scene.of(ONE) | kept


def test_a_cluster_s_clock_that_is_ahead_makes_nothing_old(
    console: Console, cluster: FakeCluster
) -> None:
    scene = Scene(console, cluster)
    cluster.ahead = 3 * 86400.0
    done = scene.run("--force-after", "1d", "--min-age", "2h")

    assert done.code == 0, done.err
    assert "ages are by the earlier one" in done.err
    assert set(cluster.objects) == scene.before


def test_without_the_time_of_the_cluster_nothing_is_done(
    console: Console, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(console, cluster)
    monkeypatch.setattr("tests.fake_server.Handler.date_time_string", lambda *_: "soon")
    done = scene.run()

    assert done.code == 3
    assert "does not say what time it is" in done.err
    assert set(cluster.objects) == scene.before
