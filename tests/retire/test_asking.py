"""Answers of all shapes: who breaks off, goes on and on or does not answer proves nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest

from kzd.kube_api import KubeApi
from kzd.retire.asking import Asking
from kzd.retire.idleness import evidence_of, of_prometheus
from kzd.retire.item import Item
from kzd.retire.pod_idleness import Unanswered
from tests.fake_cluster import FakeCluster
from tests.retire.conftest import Retiring
from tests.retire.test_retire_command import scene
from tests.retire.versions import ONE, deployment, pod, seen

BODY = b'{"status": "success", "data": {"resultType": "scalar", "result": [1, "0"]}}'


@contextmanager
def saying(answer: bytes, *, trickle: bytes = b"", family: int = socket.AF_INET) -> Iterator[int]:
    """A port at which each connection gets these bytes, then a trickle of others."""
    is_over = Event()
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.create_server((host, 0), family=family) as server:

        def serve() -> None:
            with suppress(OSError):
                while not is_over.is_set():
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(answer)
                        while trickle and not is_over.wait(0.01):
                            connection.sendall(trickle)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            is_over.set()
            with suppress(OSError):
                socket.create_connection((host, server.getsockname()[1]), 1).close()
            thread.join(5)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kzd.retire.asking.ANSWER_SECONDS", 0.1)
    monkeypatch.setattr("kzd.retire.asking.PROMETHEUS_SECONDS", 0.1)


def prometheus(port: int) -> Any:
    return Asking(Any, f"http://127.0.0.1:{port}").prometheus("up")


def direct(port: int, address: str = "127.0.0.1") -> tuple[int, str]:
    asked = Item("Pod", pod(deployment(ONE), podIP=address))
    return Asking(Any, is_direct=True).pod(asked, port, "/idle")


def proxied(port: int) -> tuple[int, str]:
    from urllib3 import PoolManager

    host = f"http://127.0.0.1:{port}"
    with PoolManager() as pool:
        api = KubeApi(SimpleNamespace(host=host, auth_settings=dict), pool)
        return Asking(api).pod(Item("Pod", pod(deployment(ONE))), port, "/idle")


ASKED: dict[str, Callable[[int], Any]] = {
    "Prometheus": prometheus, "a Pod": direct, "a Pod through the API": proxied,
}  # fmt: skip
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("who", ASKED)
@pytest.mark.parametrize(
    ("answer", "trickle"),
    [
        (b"", b""),
        (b"nonsense", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nidle", b""),
        (CHUNKED + b"4\r\nidle\r\n", b""),
        (CHUNKED, b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n", b" "),
    ],
    ids=["nothing", "no HTTP", "cut", "chunks cut", "chunks for ever", "for ever", "slowly"],
)
def test_an_answer_that_breaks_off_or_does_not_end_is_none(
    who: str, answer: bytes, trickle: bytes
) -> None:
    with saying(answer, trickle=trickle) as port, pytest.raises(Unanswered):
        ASKED[who](port)


@pytest.mark.parametrize("who", ["a Pod", "a Pod through the API"])
@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nidle",
     CHUNKED + b"2\r\nid\r\n2\r\nle\r\n0\r\n\r\n",
     b"HTTP/1.1 200 OK\r\n\r\nidle"],
    ids=["a length", "chunks", "until it closes"],
)  # fmt: skip
def test_an_answer_comes_in_pieces_or_at_once(who: str, answer: bytes) -> None:
    with saying(answer) as port:
        assert ASKED[who](port) == (200, "idle")


def test_prometheus_answers_in_chunks() -> None:
    with saying(CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)) as port:
        assert of_prometheus(prometheus(port)).state == "idle"


@pytest.mark.usefixtures("_impatient")
def test_an_error_of_prometheus_that_does_not_end_is_one() -> None:
    with (
        saying(b"HTTP/1.1 500 No\r\n\r\n", trickle=b" ") as port,
        pytest.raises(Unanswered) as told,
    ):
        prometheus(port)
    assert str(told.value) == "answers 500"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_a_pod_with_an_address_of_ipv6_is_asked() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nidle"
    try:
        with saying(answer, family=socket.AF_INET6) as port:
            assert direct(port, "::1") == (200, "idle")
    except OSError:
        pytest.skip("this machine has no IPv6")


@pytest.mark.parametrize("value", [False, 0, None, [], {}, "", "0x0", [1, "0"]])
def test_a_sample_of_prometheus_is_a_number_in_a_string(value: Any) -> None:
    data = {"resultType": "vector", "result": [{"value": [1, value]}]}

    assert of_prometheus({"status": "success", "data": data}).state == "unknown"


def test_what_prometheus_says_is_cut_to_a_line() -> None:
    told = of_prometheus({"status": "success", "warnings": ["partial\n" * 1000], "data": {}})

    assert told.state == "unknown"
    assert len(told.because) < 250
    assert "\n" not in told.because


# --- many Pods


class Ask:
    """Pods that take their time, or do not answer."""

    def __init__(self, answer: Callable[[], tuple[int, str]]) -> None:
        self.number = 0
        self._answer = answer

    def pod(self, *_: Any) -> tuple[int, str]:
        self.number += 1
        return self._answer()

    def prometheus(self, query: str) -> Any:
        raise AssertionError(query)


def silence() -> tuple[int, str]:
    raise Unanswered("timed out")


def asked(ask: Ask, number: int) -> Any:
    made = deployment(ONE, replicas=number)
    return evidence_of(seen(made, [pod(made, place) for place in range(number)]), ask)


def test_of_many_pods_that_do_not_answer_three_are_asked() -> None:
    ask = Ask(silence)
    found = asked(ask, 2000)

    assert (found.state, ask.number) == ("unknown", 3)
    assert "2000 of 2000 Pods unknown" in found.because


def test_many_pods_that_answer_are_all_asked() -> None:
    ask = Ask(lambda: (200, "idle"))

    assert (asked(ask, 2000).state, ask.number) == ("idle", 2000)


def test_asking_many_pods_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kzd.retire.idleness.ASKING_SECONDS", -1.0)
    ask = Ask(lambda: (200, "idle"))

    assert (asked(ask, 20).state, ask.number) == ("unknown", 0)


def test_a_missing_permission_to_ask_pods_is_said(retire: Retiring, cluster: FakeCluster) -> None:
    scene(retire)
    cluster.forbid("get", "pods/proxy")
    told = retire.plan().out.decode()

    assert "2 of 2 Pods unknown" in told
    assert 'cannot get resource "pods/proxy"' in told
