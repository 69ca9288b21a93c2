"""What goes wrong in a cluster while it is measured: what is said, and that nothing is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from threading import current_thread, main_thread
from typing import Any

import pytest

from kzd.kube_api import KubeApi
from kzd.measure.objects import BACKEND, MANAGED, OBSERVER, ROLE, RUN
from kzd.measure.plan import NAME
from kzd.measure.record import ROLLOUT, WARM_UP, Deletion, read, whole
from kzd.measure.watching import Watching
from tests.console import Done
from tests.fake_cluster import FakeCluster
from tests.hosts.api import kubeconfig
from tests.measure.conftest import IMPATIENT, Measuring

POD_WAITS = {
    "image": (
        {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}},
        "ImagePullBackOff no such image",
    ),
    "scheduling": (
        {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/2 nodes fit"}]},
        "0/2 nodes fit",
    ),
    "unready": ({"state": {"running": {}}}, "is not ready"),
}

ALL_PATHS = ("--path", "cluster-ip", "--path", "headless", "--path", "node-port", "--churn", "50")


def groups(done: Done, series: str = ROLLOUT) -> list[list[Deletion]]:
    found = whole(read("out", done.out).deletions)
    return [group for group in found if group[0].series == series]


def observers(cluster: FakeCluster) -> list[str]:
    return [
        path
        for path, item in cluster.objects.items()
        if "/pods/" in path and item["metadata"]["labels"].get(ROLE) == OBSERVER
    ]


def test_a_run_writes_whole_rollouts_and_single_deletions(
    measure: Measuring, cluster: FakeCluster
) -> None:
    done = measure(*ALL_PATHS, singles=2)

    assert (done.code, [len(group) for group in groups(done)]) == (0, [2, 2])
    assert len(groups(done, WARM_UP)) == 1
    assert [len(group) for group in groups(done, "single")] == [1, 1]
    for deletion, *_ in groups(done):
        assert deletion.censored == ""
        assert {item.path for item in deletion.arrivals} == {"cluster-ip", "headless", "node-port"}
        assert {item.last_seconds for item in deletion.arrivals} == {0.4}
        assert deletion.cluster["kubeProxyMode"] == "iptables"
    assert done.err.endswith("then: kzd measure summary FILE > propagation.yaml\n")


# --- the API


@pytest.mark.parametrize(
    ("verb", "resource", "status"),
    [
        ("create", "namespaces", 500), ("create", "deployments", 429), ("get", "deployments", 503),
        ("patch", "deployments", 0), ("list", "pods", 429), ("watch", "endpointslices", 0),
        ("get", "pods/log", 500), ("delete", "services", 503), ("delete", "namespaces", 0),
    ],
)  # fmt: skip
def test_an_api_that_is_away_for_a_moment_is_asked_again(
    measure: Measuring, cluster: FakeCluster, verb: str, resource: str, status: int
) -> None:
    cluster.fail(verb, resource, status, times=3)

    done = measure(rollouts=1)

    assert (done.code, len(groups(done))) == (0, 1), done.err


@pytest.mark.parametrize(
    ("resource", "options"),
    [
        ("namespaces", ()), ("configmaps", ()), ("services", ("--churn", "50")),
        ("deployments", ()), ("endpointslices", ("--churn", "50")),
    ],
)  # fmt: skip
def test_an_answer_that_got_lost_is_no_other_run(
    measure: Measuring, cluster: FakeCluster, resource: str, options: tuple[str, ...]
) -> None:
    cluster.fail("create", resource, 0, times=1, is_after=True)

    assert measure(*options, rollouts=1).code == 0


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [500, 0])
def test_an_api_that_stays_away_is_an_error(
    measure: Measuring, cluster: FakeCluster, status: int
) -> None:
    cluster.on("patch", "deployments", lambda: cluster.fail("*", "*", status), nth=2)

    done = measure()

    assert done.code == 3
    first, second = [line for line in done.err.splitlines() if "error" in line]
    assert "PATCH" in first or "reached" in first or "pods" in first
    assert "may be left in namespace kzd-measure: every Deployment, every Service, " in second
    assert "`kzd measure cleanup` tries again" in second
    cluster.mend()
    assert measure.cleanup().code == 0


def test_a_cluster_that_cannot_be_reached_is_named_at_once(measure: Measuring) -> None:
    measure.console.write("kubeconfig", kubeconfig("http://127.0.0.1:9"))

    done = measure()

    assert done.code == 3
    assert done.err.startswith("kzd: error: http://127.0.0.1:9 can't be reached: ")
    assert "may be left" not in done.err


@pytest.mark.parametrize("how", ["ends", "expired", "refused"])
def test_a_watch_that_breaks_off_goes_on(
    measure: Measuring, cluster: FakeCluster, how: str
) -> None:
    def act() -> None:
        if how == "refused":
            cluster.fail("watch", "*", 500, times=2)
        cluster.break_watches(is_expired=how == "expired")

    cluster.on("patch", "deployments", act, nth=2)
    done = measure(rollouts=3)

    assert (done.code, len(groups(done))) == (0, 3), done.err


# --- Pods


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("state", "why"), POD_WAITS.values(), ids=POD_WAITS)
@pytest.mark.parametrize("role", [BACKEND, OBSERVER])
def test_a_pod_that_never_becomes_ready(
    measure: Measuring, cluster: FakeCluster, role: str, state: Any, why: str
) -> None:
    cluster.nodes.unready[role] = state

    done = measure()

    assert done.code == 3
    assert "Deployment/kzd-measure" in done.err
    assert "is not ready after 0.2 s: Pod kzd-measure-" in done.err
    assert why in done.err


@pytest.mark.usefixtures("impatient")
def test_a_watch_that_is_slow_to_begin_is_waited_for(
    measure: Measuring, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.nodes.unready[BACKEND], why = POD_WAITS["image"]
    follow = Watching._follow

    def follow_later(*given: Any) -> None:
        time.sleep(2 * IMPATIENT["measure.setting_up.READY_SECONDS"])
        follow(*given)

    monkeypatch.setattr(Watching, "_follow", follow_later)

    assert why in measure().err


def test_what_a_run_waits_for_is_told(
    measure: Measuring, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kzd.measure.setting_up.TOLD_SECONDS", -1.0)
    monkeypatch.setattr("kzd.measure.setting_up.READY_SECONDS", 0.2)
    cluster.nodes.unready[BACKEND], why = POD_WAITS["image"]

    done = measure()

    told = [line for line in done.err.splitlines() if "waiting for" in line]
    assert len(told) == 1
    assert told[0].startswith("kzd: waiting for Deployment/kzd-measure: Pod kzd-measure-")
    assert told[0].endswith(why)


def test_a_rolling_update_that_never_ends(
    measure: Measuring, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kzd.measure.setting_up.READY_SECONDS", 2.0)
    state, why = POD_WAITS["image"]
    cluster.on("patch", "deployments", lambda: cluster.nodes.unready.update({BACKEND: state}), 3)

    done = measure()

    assert (done.code, len(groups(done))) == (3, 1)
    assert why in done.err


@pytest.mark.usefixtures("impatient")
def test_observers_that_get_no_answer_would_be_blind(
    measure: Measuring, cluster: FakeCluster
) -> None:
    cluster.nodes.failed = 25

    done = measure()

    assert (done.code, done.out) == (3, b"")
    assert "it would be blind: observer " in done.err
    assert "75 of 150 requests failed: TimeoutError" in done.err


def test_an_observer_that_dies_in_the_middle(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.on("patch", "deployments", lambda: cluster.nodes.end(observers(cluster)[0]), nth=2)

    done = measure()

    assert (done.code, len(groups(done))) == (0, 2)
    assert "rollout 1 is left out: observer kzd-measure-observer-" in done.err
    assert all(len(item.arrivals) == 4 for group in groups(done) for item in group)


def test_a_pod_that_is_evicted_between_two_rolling_updates(
    measure: Measuring, cluster: FakeCluster
) -> None:
    cluster.on("get", "pods/log", cluster.nodes.evict, nth=3)  # after the warm-up

    done = measure()

    assert (done.code, len(groups(done))) == (0, 2), done.err
    assert "left out" not in done.err


@pytest.mark.parametrize("last_words", ["Killed", "[]", '{"noticed": 1'])
def test_a_pod_that_ends_without_a_report_is_left_out(
    measure: Measuring, cluster: FakeCluster, last_words: str
) -> None:
    cluster.on("patch", "deployments", lambda: cluster.nodes.reports.append(last_words), nth=2)

    done = measure()

    assert (done.code, len(groups(done))) == (0, 2)
    assert "rollout 1 is left out: Pod kzd-measure-" in done.err
    assert "ended without a report" in done.err


def test_a_warm_up_that_is_left_out_is_done_again(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.nodes.reports.append("Killed")

    done = measure()

    assert (done.code, len(groups(done, WARM_UP)), len(groups(done))) == (0, 1, 2)


def test_pods_that_never_report_are_an_error(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.nodes.reports += ["Killed"] * 100

    done = measure()

    assert (done.code, done.out) == (3, b"")
    assert "ended without a report: 3 times in a row; nothing can be measured" in done.err


def test_a_slow_cluster_gets_a_longer_window(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.nodes.last_seconds = 15.0

    done = measure(rollouts=1)

    assert (
        "a connection came 15.0 s after its Pod's deletion: backends now serve for 60 s" in done.err
    )
    assert [item.served_seconds for group in groups(done) for item in group] == [60.0, 60.0]


# --- what may not be


def test_a_refusal_that_passes_ends_no_run(
    measure: Measuring, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kzd.measure.setting_up.REFUSED_SECONDS", 30.0)
    cluster.nodes.quota = "the webhook is away for a moment"
    cluster.on("get", "deployments", cluster.nodes.relent, nth=5)

    done = measure(rollouts=1)

    assert (done.code, len(groups(done))) == (0, 1), done.err


def test_a_quota_of_pods_is_told(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.nodes.quota = 'pods "kzd-measure-1" is forbidden: exceeded quota: small'

    done = measure()

    assert done.code == 3
    assert f"Deployment/kzd-measure: {cluster.nodes.quota}" in done.err
    assert "rbac" not in done.err


def test_a_quota_of_services_is_told(measure: Measuring, cluster: FakeCluster) -> None:
    message = 'services "kzd-measure" is forbidden: exceeded quota: small'
    cluster.fail("create", "services", 403, reason="Forbidden", message=message)

    done = measure("--namespace", "shop")

    assert done.code == 3
    assert f"POST /api/v1/namespaces/shop/services: {message} (HTTP 403)" in done.err
    assert "rbac" not in done.err


def test_a_namespace_that_may_not_be_made(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.forbid("create", "namespaces")

    done = measure()

    assert done.code == 3
    assert 'cannot create resource "namespaces"' in done.err
    assert "--namespace names one that is there" in done.err
    assert {call.resource for call in cluster.calls} == {"namespaces"}, "nothing was made"


def test_a_namespace_that_is_not_there(measure: Measuring, cluster: FakeCluster) -> None:
    done = measure("--namespace", "nowhere")

    assert done.code == 3
    assert "namespace nowhere is not there; create it, or leave --namespace out" in done.err


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/namespaces/shop/configmaps", NAME),
        ("/api/v1/namespaces/shop/services", NAME),
        ("/api/v1/namespaces/shop/services", "kzd-measure-churn-7"),
        ("/apis/apps/v1/namespaces/shop/deployments", NAME),
        ("/apis/apps/v1/namespaces/shop/deployments", "kzd-measure-observer"),
    ],
)
@pytest.mark.parametrize("labels", [MANAGED | {RUN: "another"}, {}], ids=["run", "person"])
def test_what_another_made_stays(
    measure: Measuring, cluster: FakeCluster, path: str, name: str, labels: dict[str, str]
) -> None:
    cluster.put_foreign(f"{path}/{name}", **labels)

    done = measure("--namespace", "shop", "--churn", "50")

    assert done.code == 3
    assert f"/{name} exists already: another `kzd measure` runs, or one left it" in done.err


def test_the_namespace_of_another_run_stays(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.put_foreign(f"/api/v1/namespaces/{NAME}", **MANAGED, **{RUN: "another"})

    done = measure()

    assert done.code == 3
    assert "Namespace/kzd-measure exists already: another `kzd measure` runs" in done.err


def test_a_namespace_that_is_still_going_is_waited_for(
    measure: Measuring, cluster: FakeCluster
) -> None:
    path = f"/api/v1/namespaces/{NAME}"
    labels = MANAGED | {RUN: "another"}
    cluster.put(path, {"metadata": {"labels": labels, "deletionTimestamp": "2026-11-23T10:00:00Z"}})
    cluster.on("get", "namespaces", lambda: cluster.drop(path), nth=3)

    assert measure(rollouts=1).code == 0


# --- interrupts


def interrupt(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("verb", "resource", "nth", "number"),
    [
        ("create", "deployments", 1, signal.SIGINT), ("get", "deployments", 1, signal.SIGTERM),
        ("get", "pods/log", 1, signal.SIGHUP), ("patch", "deployments", 2, signal.SIGTERM),
        ("delete", "deployments", 1, signal.SIGINT), ("delete", "pods", 1, signal.SIGTERM),
    ],
)  # fmt: skip
def test_a_signal_ends_it_and_nothing_is_left(
    measure: Measuring, cluster: FakeCluster, verb: str, resource: str, nth: int, number: int
) -> None:
    cluster.on(verb, resource, interrupt(number), nth)

    done = measure("--namespace", "shop")

    assert done.code == 130
    is_late = verb == "delete"
    last = "still cleaning up; another Ctrl-C leaves the rest to `kzd measure cleanup`"
    assert done.err.splitlines()[-2] == f"kzd: {last if is_late else 'cleaning up'}"


def test_pods_that_are_still_serving_are_ended(measure: Measuring, cluster: FakeCluster) -> None:
    def act() -> None:
        cluster.nodes.serve_on = True
        cluster.on("get", "deployments", interrupt(signal.SIGINT))

    cluster.on("patch", "deployments", act, nth=2)
    done = measure()

    assert done.code == 130
    assert len([call for call in cluster.calls if call[:2] == ("delete", "pods")]) >= 4


class Asked:
    """Counts the run's own requests, and raises an interrupt before or after one of them."""

    def __init__(self, nth: int, *, is_after: bool) -> None:
        self.nth, self.is_after = nth, is_after
        self.number = 0
        self.is_raised = False

    def wrapping(self, ask: Any) -> Any:
        def asked(api: KubeApi, *arguments: Any) -> bytes:
            is_it = False
            if current_thread() is main_thread():
                self.number += 1
                is_it = self.number == self.nth
            self.is_raised |= is_it
            if is_it and not self.is_after:
                raise KeyboardInterrupt
            data: bytes = ask(api, *arguments)
            if is_it:
                raise KeyboardInterrupt
            return data

        return asked


