"""
Whether a version has nothing left to do: proven from outside, and busy where nothing proves it.

A Deployment's annotations say who can tell.  Where several are named all of them must agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import nan
from string import Template
from typing import Any, NamedTuple, Protocol

from kzd.long_task import IDLE_ANNOTATION, IDLE_PATH, IDLE_QUERY, IDLE_READINESS
from kzd.result import counted
from kzd.retire.item import Item
from kzd.retire.ownership import Version
from kzd.retire.pod_idleness import (
    Answers,
    State,
    Unanswered,
    by_annotation,
    by_endpoint,
    by_readiness,
    is_over,
    never_started,
)
from kzd.value import mapping, sequence

STATES: tuple[State, ...] = ("busy", "unknown", "idle")
PODS_NAMED = 3
SAID_CHARACTERS = 200
SILENT_PODS = 3
ASKING_SECONDS = 120.0
"""How many Pods of a version need not answer, and how long the asking may take, before the others
are asked no more."""


class Ask(Protocol):
    """Who can be asked; both raise Unanswered."""

    def prometheus(self, query: str) -> Any:
        """What Prometheus answers to an instant query, as plain data."""

    def pod(self, pod: Item, port: int, path: str) -> tuple[int, str]:
        """The status and the text that a Pod answers with."""


class Evidence(NamedTuple):
    """
    What is known of a version's work, and by what.

    `pods` says of each Pod that was asked whether it is idle, by uid.
    """

    state: State
    because: str
    pods: Mapping[str, bool] = {}


def working(pods: Sequence[Item]) -> list[Item]:
    """The Pods that may have something to do: neither finished nor told to end."""
    return [pod for pod in pods if not pod.is_ending and not is_over(pod)]


def evidence_of(version: Version, ask: Ask) -> Evidence:
    """What is known of a version's work."""
    there = working(version.pods)
    unstarted = {pod.uid: True for pod in there if never_started(pod, version.seen_at)}
    running = [pod for pod in there if pod.uid not in unstarted]
    is_at_rest = not running and (bool(there) or version.deployment.replicas == 0)
    answers = list(_answers(version, running, ask, is_at_rest=is_at_rest))
    if not answers and not is_at_rest:
        return Evidence("unknown", f"nothing tells whether it is idle; annotation {IDLE_PATH} can")
    found = [*_unasked(version, unstarted, is_at_rest=is_at_rest), *answers]
    state = min((item.state for item in found), key=STATES.index)
    because = "; ".join(item.because for item in found if item.state == state)
    asked = [item.pods for item in found if item.pods]
    idle = {uid: all(told.get(uid, True) for told in asked) for item in asked for uid in item}
    return Evidence(state, because, idle)


def _unasked(
    version: Version, unstarted: Mapping[str, bool], *, is_at_rest: bool
) -> Iterator[Evidence]:
    """What is plain to see: Pods that have nothing to do, whatever they are for."""
    if unstarted:
        told = f"no container of {counted(len(unstarted), 'Pod')} has ever started"
        yield Evidence("idle", told, unstarted)
    elif is_at_rest:
        ending = sum(pod.is_ending for pod in version.pods)
        more = f"; {counted(ending, 'Pod')} still to end" if ending else ""
        yield Evidence("idle", f"0 replicas already{more}")


def _answers(
    version: Version, pods: Sequence[Item], ask: Ask, *, is_at_rest: bool
) -> Iterator[Evidence]:
    """
    What those say whom the annotations name.

    Where no Pod runs only the query is left to be asked: there may be work that is to wake it.
    """
    said = version.deployment.annotations
    if IDLE_QUERY in said:
        empty: State = "idle" if is_at_rest else "unknown"
        yield _by_query(version, str(said[IDLE_QUERY]), ask, empty)
    if is_at_rest:
        return
    if IDLE_PATH in said:
        asked = _patient(ask.pod)
        yield _by_pods("idle endpoint", pods, lambda pod: by_endpoint(pod, said[IDLE_PATH], asked))
    if IDLE_ANNOTATION in said:
        yield _by_pods("annotation", pods, lambda pod: by_annotation(pod, said[IDLE_ANNOTATION]))
    if IDLE_READINESS in said:
        yield _by_pods("readiness", pods, lambda pod: by_readiness(pod, said[IDLE_READINESS]))


