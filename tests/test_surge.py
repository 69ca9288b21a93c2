"""What keeps one Pod more from finding room during a rollout."""

from __future__ import annotations

import pytest

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Workload
from kzd.cluster.surge import largest_scale, obstacles, why_no_room
from tests.views import view_of, workload


def first_in(text: str) -> tuple[Workload, ClusterView]:
    view = view_of(text)
    return next(item for item in view.resources if isinstance(item, Workload)), view


def autoscaler(kind: str, spec: str) -> str:
    return (
        f"---\napiVersion: x/v1\nkind: {kind}\nmetadata: {{name: web}}\n"
        f"spec: {{scaleTargetRef: {{kind: Deployment, name: web}}, {spec}}}\n"
    )


SCALES = {
    "replicas": ("", 3),
    "the autoscaler's maximum": (autoscaler("HorizontalPodAutoscaler", "maxReplicas: 7"), 7),
    "an autoscaler without a maximum": (autoscaler("HorizontalPodAutoscaler", "minReplicas: 1"), 3),
    "KEDA's maximum": (autoscaler("ScaledObject", "maxReplicaCount: 7"), 7),
    "KEDA without a maximum": (autoscaler("ScaledObject", "minReplicaCount: 1"), 100),
}


@pytest.mark.parametrize("name", SCALES)
def test_largest_scale(name: str) -> None:
    more, expected = SCALES[name]

    assert largest_scale(*first_in(workload(spec="replicas: 3") + more)) == expected


TERM = "topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}"
ROOM = {
    "an ordinary Pod": ("", True),
    "the network of the node": ("hostNetwork: true", False),
    "a port of the node of an init container that ends": (
        "initContainers: [{name: a, image: b, ports: [{containerPort: 1, hostPort: 1}]}]",
        True,
    ),
    "a port of the node of a sidecar": (
        "initContainers: [{name: a, image: b, restartPolicy: Always, "
        "ports: [{containerPort: 1, hostPort: 1}]}]",
        False,
    ),
    "anti-affinity": (f"affinity: [{TERM}]", False),
    "anti-affinity of its own namespace": (f"affinity: [{TERM}, namespaces: [shop]]", False),
    "anti-affinity of another namespace": (f"affinity: [{TERM}, namespaces: [test]]", True),
    "anti-affinity of namespaces by labels": (
        f"affinity: [{TERM}, namespaces: [test], namespaceSelector: {{}}]",
        False,
    ),
    "anti-affinity within a version": (
        f"affinity: [{TERM}, matchLabelKeys: [pod-template-hash]]",
        True,
    ),
    "anti-affinity against others": (
        "affinity: [topologyKey: zone, labelSelector: {matchLabels: {app: other}}]",
        True,
    ),
}
REQUIRED = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{"


def in_shop(pod: str, namespace: str = ", namespace: shop") -> Workload:
    pod = pod.replace("affinity: [", REQUIRED)
    pod = pod[:-1] + "}]}}" if pod.startswith(REQUIRED) else pod
    return first_in(workload(metadata=f"name: web{namespace}", pod=pod))[0]


@pytest.mark.parametrize("name", ROOM)
def test_room(name: str) -> None:
    pod, expected = ROOM[name]

    assert (why_no_room(in_shop(pod), stays_the_same=False) == "") is expected


def test_the_namespace_that_is_left_out_may_be_any() -> None:
    pod = ROOM["anti-affinity of another namespace"][0]

    assert why_no_room(in_shop(pod, namespace=""), stays_the_same=False)


def fields(pod: str = "", container: str = "ports: []", more: str = "") -> list[str]:
    found = obstacles(*first_in(workload(pod=pod, container=container) + more))
    return [".".join(map(str, finding.path)) for finding in found]


def quota(name: str, hard: str) -> str:
    return (
        f"---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: {name}}}\n"
        f"spec: {{hard: {{{hard}}}}}\n"
    )


@pytest.mark.parametrize(
    "key", ["pods", "count/pods", "cpu", "memory", "requests.cpu", "limits.memory"]
)
def test_a_quota_counts_the_pod_of_the_surge(key: str) -> None:
    more = quota("a", f"services: 5, {key}: 5") + quota("b", "pods: 5")
    (found,) = obstacles(*first_in(workload() + more))

    assert f"ResourceQuota 'a' limits `{key}`" in found.message


@pytest.mark.parametrize("key", ["services", "count/jobs.batch", "persistentvolumeclaims", "5"])
def test_a_quota_of_something_else(key: str) -> None:
    assert fields(more=quota("a", f"{key}: 5")) == []


@pytest.mark.parametrize("field", ["limits", "requests"])
def test_a_device_may_be_missing(field: str) -> None:
    container = f"resources: {{{field}: {{cpu: 1, example.com/gpu: 1}}}}"
    init = f"initContainers: [{{name: a, image: b, {container}}}]"

    at = f"resources.{field}.example.com/gpu"
    assert fields(container=container) == [f"spec.template.spec.containers.0.{at}"]
    assert fields(pod=init) == [f"spec.template.spec.initContainers.0.{at}"]


def test_a_device_is_told_once() -> None:
    container = "resources: {limits: {example.com/gpu: 1}, requests: {example.com/gpu: 1}}"

    assert len(fields(container=container)) == 1


@pytest.mark.parametrize(
    "asked",
    [
        "cpu: 1",
        "ephemeral-storage: 1Gi",
        "hugepages-2Mi: 4Mi",
        "5: 1",
        "kubernetes.io/batch-cpu: 1",
        "example.com/gpu: 0",
        "example.com/gpu: '0'",
        "example.com/gpu: null",
    ],
)
def test_what_is_no_device(asked: str) -> None:
    assert fields(container=f"resources: {{limits: {{{asked}}}}}") == []


SPREAD = "whenUnsatisfiable: DoNotSchedule, topologyKey: zone, maxSkew: 1"


def test_a_spread_keeps_the_keys_that_it_has() -> None:
    selector = "labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [tier]"
    pod = f"topologySpreadConstraints: [{{{SPREAD}, {selector}}}]"
    (found,) = obstacles(*first_in(workload(pod=pod)))

    assert found.proposed == ["tier", "pod-template-hash"]


def test_a_spread_of_other_pods() -> None:
    selector = "labelSelector: {matchLabels: {app: other}}"

    assert fields(pod=f"topologySpreadConstraints: [{{{SPREAD}, {selector}}}]") == []
