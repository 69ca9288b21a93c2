"""Who selects, names, scales and copies whom."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.entry import named_services
from kzd.cluster.resource import Origin, Resource, Service, Workload
from kzd.cluster.selection import LabelIndex, SelectorIndex, label_selector_matches
from tests.views import view_of

LABELS = {"app": "web", "tier": "a"}
SELECTORS: list[tuple[Any, bool]] = [
    (None, False),
    ({}, True),
    ({"matchLabels": {"app": "web"}}, True),
    ({"matchLabels": {"app": "web", "tier": "b"}}, False),
    ({"matchLabels": {"zone": None}}, False),
]
EXPRESSIONS: list[tuple[str, str, list[str], bool]] = [
    ("app", "In", ["web", "db"], True),
    ("app", "In", ["db"], False),
    ("zone", "In", ["web"], False),
    ("app", "NotIn", ["web"], False),
    ("app", "NotIn", ["db"], True),
    ("zone", "NotIn", ["web"], True),
    ("app", "Exists", [], True),
    ("zone", "Exists", [], False),
    ("app", "DoesNotExist", [], False),
    ("zone", "DoesNotExist", [], True),
    ("app", "Gt", ["1"], False),
    ("zone", "Gt", ["1"], False),
]


@pytest.mark.parametrize(("selector", "expected"), SELECTORS)
def test_selector(selector: Any, expected: bool) -> None:
    assert label_selector_matches(selector, LABELS) is expected


@pytest.mark.parametrize(("key", "operator", "values", "expected"), EXPRESSIONS)
def test_expression(key: str, operator: str, values: list[str], expected: bool) -> None:
    expression = {"key": key, "operator": operator, "values": values}

    assert label_selector_matches({"matchExpressions": [expression]}, LABELS) is expected


def test_an_index_of_selectors_asks_by_the_rarest_pair() -> None:
    everywhere, here = {"team": "shop"}, {"team": "shop", "app": "web"}
    index = SelectorIndex([(here, 1), ({}, 2), (everywhere, 3), ({"team": "x"}, 4)])

    assert index.candidates(here) == [1, 2, 3]
    assert index.candidates(everywhere) == [2, 3]
    assert index.candidates({"app": "web", "team": "x"}) == [1, 2, 4]


def test_an_index_of_labels_asks_by_the_rarest_pair() -> None:
    index = LabelIndex([({"team": "shop", "app": "web"}, 1), ({"team": "shop"}, 2)])

    assert index.candidates({"team": "shop", "app": "web"}) == [1]
    assert index.candidates({"team": "shop"}) == [1, 2]
    assert index.candidates({"team": "blog"}) == []
    assert index.candidates({}) == [1, 2]


TO = {"name": "web"}
DESTINATION = {"route": [{"destination": {"host": "web"}}]}
ENTRIES: list[tuple[str, Any, list[tuple[str, str | None]]]] = [
    ("HTTPRoute", {"rules": [{"backendRefs": [TO, TO]}]}, [("web", None)]),
    ("TCPRoute", {"rules": [{"backendRefs": [TO | {"namespace": "a"}]}]}, [("web", "a")]),
    ("TLSRoute", {"rules": [{"backendRefs": [TO | {"kind": "Service"}]}]}, [("web", None)]),
    ("HTTPRoute", {"rules": [{"backendRefs": [TO | {"kind": "ServiceImport"}]}]}, []),
    ("HTTPRoute", {"rules": [{"backendRefs": [{"kind": "Service"}]}]}, []),
    ("IngressRouteTCP", {"routes": [{"services": [TO]}]}, [("web", None)]),
    ("HTTPProxy", {"tcpproxy": {"services": [TO]}}, [("web", None)]),
    ("VirtualService", {"http": [DESTINATION]}, [("web", None)]),
    ("VirtualService", {"tls": [DESTINATION]}, [("web", None)]),
    ("VirtualService", {"tcp": [DESTINATION]}, [("web", None)]),
    ("VirtualService", {"http": [{"route": [{"destination": {}}]}]}, []),
    (
        "VirtualService",
        {"http": [{"route": [{"destination": {"host": "web.a.svc"}}]}]},
        [("web", "a")],
    ),
    ("APIService", {"service": TO | {"namespace": "a"}}, [("web", "a")]),
    ("TargetGroupBinding", {"serviceRef": TO}, [("web", None)]),
]


@pytest.mark.parametrize(("kind", "spec", "expected"), ENTRIES)
def test_named_services(kind: str, spec: Any, expected: list[tuple[str, str | None]]) -> None:
    data = {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": "entry"}, "spec": spec}

    assert named_services(Resource(data, Origin("a.yaml", 0))) == expected


@pytest.mark.parametrize("kind", ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"])
def test_webhooks_name_services(kind: str) -> None:
    hooks = [{"clientConfig": {"service": TO | {"namespace": "a"}}}, {"clientConfig": {}}]
    data = {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": "e"}, "webhooks": hooks}

    assert named_services(Resource(data, Origin("a.yaml", 0))) == [("web", "a")]


def item(kind: str, name: str, spec: str, *, namespace: str = "", labels: str = "app: web") -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return (
        f"---\napiVersion: {'v1' if kind == 'Service' else 'apps/v1'}\nkind: {kind}\n"
        f"metadata: {{name: {name}{where}, labels: {{{labels}}}}}\nspec: {spec}\n"
    )


def deployment(name: str, labels: str) -> str:
    template = f"{{metadata: {{labels: {{{labels}}}}}, spec: {{containers: []}}}}"
    return item("Deployment", name, f"{{template: {template}}}")


def named(resources: list[Any]) -> list[str]:
    return [resource.name for resource in resources]


def test_a_service_selects_by_all_of_its_pairs() -> None:
    text = (
        deployment("a", "app: web, tier: a")
        + deployment("b", "app: web, tier: b")
        + deployment("c", "app: db, tier: a")
        + deployment("d", "app: db, tier: a")
        + item("Service", "web", "{selector: {app: web, tier: a}, ports: [{port: 80}]}")
    )
    view = view_of(text)
    (service,) = view.of_kind("Service")
    assert isinstance(service, Service)

    assert named(view.workloads_of(service)) == ["a"]
    by_expression = {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["b"]}]}
    assert named(view.workloads_selected(by_expression, near=service)) == ["b"]


@pytest.mark.parametrize("kind", ["HorizontalPodAutoscaler", "ScaledObject"])
def test_an_autoscaler_scales_what_it_names(kind: str) -> None:
    target = "{scaleTargetRef: {kind: StatefulSet, name: web}}"
    text = deployment("web", "app: web") + item("StatefulSet", "web", "{}")
    view = view_of(text + item(kind, "scaler", target))
    scaled = {
        workload.kind: view.autoscaler_of(workload)
        for workload in view.resources
        if isinstance(workload, Workload)
    }

    assert scaled["Deployment"] is None
    assert scaled["StatefulSet"] is not None


def test_keda_scales_a_deployment_unless_it_says_so() -> None:
    text = deployment("web", "app: web") + item("StatefulSet", "web", "{}")
    view = view_of(text + item("ScaledObject", "scaler", "{scaleTargetRef: {name: web}}"))
    found = [view.autoscaler_of(each) for each in view.resources if isinstance(each, Workload)]

    assert [bool(each) for each in found] == [True, False]


ROUTE = "{rules: [{backendRefs: [{name: web, namespace: shop}]}]}"
BACKEND = "{defaultBackend: {service: {name: web}}}"


def test_entries_lead_into_the_namespace_that_they_name() -> None:
    service = item("Service", "web", "{selector: {app: web}}", namespace="shop")
    text = (
        service
        + item("HTTPRoute", "route", ROUTE, namespace="gateways")
        + item("Ingress", "near", BACKEND, namespace="shop")
        + item("Ingress", "far", BACKEND, namespace="gateways")
    )
    view = view_of(text)
    (found,) = view.of_kind("Service")
    assert isinstance(found, Service)

    assert named(view.entries_of(found)) == ["route", "near"]


def test_entries_lead_nowhere_in_a_namespace_that_only_they_name() -> None:
    service = item("Service", "web", "{selector: {app: web}}", namespace="blog")
    view = view_of(service + item("HTTPRoute", "route", ROUTE, namespace="blog"))
    (found,) = view.of_kind("Service")
    assert isinstance(found, Service)

    assert view.entries_of(found) == []


def test_entries_of_a_copy_are_those_beside_it() -> None:
    text = item("Service", "web", "{selector: {app: web}}") + item("Ingress", "entry", BACKEND)
    view = view_of(text, text)

    for service in view.of_kind("Service"):
        assert isinstance(service, Service)
        (entry,) = view.entries_of(service)
        assert entry.origin.file == service.origin.file


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("x/b.yaml", ["x/b.yaml"]),
        ("x/c.yaml", ["x/a.yaml", "x/b.yaml"]),
        ("z/a.yaml", ["x/a.yaml", "x/b.yaml", "y/a.yaml"]),
    ],
)
def test_copies_in_the_own_file_come_before_those_in_its_directory(
    file: str, expected: list[str]
) -> None:
    data = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}},
    }
    template = {"metadata": {"labels": {"app": "web"}}}
    workload = Workload(
        {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}},
        Origin(file, 5),
    )
    copies = [Service(data, Origin(name, 0)) for name in ("x/a.yaml", "x/b.yaml", "y/a.yaml")]
    settings = view_of("").settings
    view = ClusterView([*copies, workload], settings, lambda *_: True, minor=37, min_kubelet=37)

    assert [service.origin.file for service in view.services_of(workload)] == expected


RENAMED = """\
---
apiVersion: {api}
kind: {kind}
metadata:
  name: {name}
  annotations:
    internal.config.kubernetes.io/previousNames: web,web
    internal.config.kubernetes.io/prefixes: "{prefixes}"
    internal.config.kubernetes.io/suffixes: "{suffixes}"
