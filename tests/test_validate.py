"""What problems() and broken_rules() say, rule by rule: what breaks it, and what is just fine."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd.edit import path, spelled
from kzd.validation.fault import Fault
from kzd.validation.validate import broken_rules, problems
from tests.mutants import OBJECTS, WRONG

NOTHING: list[str] = []
APPS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
VERSIONS = {
    "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Ingress": "networking.k8s.io/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
} | dict.fromkeys(APPS, "apps/v1")
HOST_PORT = "{name: a, image: a, ports: [{containerPort: %d, hostPort: %d}]}"
CONTAINER = "{name: web, image: web:1, ports: [{name: http, containerPort: 8080}]}"


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def resource(kind: str, spec: str) -> dict[str, Any]:
    return {
        "apiVersion": VERSIONS.get(kind, "v1"),
        "kind": kind,
        "metadata": {"name": "web"},
        "spec": read(spec),
    }


def workload(kind: str = "Deployment", spec: str = "{}", pod: str = "{}") -> dict[str, Any]:
    """A workload whose selector and container are fine, with more in its spec and its Pod's."""
    data = resource(kind, "{selector: {matchLabels: {app: web}}}")
    template: dict[str, Any] = {"metadata": {"labels": {"app": "web"}}}
    template["spec"] = {"containers": [read(CONTAINER)]} | read(pod)
    data["spec"] |= {"template": template} | read(spec)
    return data


def container(extra: str, pod: str = "{}") -> dict[str, Any]:
    data = workload(pod=pod)
    data["spec"]["template"]["spec"]["containers"][0] |= read(extra)
    return data


def told(data: dict[str, Any], minor: int = 37, kubelet: int | None = None) -> list[str]:
    """What the rules say, the path of the only container left out."""
    found = broken_rules(data, minor, minor if kubelet is None else kubelet)
    pod = "spec.template.spec."
    return [
        f"{problem.severity}: {spelled(problem.path)}: {problem.message}".replace(
            f"{pod}containers[0].", ""
        ).replace(pod, "")
        for problem in found
    ]


# Schemas


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("spec.replicas", "3", "must be an integer, not '3'; leave out the quotes"),
        ("spec.replicas", 2.5, "must be an integer, not 2.5"),
        ("spec.replicas", True, "must be an integer, not true"),
        ("spec.replicas", float("inf"), "must be an integer, not inf"),
        ("spec.replicas", 2**31, "must be from -2147483648 to 2147483647, not 2147483648"),
        ("spec.paused", "true", "must be true or false, not 'true'; leave out the quotes"),
        ("spec.paused", 1, "must be true or false, not 1"),
        ("spec.template", [], "must be a mapping, not a list"),
        ("spec.template.spec.containers", {}, "must be a list, not a mapping"),
        ("spec.template.spec.containers", None, "is required"),
        ("spec.template.spec.containers[0].name", None, "is required"),
        ("spec.template.spec.containers[0]", None, "must not be null"),
        ("spec.selector", None, "is required"),
        ("metadata.labels", {"on": True}, "must be a string, not a boolean; put it into quotes"),
        (
            "spec.template.spec.containers[0].resources",
            {"limits": {"cpu": "1 core"}},
            "must be a quantity such as '500m' or '1.5Gi', not '1 core'",
        ),
        (
            "spec.template.spec.containers[0].readinessProbe",
            {"tcpSocket": {"port": [80]}},
            "must be an integer or a string, not a list",
        ),
    ],
)
def test_a_wrong_type_is_told_where_it_is(field: str, value: Any, message: str) -> None:
    data = workload()
    *parents, last = path(field)
    place = data
    for step in parents:
        place = place[step]
    place[last] = value

    (problem,) = problems(data, 37)

    assert (problem.message, problem.severity) == (message, "error")
    assert spelled(problem.path).startswith(field)


@pytest.mark.parametrize(
    ("minor", "extra", "message"),
    [
        (37, "redinessProbe: {}",
         "is not a known field of `Container`; did you mean `readinessProbe`?"),
        (37, "zzz: 1", "is not a known field of `Container`"),
        (
            27,
            "restartPolicy: Always",
            "is not a known field of `Container` in Kubernetes 1.27; it came with 1.28",
        ),
    ],
)  # fmt: skip
def test_an_unknown_field_is_told_with_what_was_meant(minor: int, extra: str, message: str) -> None:
    data = container(extra)

    (problem,) = problems(data, minor)

    assert spelled(problem.path) == f"spec.template.spec.containers[0].{extra.partition(':')[0]}"
    assert problem.message == message


def test_a_field_that_is_gone_is_told_with_its_last_version() -> None:
    pod = "resourceClaims: [{name: gpu, source: {resourceClaimName: a}}]"

    assert problems(workload(pod=pod), 30) == []
    (problem,) = problems(workload(pod=pod), 31)

    known = "is not a known field of `PodResourceClaim` in Kubernetes 1.31; 1.30 was its last"
    assert problem.message == known


