"""Probes as they are read and copied, and which container and port is asked."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.container import Container
from kzd.cluster.mesh import why_answered
from kzd.cluster.probe import copy_of, probe_of
from kzd.cluster.probe_evidence import configured, evidence_for, own_probe
from kzd.cluster.probe_target import out_of_reach, targets
from kzd.cluster.resource import Workload
from tests.views import service, view_of, workload

LARGEST = 2147483647


def container(**probe: Any) -> Container:
    ports = [{"name": "http", "containerPort": 8080}]
    return Container({"name": "web", "ports": ports, "livenessProbe": probe}, ("c",))


@pytest.mark.parametrize(
    ("given", "period"),
    [(None, 10), (0, 10), (-1, 10), (1, 1), ("5", 10), (LARGEST, LARGEST), (LARGEST + 1, 10)],
)
def test_what_counts_as_a_period(given: Any, period: int) -> None:
    probe = probe_of(container(exec={}, periodSeconds=given), "livenessProbe")

    assert probe is not None
    assert probe.period_seconds == period


def test_the_defaults_are_those_of_the_api() -> None:
    probe = probe_of(container(exec={}), "livenessProbe")

    assert probe is not None
    assert probe[4:] == (0, 10, 1, 3)


HEADER = {"name": "Host", "value": "shop"}
COPIES: list[tuple[str, Any, bool]] = [
    ("exec", {"command": ["check"]}, True),
    ("exec", {"command": ["check", "5"]}, True),
    ("exec", {"command": ["check", 5]}, False),
    ("exec", {"command": []}, False),
    ("exec", {}, False),
    ("exec", {"command": ["check"], "shell": "sh"}, False),
    ("httpGet", {"port": 80}, True),
    ("httpGet", {"port": "http", "path": "/ready", "scheme": "HTTPS"}, True),
    ("httpGet", {"port": "web"}, False),
    ("httpGet", {"port": 80, "host": "shop"}, False),
    ("httpGet", {"port": 80, "path": 5}, False),
    ("httpGet", {"port": 80, "scheme": "http"}, False),
    ("httpGet", {"port": 80, "httpHeaders": []}, True),
    ("httpGet", {"port": 80, "httpHeaders": [HEADER, HEADER]}, True),
    ("httpGet", {"port": 80, "httpHeaders": HEADER}, False),
    ("httpGet", {"port": 80, "httpHeaders": {}}, False),
    ("httpGet", {"port": 80, "httpHeaders": [HEADER, 5]}, False),
    ("httpGet", {"port": 80, "httpHeaders": [HEADER, {"name": "Host"}]}, False),
    ("httpGet", {"port": 80, "httpHeaders": [HEADER | {"value": 5}]}, False),
    ("httpGet", {"port": 80, "httpHeaders": [HEADER | {"more": "x"}]}, False),
    ("tcpSocket", {"port": "http"}, True),
    ("tcpSocket", {"port": 80, "path": "/"}, False),
    ("grpc", {"port": 80, "service": "ready"}, True),
    ("grpc", {"port": "http"}, False),
    ("grpc", {"port": 80, "service": 5}, False),
]


@pytest.mark.parametrize(("action", "handler", "expected"), COPIES)
def test_what_is_copied(action: str, handler: Any, expected: bool) -> None:
    probe = probe_of(container(**{action: handler}), "livenessProbe")

    assert probe is not None
    assert copy_of(probe) == ({action: handler} if expected else None)


def test_nulls_are_not_copied() -> None:
    probe = probe_of(container(httpGet={"port": 80, "path": None, "host": None}), "livenessProbe")

    assert probe is not None
    assert copy_of(probe) == {"httpGet": {"port": 80}}


def first_in(text: str, serving: bool | None = None) -> tuple[Workload, ClusterView]:
    view = view_of(text, serving=serving)
    return next(item for item in view.resources if isinstance(item, Workload)), view


def pod(*containers: str, sidecars: tuple[str, ...] = (), more: str = "") -> str:
    """A Deployment; each container is its name and its further fields."""

    def items(given: tuple[str, ...], rest: str = "") -> str:
        found = (item.partition(" ") for item in given)
        return "".join(f"      - {{name: {a}, image: i{rest}, {c}}}\n" for a, _, c in found)

    init = "      initContainers:\n" + items(sidecars, ", restartPolicy: Always")
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  selector: {matchLabels: {app: web}}\n  template:\n"
        f"    metadata: {{labels: {{app: web}}{more}}}\n    spec:\n"
        + (init if sidecars else "")
        + f"      containers:\n{items(containers)}"
    )


HTTP = "ports: [{name: http, containerPort: 80}]"
TO_HTTP = "[{port: 80, targetPort: http}]"
IDLE = "command: [sleep, infinity]"
HEADLESS = service(ports="[{port: 8080}]", spec="clusterIP: None")
ASKED: dict[str, tuple[str, list[tuple[str, int | str, bool]]]] = {
    "a port by its name": (pod(f"a {HTTP}") + service(ports=TO_HTTP), [("a", "http", False)]),
    "a port by its number": (pod(f"a {HTTP}") + service(ports="[{port: 80}]"), [("a", 80, False)]),
    "a name that the API would refuse": (
        pod("a ports: [{name: web_http, containerPort: 80}]")
        + service(ports="[{port: 80, targetPort: web_http}]"),
        [("a", 80, False)],
    ),
    "a declared port without a number": (
        pod("a ports: [{name: http}]") + service(ports=TO_HTTP),
        [],
    ),
    "only one guess for several ports and containers": (
        pod("a env: []", "b env: []") + service(ports="[{port: 1}, {port: 2}]"),
        [("a", 1, True)],
    ),
    "a guess passes over what idles": (
        pod(f"a {IDLE}", "b env: []", "c env: []") + service(ports="[{port: 1}]"),
        [("b", 1, True)],
    ),
    "no guess for two sidecars that declare the port": (
        pod("a env: []", sidecars=(f"b {HTTP}", f"c {HTTP}")) + service(ports=TO_HTTP),
        [],
    ),
    "an undeclared port of a headless Service": (pod("a env: []") + HEADLESS, [("a", 8080, True)]),
    "that its startup probe asks": (
        pod("a startupProbe: {tcpSocket: {port: 8080}}") + HEADLESS,
        [("a", 8080, False)],
    ),
    "whose liveness probe asks another port": (
        pod("a livenessProbe: {tcpSocket: {port: 9090}}") + HEADLESS,
        [("a", 8080, True)],
    ),
    "that a Service with a cluster IP leads to among others": (
        pod("a env: []") + HEADLESS + service("b", ports="[{port: 8080}, {port: 9090}]"),
        [("a", 8080, False)],
    ),
    "that a Service with a cluster IP does not lead to": (
        pod("a env: []") + HEADLESS + service("b", ports="[{port: 9090}]"),
        [("a", 8080, True)],
    ),
    "a container whose port is for administration": (
        pod("a ports: [{name: admin, containerPort: 1}]", "b ports: [{containerPort: 2}]")
        + service(ports="[{name: x, port: 1}, {name: y, port: 2}]"),
        [("b", 2, False)],
    ),
    "a container behind a Service's port for administration": (
        pod("a ports: [{containerPort: 1}]", "b ports: [{name: web, containerPort: 2}]")
        + service(ports="[{name: admin, port: 1}, {name: y, port: 2}]"),
        [("b", 2, False)],
    ),
    "a port of the node": (
        pod("a ports: [{name: http, containerPort: 80, hostPort: 80}]"),
        [("a", "http", False)],
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_who_is_asked(name: str) -> None:
    text, expected = ASKED[name]
    found = targets(*first_in(text))

    assert [(item.container.name, item.port, bool(item.doubt)) for item in found] == expected


DECLARED: dict[str, tuple[str, list[tuple[str, int | str, bool]]]] = {
    "the only port": (pod(f"a {HTTP}"), [("a", "http", False)]),
    "a port without a name": (pod("a ports: [{containerPort: 80}]"), [("a", 80, False)]),
    "a name that the API would refuse": (
        pod("a ports: [{name: web_http, containerPort: 80}]"),
        [("a", 80, False)],
    ),
    "several ports": (pod("a ports: [{containerPort: 1}, {containerPort: 2}]"), [("a", 1, True)]),
    "UDP is not asked": (
        pod("a ports: [{containerPort: 1, protocol: UDP}, {containerPort: 2}]"),
        [("a", 2, False)],
    ),
    "what idles is not asked": (
        pod(f"a {IDLE}, {HTTP}", "b ports: [{containerPort: 2}]"),
        [("b", 2, False)],
    ),
    "the proxy of a mesh is not asked": (
        pod(f"istio-proxy {HTTP}", "b ports: [{containerPort: 2}]"),
        [("b", 2, False)],
    ),
    "a port without a number is not asked": (
        pod("a ports: [{name: http}, {containerPort: 2}]"),
        [("a", 2, False)],
    ),
    "a port for scraping is not asked": (
        pod("a ports: [{name: metrics, containerPort: 1}, {containerPort: 2}]"),
        [("a", 2, False)],
    ),
    "a port for administration comes last": (
        pod("a ports: [{name: admin, containerPort: 1}, {containerPort: 2}]"),
        [("a", 2, False)],
    ),
    "unless it is the only one": (
        pod("a ports: [{name: admin, containerPort: 1}]"),
        [("a", "admin", False)],
    ),
}


@pytest.mark.parametrize("name", DECLARED)
def test_who_is_asked_without_a_service(name: str) -> None:
    text, expected = DECLARED[name]
    found = targets(*first_in(text, serving=True))

    assert [(item.container.name, item.port, bool(item.doubt)) for item in found] == expected
    assert all(item.is_declared for item in found)


def udp(*protocols: str) -> str:
    ports = (f"{{name: p{at}, port: 53, protocol: {name}}}" for at, name in enumerate(protocols))
    return service(ports=f"[{', '.join(ports)}]")


READY = "readinessProbe: {exec: {command: [check]}}"
UNREACHED = {
    "UDP": (pod("a env: []") + udp("UDP"), ["the kubelet can't probe UDP"]),
    "UDP and SCTP": (
        pod("a env: []") + udp("UDP", "SCTP"),
        ["the kubelet can't probe SCTP and UDP"],
    ),
    "UDP beside TCP": (pod("a env: []") + udp("UDP", "TCP"), []),
    "UDP of Pods of which one container says when it is ready": (
        pod("a env: []", f"b {READY}") + udp("UDP"),
        [],
    ),
    "a sidecar": (
        pod("a env: []", sidecars=(f"b {HTTP}",)) + service(ports=TO_HTTP),
        ["the native sidecar 'b' serves port http, and kzd probes no sidecars"],
    ),
    "a sidecar that says when it is ready": (
        pod("a env: []", sidecars=(f"b {HTTP}, {READY}",)) + service(ports=TO_HTTP),
        [],
    ),
    "a mesh's sidecar": (
        pod("a env: []", sidecars=(f"istio-proxy {HTTP}",)) + service(ports=TO_HTTP),
        [],
    ),
    "a sidecar over UDP": (
        pod(f"a {READY}", sidecars=("b ports: [{containerPort: 53, protocol: UDP}]",)) + udp("UDP"),
        [],
    ),
}


@pytest.mark.parametrize("name", UNREACHED)
def test_what_is_out_of_reach(name: str) -> None:
    text, expected = UNREACHED[name]
    found = [why for _, why in out_of_reach(*first_in(text))]

    assert found == [f"must be set by hand: {why}" for why in expected]


NAMESPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: NAME, annotations: {A}}\n"
LINKERD = NAMESPACE.replace("{A}", "{linkerd.io/inject: enabled}")
REWRITE = "sidecar.istio.io/rewriteAppHTTPProbers"
SHOP = service(metadata="namespace: shop")


def annotated(annotations: str) -> str:
    return pod(f"a {HTTP}", more=f", annotations: {{{annotations}}}") + service()


ANSWERED = {
    "nothing": (annotated(""), ""),
    "Linkerd": (annotated("linkerd.io/inject: enabled"), "`linkerd.io/inject` on the Pod"),
    "Linkerd for an ingress": (
        annotated("linkerd.io/inject: ingress"),
        "`linkerd.io/inject` on the Pod",
    ),
    "Linkerd switched off": (annotated("linkerd.io/inject: disabled"), ""),
    "Linkerd of the Namespace": (
        pod(f"a {HTTP}").replace("{name: web}", "{name: web, namespace: shop}", 1)
        + SHOP
        + LINKERD.replace("NAME", "shop"),
        "`linkerd.io/inject` on Namespace 'shop'",
    ),
    "Linkerd of another Namespace": (
        pod(f"a {HTTP}").replace("{name: web}", "{name: web, namespace: shop}", 1)
        + SHOP
        + LINKERD.replace("NAME", "blog"),
        "",
    ),
    "a Namespace of no mesh": (
        pod(f"a {HTTP}").replace("{name: web}", "{name: web, namespace: shop}", 1)
        + SHOP
        + NAMESPACE.replace("NAME", "shop").replace("{A}", "{}"),
        "",
    ),
    "Istio that does not rewrite": (annotated(f"{REWRITE}: 'false'"), f'`{REWRITE}: "false"`'),
    "Istio that does not rewrite, by Python": (
        annotated(f"{REWRITE}: 'False'"),
        f'`{REWRITE}: "false"`',
    ),
    "Istio that rewrites": (annotated(f"{REWRITE}: 'true'"), ""),
    "a proxy": (pod("a env: []", "istio-proxy env: []") + service(), "container 'istio-proxy'"),
    "a proxy as a sidecar": (
        pod("a env: []", sidecars=("linkerd-proxy env: []",)) + service(),
        "container 'linkerd-proxy'",
    ),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_who_answers_in_place_of_the_app(name: str) -> None:
    text, expected = ANSWERED[name]
    why = why_answered(*first_in(text))

    assert expected in why
    assert bool(expected) is bool(why)


def veto(image: str, port: int = 3306) -> str:
    text = workload(image=image, container=f"ports: [{{containerPort: {port}}}]")
    (first, view) = first_in(text + service(ports=f"[{{port: {port}}}]"))
    return evidence_for(first, targets(first, view)[0], view).veto


@pytest.mark.parametrize("image", ["mysql", "percona", "some-mysql"])
def test_mysql_is_pinged(image: str) -> None:
    assert "such as `mysqladmin ping`" in veto(image)


def test_mariadb_is_pinged_by_a_program_of_its_own() -> None:
    assert "such as `mariadb-admin ping`" in veto("mariadb")
    assert "such as `mariadb-admin ping`" in veto("mariadb", 8080)
    assert "such as `mysqladmin ping`" in veto("percona", 8080)
    assert veto("some-mysql", 8080) == ""


def asked_of(text: str, **options: Any) -> tuple[str, Any] | str:
    first, view = first_in(text)
    answer = configured(first, targets(first, view), **{"path": None, "port": None} | options)
    return answer if isinstance(answer, str) else (answer[0].name, answer[1].value)


def test_the_container_that_serves_is_asked_for_a_configured_path() -> None:
    text = pod("a env: []", f"b {HTTP}") + service(ports=TO_HTTP)
    expected = ("b", {"httpGet": {"path": "/up", "port": "http"}})

    assert asked_of(text, path="/up", scheme="HTTP") == expected


def test_the_first_of_several_that_serve_is_asked_for_a_configured_path() -> None:
    text = pod("a ports: [{containerPort: 1}]", "b ports: [{containerPort: 2}]")
    expected = ("a", {"httpGet": {"path": "/up", "port": 1}})

    assert asked_of(text + service(ports="[{port: 1}, {port: 2}]"), path="/up", scheme="HTTP") == (
        expected
    )


def test_the_container_that_declares_a_configured_number_is_asked() -> None:
    text = pod("a ports: [{containerPort: 1}]", "b ports: [{containerPort: 2}]")
    expected = ("b", {"tcpSocket": {"port": 2}})

    assert asked_of(text + service(ports="[{port: 1}]"), port="2", scheme="HTTP") == expected


def test_a_configured_name_must_be_one_that_the_api_takes() -> None:
    text = pod("a ports: [{name: web_http, containerPort: 80}]") + service(ports="[{port: 80}]")

    assert asked_of(text, port="web_http", scheme="HTTP") == (
        "no container declares the configured port 'web_http'"
    )


def test_a_scheme_says_nothing_without_a_path() -> None:
    text = pod(f"a {HTTP}") + service(ports=TO_HTTP)

    assert asked_of(text, port="80", scheme="HTTPS") == ("a", {"tcpSocket": {"port": 80}})


def test_a_configured_port_is_the_one_over_tcp() -> None:
    declared = "ports: [{containerPort: 53, protocol: UDP}]"
    text = pod(f"a {declared}", "b ports: [{containerPort: 53}]") + service(ports="[{port: 53}]")

    assert asked_of(text, port="53", scheme="HTTP") == ("b", {"tcpSocket": {"port": 53}})


def test_a_handler_of_a_port_that_is_declared_for_udp_only_tells_nothing() -> None:
    ports = "ports: [{name: http, containerPort: 80}, {containerPort: 9, protocol: UDP}]"
    text = pod(f"a {ports}, livenessProbe: {{httpGet: {{port: 9}}}}") + service(ports=TO_HTTP)
    (target,) = targets(*first_in(text))

    assert own_probe(target) is None
