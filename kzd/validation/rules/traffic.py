"""What the API server demands of Services and Ingresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.edit import FieldPath
from kzd.validation.problem import REQUIRED, Problem
from kzd.validation.rules.demand import (
    PROTOCOLS,
    Versions,
    duplicates,
    is_unset,
    one_of,
    port,
    port_name,
    port_number,
)
from kzd.value import integer, mapping, sequence

SERVICE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")

Spec = dict[str, Any]


def service(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/core/validation/validation.go, ValidateService."""
    yield from one_of(SERVICE_TYPES, spec, "type", at)
    is_headless = "None" in (spec.get("clusterIP"), *sequence(spec.get("clusterIPs")))
    is_external = spec.get("type") == "ExternalName"
    if is_external and is_unset(spec.get("externalName")):
        yield Problem((*at, "externalName"), f"{REQUIRED} where `type` is 'ExternalName'")
    if is_headless and spec.get("type") in ("NodePort", "LoadBalancer"):
        yield Problem((*at, "clusterIP"), f"must not be 'None' where `type` is '{spec['type']}'")
    if not (spec.get("ports") or is_headless or is_external):
        yield Problem((*at, "ports"), f"{REQUIRED}, unless `clusterIP` is 'None'")
    ports = [mapping(item) for item in sequence(spec.get("ports"))]
    for index, item in enumerate(ports):
        yield from _service_port(item, (*at, "ports", index), needs_name=len(ports) > 1)
        if spec.get("type") in (None, "", "ClusterIP") and integer(item.get("nodePort")):
            message = "must not be set where `type` is 'ClusterIP'"
            yield Problem((*at, "ports", index, "nodePort"), message)
    yield from duplicates((item.get("name") for item in ports), (*at, "ports"), "name")
    yield from _duplicate_ports(ports, (*at, "ports"))


def ingress(spec: Spec, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/networking/validation/validation.go, ValidateIngressSpec."""
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        yield Problem(at, "must have `rules` or a `defaultBackend`")
    yield from _backend(spec.get("defaultBackend"), (*at, "defaultBackend"))
    for number, rule in enumerate(sequence(spec.get("rules"))):
        paths = sequence(mapping(mapping(rule).get("http")).get("paths"))
        for index, data in enumerate(paths):
            where = (*at, "rules", number, "http", "paths", index)
            entry = mapping(data)
            yield from one_of(PATH_TYPES, entry, "pathType", where)
            needs_path = entry.get("path") or entry.get("pathType") in ("Exact", "Prefix")
            if needs_path and not str(entry.get("path") or "").startswith("/"):
                yield Problem((*where, "path"), "must begin with '/'")
            yield from _backend(entry.get("backend"), (*where, "backend"))


def _service_port(data: Spec, at: FieldPath, *, needs_name: bool) -> Iterator[Problem]:
    if needs_name and is_unset(data.get("name")):
        yield Problem((*at, "name"), f"{REQUIRED} where a Service has several ports")
    yield from port_number(data.get("port"), (*at, "port"))
    yield from one_of(PROTOCOLS, data, "protocol", at)
    target = data.get("targetPort")
    if target not in ("", 0):  # the API server puts in `port`
        yield from port(target, (*at, "targetPort"))


def _duplicate_ports(ports: list[Spec], at: FieldPath) -> Iterator[Problem]:
    seen = set()
    for index, item in enumerate(ports):
        protocol = str(item.get("protocol") or "TCP")
        number = integer(item.get("port"))
        if number is not None and (protocol, number) in seen:
            message = f"must be unique for its protocol, and {number} comes twice"
            yield Problem((*at, index, "port"), message)
        seen.add((protocol, number))


def _backend(data: Any, at: FieldPath) -> Iterator[Problem]:
    if not isinstance(data, dict):
        return
    target = data.get("service")
    if (target is None) == (data.get("resource") is None):
        yield Problem(at, "must have either a `service` or a `resource`")
    elif isinstance(target, dict):
        chosen = mapping(target.get("port"))
        where = (*at, "service", "port")
        has_name, has_number = not is_unset(chosen.get("name")), bool(chosen.get("number"))
        if has_name == has_number:
            yield Problem(where, "must have either a `name` or a `number`")
        elif has_name:
            yield from port_name(chosen.get("name"), (*where, "name"))
        else:
            yield from port_number(chosen.get("number"), (*where, "number"))
