"""What the API server demands of probes and hooks, and what the kubelet can't do with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.cluster.container import Container
from kzd.cluster.pre_stop import NATIVE_SINCE
from kzd.cluster.probe import ACTIONS, LIVENESS, READINESS, STARTUP
from kzd.edit import FieldPath
from kzd.option_value import listed
from kzd.validation.problem import Problem
from kzd.validation.rules.demand import Versions, at_least, one_of, port, port_number
from kzd.value import integer, mapping

HOOKS = ("preStop", "postStart")
PROBES = (LIVENESS, READINESS, STARTUP)
HOOK_HANDLERS = ("exec", "httpGet", "sleep", "tcpSocket")
PROBE_NUMBERS = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)
SLEEP_ZERO = 33
"""The first API server that takes a sleep of 0 (KEP-4818)."""


class Grace(NamedTuple):
    """The Pod's grace period after defaulting; `seconds` is None where it is no number."""

    seconds: int | None
    is_default: bool


def hook(
    data: dict[str, Any],
    at: FieldPath,
    container: Container,
    grace: Grace,
    versions: Versions,
) -> Iterator[Problem]:
    """
    A preStop or postStart hook.

    Source: pkg/apis/core/validation/validation.go, validateLifecycle and validateHandler
    """
    yield from _one_handler(data, HOOK_HANDLERS, at)
    yield from _connections(data, at, container, "the hook always fails")
    if data.get("tcpSocket") is not None:
        # pkg/kubelet/lifecycle/handlers.go knows exec, httpGet and sleep
        yield Problem(
            (*at, "tcpSocket"),
            "never works: no kubelet runs a hook of this kind; use `exec`, `httpGet` or `sleep`",
            "warning",
        )
    if isinstance(data.get("sleep"), dict):
        yield from _sleep(data["sleep"], (*at, "sleep"), grace, versions)


def probe(
    name: str, data: dict[str, Any], at: FieldPath, container: Container
) -> Iterator[Problem]:
    """
    A probe.

    Source: pkg/apis/core/validation/validation.go, validateProbe and its callers
    """
    yield from _one_handler(data, ACTIONS, at)
    yield from _connections(data, at, container, "the probe never has a result")
    yield from port_number(mapping(data.get("grpc")).get("port"), (*at, "grpc", "port"))
    yield from at_least(0, data, PROBE_NUMBERS, at)
    grace = "terminationGracePeriodSeconds"
    if name == READINESS:
        if data.get(grace) is not None:
            yield Problem((*at, grace), "must not be set: a readiness probe stops no container")
        return
    yield from at_least(1, data, (grace,), at)
    threshold = integer(data.get("successThreshold"))
    if threshold is not None and threshold > 1:
        yield Problem((*at, "successThreshold"), f"must be 1, not {threshold}")


def _one_handler(
    data: dict[str, Any], handlers: tuple[str, ...], at: FieldPath
) -> Iterator[Problem]:
    present = [name for name in handlers if data.get(name) is not None]
    if not present:
        yield Problem(at, f"must have one handler, of {listed(handlers)}")
    elif len(present) > 1:
        yield Problem(at, f"must have one handler, not {len(present)}: {listed(present)}")


def _connections(
    data: dict[str, Any], at: FieldPath, container: Container, outcome: str
) -> Iterator[Problem]:
    for handler in ("httpGet", "tcpSocket"):
        action = mapping(data.get(handler))
        where = (*at, handler, "port")
        value = action.get("port")
        broken = list(port(value, where))
        yield from broken
        is_declared = any(value == declared.name for declared in container.ports)
        if isinstance(value, str) and not broken and not is_declared:
            # pkg/probe/util.go, ResolveContainerPort: that container alone, at run time
            yield Problem(where, f"names no port of this container, so {outcome}", "warning")
        if handler == "httpGet":
            yield from one_of(("HTTP", "HTTPS"), action, "scheme", (*at, handler))


def _sleep(
    action: dict[str, Any], at: FieldPath, grace: Grace, versions: Versions
) -> Iterator[Problem]:
    """Source: pkg/apis/core/validation/validation.go, validateSleepAction; KEP-3960."""
    seconds = integer(action.get("seconds"))
    low = 0 if versions.minor >= SLEEP_ZERO else 1
    if seconds is not None and seconds < low:
        yield Problem((*at, "seconds"), f"must be at least {low}, not {seconds}")
    elif seconds is not None and grace.seconds is not None and seconds > grace.seconds:
        default = ", by default" if grace.is_default else ""
        yield Problem(
            (*at, "seconds"),
            f"must be at most {grace.seconds}, the Pod's `terminationGracePeriodSeconds`{default}, "
            f"not {seconds}",
        )
    if versions.min_kubelet < NATIVE_SINCE:
        yield Problem(
            at,
            f"is ignored by kubelets before 1.{NATIVE_SINCE}, "
            f"and the oldest here may be 1.{versions.min_kubelet}",
            "warning",
        )
