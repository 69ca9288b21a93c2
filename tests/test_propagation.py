"""The paths that the input shows, their seconds, and what configuration makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.grace import need_of
from kzd.cluster.propagation import Propagation, propagation_of
from kzd.cluster.resource import Workload
from kzd.settings import PlatformSection, PropagationSection, RolesSection, Settings
from tests.views import service, view_of, workload


def first_in(text: str, **values: Any) -> tuple[Workload, ClusterView]:
    view = view_of(text)
    section = PropagationSection(dict.fromkeys(values, "the test"), **values)
    settings = Settings(section, PlatformSection(), RolesSection())
    view = ClusterView(
        view.resources, lambda _: settings, lambda *_: True, minor=37, min_kubelet=37
    )
    (first, *_) = [item for item in view.resources if isinstance(item, Workload)]
    return first, view


def propagation_in(text: str, **values: Any) -> Propagation:
    return propagation_of(*first_in(text, **values))


def entry(
    kind: str = "Ingress",
    spec: str = "{defaultBackend: {service: {name: web, port: {number: 80}}}}",
    annotations: str = "{}",
) -> str:
    return (
        f"---\napiVersion: x/v1\nkind: {kind}\n"
        f"metadata: {{name: entry, annotations: {annotations}}}\nspec: {spec}\n"
    )


BACKEND = "{rules: [{backendRefs: [{name: web}]}]}"
NLB = "service.beta.kubernetes.io/aws-load-balancer"
ALB_TARGET = "alb.ingress.kubernetes.io/target-type"
TO_WEB = "defaultBackend: {service: {name: web}}"

PATHS = {
    "nothing but a Service": ("", "", 15),
    "a LoadBalancer of Cluster policy": ("spec:type: LoadBalancer", "", 15),
    "an Ingress": (entry(), "ingress", 15),
    "an Ingress with rules": (
        entry(spec="{rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}"),
        "ingress",
        15,
    ),
    "an old Ingress": (entry(spec="{backend: {serviceName: web}}"), "ingress", 15),
    "an Ingress of another Service": (
        entry(spec="{defaultBackend: {service: {name: other}}}"),
        "",
        15,
    ),
    "an HTTPRoute": (entry("HTTPRoute", BACKEND), "ingress", 15),
    "a GRPCRoute": (entry("GRPCRoute", BACKEND), "ingress", 15),
    "a TLSRoute": (entry("TLSRoute", BACKEND), "ingress", 15),
    "a TCPRoute": (entry("TCPRoute", BACKEND), "ingress", 15),
    "an IngressRouteTCP": (
        entry("IngressRouteTCP", "{routes: [{services: [{name: web}]}]}"),
        "ingress",
        15,
    ),
    "an IngressRoute": (
        entry("IngressRoute", "{routes: [{services: [{name: web}]}]}"),
        "ingress",
        15,
    ),
    "an HTTPProxy": (entry("HTTPProxy", "{routes: [{services: [{name: web}]}]}"), "ingress", 15),
    "a VirtualService": (
        entry("VirtualService", "{http: [{route: [{destination: {host: web}}]}]}"),
        "ingress",
        15,
    ),
    "a VirtualService of a full name": (
        entry(
            "VirtualService", "{http: [{route: [{destination: {host: web.x.svc.cluster.local}}]}]}"
        ),
        "ingress",
        15,
    ),
    "a VirtualService of an outside host": (
        entry("VirtualService", "{http: [{route: [{destination: {host: web.example.com}}]}]}"),
        "",
        15,
    ),
    "a headless Service": ("spec:clusterIP: None", "headless", 30),
    "a Local policy": (
        "spec:type: LoadBalancer\n  externalTrafficPolicy: Local",
        "node-local",
        30,
    ),
    "a Local policy of node ports": (
        "spec:type: NodePort\n  externalTrafficPolicy: Local",
        "node-local",
        30,
    ),
    "a Local policy that leads nowhere": ("spec:externalTrafficPolicy: Local", "", 15),
    "an ALB with Pod targets": (
        entry(annotations="{alb.ingress.kubernetes.io/target-type: ip}"),
        "aws-alb-ip",
        30,
    ),
    "an ALB with node targets": (
        entry(annotations="{alb.ingress.kubernetes.io/target-type: instance}"),
        "ingress",
        15,
    ),
    "a TargetGroupBinding of Pods": (
        entry("TargetGroupBinding", "{targetType: ip, serviceRef: {name: web}}"),
        "aws-alb-ip",
        30,
    ),
    "a TargetGroupBinding of nodes": (
        entry("TargetGroupBinding", "{targetType: instance, serviceRef: {name: web}}"),
        "",
        15,
    ),
    "a route beside the target type of an ALB": (
        f"meta:annotations: {{{ALB_TARGET}: ip}}|" + entry("HTTPRoute", BACKEND),
        "ingress",
        15,
    ),
    "an application gateway by class": (
        entry(spec=f"{{ingressClassName: azure-application-gateway, {TO_WEB}}}"),
        "azure-agic",
        90,
    ),
    "an application gateway by annotation": (
        entry(annotations="{kubernetes.io/ingress.class: azure/application-gateway}"),
        "azure-agic",
        90,
    ),
    "an NLB with Pod targets": (
        f"meta:annotations: {{{NLB}-type: external, {NLB}-nlb-target-type: ip}}"
        "|spec:type: LoadBalancer",
        "aws-nlb",
        100,
    ),
    "an NLB of the cloud provider with Pod targets": (
        f"meta:annotations: {{{NLB}-type: nlb, {NLB}-nlb-target-type: ip}}|spec:type: LoadBalancer",
        "aws-nlb",
        100,
    ),
    "an NLB by class with Pod targets": (
        f"meta:annotations: {{{NLB}-nlb-target-type: ip}}"
        "|spec:type: LoadBalancer\n  loadBalancerClass: service.k8s.aws/nlb",
        "aws-nlb",
        100,
    ),
    "a load balancer of another kind": (
        f"meta:annotations: {{{NLB}-nlb-target-type: ip}}|spec:type: LoadBalancer",
        "",
        15,
    ),
    "the annotations of an NLB without one": (f"meta:annotations: {{{NLB}-type: nlb-ip}}", "", 15),
    "an old NLB with Pod targets": (
        f"meta:annotations: {{{NLB}-type: nlb-ip}}|spec:type: LoadBalancer",
        "aws-nlb",
        100,
    ),
    "an NLB with node targets": (
        f"meta:annotations: {{{NLB}-type: nlb}}|spec:type: LoadBalancer",
        "",
        15,
    ),
    "a network endpoint group": (
        "meta:annotations: {cloud.google.com/neg: '{\"ingress\": true}'}",
        "gke-neg",
        120,
    ),
    "a network endpoint group of its own": (
        'meta:annotations: {cloud.google.com/neg: \'{"exposed_ports":{"80":{}}}\'}',
        "gke-neg",
        120,
    ),
    "no network endpoint group": (
        "meta:annotations: {cloud.google.com/neg: '{\"ingress\": false}'}",
        "",
        15,
    ),
}


def resources_of(shown: str) -> str:
    metadata = spec = more = ""
    for part in shown.split("|"):
        if part.startswith("spec:"):
            spec = part.removeprefix("spec:")
        elif part.startswith("meta:"):
            metadata = part.removeprefix("meta:")
        else:
            more = part
    return workload() + service(metadata=metadata, spec=spec) + more


@pytest.mark.parametrize("name", PATHS)
def test_path(name: str) -> None:
    shown, path, seconds = PATHS[name]
    found = propagation_in(resources_of(shown))

    assert (found.path, found.sleep_seconds) == (path, seconds)
    assert "not measured" in found.basis


WHY = {
    "nothing but a Service": "no entry of the input shows the path",
    "an Ingress": "Ingress 'entry' names Service 'web'",
    "a headless Service": "Service 'web' has no cluster IP",
    "a Local policy": "Service 'web' has `externalTrafficPolicy: Local`",
    "an ALB with Pod targets": "Ingress 'entry' names Service 'web', with targets of type ip",
    "a TargetGroupBinding of Pods": "TargetGroupBinding 'entry' names Service 'web', with targets "
    "of type ip",
    "a TargetGroupBinding of nodes": "TargetGroupBinding 'entry' names Service 'web'",
    "an application gateway by annotation": "Ingress 'entry' names Service 'web', in class "
    "'azure/application-gateway'",
    "an NLB with Pod targets": "the annotations of Service 'web' ask for an NLB with Pod targets",
    "a network endpoint group": "annotation `cloud.google.com/neg` of Service 'web'",
}


@pytest.mark.parametrize("name", WHY)
def test_what_shows_a_path(name: str) -> None:
    assert propagation_in(resources_of(PATHS[name][0])).why == WHY[name]


@pytest.mark.parametrize(
    "mark",
    [
        "sidecar.istio.io/inject: 'true'",
        "linkerd.io/inject: enabled",
        "istio.io/rev: stable",
        "istio.io/dataplane-mode: ambient",
    ],
)
def test_a_mesh_is_seen_on_the_pod(mark: str) -> None:
    found = propagation_in(workload(labels=f"{{app: web, {mark}}}") + service())

    assert (found.path, found.sleep_seconds) == ("mesh", 15)
    assert found.why == f"`{mark.partition(':')[0]}` on the Pod"


@pytest.mark.parametrize(
    "mark",
    [
        "sidecar.istio.io/inject: 'false'",
        "sidecar.istio.io/inject: 'False'",
        "linkerd.io/inject: disabled",
        "istio.io/dataplane-mode: none",
    ],
)
def test_a_mesh_that_is_switched_off_is_none(mark: str) -> None:
    assert propagation_in(workload(labels=f"{{app: web, {mark}}}") + service()).path == ""


@pytest.mark.parametrize("field", ["containers", "initContainers"])
@pytest.mark.parametrize("proxy", ["istio-proxy", "linkerd-proxy"])
def test_a_mesh_is_seen_by_its_proxy(proxy: str, field: str) -> None:
    item = f"- {{name: {proxy}, image: example/proxy}}"
    more = f"\n      {item}" if field == "containers" else f"\n      initContainers:\n      {item}"
    found = propagation_in(workload(container=f"ports: []{more}") + service())

    assert (found.path, found.why) == ("mesh", f"container '{proxy}'")


def test_a_slower_path_than_the_mesh_counts() -> None:
    text = workload(labels="{app: web, istio.io/rev: stable}") + service(spec="clusterIP: None")

    assert propagation_in(text).path == "headless"


def test_a_mesh_is_seen_on_the_namespace() -> None:
    text = workload(metadata="name: web, namespace: shop") + service(metadata="namespace: shop")
    namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {%s}}\n"

    found = propagation_in(text + namespace % "istio-injection: enabled")
    assert (found.path, found.why) == ("mesh", "`istio-injection` on Namespace 'shop'")
    assert propagation_in(text + namespace % "istio-injection: disabled").path == ""
    assert propagation_in(text + namespace % "istio-injection: Disabled").path == ""
    other = (namespace % "istio-injection: enabled").replace("name: shop", "name: blog")
    assert propagation_in(text + other).path == ""


def test_the_slowest_path_counts() -> None:
    text = workload() + service() + service("more", spec="clusterIP: None") + entry()

    assert propagation_in(text).path == "headless"


def test_a_service_that_publishes_not_ready_addresses_adds_no_path() -> None:
    published = service("more", spec="clusterIP: None\n  publishNotReadyAddresses: true")

    assert propagation_in(workload() + service() + published).path == ""


def test_a_configured_path_replaces_detection() -> None:
    found = propagation_in(workload() + service() + entry(), path="cluster-ip")

    assert (found.path, found.sleep_seconds, found.source) == ("cluster-ip", 10, "the test")
    assert found.why == "configured"


@pytest.mark.parametrize(
    ("values", "seconds", "arithmetic"),
    [
        ({"seconds": 9}, 12, "9 s + 2.25 s margin = 11.25 s, rounded up to 12 s"),
        ({"seconds": 2}, 3, "2 s + 1 s margin = 3 s"),
        ({"seconds": 8}, 10, "8 s + 2 s margin = 10 s"),
        ({"seconds": 9, "margin_seconds": 2}, 11, "9 s + 2 s margin = 11 s"),
        ({"seconds": 9, "margin_seconds": 0}, 9, "9 s + 0 s margin = 9 s"),
        (
            {"seconds": 0.2, "margin_seconds": 0},
            1,
            "0.2 s + 0 s margin = 0.2 s, rounded up to 1 s",
        ),
    ],
)
def test_a_margin_is_added_to_configured_seconds(
    values: dict[str, float], seconds: int, arithmetic: str
) -> None:
    found = propagation_in(workload() + service(), **values)

    assert (found.sleep_seconds, found.basis) == (seconds, "configured")
    assert found.arithmetic == arithmetic


IN_CLUSTER = ("cluster-ip", "node-port", "ingress", "mesh", "headless")
OUTSIDE = ("node-local", "aws-alb-ip", "azure-agic", "aws-nlb", "gke-neg")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"seconds": 48}, False),
        ({"seconds": 49}, True),
        ({"seconds": 90, "alarm_seconds": 200}, False),
        ({"path": "gke-neg"}, False),
        *[({"path": name, "seconds": 100}, True) for name in IN_CLUSTER],
        *[({"path": name, "seconds": 100}, False) for name in OUTSIDE],
    ],
)
def test_alarming(values: dict[str, Any], expected: bool) -> None:
    need = need_of(*first_in(workload() + service(), **values))

    assert (need.seconds > need.alarm_seconds) is expected