@pytest.mark.parametrize(
    "extra",
    [
        "env: [{name: PASSWORD, value: 8271}]",
        "env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: a, key: b, optional: '8271'}}}]",
        "env: '8271'",
        "command: [8271]",
        "args: '8271'",
        "livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: Authorization, value: 8271}]}}",
        "lifecycle: {preStop: {exec: {command: '8271'}}}",
    ],
)
def test_a_message_shows_no_secret(extra: str) -> None:
    (problem,) = problems(container(extra), 37)

    assert "8271" not in problem.message
    assert "must be" in problem.message


@pytest.mark.parametrize("field", ["data", "binaryData"])
def test_a_message_shows_no_secret_of_a_config_map(field: str) -> None:
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}

    (problem,) = problems(data | {field: {"password": 8271}}, 37)

    assert problem.message == "must be a string, not an integer; put it into quotes"


@pytest.mark.parametrize(
    "field", "annotations args binaryData command data env httpHeaders stringData".split()
)
def test_no_fault_below_these_fields_shows_its_value(field: str) -> None:
    secret = Fault(["value", 0, field, "spec"], "must be an integer", "s3cret", True, True)
    public = Fault(["value", 0, "ports", "spec"], "must be an integer", "s3cret", True, True)

    assert secret.message == "must be an integer, not a string"
    assert public.message == "must be an integer, not 's3cret'"


def test_null_is_unset() -> None:
    data = container("{lifecycle: null, env: null, resources: {limits: {cpu: null}}}")
    data["metadata"]["creationTimestamp"] = None

    assert problems(data, 37) == []


def test_all_faults_are_told_in_the_order_of_the_object() -> None:
    data = workload(spec="{replicas: x, paused: y}")

    assert [spelled(problem.path) for problem in problems(data, 37)] == [
        "spec.replicas",
        "spec.paused",
    ]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "Deployment"},
        {"apiVersion": "apps/v1"},
        {"apiVersion": ["apps/v1"], "kind": {}},
        {"apiVersion": "example.com/v1", "kind": "Deployment", "spec": 5},
        {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "spec": {}},
        {"apiVersion": "v1", "kind": "Secret", "data": 5},
        {"apiVersion": "apps/v1beta1", "kind": "Deployment"},
    ],
)
def test_an_unknown_kind_has_no_problems(data: dict[str, Any]) -> None:
    assert problems(data, 37) == []
    assert broken_rules(data, 37, 37) == []


@pytest.mark.parametrize(
    ("api_version", "kind", "minor", "message"),
    [
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", 26,
         "must be 'autoscaling/v2': 'autoscaling/v2beta2' was removed in Kubernetes 1.26"),
        ("autoscaling/v2beta1", "HorizontalPodAutoscaler", 25,
         "must be 'autoscaling/v2': 'autoscaling/v2beta1' was removed in Kubernetes 1.25"),
        ("policy/v1beta1", "PodDisruptionBudget", 25,
         "must be 'policy/v1': 'policy/v1beta1' was removed in Kubernetes 1.25"),
        ("batch/v1beta1", "CronJob", 37,
         "must be 'batch/v1': 'batch/v1beta1' was removed in Kubernetes 1.25"),
        ("extensions/v1beta1", "Ingress", 37,
         "must be 'networking.k8s.io/v1': 'extensions/v1beta1' was removed in Kubernetes 1.22"),
        ("v1", "Deployment", 37, "must be 'apps/v1' for a Deployment, not 'v1'"),
    ],
)  # fmt: skip
def test_an_api_version_that_is_not_served_is_told(
    api_version: str, kind: str, minor: int, message: str
) -> None:
    (problem,) = problems({"apiVersion": api_version, "kind": kind}, minor)

    assert problem == (("apiVersion",), message, "error")


# Hooks and probes

HANDLERS = "of `exec`, `httpGet`, `sleep`, `tcpSocket`"
PROBES = "of `exec`, `httpGet`, `tcpSocket`, `grpc`"


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("{exec: {command: [a]}}", NOTHING),
        ("{httpGet: {port: http}}", NOTHING),
        ("{sleep: {seconds: 30}}", NOTHING),
        ("{sleep: {seconds: 5}, exec: null}", NOTHING),
        ("null", NOTHING),
        ("{}", [f"error: lifecycle.preStop: must have one handler, {HANDLERS}"]),
        ("{exec: null}", [f"error: lifecycle.preStop: must have one handler, {HANDLERS}"]),
        ("{exec: {}, sleep: {seconds: 5}}",
         ["error: lifecycle.preStop: must have one handler, not 2: `exec`, `sleep`"]),
        ("{tcpSocket: {port: 80}}",
         ["warning: lifecycle.preStop.tcpSocket: never works: no kubelet runs a hook of this "
          "kind; use `exec`, `httpGet` or `sleep`"]),
        ("{httpGet: {port: web}}",
         ["warning: lifecycle.preStop.httpGet.port: names no port of this container, so the "
          "hook always fails"]),
        ("{httpGet: {port: 0}}",
         ["error: lifecycle.preStop.httpGet.port: must be from 1 to 65535, not 0"]),
        ("{sleep: {seconds: -1}}",
         ["error: lifecycle.preStop.sleep.seconds: must be at least 0, not -1"]),
        ("{sleep: {seconds: 31}}",
         ["error: lifecycle.preStop.sleep.seconds: must be at most 30, the Pod's "
          "`terminationGracePeriodSeconds`, by default, not 31"]),
    ],
)  # fmt: skip
def test_a_hook(hook: str, said: list[str]) -> None:
    assert told(container(f"lifecycle: {{preStop: {hook}}}")) == said
    after = [line.replace("preStop", "postStart") for line in said]
    assert told(container(f"lifecycle: {{postStart: {hook}}}")) == after


