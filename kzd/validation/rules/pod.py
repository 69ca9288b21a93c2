"""What the API server demands of a Pod's spec, its containers and its ports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.container import Container
from kzd.cluster.grace import DEFAULT_GRACE_SECONDS
from kzd.edit import FieldPath
from kzd.validation.problem import REQUIRED, Problem
from kzd.validation.rules.demand import (
    PROTOCOLS,
    Versions,
    duplicates,
    is_unset,
    one_of,
    port_name,
    port_number,
)
from kzd.validation.rules.handler import HOOKS, PROBES, Grace, hook, probe
from kzd.value import integer, mapping, sequence

SIDECARS = 29
"""The first API server whose init containers may keep running, without a feature gate (KEP-753)."""

Placed = list[tuple[Container, FieldPath]]


def pod_spec(spec: dict[str, Any], at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """
    The spec of a Pod or of a pod template.

    Source: pkg/apis/core/validation/validation.go, ValidatePodSpec
    """
    grace = _grace(spec)
    regular = _containers(spec, "containers", at)
    init = _containers(spec, "initContainers", at)
    if spec.get("containers") == []:
        yield Problem((*at, "containers"), "must have at least one container")
    for container, where in regular:
        yield from _container(container, where, versions)
        yield from _probes_and_hooks(container, where, grace, versions)
    for container, where in init:
        yield from _container(container, where, versions)
        if container.data.get("restartPolicy") == "Always" and versions.minor >= SIDECARS:
            yield from _probes_and_hooks(container, where, grace, versions)
        else:
            yield from _no_probes_and_hooks(container, where)
    yield from _unique_names(regular + init)
    yield from _host_ports(spec, regular)
    yield from one_of(("Always", "OnFailure", "Never"), spec, "restartPolicy", at)


def restarts_always(template: dict[str, Any], at: FieldPath) -> Iterator[Problem]:
    """
    A template whose Pods never end by themselves.

    Source: pkg/apis/apps/validation/validation.go, ValidatePodTemplateSpecForReplicaSet
    """
    spec = mapping(template.get("spec"))
    if spec.get("restartPolicy") in ("OnFailure", "Never"):
        message = f"must be 'Always', not '{spec['restartPolicy']}'"
        yield Problem((*at, "spec", "restartPolicy"), message)
    if spec.get("activeDeadlineSeconds") is not None:
        message = "must not be set: these Pods are meant to run on"
        yield Problem((*at, "spec", "activeDeadlineSeconds"), message)


def _grace(spec: dict[str, Any]) -> Grace:
    value = spec.get("terminationGracePeriodSeconds")
    return Grace(DEFAULT_GRACE_SECONDS, True) if value is None else Grace(integer(value), False)


def _containers(spec: dict[str, Any], name: str, at: FieldPath) -> Placed:
    return [
        (Container(data, (*at, name, index)), (*at, name, index))
        for index, data in enumerate(sequence(spec.get(name)))
        if isinstance(data, dict)
    ]


def _container(container: Container, at: FieldPath, versions: Versions) -> Iterator[Problem]:
    """Source: pkg/apis/core/validation/validation.go, validateContainerCommon."""
    data = container.data
    if is_unset(data.get("image")):
        yield Problem((*at, "image"), REQUIRED)
    yield from one_of(("Always", "IfNotPresent", "Never"), data, "imagePullPolicy", at)
    if not data.get("ports"):
        return
    ports = [mapping(port) for port in sequence(data["ports"])]
    for index, port in enumerate(ports):
        where = (*at, "ports", index)
        yield from port_number(port.get("containerPort"), (*where, "containerPort"))
        if integer(port.get("hostPort")) != 0:
            yield from port_number(port.get("hostPort"), (*where, "hostPort"))
        if port.get("name") != "":
            yield from port_name(port.get("name"), (*where, "name"))
        yield from one_of(PROTOCOLS, port, "protocol", where)
    yield from duplicates((port.get("name") for port in ports), (*at, "ports"), "name")


def _probes_and_hooks(
    container: Container, at: FieldPath, grace: Grace, versions: Versions
) -> Iterator[Problem]:
    for name in PROBES:
        data = container.data.get(name)
        if isinstance(data, dict):
            yield from probe(name, data, (*at, name), container)
    lifecycle = mapping(container.data.get("lifecycle"))
    for name in HOOKS:
        data = lifecycle.get(name)
        if isinstance(data, dict):
            yield from hook(data, (*at, "lifecycle", name), container, grace, versions)


def _no_probes_and_hooks(container: Container, at: FieldPath) -> Iterator[Problem]:
    """Source: pkg/apis/core/validation/validation.go, validateInitContainers."""
    for name in (*PROBES, "lifecycle"):
        if container.data.get(name) is not None:
            yield Problem(
                (*at, name),
                "must not be set on an init container, unless its `restartPolicy` is 'Always' "
                f"(from Kubernetes 1.{SIDECARS})",
            )


def _unique_names(containers: Placed) -> Iterator[Problem]:
    seen = set()
    for container, at in containers:
        if container.name and container.name in seen:
            message = f"must be unique in the Pod, and '{container.name}' comes twice"
            yield Problem((*at, "name"), message)
        seen.add(container.name)


def _host_ports(spec: dict[str, Any], containers: Placed) -> Iterator[Problem]:
    """Source: pkg/apis/core/validation/validation.go, checkHostPortConflicts and after it."""
    taken = set()
    for container, at in containers:
        for index, port in enumerate(container.ports):
            if port.host_port is None:
                continue
            where = (*at, "ports", index, "hostPort")
            raw = mapping(sequence(container.data.get("ports"))[index])
            key = (port.protocol, str(raw.get("hostIP") or ""), port.host_port)
            if spec.get("hostNetwork") is True and port.host_port != port.number:
                message = "must equal `containerPort` where the Pod is on the host's network"
                yield Problem(where, f"{message}, not {port.host_port}")
            if key in taken:
                yield Problem(where, f"must be unique in the Pod, and {port.host_port} comes twice")
            taken.add(key)
