"""What proves that a version is idle, and that everything else does not."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.long_task import IDLE_ANNOTATION, IDLE_PATH, IDLE_QUERY, IDLE_READINESS
from kzd.retire.idleness import Evidence, evidence_of
from kzd.retire.item import Item
from kzd.retire.pod_idleness import Unanswered
from tests.retire.versions import HOUR, ONE, Object, deployment, pod, seen, stamp

ZERO = {"resultType": "vector", "result": [{"metric": {}, "value": [1764410400.1, "0"]}]}


class Told:
    """Answers what a test says, and keeps what was asked."""

    def __init__(self, prometheus: Any = None, pods: Any = None) -> None:
        self._prometheus = prometheus
        self._pods = pods
        self.asked: list[Any] = []

    def prometheus(self, query: str) -> Any:
        self.asked.append(query)
        if isinstance(self._prometheus, Exception):
            raise self._prometheus
        return self._prometheus

    def pod(self, pod: Item, port: int, path: str) -> tuple[int, str]:
        self.asked.append((pod.name[-1], port, path))
        found = self._pods[int(pod.name[-1])] if isinstance(self._pods, list) else self._pods
        if isinstance(found, Exception):
            raise found
        return found


def evidence(
    annotations: dict[str, str], ask: Told | None = None, pods: list[Object] | None = None,
    replicas: int = 2,
) -> Evidence:  # fmt: skip
    made = deployment(ONE, annotations=annotations, replicas=replicas)
    there = [pod(made, number) for number in range(2)] if pods is None else pods
    return evidence_of(seen(made, there), ask or Told())


def of(number: int = 0, annotations: dict[str, str] | None = None, **status: Any) -> Object:
    made = pod(deployment(ONE), number, **status)
    return made | {"metadata": made["metadata"] | {"annotations": annotations or {}}}


def test_nothing_that_tells_is_unknown() -> None:
    found = evidence({})

    assert found.state == "unknown"
    assert IDLE_PATH in found.because


# --- replicas


@pytest.mark.parametrize(
    ("pods", "state"),
    [
        ([], "idle"),
        ([of(phase="Succeeded")], "idle"),
        ([of() | {"metadata": of()["metadata"] | {"deletionTimestamp": "now"}}], "idle"),
        ([of()], "unknown"),
    ],
)
def test_no_replicas_are_idle_unless_a_pod_goes_on(pods: list[Object], state: str) -> None:
    assert evidence({}, pods=pods, replicas=0).state == state


def test_replicas_without_a_pod_are_unknown() -> None:
    assert evidence({IDLE_PATH: "/idle"}, pods=[]).state == "unknown"


# --- Pods that never started

WAITS = {"name": "app", "started": False, "restartCount": 0, "state": {"waiting": {}}}
RUNS = {"name": "app", "started": True, "restartCount": 0, "state": {"running": {}}}


def stuck(number: int = 0, age: float = HOUR, node: str = "node1", **status: Any) -> Object:
    """A Pod whose image can't be pulled, or as `status` says."""
    made = of(number, **({"phase": "Pending", "containerStatuses": [WAITS]} | status))
    made["metadata"]["creationTimestamp"] = stamp(age)
    return made | {"spec": {"nodeName": node} if node else {}}


def test_a_version_of_which_nothing_ever_started_is_idle() -> None:
    found = evidence({}, pods=[stuck(0), stuck(1)])

    assert (found.state, list(found.pods.values())) == ("idle", [True, True])
    assert found.because == "no container of 2 Pods has ever started"


def test_a_pod_that_no_node_takes_never_started() -> None:
    assert evidence({}, pods=[stuck(node="", containerStatuses=[])]).state == "idle"


