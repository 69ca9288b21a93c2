"""The observers of a run: those in the cluster by their logs, and one on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from importlib.resources import files

from kzd.kube_api import ClusterError, KubeApi
from kzd.measure.accounts import Account
from kzd.measure.objects import collection
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
                text = self._api.text(path, sinceSeconds=since + OVERLAP_SECONDS)
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
    """An observer on this machine, which asks a URL as its users do."""

    def __init__(self, url: str, rate: float) -> None:
        self.account = Account(OUTSIDE)
        # A pipe that nobody reads would stop the load.
        self._out = tempfile.TemporaryFile("w+")  # noqa: SIM115
        script = files("kzd.measure").joinpath("observer.py").read_text(encoding="utf-8")
        given = {"NAME": OUTSIDE, "RATE": str(rate), "TARGETS": json.dumps([[URL, url, False]])}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", script],
            env=os.environ | given, stdin=subprocess.DEVNULL, stdout=self._out,
        )  # fmt: skip
        self._position = 0

    def read(self) -> None:
        """Read on in what it told."""
        self._out.seek(self._position)
        text = self._out.read()
        whole = text[: text.rfind("\n") + 1]
        self._position += len(whole.encode())
        self.account.add(whole)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._out.close()