# --- Prometheus


def _by_query(version: Version, query: str, ask: Ask, empty: State) -> Evidence:
    key = version.key
    names = {
        "namespace": key.namespace, "name": version.deployment.name, "base": key.base,
        "version": key.version,
    }  # fmt: skip
    asked = Template(query).safe_substitute(names)
    try:
        return of_prometheus(ask.prometheus(asked), empty)
    except Unanswered as error:
        return Evidence("unknown", f"Prometheus: {_cut(error)}")


def of_prometheus(answer: Any, empty: State = "unknown") -> Evidence:
    """
    What the answer to an instant query says: idle where it holds numbers and all of them are 0.

    `empty` is what an empty answer says, of a version that runs nothing: the metric may be gone
    while the work is not.  Source:
    https://prometheus.io/docs/prometheus/latest/querying/api/
    """
    told = mapping(answer)
    data = mapping(told.get("data"))
    kind, result = data.get("resultType"), data.get("result")
    if told.get("status") != "success":
        return Evidence(
            "unknown", f"Prometheus: {_cut(told.get('error') or 'no answer of its API')}"
        )
    if told.get("warnings"):
        return Evidence("unknown", f"Prometheus warns: {_cut(told['warnings'])}")
    if kind == "scalar":
        values = [_sample(result)]
    elif kind == "vector":
        values = [_sample(mapping(series).get("value")) for series in sequence(result)]
    else:
        return Evidence(
            "unknown", f"Prometheus: must answer with a vector or a scalar, not {_cut(kind)}"
        )
    if not values:
        return Evidence(empty, "Prometheus: the query finds nothing")
    if any(value != value for value in values):  # NaN
        return Evidence("unknown", "Prometheus: the query answers NaN")
    total = sum(abs(value) for value in values)
    return Evidence("busy" if total else "idle", f"Prometheus: the query answers {total:g}")


def _cut(said: Any) -> str:
    """What somebody else says, on one line that is not too long."""
    line = " ".join(str(said).split())
    return line if len(line) <= SAID_CHARACTERS else f"{line[:SAID_CHARACTERS]}..."


def _sample(value: Any) -> float:
    """The number of a sample, which is a string; NaN for anything else."""
    found = sequence(value)
    try:
        return float(found[1]) if len(found) == 2 and isinstance(found[1], str) else nan
    except ValueError:
        return nan


# --- each Pod


def _patient(ask: Answers) -> Answers:
    """The same as long as Pods answer: of thousands of Pods that don't each takes its time."""
    end = time.monotonic() + ASKING_SECONDS
    silent = 0

    def asked(pod: Item, port: int, path: str) -> tuple[int, str]:
        nonlocal silent
        if silent >= SILENT_PODS:
            raise Unanswered("it was not asked, since others did not either")
        if time.monotonic() > end:
            raise Unanswered(f"it was not asked, since the others took {ASKING_SECONDS:g} s")
        try:
            return ask(pod, port, path)
        except Unanswered:
            silent += 1
            raise

    return asked


def _by_pods(
    what: str, pods: Sequence[Item], question: Callable[[Item], tuple[State, str]]
) -> Evidence:
    """What a question to each Pod says; it answers with a state and a reason."""
    if not pods:
        return Evidence("unknown", f"{what}: there is no Pod to ask")
    found = {pod.uid: question(pod) for pod in pods}
    state = min((state for state, _ in found.values()), key=STATES.index)
    told = [f"{pod.name} {found[pod.uid][1]}" for pod in pods if found[pod.uid][0] == state]
    named = ", ".join(told[:PODS_NAMED]) + (", ..." if len(told) > PODS_NAMED else "")
    share = f"{len(told)} of {counted(len(pods), 'Pod')} {state}"
    idle = {uid: of_one == "idle" for uid, (of_one, _) in found.items()}
    because = f"{what}: {share}" if state == "idle" else f"{what}: {share} ({named})"
    return Evidence(state, because, idle)