spec: {{minReplicas: 1, scaleTargetRef: {{kind: Deployment, name: web}}}}
"""


def renamed(kind: str, name: str, prefixes: str, suffixes: str = "") -> str:
    api = "apps/v1" if kind == "Deployment" else "autoscaling/v2"
    return RENAMED.format(api=api, kind=kind, name=name, prefixes=prefixes, suffixes=suffixes)


@pytest.mark.parametrize(
    ("prefixes", "suffixes", "expected"),
    [
        ("b-,a-", "", ["a-b-web"]),
        ("c-,b-,a-", "", ["a-b-web"]),
        ("a-", "", ["a-b-web", "a-z-web"]),
        ("b-,a-", "-x", ["a-b-web", "a-z-web"]),
        ("", "", ["a-b-web", "a-z-web"]),
    ],
    ids=["the same overlays", "one more", "only the outer one", "another suffix", "no overlay"],
)
def test_a_reference_means_what_kustomize_renamed_with_it(
    prefixes: str, suffixes: str, expected: list[str]
) -> None:
    view = view_of(
        renamed("Deployment", "a-b-web", "b-,a-")
        + renamed("Deployment", "a-z-web", "z-,a-")
        + renamed("HorizontalPodAutoscaler", "scaler", prefixes, suffixes)
    )

    assert expected == [
        item.name
        for item in view.of_kind("Deployment")
        if isinstance(item, Workload) and view.autoscaler_of(item)
    ]
