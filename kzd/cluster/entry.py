"""Entries: the resources that send traffic to a Service by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.resource import Resource
from kzd.value import mapping, sequence, text

ROUTE_KINDS = (
    "Ingress",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
    "IngressRoute",
    "IngressRouteTCP",
    "VirtualService",
    "HTTPProxy",
)
"""What leads requests from outside or from a gateway to Services."""

WEBHOOK_KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService")
"""What the API server itself calls Services for."""

ServiceName = tuple[str, str | None]
"""A Service's name, and its namespace where the reference says one."""


def named_services(entry: Resource) -> list[ServiceName]:
    """The Services that an entry names, each once, in its order."""
    spec = mapping(entry.data.get("spec"))
    if entry.kind == "Ingress":
        found = _ingress(spec)
    elif entry.kind == "VirtualService":
        found = _virtual_service(spec)
    elif entry.kind in WEBHOOK_KINDS:
        found = _webhooks(entry.data, spec)
    elif entry.kind == "TargetGroupBinding":
        found = _references([spec.get("serviceRef")])
    else:
        found = _routes(spec)
    return list(dict.fromkeys(found))


def _ingress(spec: dict[str, Any]) -> Iterator[ServiceName]:
    backends = [spec.get("defaultBackend"), spec.get("backend")]
    for rule in map(mapping, sequence(spec.get("rules"))):
        paths = sequence(mapping(rule.get("http")).get("paths"))
        backends += [mapping(entry).get("backend") for entry in paths]
    for backend in map(mapping, backends):
        name = text(mapping(backend.get("service")).get("name")) or text(backend.get("serviceName"))
        if name:
            yield name, None


def _virtual_service(spec: dict[str, Any]) -> Iterator[ServiceName]:
    for protocol in ("http", "tls", "tcp"):
        for route in map(mapping, sequence(spec.get(protocol))):
            for target in map(mapping, sequence(route.get("route"))):
                host = text(mapping(target.get("destination")).get("host")) or ""
                name, _, rest = host.partition(".")
                namespace, _, domain = rest.partition(".")
                if name and (not rest or domain == "svc" or domain.startswith("svc.")):
                    yield name, namespace or None


def _webhooks(data: dict[str, Any], spec: dict[str, Any]) -> Iterator[ServiceName]:
    yield from _references([spec.get("service")])
    for webhook in map(mapping, sequence(data.get("webhooks"))):
        yield from _references([mapping(webhook.get("clientConfig")).get("service")])


def _routes(spec: dict[str, Any]) -> Iterator[ServiceName]:
    for rule in map(mapping, [*sequence(spec.get("rules")), *sequence(spec.get("routes"))]):
        yield from _references(
            [*sequence(rule.get("backendRefs")), *sequence(rule.get("services"))]
        )
    yield from _references(sequence(mapping(spec.get("tcpproxy")).get("services")))


def _references(references: list[Any]) -> Iterator[ServiceName]:
    for reference in map(mapping, references):
        name = text(reference.get("name"))
        if name and (text(reference.get("kind")) or "Service") == "Service":
            yield name, text(reference.get("namespace"))