@pytest.mark.parametrize(
    ("grace", "seconds", "is_broken"),
    [(20, 20, False), (20, 21, True), (0, 1, True), (90, 31, False), ("x", 99, False)],
)
def test_a_sleep_is_at_most_the_grace(grace: Any, seconds: int, is_broken: bool) -> None:
    pod = f"terminationGracePeriodSeconds: {grace}"
    limit = f"must be at most {grace}, the Pod's `terminationGracePeriodSeconds`, not {seconds}"
    said = [f"error: lifecycle.preStop.sleep.seconds: {limit}"] if is_broken else []

    hook = f"lifecycle: {{preStop: {{sleep: {{seconds: {seconds}}}}}}}"

    assert told(container(hook, pod)) == said


def test_a_sleep_of_zero_needs_kubernetes_1_33() -> None:
    data = container("lifecycle: {preStop: {sleep: {seconds: 0}}}")

    assert told(data, 33) == []
    assert told(data, 32) == ["error: lifecycle.preStop.sleep.seconds: must be at least 1, not 0"]


def test_a_sleep_is_ignored_by_old_kubelets() -> None:
    data = container("lifecycle: {preStop: {sleep: {seconds: 5}}}")

    assert told(data, 31, 30) == []
    assert told(data, 31, 29) == [
        "warning: lifecycle.preStop.sleep: is ignored by kubelets before 1.30, "
        "and the oldest here may be 1.29"
    ]


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("{httpGet: {path: /, port: http}}", NOTHING),
        ("{tcpSocket: {port: 8080}, periodSeconds: 0, successThreshold: 0}", NOTHING),
        ("{grpc: {port: 8080}, successThreshold: 1}", NOTHING),
        ("{exec: {command: [a]}, initialDelaySeconds: x}", NOTHING),
        ("{periodSeconds: 5}", [f"error: livenessProbe: must have one handler, {PROBES}"]),
        ("{exec: {}, tcpSocket: {port: 1}}",
         ["error: livenessProbe: must have one handler, not 2: `exec`, `tcpSocket`"]),
        ("{httpGet: {port: 65536}}",
         ["error: livenessProbe.httpGet.port: must be from 1 to 65535, not 65536"]),
        ("{tcpSocket: {port: web}}",
         ["warning: livenessProbe.tcpSocket.port: names no port of this container, so the "
          "probe never has a result"]),
        ("{tcpSocket: {port: '8080'}}",
         ["error: livenessProbe.tcpSocket.port: must be a number or a name with a letter, not "
          "'8080'; leave out the quotes"]),
        ("{tcpSocket: {port: Web}}",
         ["error: livenessProbe.tcpSocket.port: must have at most 15 characters, lower-case "
          "letters, digits and single inner dashes, with a letter among them, not 'Web'"]),
        ("{httpGet: {port: 80, scheme: https}}",
         ["error: livenessProbe.httpGet.scheme: must be 'HTTP' or 'HTTPS', not 'https'"]),
        ("{grpc: {port: 0}}", ["error: livenessProbe.grpc.port: must be from 1 to 65535, not 0"]),
        ("{tcpSocket: {port: 80}, successThreshold: 2}",
         ["error: livenessProbe.successThreshold: must be 1, not 2"]),
        ("{tcpSocket: {port: 80}, terminationGracePeriodSeconds: 0}",
         ["error: livenessProbe.terminationGracePeriodSeconds: must be at least 1, not 0"]),
        *(
            (f"{{tcpSocket: {{port: 80}}, {field}: -1}}",
             [f"error: livenessProbe.{field}: must be at least 0, not -1"])
            for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                          "successThreshold", "failureThreshold")
        ),
    ],
)  # fmt: skip
def test_a_probe(probe: str, said: list[str]) -> None:
    assert told(container(f"livenessProbe: {probe}")) == said
    startup = [line.replace("liveness", "startup") for line in said]
    assert told(container(f"startupProbe: {probe}")) == startup


def test_a_readiness_probe_may_want_several_successes_and_has_no_grace() -> None:
    fine = "readinessProbe: {tcpSocket: {port: 80}, successThreshold: 2}"
    broken = "readinessProbe: {tcpSocket: {port: 80}, terminationGracePeriodSeconds: 5}"

    assert told(container(fine)) == []
    assert told(container(broken)) == [
        "error: readinessProbe.terminationGracePeriodSeconds: must not be set: "
        "a readiness probe stops no container"
    ]