@pytest.mark.parametrize(
    "one",
    [
        stuck(phase="Running"),
        stuck(age=300),
        stuck() | {"metadata": of()["metadata"]},
        stuck(containerStatuses=[]),
        stuck(containerStatuses=[WAITS, RUNS]),
        stuck(containerStatuses=[WAITS | {"state": {"terminated": {}}}]),
        stuck(containerStatuses=[WAITS | {"lastState": {"terminated": {}}}]),
        stuck(containerStatuses=[WAITS | {"restartCount": 1}]),
        stuck(containerStatuses=[WAITS | {"started": True}]),
        stuck(initContainerStatuses=[RUNS]),
        stuck(initContainerStatuses=[WAITS | {"state": {"terminated": {"exitCode": 1}}}]),
        stuck(ephemeralContainerStatuses=[RUNS]),
    ],
    ids=[
        "it runs", "it is young", "its age is unknown", "its kubelet says nothing",
        "another container runs", "it ended", "it ended before", "it was restarted",
        "it is started", "an init container runs", "an init container ended", "a debugger runs",
    ],
)  # fmt: skip
def test_a_pod_that_may_have_started_is_unknown(one: Object) -> None:
    assert evidence({}, pods=[one, stuck(1)]).state == "unknown"


def test_a_pod_that_never_started_keeps_no_version_of_which_the_others_are_idle() -> None:
    ask = Told(pods=(200, "idle"))
    found = evidence({IDLE_PATH: "/idle"}, ask, [stuck(0), of(1)])

    assert [number for number, _, _ in ask.asked] == ["1"]
    assert (found.state, sorted(found.pods.values())) == ("idle", [True, True])


def test_what_others_do_counts_beside_pods_that_never_started() -> None:
    found = evidence({IDLE_PATH: "/idle"}, Told(pods=(200, "busy")), [stuck(0), of(1)])

    assert (found.state, sorted(found.pods.values())) == ("busy", [False, True])
    assert evidence({IDLE_QUERY: "tasks"}, Told(vector("1")), [stuck()]).state == "busy"


# --- Prometheus


def success(**data: Any) -> Any:
    return {"status": "success", "data": data}


def vector(*values: str) -> Any:
    return success(resultType="vector", result=[{"value": [1.5, value]} for value in values])


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (success(**ZERO), "idle"),
        (vector("0"), "idle"),
        (vector("0", "0"), "idle"),
        (success(resultType="scalar", result=[1.5, "0"]), "idle"),
        (vector("1"), "busy"),
        (vector("0", "2"), "busy"),
        (vector("-1", "1"), "busy"),
        (vector("0.001"), "busy"),
        (vector("+Inf"), "busy"),
        (vector(), "unknown"),
        (vector("NaN"), "unknown"),
        (vector("0", "NaN"), "unknown"),
        (success(resultType="vector", result=[{}]), "unknown"),
        (success(resultType="vector", result=None), "unknown"),
        (success(resultType="matrix", result=[]), "unknown"),
        (success(resultType="string", result=[1.5, "0"]), "unknown"),
        (success(**ZERO) | {"warnings": ["partial response"]}, "unknown"),
        ({"status": "error", "error": "parse error"}, "unknown"),
        ({"status": "error"} | success(**ZERO) | {"status": "error"}, "unknown"),
        ("0", "unknown"),
        (None, "unknown"),
        ([], "unknown"),
        (Unanswered("timed out"), "unknown"),
    ],
)
def test_a_query_is_idle_where_all_of_it_is_0(answer: Any, state: str) -> None:
    found = evidence({IDLE_QUERY: "sum(tasks)"}, Told(prometheus=answer))

    assert found.state == state
    assert "Prometheus" in found.because


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (vector("0"), "idle"),
        (vector(), "idle"),
        (vector("3"), "busy"),
        (vector("NaN"), "unknown"),
        (Unanswered("timed out"), "unknown"),
    ],
)
def test_a_query_is_asked_of_a_version_without_pods(answer: Any, state: str) -> None:
    """Work may be there that is about to wake it; where Pods are gone, their metrics are, too."""
    ask = Told(prometheus=answer)
    said = {IDLE_QUERY: "tasks", IDLE_PATH: "/idle", IDLE_READINESS: "ready"}
    found = evidence(said, ask, pods=[], replicas=0)

    assert (found.state, ask.asked) == (state, ["tasks"])


