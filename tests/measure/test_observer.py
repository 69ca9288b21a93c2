"""The observer's own program: its source ports, and its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kzd.measure import observer
from kzd.measure.observers import Observers, _Outside

URL = "http://127.0.0.1:9/"
"""Nobody answers there."""


def ports(number: int, *, is_reused: bool) -> list[int]:
    """The source ports of so many requests."""
    target = observer.Target("abcde", "cluster-ip", URL, is_reused)
    return [target.take() for _ in range(number)]


@pytest.mark.parametrize("_", range(20))
def test_a_fresh_port_is_never_one_that_is_used_again_and_again(_: int) -> None:
    fresh, reused = ports(39_999, is_reused=False), ports(1000, is_reused=True)
    assert len(set(fresh)) == len(fresh)
    assert len(set(reused)) == observer.REUSED_PORTS
    assert set(fresh).isdisjoint(reused)


def test_it_ends_when_nobody_reads_what_it_tells() -> None:
    with subprocess.Popen(
        [sys.executable, "-I", "-B", str(Path(observer.__file__))],
        env=os.environ | {"NAME": "outside", "RATE": "1", "TARGETS": f'[["url", "{URL}", false]]'},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether something is so within some seconds."""
    end = time.monotonic() + 10
    while not is_so() and time.monotonic() < end:
        time.sleep(0.2)
    return is_so()


def test_the_one_on_this_machine_is_read_and_has_a_session_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NODE", "a name of this machine")
    outside = _Outside(URL, 10)
    try:
        assert os.getsid(outside._process.pid) != os.getsid(0)

        def told() -> bool:
            outside.read()
            return outside.account.last_second > 0

        assert eventually(told)
        assert outside.account.node == ""
        assert outside.account.paths() == [("url", False)]
    finally:
        outside.stop()


class _OneObserver:
    """Watching that shows one Pod, and an API that notes what is asked for."""

    def __init__(self) -> None:
        self.name = "kzd-measure-observer-1-abcde"
        self.queries: list[tuple[str, object]] = []

    def observers(self) -> list[_OneObserver]:
        return [self]

    def text(self, path: str, **query: object) -> str:
        self.queries.append((path, query["container"]))
        return ""


def test_the_log_is_that_of_its_container_where_others_were_injected() -> None:
    known = _OneObserver()
    Observers(known, "shop", known).read()  # type: ignore[arg-type]
    assert known.queries == [(f"/api/v1/namespaces/shop/pods/{known.name}/log", "observer")]