@pytest.mark.parametrize(
    ("options", "is_after"), [((), False), (("--namespace", "shop"), True)], ids=["before", "after"]
)
def test_an_interrupt_at_any_request_leaves_nothing(
    measure: Measuring,
    cluster: FakeCluster,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    is_after: bool,
) -> None:
    for nth in range(1, 200):
        asked = Asked(nth, is_after=is_after)
        with monkeypatch.context() as patch:
            patch.setattr(KubeApi, "_ask", asked.wrapping(KubeApi._ask))
            done = measure(*options, rollouts=1, singles=1)

        assert cluster.left() == [], f"request {nth}"
        assert done.code == (130 if asked.is_raised else 0), f"request {nth}: {done.err}"
        if not asked.is_raised:
            break
    assert nth > 30


@pytest.mark.usefixtures("impatient")
def test_an_error_at_any_request_leaves_nothing_unsaid(
    measure: Measuring, cluster: FakeCluster
) -> None:
    assert measure(rollouts=1, singles=1).code == 0
    seen = {
        (call.verb, call.resource, "pods" in call.resource or call.name) for call in cluster.calls
    }

    for verb, resource, name in sorted(seen, key=str):
        cluster.fail(verb, resource, 500, name="*" if name is True else str(name))
        done = measure(rollouts=1, singles=1)
        cluster.mend()

        place = f"{verb} {resource} {name}: {done.err}"
        left = cluster.left()
        assert done.code in (0, 3), place
        assert (done.code == 3) or not left, place
        if left:
            assert "`kzd measure cleanup` tries again" in done.err, place
            assert measure.cleanup().code == 0, place
            assert cluster.left() == [], place


def test_both_the_failure_and_the_clean_up_are_told(
    measure: Measuring, cluster: FakeCluster, impatient: None
) -> None:
    cluster.nodes.quota = "exceeded quota: small"
    cluster.fail("delete", "services", 500, message="etcd is full")

    done = measure("--namespace", "shop")

    first, second = done.err.splitlines()[-2:]
    assert (done.code, first) == (3, "kzd: error: Deployment/kzd-measure: exceeded quota: small")
    assert second == (
        "kzd: error: may be left in namespace shop: Service/kzd-measure; `kzd measure cleanup "
        "--namespace shop` tries again: DELETE /api/v1/namespaces/shop/services/kzd-measure: "
        "etcd is full (HTTP 500)"
    )
    assert cluster.left() == [
        "/api/v1/namespaces/shop/services/kzd-measure",
        "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/kzd-measure-abcde",
    ]
    cluster.mend()
    assert measure.cleanup("--namespace", "shop").err == "kzd: removed Service/kzd-measure\n"