def test_a_query_names_its_version() -> None:
    ask = Told(prometheus=vector("0"))
    evidence({IDLE_QUERY: 'tasks{n="$namespace",d="$name",v=~"$version|${base}",e=~"x$"}'}, ask)

    assert ask.asked == [f'tasks{{n="shop",d="worker-{ONE}",v=~"{ONE}|worker",e=~"x$"}}']


# --- endpoints


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((200, "idle"), "idle"),
        ((200, " idle\n"), "idle"),
        ((200, "0"), "idle"),
        ((200, '{"idle": true}'), "idle"),
        ((204, ""), "idle"),
        ((200, ""), "busy"),
        ((200, "ok"), "busy"),
        ((200, "<html>"), "busy"),
        ((200, "1"), "busy"),
        ((200, "00"), "busy"),
        ((200, "not idle"), "busy"),
        ((200, '{"idle": "true"}'), "busy"),
        ((200, '{"idle": false}'), "busy"),
        ((200, "[" * 3000), "busy"),
        ((201, "idle"), "busy"),
        ((302, "idle"), "busy"),
        ((403, "idle"), "busy"),
        ((404, "idle"), "busy"),
        ((500, "idle"), "busy"),
        ((503, "idle"), "busy"),
        (Unanswered("timed out"), "unknown"),
    ],
)
def test_an_endpoint_says_idle_in_so_many_words(answer: Any, state: str) -> None:
    assert evidence({IDLE_PATH: "/idle"}, Told(pods=answer)).state == state


def test_one_busy_pod_is_a_busy_version() -> None:
    found = evidence({IDLE_PATH: "/idle"}, Told(pods=[(200, "idle"), (200, "busy")]))

    assert found.state == "busy"
    assert list(found.pods.values()) == [True, False]
    assert "1 of 2 Pods busy" in found.because


def test_a_pod_that_does_not_answer_beside_an_idle_one_is_unknown() -> None:
    found = evidence({IDLE_PATH: "/idle"}, Told(pods=[(200, "idle"), Unanswered("refused")]))

    assert (found.state, list(found.pods.values())) == ("unknown", [True, False])


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/idle", (8080, "/idle")), (":9090/idle?now=1", (9090, "/idle?now=1")),
        (":http/", (8080, "/")), ("idle", None), (":none/idle", None), ("/a b", None),
        ("http://elsewhere/idle", None), (":70000/idle", None), ("", None),
        ("/../../../secrets", None), ("/a/..", None), ("/%2e%2E/%2e./secrets", None),
        ("/..\\x", None), ("/.", None), ("/a..b/.well-known", (8080, "/a..b/.well-known")),
    ],
)  # fmt: skip
def test_the_endpoint_that_is_asked(path: str, asked: Any) -> None:
    ask = Told(pods=(200, "idle"))
    found = evidence({IDLE_PATH: path}, ask, [of()])

    assert ask.asked == ([("0", *asked)] if asked else [])
    assert found.state == ("idle" if asked else "unknown")


def test_of_two_ports_none_is_guessed() -> None:
    made = of()
    ports = [{"containerPort": 8080}, {"containerPort": 9090}]
    made["spec"] = {"containers": [{"name": "app", "ports": ports}]}

    assert evidence({IDLE_PATH: "/idle"}, Told(pods=(200, "idle")), [made]).state == "unknown"