@pytest.mark.parametrize("field", ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"])
def test_only_sidecars_among_init_containers_have_probes_and_hooks(field: str) -> None:
    value = (
        "{preStop: {sleep: {seconds: 5}}}" if field == "lifecycle" else "{tcpSocket: {port: 80}}"
    )
    init = f"name: a, image: a, {field}: {value}"
    said = [
        f"error: initContainers[0].{field}: must not be set on an init container, unless its "
        "`restartPolicy` is 'Always' (from Kubernetes 1.29)"
    ]

    assert told(workload(pod=f"initContainers: [{{{init}}}]")) == said
    sidecar = workload(pod=f"initContainers: [{{{init}, restartPolicy: Always}}]")
    assert told(sidecar) == []
    assert told(sidecar, 28, 30) == said


def test_the_probe_of_a_sidecar_is_looked_at() -> None:
    probe = "readinessProbe: {tcpSocket: {port: 0}}"
    pod = f"initContainers: [{{name: a, image: a, restartPolicy: Always, {probe}}}]"

    assert told(workload(pod=pod)) == [
        "error: initContainers[0].readinessProbe.tcpSocket.port: must be from 1 to 65535, not 0"
    ]


# Pods and containers


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        ("{hostNetwork: true}", NOTHING),
        (f"{{hostNetwork: false, containers: [{HOST_PORT % (1, 2)}]}}",
         NOTHING),
        (f"{{hostNetwork: true, containers: [{HOST_PORT % (1, 1)}]}}",
         NOTHING),
        (f"{{hostNetwork: true, containers: [{HOST_PORT % (1, 2)}]}}",
         ["error: ports[0].hostPort: must equal `containerPort` where the Pod is on the host's "
          "network, not 2"]),
        ("{containers: [{name: a, image: a, ports: [{containerPort: 1, hostPort: 2}, "
         "{containerPort: 3, hostPort: 2, protocol: UDP}]}]}", NOTHING),
        ("{containers: [{name: a, image: a, ports: [{containerPort: 1, hostPort: 2}, "
         "{containerPort: 3, hostPort: 2}]}]}",
         ["error: ports[1].hostPort: must be unique in the Pod, and 2 comes twice"]),
        ("{containers: [{name: a, image: a, ports: [{containerPort: 1, hostPort: 2}, "
         "{containerPort: 3, hostPort: 2, hostIP: 127.0.0.1}]}]}", NOTHING),
        ("{containers: []}", ["error: containers: must have at least one container"]),
        ("{containers: [{name: a}]}", ["error: image: is required"]),
        ("{containers: [{name: a, image: ''}]}", ["error: image: is required"]),
        ("{containers: [{name: a, image: a}, {name: a, image: a}]}",
         ["error: containers[1].name: must be unique in the Pod, and 'a' comes twice"]),
        ("{initContainers: [{name: web, image: a}]}",
         ["error: initContainers[0].name: must be unique in the Pod, and 'web' comes twice"]),
        ("{containers: [{name: a, image: a, imagePullPolicy: always}]}",
         ["error: imagePullPolicy: must be 'Always' or 'IfNotPresent' or 'Never', not 'always'"]),
        ("{restartPolicy: Always}", NOTHING),
        ("{restartPolicy: ''}", NOTHING),
        ("{restartPolicy: OnFailure}", ["error: restartPolicy: must be 'Always', not 'OnFailure'"]),
        ("{restartPolicy: Sometimes}",
         ["error: restartPolicy: must be 'Always' or 'OnFailure' or 'Never', not 'Sometimes'"]),
        ("{activeDeadlineSeconds: 5}",
         ["error: activeDeadlineSeconds: must not be set: these Pods are meant to run on"]),
    ],
)  # fmt: skip
def test_a_pod_template(pod: str, said: list[str]) -> None:
    assert told(workload(pod=pod)) == said


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ("[{containerPort: 80, name: ''}, {containerPort: 81, name: ''}]", NOTHING),
        ("[{containerPort: 80, hostPort: 0, protocol: SCTP}]", NOTHING),
        ("[{containerPort: 80, name: abcdefghijklmno}]", NOTHING),
        ("[{containerPort: 0}]", ["ports[0].containerPort: must be from 1 to 65535, not 0"]),
        ("[{containerPort: 80, hostPort: 65536}]",
         ["ports[0].hostPort: must be from 1 to 65535, not 65536"]),
        ("[{containerPort: 80, protocol: tcp}]",
         ["ports[0].protocol: must be 'TCP' or 'UDP' or 'SCTP', not 'tcp'"]),
        ("[{containerPort: 80, name: a}, {containerPort: 81, name: a}]",
         ["ports[1].name: must be unique, and 'a' comes twice"]),
        *(
            (f"[{{containerPort: 80, name: {name}}}]",
             ["ports[0].name: must have at most 15 characters, lower-case letters, digits and "
              f"single inner dashes, with a letter among them, not '{name}'"])
            for name in ("abcdefghijklmnop", "a--b", "-a", "a-", "1-2", "a_b")
        ),
    ],
)  # fmt: skip
def test_container_ports(ports: str, said: list[str]) -> None:
    assert told(container(f"ports: {ports}")) == [f"error: {line}" for line in said]


def test_a_pod_is_looked_at() -> None:
    pod = resource("Pod", "{restartPolicy: OnFailure, containers: [{name: a}]}")

    assert told(pod) == ["error: spec.containers[0].image: is required"]


