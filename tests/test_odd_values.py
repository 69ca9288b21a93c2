"""Fields that hold what they must not: kzd leaves them, says so at most, and never fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from io import StringIO
from random import Random
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd import pipeline, transforms
from kzd.config.configuration import Config
from kzd.flow.bundle import Source
from kzd.pipeline import Output
from tests.case import TODAY
from tests.manifests import DEPLOYMENT, SERVICE
from tests.proof import Proof

ODD: tuple[Any, ...] = (
    None, {}, [], "", "x", "3", 0, -1, 7, 2.5, 1e300, 2**40, 2**63 - 1, -(2**70), True, 70_000,
    [None], ["x"], [[["a"]]], {"a": {"b": [{"c": None}]}}, "${N}", "25%", "é", "²", "9" * 5_000,
    "Bad_Name", "2024-01-01",
)  # fmt: skip
SAMPLE = 800
CONTAINER = {
    "name": "web",
    "image": "registry.example/web:1",
    "command": ["sh", "-c"],
    "args": ["serve | tee log"],
    "env": [{"name": "A", "value": "b"}],
    "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP", "hostPort": 80}],
    "resources": {"limits": {"example.com/card": 1}},
    "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "sleep 5"]}}},
    "livenessProbe": {
        "httpGet": {"path": "/", "port": "http", "httpHeaders": [{"name": "a", "value": "b"}]},
        "initialDelaySeconds": 30,
        "periodSeconds": 5,
        "timeoutSeconds": 2,
        "failureThreshold": 3,
    },
}
POD = {
    "containers": [
        CONTAINER,
        {"name": "side", "image": "registry.example/side:1", "ports": [{"containerPort": 81}]},
    ],
    "initContainers": [
        {
            "name": "first",
            "image": "registry.example/first:1",
            "restartPolicy": "Always",
            "lifecycle": {"preStop": {"sleep": {"seconds": 3}}},
        }
    ],
    "terminationGracePeriodSeconds": 60,
    "affinity": {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "other"}}}
            ]
        }
    },
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    ],
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
}
LABELS = {"app": "web"}
IN_WEB = [{"key": "app", "operator": "In", "values": ["web"]}]


def _resource(api_version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": "web", "labels": LABELS, "annotations": {"owner": "shop"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def _workload(kind: str, **more: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": LABELS, "annotations": {"prometheus.io/port": "9"}}}
    spec = {
        "replicas": 3,
        "selector": {"matchLabels": LABELS, "matchExpressions": IN_WEB},
        "template": template | {"spec": POD},
    }
    return _resource("apps/v1", kind, spec | more)


INPUTS: dict[str, list[dict[str, Any]]] = {
    "deployment": [
        _workload("Deployment", strategy={"rollingUpdate": {"maxSurge": 1}}, minReadySeconds=5),
        _resource("v1", "Service", {
            "selector": LABELS,
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        }),
        _resource("autoscaling/v2", "HorizontalPodAutoscaler", {
            "minReplicas": 2,
            "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        }),
        _resource("policy/v1", "PodDisruptionBudget", {
            "minAvailable": 1, "selector": {"matchExpressions": IN_WEB},
        }),
        _resource("networking.k8s.io/v1", "Ingress", {
            "rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}]}}],
        }),
        _resource("v1", "PersistentVolumeClaim", {"accessModes": ["ReadWriteMany"]}),
    ],
    "rollout": [
        _workload("Rollout", workloadRef={"kind": "Deployment", "name": "web"})
        | {"apiVersion": "argoproj.io/v1alpha1"},
        _workload("Deployment"),
    ],
    "stateful set": [
        _workload("StatefulSet", serviceName="web", updateStrategy={"type": "OnDelete"}),
        _resource("v1", "Service", {
            "selector": LABELS, "clusterIP": "None", "ports": [{"port": 80}],
        }),
    ],
    "daemon set": [
        _workload("DaemonSet", updateStrategy={"rollingUpdate": {"maxUnavailable": "100%"}}),
        _resource("v1", "Service", {"selector": LABELS, "ports": [{"port": 80}]}),
    ],
}  # fmt: skip


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = list(value) if isinstance(value, dict) else range(len(value))
    for step in steps:
        yield (*place, step)
        if isinstance(value[step], dict | list):
            yield from _places(value[step], (*place, step))


def _replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    changed = json.loads(json.dumps(value))  # without what its parts share
    parent = changed
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = new
    return changed


def _dumped(documents: list[Any]) -> bytes:
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    text = StringIO()
    yaml.dump_all(documents, text)
    return text.getvalue().encode()


def _run(data: bytes, *, unsafe: bool = True, check: bool = False, minor: int = 37) -> Output:
    config = Config("", {}, (), transforms.load()).with_versions(f"1.{minor}", None)
    return pipeline.run(
        [Source("-", data)], config, today=TODAY, unsafe=unsafe, checks_everything=check
    )


def test_any_value_in_any_field_is_survived() -> None:
    random = Random(3)
    cases = [(name, place) for name, found in INPUTS.items() for place in _places(found)]
    for name, place in random.choices(cases, k=SAMPLE):
        odd = random.choice(ODD)
        data = _dumped(_replaced(INPUTS[name], place, odd))
        run = partial(
            _run,
            unsafe=random.random() < 0.5,
            check=random.random() < 0.3,
            minor=random.choice((25, 29, 30, 33, 37)),
        )
        proof = Proof(data, run(data))
        faults = [*proof.unfixed(run), *proof.undeclared()]
        assert faults == [], f"{name}: {place} = {odd!r}"


@pytest.mark.parametrize(
    "target",
    ["2.5", "{a: 1}", "[80]", "true", "'²'", "-1", "70000", "'99999'", "9" * 5_000, "8.0e+9"],
)
def test_a_target_that_is_no_port_is_no_evidence(target: str) -> None:
    data = f"{SERVICE}    targetPort: {target}\n---\n{DEPLOYMENT}".encode()
    after = _run(data).files[0].data
    assert b"readinessProbe" not in after


@pytest.mark.parametrize("name", ["HTTP", "web_http", "a-name-of-16-char", "a--b", "'25%'"])
@pytest.mark.parametrize("is_said_by_service", [True, False])
def test_a_port_name_that_the_api_refuses_gives_way_to_its_number(
    name: str, is_said_by_service: bool
) -> None:
    target = f"    targetPort: {name}\n" if is_said_by_service else "    targetPort: 8080\n"
    ports = f"        ports: [{{name: {name}, containerPort: 8080}}]\n"
    probe = f"        livenessProbe: {{httpGet: {{path: /, port: {name}}}}}\n"
    data = f"{SERVICE}{target}---\n{DEPLOYMENT}{ports}{probe}".encode()
    after = _run(data).files[0].data
    assert b"readinessProbe:\n          tcpSocket:\n            port: 8080\n" in after


@pytest.mark.parametrize("seconds", ["9" * 400, "9" * 5_000, "2147483648", "infinity"])
def test_a_sleep_without_end_has_no_length(seconds: str) -> None:
    hook = f'        lifecycle: {{preStop: {{exec: {{command: [sh, -c, "sleep {seconds}"]}}}}}}\n'
    after = _run(f"{SERVICE}---\n{DEPLOYMENT}{hook}".encode()).files[0].data
    assert b"terminationGracePeriodSeconds" not in after


@pytest.mark.parametrize("grace", ["9223372036854775807", "1e300"])
def test_a_grace_period_that_no_number_holds_is_left_alone(grace: str) -> None:
    field = f"      terminationGracePeriodSeconds: {grace}\n"
    after = _run(f"{SERVICE}---\n{DEPLOYMENT}{field}".encode()).files[0].data
    assert field.encode() in after
    assert b"preStop" not in after


@pytest.mark.parametrize(
    "field", ["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"]
)
@pytest.mark.parametrize("value", ["2147483647", "2147483648", "9007199254740993", "-1", "1e18"])
def test_a_copied_probe_holds_no_number_that_the_api_refuses(field: str, value: str) -> None:
    delay = "" if field == "initialDelaySeconds" else ", initialDelaySeconds: 30"
    probe = f"        livenessProbe: {{tcpSocket: {{port: 80}}, {field}: {value}{delay}}}\n"
    after = _run(f"{SERVICE}---\n{DEPLOYMENT}{probe}".encode()).files[0].data
    assert b"readinessProbe" in after
