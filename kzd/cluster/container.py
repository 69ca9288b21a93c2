"""Containers and their ports, and what their commands tell."""

from __future__ import annotations

import re
from itertools import dropwhile
from typing import Any, NamedTuple

from kzd.cluster.script import HARMLESS
from kzd.edit import FieldPath
from kzd.value import mapping, port_number, sequence, text, words

_DURATION = r"(\d+(?:\.\d+)?)([smhd]?)"
_WAITING = frozenset(["sleep", "pause", "tail"])
_ENDLESS_SECONDS = 2**31
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Port(NamedTuple):
    """A port that a container declares."""

    name: str | None
    number: int | None
    protocol: str
    host_port: int | None


class Container:
    """One container of a pod template, with the field path that leads to it."""

    def __init__(self, data: dict[str, Any], field_path: FieldPath) -> None:
        self.data = data
        self.path = field_path
        self.name = text(data.get("name")) or ""
        self.image = text(data.get("image")) or ""
        self.command = words(data.get("command"))
        self.args = words(data.get("args"))
        self.ports = [
            Port(
                text(port.get("name")),
                port_number(port.get("containerPort")),
                text(port.get("protocol")) or "TCP",
                port_number(port.get("hostPort")),
            )
            for port in map(mapping, sequence(data.get("ports")))
        ]
        """The declared ports, TCP where the protocol is unset."""

    @property
    def is_sidecar(self) -> bool:
        """Whether it is a native sidecar: an init container that keeps running."""
        return "initContainers" in self.path and self.data.get("restartPolicy") == "Always"

    @property
    def image_name(self) -> str:
        """The last segment of the image's path, without tag and digest."""
        return self.image.partition("@")[0].rpartition("/")[2].partition(":")[0]

    @property
    def environment(self) -> dict[str, str]:
        """The variables with literal values."""
        return {
            str(entry.get("name")): str(entry["value"])
            for entry in map(mapping, sequence(self.data.get("env")))
            if isinstance(entry.get("value"), str)
        }

    @property
    def only_idles(self) -> bool:
        """Whether its last simple command only waits: sleep, `tail -f /dev/null`, pause."""
        return only_idles([*self.command, *self.args], self.image_name)

    @property
    def pre_stop(self) -> dict[str, Any]:
        """The preStop hook, empty where there is none."""
        return mapping(mapping(self.data.get("lifecycle")).get("preStop"))

    def resolve(self, target: Any) -> int | None:
        """The port number that a number or this container's port name stands for."""
        if isinstance(target, str):
            return next((port.number for port in self.ports if port.name == target), None)
        return port_number(target)

    def __repr__(self) -> str:
        return f"<container {self.name}>"


def only_idles(arguments: list[str], image_name: str = "") -> bool:
    """
    Whether the last simple command of `arguments` is an endless wait.

    >>> only_idles(["sh", "-c", "echo ready; sleep infinity"])
    True
    >>> only_idles(["sleep", "5", "--and-serve"]), only_idles(["nginx"]), only_idles(["true"])
    (True, False, False)
    >>> only_idles(["sh", "-c", "while true; do sleep 9; done"])
    True
    >>> only_idles(["sh", "-c", "sleep 9 & wait"]), only_idles(["sh", "-c", "nginx & wait"])
    (True, False)
    """
    if not arguments:
        return image_name == "pause"
    script = " ".join(arguments).replace('"', " ").replace("'", " ")
    simple = [part for part in map(_command, re.split(r"[;&|\n]+", script)) if part]
    if not simple:
        return False
    programs = {part[0].rpartition("/")[2] for part in simple}
    last = simple[-1][0].rpartition("/")[2]
    if last == "done":  # a loop, which idles where nothing in it does more
        return bool(programs & _WAITING) and programs <= _WAITING | HARMLESS | {last}
    if last == "wait":  # for what runs in the background, which may be the application
        return bool(programs & {"sleep", "tail"})
    return last in ("sleep", "pause") or simple[-1][:3] == ["tail", "-f", "/dev/null"]


def _command(text: str) -> list[str]:
    """The words of a simple command, without what only leads to it."""
    return [*dropwhile(_leads, text.split())]


def _leads(word: str) -> bool:
    is_shell = word in ("sh", "bash") or word.endswith(("/sh", "/bash", "/ash"))
    return is_shell or word in ("exec", "-c", "while", "until", "do")


def duration_seconds(word: str) -> float | None:
    """
    Seconds of `sleep`'s operand; None where it is none, or longer than anybody waits.

    >>> duration_seconds("1.5m"), duration_seconds("infinity"), duration_seconds("9" * 400)
    (90.0, None, None)
    """
    match = re.fullmatch(_DURATION, word)
    seconds = float(match[1]) * _UNIT_SECONDS[match[2]] if match else _ENDLESS_SECONDS
    return seconds if seconds < _ENDLESS_SECONDS else None