# Workloads


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("strategy: {rollingUpdate: {maxUnavailable: 0}}", NOTHING),
        ("strategy: {rollingUpdate: {maxSurge: 0}}", NOTHING),
        ("strategy: {rollingUpdate: {maxUnavailable: 100%, maxSurge: 300%}}", NOTHING),
        ("strategy: {type: Recreate, rollingUpdate: null}", NOTHING),
        ("strategy: {type: ''}", NOTHING),
        ("strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 0%}}",
         ["strategy.rollingUpdate.maxUnavailable: must not be 0 where `maxSurge` is 0"]),
        ("strategy: {rollingUpdate: {maxUnavailable: 101%}}",
         ["strategy.rollingUpdate.maxUnavailable: must be at most 100%, not '101%'"]),
        ("strategy: {rollingUpdate: {maxUnavailable: -1}}",
         ["strategy.rollingUpdate.maxUnavailable: must be at least 0, not -1"]),
        ("strategy: {rollingUpdate: {maxSurge: '1'}}",
         ["strategy.rollingUpdate.maxSurge: must be an integer or a percentage such as '25%', "
          "not '1'"]),
        ("strategy: {type: Recreate, rollingUpdate: {}}",
         ["strategy.rollingUpdate: must not be set where `type` is 'Recreate'"]),
        ("strategy: {type: Rolling}",
         ["strategy.type: must be 'RollingUpdate' or 'Recreate', not 'Rolling'"]),
        ("{minReadySeconds: 599}", NOTHING),
        ("{minReadySeconds: 5, progressDeadlineSeconds: 6}", NOTHING),
        ("{minReadySeconds: 600}",
         ["progressDeadlineSeconds: must be greater than `minReadySeconds`, 600, and is 600, by "
          "default"]),
        ("{minReadySeconds: 5, progressDeadlineSeconds: 5}",
         ["progressDeadlineSeconds: must be greater than `minReadySeconds`, 5, and is 5"]),
        ("{progressDeadlineSeconds: 0}",
         ["progressDeadlineSeconds: must be greater than `minReadySeconds`, 0, and is 0"]),
        ("{progressDeadlineSeconds: -1}",
         ["progressDeadlineSeconds: must be at least 0, not -1"]),
        ("{replicas: -1, minReadySeconds: -1, revisionHistoryLimit: -1}",
         ["replicas: must be at least 0, not -1", "minReadySeconds: must be at least 0, not -1",
          "revisionHistoryLimit: must be at least 0, not -1"]),
    ],
)  # fmt: skip
def test_a_deployment(spec: str, said: list[str]) -> None:
    assert told(workload(spec=spec)) == [f"error: spec.{line}" for line in said]


@pytest.mark.parametrize("kind", APPS)
@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("{matchLabels: {app: web}}", NOTHING),
        ("{matchExpressions: [{key: app, operator: Exists}]}", NOTHING),
        ("null", NOTHING),
        ("{}", ["selector: must not be empty"]),
        ("{matchLabels: null}", ["selector: must not be empty"]),
        ("{matchLabels: {app: api}}",
         ["selector: must match the labels of the pod template, and does not"]),
        ("{matchLabels: {app: web}, matchExpressions: [{key: x, operator: Exists}]}",
         ["selector: must match the labels of the pod template, and does not"]),
    ],
)  # fmt: skip
def test_a_selector(kind: str, selector: str, said: list[str]) -> None:
    data = workload(kind, spec=f"selector: {selector}")

    assert told(data) == [f"error: spec.{line}" for line in said]


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("{}", NOTHING),
        ("{rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}", NOTHING),
        ("{rollingUpdate: {maxUnavailable: 10%, maxSurge: 0%}}", NOTHING),
        ("{type: OnDelete, rollingUpdate: {maxUnavailable: 0}}", NOTHING),
        ("{rollingUpdate: {maxUnavailable: 0}}",
         ["rollingUpdate.maxUnavailable: must not be 0 where `maxSurge` is 0"]),
        ("{rollingUpdate: {maxSurge: 1}}",
         ["rollingUpdate.maxSurge: must be 0 where `maxUnavailable` is 1 (the default)"]),
        ("{rollingUpdate: {maxUnavailable: 20%, maxSurge: 1}}",
         ["rollingUpdate.maxSurge: must be 0 where `maxUnavailable` is 20%"]),
        ("{rollingUpdate: {maxUnavailable: 0, maxSurge: 101%}}",
         ["rollingUpdate.maxSurge: must be at most 100%, not '101%'"]),
        ("{type: Recreate}", ["type: must be 'RollingUpdate' or 'OnDelete', not 'Recreate'"]),
    ],
)  # fmt: skip
def test_a_daemon_set(strategy: str, said: list[str]) -> None:
    data = workload("DaemonSet", spec=f"updateStrategy: {strategy}")

    assert told(data) == [f"error: spec.updateStrategy.{line}" for line in said]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("updateStrategy: {type: OnDelete}", NOTHING),
        ("updateStrategy: {rollingUpdate: {partition: 2, maxUnavailable: 1}}", NOTHING),
        ("{podManagementPolicy: Parallel, ordinals: {start: 1}}", NOTHING),
        ("updateStrategy: {type: OnDelete, rollingUpdate: {}}",
         ["updateStrategy.rollingUpdate: must not be set where `type` is 'OnDelete'"]),
        ("updateStrategy: {rollingUpdate: {partition: -1}}",
         ["updateStrategy.rollingUpdate.partition: must be at least 0, not -1"]),
        ("updateStrategy: {rollingUpdate: {maxUnavailable: 0%}}",
         ["updateStrategy.rollingUpdate.maxUnavailable: must not be 0"]),
        ("podManagementPolicy: Ordered",
         ["podManagementPolicy: must be 'OrderedReady' or 'Parallel', not 'Ordered'"]),
        ("ordinals: {start: -1}", ["ordinals.start: must be at least 0, not -1"]),
    ],
)  # fmt: skip
def test_a_stateful_set(spec: str, said: list[str]) -> None:
    assert told(workload("StatefulSet", spec=spec)) == [f"error: spec.{line}" for line in said]


