"""What an observer tells: a line a second, and what they say together."""

from __future__ import annotations

import json
from math import ceil, floor
from typing import Any, NamedTuple


class Exchange(NamedTuple):
    """
    What an observer knows of a Pod that it asked.

    `last` is when it sent the last request that the Pod answered after its deletion, in seconds
    since the epoch on the observer's clock, None for none.  The Pod's clock is `offset_seconds`
    ahead of it, known to `uncertainty_seconds`.
    """

    last: float | None
    offset_seconds: float
    uncertainty_seconds: float


class Load(NamedTuple):
    """What an observer sent over one path in a stretch of time, and whom it was answered by."""

    rate: float
    sent: int
    failed: int
    errors: dict[str, int]
    pods: dict[str, int]


class Account:
    """The lines of one observer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.node = ""
        self.kernel = ""
        self.mode = ""
        self._seconds: dict[int, list[Any]] = {}

    def add(self, text: str) -> None:
        """Take in lines; those known already, and one that is cut, count for nothing."""
        for line in text.splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if "observer" in told:
                self.node, self.kernel, self.mode = told["node"], told["kernel"], told["mode"]
            elif "second" in told:
                self._seconds[told["second"]] = told["targets"]

    @property
    def last_second(self) -> int:
        """The last second told, 0 for none."""
        return max(self._seconds, default=0)

    def paths(self) -> list[tuple[str, bool]]:
        """The paths, each with whether it reuses source ports."""
        for targets in self._seconds.values():
            return [(item["path"], item["reused"]) for item in targets]
        return []

    def load(self, path: str, is_reused: bool, begin: float, end: float) -> Load:
        """
        What was sent between two times of the observer's clock, whole seconds only.

        In a second that it tells nothing of, it sent nothing: who saw it?
        """
        sent = failed = 0
        seconds = floor(end) - ceil(begin)
        errors: dict[str, int] = {}
        pods: dict[str, int] = {}
        for second, targets in self._seconds.items():
            if not begin <= second <= end - 1:
                continue
            for item in _of(targets, path, is_reused):
                sent += item["sent"]
                failed += item["failed"]
                for name, number in item["errors"].items():
                    errors[name] = errors.get(name, 0) + number
                for pod, (number, *_) in item["pods"].items():
                    pods[pod] = pods.get(pod, 0) + number
        return Load(sent / seconds if seconds > 0 else 0.0, sent, failed, errors, pods)

    def exchange(self, path: str, is_reused: bool, pod: str) -> Exchange | None:
        """What is known of a Pod, None where it never answered."""
        found: Exchange | None = None
        for targets in self._seconds.values():
            for item in _of(targets, path, is_reused):
                if pod not in item["pods"]:
                    continue
                _, last, offset, uncertainty = item["pods"][pod]
                if found and found.uncertainty_seconds < uncertainty:
                    offset, uncertainty = found[1:]
                if found and found.last is not None:
                    last = max(last or 0.0, found.last)
                found = Exchange(last, offset, uncertainty)
        return found


def _of(targets: list[Any], path: str, is_reused: bool) -> list[Any]:
    return [item for item in targets if item["path"] == path and item["reused"] == is_reused]
