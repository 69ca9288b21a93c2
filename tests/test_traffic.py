"""Which ports serve, in which order, and which container stands behind each."""

from __future__ import annotations

import pytest

from kzd.cluster.resource import Workload
from tests.views import service, view_of, workload

PORTS = {
    "plain before health, admin and debugging": (
        [("web", "[{name: admin, containerPort: 1}, {name: http, containerPort: 2}]")],
        "[{port: 1}, {name: health, port: 3}, {port: 2}]",
        [2, 1, 3],
    ),
    "declared before undeclared": (
        [("web", "[{containerPort: 8080}]")],
        "[{port: 9}, {port: 8080}]",
        [8080, 9],
    ),
    "else the order of the input": (
        [("web", "[{containerPort: 2}, {containerPort: 1}]")],
        "[{port: 1}, {port: 2}]",
        [1, 2],
    ),
    "ports for scraping are dropped": (
        [("web", "[{containerPort: 2}]")],
        "[{name: metrics, port: 9}, {port: 2}]",
        [2],
    ),
    "a name stands for the port that the container gives it": (
        [("web", "[{name: http, containerPort: 8080}]")],
        "[{port: 80, targetPort: http}]",
        [8080],
    ),
    "a number in quotes": ([("web", "[]")], "[{port: 80, targetPort: '8080'}]", [8080]),
    "the words of ports that come last": (
        [("web", "[]")],
        "[{name: debug, port: 1}, {name: web-pprof, port: 2}, {name: profiling, port: 3},"
        " {name: admin, port: 4}, {name: health, port: 5}, {name: web, port: 6}]",
        [6, 1, 2, 3, 4, 5],
    ),
    "the words of ports for scraping": (
        [("web", "[]")],
        "[{name: metrics, port: 1}, {name: prom, port: 2}, {name: prometheus, port: 3},"
        " {name: web-monitoring, port: 4}, {name: telemetry, port: 5}, {name: Metrics, port: 6},"
        " {name: web, port: 7}]",
        [7],
    ),
    "ports of the node beside a Service": (
        [("web", "[{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 81}]")],
        "[{port: 82}]",
        [80, 81, 82],
    ),
    "a number of two protocols": (
        [("web", "[]")],
        "[{port: 53, protocol: UDP}, {port: 53}]",
        [53] * 2,
    ),
    "a port of the node behind a Service": (
        [("web", "[{containerPort: 80, hostPort: 80}]")],
        "[{port: 80}]",
        [80],
    ),
    "the same port twice": ([("web", "[]")], "[{port: 80}, {port: 81, targetPort: 80}]", [80]),
}


def ports_in(containers: list[tuple[str, str]], ports: str, **more: str):  # type: ignore[no-untyped-def]
    lines = "".join(
        f"      - name: {name}\n        image: i\n        ports: {declared}\n"
        f"        {more.get(name, '')}\n"
        for name, declared in containers
    )
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
        f"    spec:\n      containers:\n{lines}"
    )
    view = view_of(text + service(ports=ports))
    (first,) = [item for item in view.resources if isinstance(item, Workload)]
    return view.serving_ports(first)


@pytest.mark.parametrize("name", PORTS)
def test_order(name: str) -> None:
    containers, ports, expected = PORTS[name]

    assert [port.number for port in ports_in(containers, ports)] == expected


def test_the_container_is_the_one_that_declares_the_port() -> None:
    (port,) = ports_in(
        [("a", "[{containerPort: 1}]"), ("b", "[{containerPort: 2}]")], "[{port: 2}]"
    )

    assert port.container is not None
    assert (port.container.name, port.declared, port.problem) == ("b", True, "")


def test_the_container_is_the_one_that_declares_the_protocol() -> None:
    (port,) = ports_in(
        [("a", "[{containerPort: 2, protocol: UDP}]"), ("b", "[{containerPort: 2}]")], "[{port: 2}]"
    )

    assert port.container is not None
    assert (port.container.name, port.protocol) == ("b", "TCP")


def test_else_the_only_one_that_does_more_than_idle() -> None:
    (port,) = ports_in([("a", "[]"), ("b", "[]")], "[{port: 2}]", a="command: [sleep, infinity]")

    assert port.container is not None
    assert (port.container.name, port.declared) == ("b", False)


def test_two_that_could_are_a_problem() -> None:
    (port,) = ports_in([("a", "[]"), ("b", "[]")], "[{port: 2}]")

    assert port.container is None
    assert "several could" in port.problem


def test_two_that_declare_it_are_a_problem() -> None:
    declared = "[{name: http, containerPort: 2}]"
    (port,) = ports_in([("a", declared), ("b", declared)], "[{port: 80, targetPort: http}]")

    assert port.container is None
    assert "several containers declare" in port.problem


def test_each_name_that_two_declare_is_a_problem() -> None:
    declared = "[{name: http, containerPort: 2}, {name: grpc, containerPort: 3}]"
    found = ports_in(
        [("a", declared), ("b", declared)],
        "[{port: 80, targetPort: http}, {port: 81, targetPort: grpc}]",
    )

    assert [port.name for port in found] == ["http", "grpc"]


def test_a_port_of_the_node_that_a_service_scrapes_is_dropped() -> None:
    text = workload(
        "DaemonSet",
        container="ports: [{containerPort: 9100, hostPort: 9100}, {containerPort: 80}]",
    ) + service(ports="[{name: metrics, port: 9100}, {name: http, port: 80}]")
    view = view_of(text)
    (first,) = [item for item in view.resources if isinstance(item, Workload)]

    assert [port.number for port in view.serving_ports(first)] == [80]
