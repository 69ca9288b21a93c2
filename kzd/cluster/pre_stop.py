"""preStop hooks: how long each is known to wait, and whether it does more than that."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from math import ceil
from typing import Any, NamedTuple

from kzd.cluster.container import Container, duration_seconds
from kzd.cluster.resource import Workload
from kzd.cluster.script import commands, script_of
from kzd.edit import FieldPath
from kzd.value import integer, mapping, sequence

PRE_STOP = ("lifecycle", "preStop")

WRAPPERS = ("busybox", "command", "env", "exec", "nohup")
INSTANT = ("true", ":", "echo", "printf", "set", "exit", "test", "[", "[[", "fi", "}", "trap")
NATIVE_SINCE = 30
"""The minor version of the first kubelet that runs the `sleep` action (KEP-3960)."""

LOOP = "loop"
"""What stands for a loop, whose turns nobody can count."""


class Hook(NamedTuple):
    """
    A preStop hook.

    `seconds` are those that its literal sleeps add up to; where `is_known` is false, nothing tells
    how long it really takes.  `only_idles` says whether it does nothing else.
    """

    seconds: float
    is_known: bool
    only_idles: bool


class _Step(NamedTuple):
    """What one command adds: seconds of sleep, None where nothing tells them, or other work."""

    seconds: float | None = 0
    is_work: bool = False


def sleep_handler(seconds: int, kubelet: int) -> dict[str, Any]:
    """The handler that sleeps: the `sleep` action, or the image's program for older kubelets."""
    if kubelet < NATIVE_SINCE:
        return {"exec": {"command": ["sleep", str(seconds)]}}
    return {"sleep": {"seconds": seconds}}


def hook_of(container: Container) -> Hook | None:
    """The preStop hook of a container; None where there is none."""
    lifecycle = container.data.get("lifecycle")
    given = lifecycle.get("preStop") if isinstance(lifecycle, dict) else lifecycle
    if given is None or given == {}:
        return None
    handlers = {key: value for key, value in mapping(given).items() if value is not None}
    if set(handlers) == {"sleep"}:
        seconds = integer(mapping(handlers["sleep"]).get("seconds"))
        return Hook(seconds or 0, seconds is not None, True)
    words = sequence(mapping(handlers.get("exec")).get("command"))
    if len(handlers) != 1 or not words or not all(isinstance(word, str) for word in words):
        return Hook(0, False, False)
    call = script_of(words)
    steps = _of_script(call[1], container.environment) if call else [*_of_command(words)]
    return _added(steps)


def hooks_of(workload: Workload) -> Iterator[tuple[Container, Hook]]:
    """The hooks that run when a Pod ends, each with its container."""
    for container in workload.running_containers:
        hook = hook_of(container)
        if hook:
            yield container, hook


def longest_sleep(workload: Workload, *, without: Collection[FieldPath] = ()) -> int:
    """The whole seconds of the longest sleep, leaving out the hooks at some field paths."""
    return max(
        (
            ceil(hook.seconds)
            for container, hook in hooks_of(workload)
            if (*container.path, *PRE_STOP) not in without
        ),
        default=0,
    )


def _added(steps: list[_Step]) -> Hook:
    """All sleeps added; work without any sleep takes nobody knows how long."""
    seconds = sum(step.seconds or 0 for step in steps)
    works = any(step.is_work for step in steps)
    is_known = all(step.seconds is not None for step in steps) and not (works and not seconds)
    return Hook(seconds, is_known, not works)


def _of_script(script: str, variables: dict[str, str]) -> list[_Step]:
    found = commands(_resolved(script, variables))
    steps = []
    for command in found:
        for step in _of_command(command.words):
            steps.append(_Step(None, step.is_work) if command.after == "&" else step)
    return steps if found else [_Step(None, is_work=True)]


def _of_command(words: Sequence[str]) -> Iterator[_Step]:
    """What a simple command does, if it does anything."""
    while len(words) > 1 and words[0] in WRAPPERS:
        words = words[1:]
    program = words[0].rpartition("/")[2]
    if program == "sleep":
        durations = [duration_seconds(word) for word in words[1:]]
        known = [duration for duration in durations if duration is not None]
        yield _Step(sum(known) if known and len(known) == len(durations) else None)
    elif program == LOOP:
        yield _Step(None, is_work=True)
    elif program not in INSTANT:
        yield _Step(is_work=True)


def _resolved(script: str, variables: dict[str, str]) -> str:
    """
    A script with the durations that its variables and quotes hold, and without its loops.

    Other values stay unread: what they would make of the script is not for kzd to say.

    >>> _resolved('while busy; do sleep 1; done; sleep "${WAIT}s"', {"WAIT": "5"})
    'loop; sleep 5s'
    """
    assigned = re.findall(r"(?<![\w$.-])([A-Za-z_]\w*)=(\S*?)(?=[\s;&|)]|$)", script)
    values = variables | {name: value.strip("\"'") for name, value in assigned}
    known = {name: value for name, value in values.items() if duration_seconds(value) is not None}
    script = re.sub(
        r"'[^']*'|\$(?:\{(\w+)(?::?-[^}]*)?\}|(\w+))",
        lambda found: known.get(found[1] or found[2] or "", found[0]),
        script,
    )
    script = re.sub(r"""(["'])([0-9.]+[smhd]?)\1""", r"\2", script)
    return _without_loops(script)


def _without_loops(script: str) -> str:
    """A script with one word for all from its first loop to the end of its last."""
    loop = re.search(r"(?<![\w./-])(?:while|until|for)\s", script)
    ends = [found.end() for found in re.finditer(r"(?<![\w./-])done\b", script)]
    if loop is None or not ends or ends[-1] < loop.end():
        return script
    return script[: loop.start()] + LOOP + script[ends[-1] :]
