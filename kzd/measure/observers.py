"""The observers of a run: those in the cluster by their logs, and one on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Collection
from importlib.resources import files
from threading import Thread

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.measure.accounts import Account
from kzd.measure.objects import OBSERVER, collection
from kzd.measure.record import URL
from kzd.measure.watching import Watching

OVERLAP_SECONDS = 5
FIRST_READ_SECONDS = 600
OUTSIDE = "outside"


class Observers:
    """All observers; a Pod that is gone is none any more."""

    def __init__(self, api: KubeApi, namespace: str, watching: Watching) -> None:
        self._api = api
        self._pods = collection("Pod", namespace)
        self._watching = watching
        self._accounts: dict[str, Account] = {}
        self._read_at: dict[str, float] = {}
        self._outside: _Outside | None = None

    def ask(self, url: str, rate: float) -> None:
        """Ask a URL from this machine, too."""
        self._outside = _Outside(url, rate)

    def stop(self) -> None:
        """End the one on this machine."""
        if self._outside:
            self._outside.stop()

    def read(self) -> None:
        """Read on in what they tell; raises ClusterError where that is not allowed."""
        for pod in self._watching.observers():
            now = time.time()
            since = int(now - self._read_at.get(pod.name, now - FIRST_READ_SECONDS))
            path = f"{self._pods}/{pod.name}/log"
            try:
                text = self._api.text(
                    path, container=OBSERVER, sinceSeconds=since + OVERLAP_SECONDS
                )
            except ClusterError as error:
                if error.status in (401, 403):
                    raise
                continue
            self._read_at[pod.name] = now
            name = pod.name.rsplit("-", 1)[-1]
            self._accounts.setdefault(pod.name, Account(name)).add(text)
        if self._outside:
            self._outside.read()

    def listening(self) -> frozenset[str]:
        """The names of the Pods that are there and have told something."""
        there = {pod.name for pod in self._watching.observers()}
        return frozenset(
            name
            for name, account in self._accounts.items()
            if name in there and account.last_second
        )

    def accounts(self, names: Collection[str] | None = None) -> list[Account]:
        """The accounts of these Pods, of all that listen if unset; and of the one outside."""
        wanted = self.listening() if names is None else names
        inside = [account for name, account in self._accounts.items() if name in wanted]
        return inside + ([self._outside.account] if self._outside else [])


class _Outside:
    """
    An observer on this machine, which asks a URL as its users do.

    A pipe, which ends it when this process is killed; a session of its own, since Ctrl-C is for
    this process, which ends it.
    """

    def __init__(self, url: str, rate: float) -> None:
        self.account = Account(OUTSIDE)
        script = files("kzd.measure").joinpath("observer.py").read_text(encoding="utf-8")
        given = {
            "NAME": OUTSIDE, "NODE": "", "HOST_IP": "", "RATE": str(rate),
            "TARGETS": json.dumps([[URL, url, False]]),
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", script],
            env=os.environ | given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._lines: deque[str] = deque()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """A pipe that nobody reads would stop the load."""
        assert self._process.stdout
        with self._process.stdout as told:
            self._lines.extend(told)

    def read(self) -> None:
        """Read on in what it told."""
        while self._lines:
            self.account.add(self._lines.popleft())

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