def test_max_unavailable_of_a_stateful_set_is_dropped_before_1_37() -> None:
    data = workload("StatefulSet", spec="updateStrategy: {rollingUpdate: {maxUnavailable: 0}}")

    assert told(data, 36) == []


def test_a_replica_set_and_a_replication_controller_need_a_template() -> None:
    selector = "{matchLabels: {app: web}}"
    said = ["error: spec.template: is required"]

    assert told(resource("ReplicaSet", f"{{selector: {selector}}}")) == said
    assert told(resource("ReplicationController", "{selector: {app: web}}")) == said


def test_the_selector_of_a_replication_controller() -> None:
    template = f"{{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{CONTAINER}]}}}}"
    said = ["error: spec.selector: must match the labels of the pod template, and does not"]

    for selector, expected in (("null", []), ("{app: web}", []), ("{app: api}", said)):
        spec = f"{{selector: {selector}, template: {template}}}"
        assert told(resource("ReplicationController", spec)) == expected


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("OnFailure", NOTHING),
        ("Never", NOTHING),
        ("Always", ["must be 'OnFailure' or 'Never' in a Job, and is 'Always'"]),
        ("null", ["must be 'OnFailure' or 'Never' in a Job, and is 'Always', by default"]),
    ],
)
def test_a_job_and_a_cron_job(policy: str, said: list[str]) -> None:
    spec = f"{{template: {{spec: {{restartPolicy: {policy}, containers: [{CONTAINER}]}}}}}}"

    assert told(resource("Job", spec)) == [f"error: restartPolicy: {line}" for line in said]
    cron_job = resource("CronJob", f"{{schedule: '@daily', jobTemplate: {{spec: {spec}}}}}")
    assert told(cron_job) == [f"error: spec.jobTemplate.restartPolicy: {line}" for line in said]


def test_the_numbers_of_a_job_and_a_cron_job() -> None:
    job = resource("Job", "{parallelism: -1, completions: -1, backoffLimit: -1}")
    cron_job = resource("CronJob", "{startingDeadlineSeconds: -1, concurrencyPolicy: Wait}")

    assert told(job) == [
        "error: spec.parallelism: must be at least 0, not -1",
        "error: spec.completions: must be at least 0, not -1",
        "error: spec.backoffLimit: must be at least 0, not -1",
    ]
    assert told(cron_job) == [
        "error: spec.startingDeadlineSeconds: must be at least 0, not -1",
        "error: spec.concurrencyPolicy: must be 'Allow' or 'Forbid' or 'Replace', not 'Wait'",
    ]


@pytest.mark.parametrize("kind", ["Pod", "Job", "ReplicationController", "Service", "Ingress"])
def test_a_spec_is_required_where_the_schema_does_not_say_so(kind: str) -> None:
    data = resource(kind, "null")

    assert problems(data, 37) == []
    assert told(data) == ["error: spec: is required"]


# Metadata


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("{generateName: web-}", NOTHING),
        ("{name: web, labels: {a: 1.2_b-C, b: '', c: null}}", NOTHING),
        ("{}", ["error: metadata.name: is required"]),
        ("{name: ''}", ["error: metadata.name: is required"]),
        *(
            (f"{{name: web, labels: {{a: '{value}'}}}}",
             ["error: metadata.labels.a: must have at most 63 characters, letters, digits and "
              f"inner '-', '_' and '.', not '{value[:40]}{'…' if len(value) > 40 else ''}'"])
            for value in ("1.2+3", "-a", "a.", "a b", "ä", "x" * 64)
        ),
    ],
)  # fmt: skip
def test_metadata(metadata: str, said: list[str]) -> None:
    assert told(workload() | {"metadata": read(metadata)}) == said


LABELS = "must have at most 63 characters, letters, digits and inner '-', '_' and '.', not 'a b'"