@pytest.mark.parametrize("phase", ["Pending", "Unknown", None])
def test_a_pod_that_does_not_run_is_unknown_and_not_asked(phase: str | None) -> None:
    ask = Told(pods=(200, "idle"))
    found = evidence({IDLE_PATH: "/idle"}, ask, [of(phase=phase)])

    assert (found.state, ask.asked) == ("unknown", [])


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_is_over_has_nothing_to_do(phase: str) -> None:
    pods = [of(), of(1, phase=phase)]

    assert evidence({IDLE_PATH: "/idle"}, Told(pods=(200, "idle")), pods).state == "idle"


# --- annotations and readiness


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"example.com/tasks": "0"}, "idle"),
        ({"example.com/tasks": "1"}, "busy"),
        ({"example.com/tasks": ""}, "busy"),
        ({}, "unknown"),
    ],
)
def test_a_pod_says_by_an_annotation_that_it_is_idle(said: dict[str, str], state: str) -> None:
    assert evidence({IDLE_ANNOTATION: "example.com/tasks=0"}, pods=[of(0, said)]).state == state


def test_an_annotation_needs_a_value() -> None:
    said = {"example.com/idle": ""}

    assert evidence({IDLE_ANNOTATION: "example.com/idle"}, pods=[of(0, said)]).state == "unknown"


def ready(status: str, reason: str = "") -> list[Object]:
    return [{"type": "Ready", "status": status, "reason": reason}]


STARTING = [{"name": "app", "started": False, "state": {"running": {}}}]
WAITING = [{"name": "app", "started": True, "state": {"waiting": {}}}]


@pytest.mark.parametrize(
    ("said", "status", "state"),
    [
        ("ready", {}, "idle"),
        ("ready", {"conditions": ready("False", "ContainersNotReady")}, "busy"),
        ("ready", {"conditions": ready("Unknown")}, "busy"),
        ("ready", {"conditions": []}, "busy"),
        ("ready", {"phase": "Pending"}, "unknown"),
        ("not-ready", {}, "busy"),
        ("not-ready", {"conditions": ready("False", "ContainersNotReady")}, "idle"),
        ("not-ready", {"conditions": ready("False", "ReadinessGatesNotReady")}, "idle"),
        ("not-ready", {"conditions": ready("False")}, "unknown"),
        ("not-ready", {"conditions": []}, "unknown"),
        ("not-ready", {"conditions": ready("False", "ContainersNotReady"),
                       "containerStatuses": STARTING}, "unknown"),
        ("not-ready", {"conditions": ready("False", "ContainersNotReady"),
                       "containerStatuses": WAITING}, "unknown"),
        ("not-ready", {"conditions": ready("False", "ContainersNotReady"),
                       "containerStatuses": []}, "unknown"),
        ("true", {}, "unknown"),
    ],
)  # fmt: skip
def test_readiness_is_the_app_s_own(said: str, status: dict[str, Any], state: str) -> None:
    assert evidence({IDLE_READINESS: said}, pods=[of(**status)]).state == state


# --- together


@pytest.mark.parametrize(
    ("query", "endpoint", "state"),
    [
        (vector("0"), (200, "idle"), "idle"),
        (vector("1"), (200, "idle"), "busy"),
        (vector("0"), (200, "busy"), "busy"),
        (vector(), (200, "idle"), "unknown"),
        (vector("0"), Unanswered("refused"), "unknown"),
        (vector(), (200, "busy"), "busy"),
    ],
)
def test_all_that_is_named_must_agree(query: Any, endpoint: Any, state: str) -> None:
    ask = Told(query, endpoint)

    assert evidence({IDLE_QUERY: "tasks", IDLE_PATH: "/idle"}, ask).state == state


def test_a_pod_is_idle_where_all_that_ask_pods_say_so() -> None:
    said = {IDLE_PATH: "/idle", IDLE_READINESS: "ready"}
    pods = [of(0), of(1, conditions=ready("False", "ContainersNotReady"))]
    found = evidence(said, Told(pods=(200, "idle")), pods)

    assert (found.state, list(found.pods.values())) == ("busy", [True, False])
