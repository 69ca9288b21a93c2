"""Whether one Pod is idle: by its endpoint, its annotation or its readiness."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from kzd.retire.item import Item
from kzd.value import mapping, port_of, sequence, text

State = Literal["busy", "unknown", "idle"]
FINISHED = ("Succeeded", "Failed")
IDLE_WORDS = ("0", "idle")
OWN_REASONS = ("ContainersNotReady", "ReadinessGatesNotReady")
"""What a kubelet says of a Pod whose probes fail; a node that is lost says nothing.
Source: kubernetes/kubernetes pkg/kubelet/status/generate.go"""

STARTING_SECONDS = 600.0
"""How long a Pod may be about to start: as long as a Deployment waits for progress by default."""

Answers = Callable[[Item, int, str], tuple[int, str]]


class Unanswered(Exception):
    """Nobody tells; the text says why."""


def is_over(pod: Item) -> bool:
    """Whether all its containers have ended; such a Pod stays until what owns it goes."""
    return pod.status.get("phase") in FINISHED


def is_running(pod: Item) -> bool:
    """Whether a Pod runs, as far as its kubelet says."""
    return pod.status.get("phase") == "Running"


def never_started(pod: Item, now: datetime) -> bool:
    """
    Whether no container of a Pod has ever run, nor is about to: its image can't be pulled, or no
    node takes it.

    Of a Pod that has a node only its kubelet knows.  Source: kubernetes/kubernetes
    pkg/kubelet/kubelet_pods.go, getPhase: a Pod of which one container waits is pending, though
    others run
    """
    status = pod.status
    age = 0.0 if pod.created is None else (now - pod.created).total_seconds()
    is_unheard_of = bool(pod.spec.get("nodeName")) and not sequence(status.get("containerStatuses"))
    if status.get("phase") != "Pending" or age < STARTING_SECONDS or is_unheard_of:
        return False
    said = [status.get(f"{of}ontainerStatuses") for of in ("initC", "c", "ephemeralC")]
    return not any(_ran(mapping(item)) for items in said for item in sequence(items))


def _ran(container: dict[str, Any]) -> bool:
    """Whether a container has run at some time, by its status."""
    state = mapping(container.get("state"))
    is_waiting = state.keys() <= {"waiting"}
    before = (container.get("started"), container.get("restartCount"), container.get("lastState"))
    return not is_waiting or any(before)


def by_endpoint(pod: Item, said: Any, ask: Answers) -> tuple[State, str]:
    """What a Pod answers at the endpoint that is said: `/path` or `:port/path`."""
    given = re.fullmatch(r"(?::([A-Za-z0-9-]+))?(/[\x21-\x7e]*)", str(said))
    if not given or _leads_elsewhere(given[2]):
        return "unknown", f"has no endpoint '{said}', which must be such as /idle or :9090/idle"
    port = _port(pod, given[1])
    if port is None:
        return "unknown", f"has no single TCP port '{given[1] or ''}'"
    if not is_running(pod):
        return "unknown", f"is {pod.status.get('phase')}"
    try:
        return of_endpoint(*ask(pod, port, given[2]))
    except Unanswered as error:
        return "unknown", f"does not answer: {error}"


def _leads_elsewhere(path: str) -> bool:
    """Whether a path has dots that would lead out of the Pod's own below the API's proxy."""
    return any(step in (".", "..") for step in re.split(r"[/\\?#]", unquote(path)))


def of_endpoint(status: int, body: str) -> tuple[State, str]:
    """
    What a Pod's answer says: idle is 204, or 200 with `idle`, `0`, or JSON with `idle: true`.

    An app that answers 200 to every path does not say so by accident.
    """
    if status == 204:
        return "idle", "answers 204"
    if status != 200:
        return "busy", f"answers {status}"
    said = body.strip()
    try:
        data = json.loads(said)
    except (ValueError, RecursionError):
        data = None
    is_idle = said in IDLE_WORDS or (isinstance(data, dict) and data.get("idle") is True)
    return ("idle" if is_idle else "busy"), f"answers '{' '.join(said.split())[:40]}'"


def _port(pod: Item, given: str | None) -> int | None:
    """A port by number or name, the only one where none is said."""
    wanted = port_of(given)
    if given and wanted is None:
        return None
    if isinstance(wanted, int):
        return wanted
    containers = map(mapping, sequence(pod.spec.get("containers")))
    ports = [mapping(port) for item in containers for port in sequence(item.get("ports"))]
    found = [
        port.get("containerPort")
        for port in ports
        if port.get("protocol", "TCP") == "TCP" and wanted in (None, port.get("name"))
    ]
    return found[0] if len(found) == 1 and isinstance(found[0], int) else None


def by_annotation(pod: Item, said: Any) -> tuple[State, str]:
    """Whether a Pod has the annotation that is said, `key=value`."""
    name, sign, value = str(said).partition("=")
    if not sign:
        return "unknown", f"has no annotation '{said}', which must be such as example.com/tasks=0"
    is_there = text(pod.annotations.get(name))
    if is_there is None:
        return "unknown", f"is not annotated with {name}"
    return ("idle" if is_there == value else "busy"), f"says {name}={is_there[:40]}"


def is_ready(pod: Item) -> bool:
    """Whether a Pod is ready, as far as its kubelet says."""
    return pod.condition("Ready").get("status") == "True"


def by_readiness(pod: Item, said: Any) -> tuple[State, str]:
    """Whether a Pod has the readiness that is said, `ready` or `not-ready`."""
    if said not in ("ready", "not-ready"):
        return "unknown", f"has no readiness '{said}', which must be ready or not-ready"
    if not is_running(pod):
        return "unknown", f"is {pod.status.get('phase')}"
    if is_ready(pod):
        return ("idle" if said == "ready" else "busy"), "is ready"
    if said == "not-ready" and not _says_so_itself(pod):
        return "unknown", "is not ready, and not by its own probes"
    return ("idle" if said == "not-ready" else "busy"), "is not ready"


def _says_so_itself(pod: Item) -> bool:
    """
    Whether a Pod that is not ready runs, and its own probes say so: neither a container that
    starts or ended nor a node that is lost.
    """
    containers = [mapping(item) for item in sequence(pod.status.get("containerStatuses"))]
    are_running = all("running" in mapping(item.get("state")) for item in containers)
    have_started = bool(containers) and all(item.get("started") is True for item in containers)
    reason = pod.condition("Ready").get("reason")
    return are_running and have_started and reason in OWN_REASONS