@pytest.mark.parametrize("kind", [*APPS, "Job"])
def test_the_labels_of_a_template(kind: str) -> None:
    data = workload(kind, pod="{restartPolicy: null}")
    if kind == "Job":
        del data["spec"]["selector"]
        data["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    data["spec"]["template"]["metadata"]["labels"]["odd"] = "a b"

    assert told(data) == [f"error: spec.template.metadata.labels.odd: {LABELS}"]


@pytest.mark.parametrize("kind", APPS)
def test_the_labels_of_a_selector(kind: str) -> None:
    data = workload(kind)
    data["spec"]["template"]["metadata"]["labels"]["odd"] = "a b"
    data["spec"]["selector"]["matchLabels"]["odd"] = "a b"

    assert f"error: spec.selector.matchLabels.odd: {LABELS}" in told(data)


# Services and Ingresses


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("{ports: [{port: 80}]}", NOTHING),
        ("{ports: [{port: 80, targetPort: ''}]}", NOTHING),
        ("{ports: [{port: 80, targetPort: 0}]}", NOTHING),
        ("{ports: [{port: 80, targetPort: http-1}]}", NOTHING),
        ("{clusterIP: None}", NOTHING),
        ("{clusterIPs: [None]}", NOTHING),
        ("{type: ExternalName, externalName: example.com}", NOTHING),
        ("{type: NodePort, ports: [{port: 80, nodePort: 30000}]}", NOTHING),
        ("{ports: [{name: a, port: 80}, {name: b, port: 80, protocol: UDP}]}", NOTHING),
        ("{}", ["ports: is required, unless `clusterIP` is 'None'"]),
        ("{type: ExternalName}", ["externalName: is required where `type` is 'ExternalName'"]),
        ("{type: Headless, ports: [{port: 80}]}",
         ["type: must be 'ClusterIP' or 'NodePort' or 'LoadBalancer' or 'ExternalName', not "
          "'Headless'"]),
        ("{type: NodePort, clusterIP: None}",
         ["clusterIP: must not be 'None' where `type` is 'NodePort'"]),
        ("{ports: [{port: 80, nodePort: 30000}]}",
         ["ports[0].nodePort: must not be set where `type` is 'ClusterIP'"]),
        ("{ports: [{name: a, port: 80}, {port: 81}]}",
         ["ports[1].name: is required where a Service has several ports"]),
        ("{ports: [{name: a, port: 80}, {name: a, port: 81}]}",
         ["ports[1].name: must be unique, and 'a' comes twice"]),
        ("{ports: [{name: a, port: 80}, {name: b, port: 80}]}",
         ["ports[1].port: must be unique for its protocol, and 80 comes twice"]),
        ("{ports: [{port: 0}]}", ["ports[0].port: must be from 1 to 65535, not 0"]),
        ("{ports: [{port: 80, protocol: HTTP}]}",
         ["ports[0].protocol: must be 'TCP' or 'UDP' or 'SCTP', not 'HTTP'"]),
        ("{ports: [{port: 80, targetPort: 70000}]}",
         ["ports[0].targetPort: must be from 1 to 65535, not 70000"]),
        ("{ports: [{port: 80, targetPort: '8080'}]}",
         ["ports[0].targetPort: must be a number or a name with a letter, not '8080'; leave out "
          "the quotes"]),
    ],
)  # fmt: skip
def test_a_service(spec: str, said: list[str]) -> None:
    assert told(resource("Service", spec)) == [f"error: spec.{line}" for line in said]


BACKEND = "backend: {service: {name: web, port: {name: http}}}"


@pytest.mark.parametrize(
    ("path_text", "said"),
    [
        (f"path: /, pathType: Prefix, {BACKEND}", NOTHING),
        (f"pathType: ImplementationSpecific, {BACKEND}", NOTHING),
        ("path: /, pathType: Exact, backend: {resource: {kind: A, name: b}}", NOTHING),
        ("path: /, pathType: Exact, backend: {service: {name: a, port: {number: 80}}}", NOTHING),
        (f"pathType: Prefix, {BACKEND}", ["path: must begin with '/'"]),
        (f"path: a, pathType: ImplementationSpecific, {BACKEND}", ["path: must begin with '/'"]),
        (f"path: /, pathType: prefix, {BACKEND}",
         ["pathType: must be 'Exact' or 'Prefix' or 'ImplementationSpecific', not 'prefix'"]),
        ("path: /, pathType: Exact, backend: {}",
         ["backend: must have either a `service` or a `resource`"]),
        ("path: /, pathType: Exact, backend: {service: {name: a}, resource: {kind: A, name: b}}",
         ["backend: must have either a `service` or a `resource`"]),
        ("path: /, pathType: Exact, backend: {service: {name: a}}",
         ["backend.service.port: must have either a `name` or a `number`"]),
        ("path: /, pathType: Exact, backend: {service: {name: a, port: {name: b, number: 1}}}",
         ["backend.service.port: must have either a `name` or a `number`"]),
        ("path: /, pathType: Exact, backend: {service: {name: a, port: {number: 70000}}}",
         ["backend.service.port.number: must be from 1 to 65535, not 70000"]),
        ("path: /, pathType: Exact, backend: {service: {name: a, port: {name: '80'}}}",
         ["backend.service.port.name: must be a number or a name with a letter, not '80'; leave "
          "out the quotes"]),
    ],
)  # fmt: skip
def test_an_ingress(path_text: str, said: list[str]) -> None:
    data = resource("Ingress", f"{{rules: [{{http: {{paths: [{{{path_text}}}]}}}}]}}")

    assert told(data) == [f"error: spec.rules[0].http.paths[0].{line}" for line in said]


