"""The probes of a container, read as the kubelet reads them, and what of one may be copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kzd.cluster.container import Container
from kzd.edit import FieldPath
from kzd.value import integer, is_port_name, mapping, sequence, text

STARTUP, LIVENESS, READINESS = "startupProbe", "livenessProbe", "readinessProbe"
EXEC, HTTP_GET, TCP_SOCKET, GRPC = "exec", "httpGet", "tcpSocket", "grpc"
ACTIONS = (EXEC, HTTP_GET, TCP_SOCKET, GRPC)

DEFAULT_PERIOD_SECONDS = 10
DEFAULT_TIMEOUT_SECONDS = 1
DEFAULT_FAILURES = 3

LARGEST_COUNT = 2**31 - 1
"""The largest number that a field of a probe holds."""

Handler = dict[str, Any]


class Probe(NamedTuple):
    """
    One probe with exactly one handler.

    `action` is the handler's kind; seconds and failures are the API's defaults where unset or 0.
    """

    container: Container
    field: str
    action: str
    handler: Handler
    initial_delay_seconds: int
    period_seconds: int
    timeout_seconds: int
    failures: int

    @property
    def path(self) -> FieldPath:
        """Its field path."""
        return (*self.container.path, self.field)

    @property
    def seconds_to_failure(self) -> int:
        """How long it goes on failing before something is done about it."""
        return self.period_seconds * self.failures

    @property
    def port(self) -> Any:
        """The port that its handler says: a name or a number; None for `exec`."""
        return self.handler.get("port")

    @property
    def host(self) -> Any:
        """Another host than the Pod, which a handler may name."""
        return self.handler.get("host")

    @property
    def port_number(self) -> int | None:
        """The number of its port; None where its container declares no port of that name."""
        return self.container.resolve(self.port)


def probe_of(container: Container, field: str) -> Probe | None:
    """A probe of a container; None where it is unset or has not exactly one handler."""
    data = mapping(container.data.get(field))
    actions = [action for action in ACTIONS if isinstance(data.get(action), dict)]
    if len(actions) != 1:
        return None
    return Probe(
        container,
        field,
        actions[0],
        data[actions[0]],
        _count(data.get("initialDelaySeconds")) or 0,
        _count(data.get("periodSeconds")) or DEFAULT_PERIOD_SECONDS,
        _count(data.get("timeoutSeconds")) or DEFAULT_TIMEOUT_SECONDS,
        _count(data.get("failureThreshold")) or DEFAULT_FAILURES,
    )


def _count(value: Any) -> int | None:
    """A number that a field of a probe can hold and that counts for something."""
    number = integer(value)
    return number if number is not None and 0 < number <= LARGEST_COUNT else None


def copy_of(probe: Probe) -> Handler | None:
    """
    The handler as a field of another probe; None where it would not be valid there.

    `host` is never copied, and a named port must be one that the container declares.
    """
    handler = {key: value for key, value in probe.handler.items() if value is not None}
    if probe.action == EXEC:
        command = sequence(handler.get("command"))
        is_valid = bool(command) and all(isinstance(word, str) for word in command)
    else:
        is_valid = probe.port_number is not None
    if not is_valid or any(
        key not in FIELDS[probe.action] or not FIELDS[probe.action][key](value)
        for key, value in handler.items()
    ):
        return None
    return {probe.action: handler}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_port(value: Any) -> bool:
    return is_port_name(value) or integer(value) is not None


def _are_headers(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(header, dict)
        and set(header) == {"name", "value"}
        and all(text(item) is not None for item in header.values())
        for header in value
    )


FIELDS: dict[str, dict[str, Callable[[Any], bool]]] = {
    EXEC: {"command": lambda value: isinstance(value, list)},
    HTTP_GET: {
        "path": _is_text,
        "port": _is_port,
        "scheme": lambda value: value in ("HTTP", "HTTPS"),
        "httpHeaders": _are_headers,
    },
    TCP_SOCKET: {"port": _is_port},
    GRPC: {"port": lambda value: integer(value) is not None, "service": _is_text},
}
"""What a handler that is copied may hold."""