def test_an_ingress_leads_somewhere() -> None:
    backend = "{service: {name: web, port: {number: 0}}}"

    assert told(resource("Ingress", "{}")) == [
        "error: spec: must have `rules` or a `defaultBackend`"
    ]
    assert told(resource("Ingress", f"{{defaultBackend: {backend}}}")) == [
        "error: spec.defaultBackend.service.port: must have either a `name` or a `number`"
    ]


# Budgets, autoscalers, claims


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("{maxUnavailable: 1, minAvailable: null}", NOTHING),
        ("{minAvailable: 100%, unhealthyPodEvictionPolicy: AlwaysAllow}", NOTHING),
        ("{}", NOTHING),
        ("{maxUnavailable: 1, minAvailable: 1}",
         ["spec: must have `minAvailable` or `maxUnavailable`, not both"]),
        ("{maxUnavailable: -1}", ["spec.maxUnavailable: must be at least 0, not -1"]),
        ("{maxUnavailable: 101%}", ["spec.maxUnavailable: must be at most 100%, not '101%'"]),
        ("{minAvailable: 101%}", ["spec.minAvailable: must be at most 100%, not '101%'"]),
        ("{minAvailable: half}",
         ["spec.minAvailable: must be an integer or a percentage such as '25%', not 'half'"]),
        ("{minAvailable: 1.5%}",
         ["spec.minAvailable: must be an integer or a percentage such as '25%', not '1.5%'"]),
        ("{unhealthyPodEvictionPolicy: Always}",
         ["spec.unhealthyPodEvictionPolicy: must be 'IfHealthyBudget' or 'AlwaysAllow', not "
          "'Always'"]),
        ("{selector: {matchLabels: {a: 'b c'}}}",
         ["spec.selector.matchLabels.a: must have at most 63 characters, letters, digits and "
          "inner '-', '_' and '.', not 'b c'"]),
    ],
)  # fmt: skip
def test_a_disruption_budget(spec: str, said: list[str]) -> None:
    assert told(resource("PodDisruptionBudget", spec)) == [f"error: {line}" for line in said]


@pytest.mark.parametrize(
    ("spec", "minor", "said"),
    [
        ("{maxReplicas: 1}", 36, NOTHING),
        ("{minReplicas: 2, maxReplicas: 2}", 36, NOTHING),
        ("{minReplicas: 0, maxReplicas: 2}", 37, NOTHING),
        ("{minReplicas: 0, maxReplicas: 2}", 36, ["minReplicas: must be at least 1, not 0"]),
        ("{minReplicas: 1, maxReplicas: 0}", 37, ["maxReplicas: must be at least 1, not 0"]),
        ("{maxReplicas: 0}", 37, ["maxReplicas: must be at least 1, not 0"]),
        ("{minReplicas: 3, maxReplicas: 2}", 37,
         ["maxReplicas: must be at least `minReplicas`, 3, not 2"]),
    ],
)  # fmt: skip
def test_an_autoscaler(spec: str, minor: int, said: list[str]) -> None:
    data = resource("HorizontalPodAutoscaler", spec)

    assert told(data, minor) == [f"error: spec.{line}" for line in said]


STORAGE = "resources: {requests: {storage: 1Gi}}"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (f"{{accessModes: [ReadWriteOnce, ReadOnlyMany], {STORAGE}}}", NOTHING),
        (f"{{accessModes: [], {STORAGE}}}",
         ["accessModes: must have at least one access mode"]),
        (f"{{accessModes: [RWX], {STORAGE}}}",
         ["accessModes[0]: must be 'ReadWriteOnce' or 'ReadOnlyMany' or 'ReadWriteMany' or "
          "'ReadWriteOncePod', not 'RWX'"]),
        (f"{{accessModes: [ReadWriteOncePod, ReadWriteOnce], {STORAGE}}}",
         ["accessModes: must have no other mode beside 'ReadWriteOncePod'"]),
        ("{accessModes: [ReadWriteOnce]}", ["resources.requests.storage: is required"]),
    ],
)  # fmt: skip
def test_a_claim(spec: str, said: list[str]) -> None:
    assert told(resource("PersistentVolumeClaim", spec)) == [f"error: spec.{line}" for line in said]


# Garbage


def test_wrong_types_are_left_to_the_schema() -> None:
    random = Random(7)
    wrong = [*WRONG, float("inf"), float("nan")]
    for data in OBJECTS * 60:
        mutant = copy.deepcopy(data)
        for _ in range(random.choice((1, 3))):
            parent, key = random.choice(list(_places(mutant)))
            parent[key] = copy.deepcopy(random.choice(wrong))

        for problem in broken_rules(mutant, random.choice((25, 37)), 25):
            assert problem.message
            assert spelled(problem.path)


def test_the_objects_of_all_kinds_break_no_rule() -> None:
    assert [told(data) for data in OBJECTS] == [[] for _ in OBJECTS]


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            if key not in ("apiVersion", "kind"):
                yield value, key
            yield from _places(value[key])
