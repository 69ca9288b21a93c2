"""Views of resources: where their templates are, and what counts as unset."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.cluster.resource import Origin, Resource, Service, Workload
from kzd.edit import path

ORIGIN = Origin("a.yaml", 0)
LIVE = {"name": "web", "uid": "7c1b", "resourceVersion": "1"}
DEFAULTS: dict[str, Any] = {
    "spec.template.spec.terminationGracePeriodSeconds": 30,
    "spec.strategy.rollingUpdate.maxUnavailable": "25%",
    "spec.strategy.rollingUpdate.maxSurge": "25%",
    "spec.strategy.type": "RollingUpdate",
    "spec.progressDeadlineSeconds": 600,
    "spec.updateStrategy.rollingUpdate.maxUnavailable": 1,
    "spec.updateStrategy.rollingUpdate.maxSurge": 0,
    "spec.updateStrategy.rollingUpdate.partition": 0,
    "spec.updateStrategy.type": "RollingUpdate",
    "spec.podManagementPolicy": "OrderedReady",
    "spec.externalTrafficPolicy": "Cluster",
    "spec.internalTrafficPolicy": "Cluster",
}


def holding(field: str, value: Any, metadata: dict[str, Any]) -> Resource:
    data: Any = value
    for step in reversed(field.split(".")):
        data = {step: data}
    return Resource({"metadata": metadata} | data, ORIGIN)


@pytest.mark.parametrize("field", DEFAULTS)
def test_a_default_of_the_api_counts_as_unset_on_a_live_object(field: str) -> None:
    default = DEFAULTS[field]

    assert holding(field, default, LIVE).get(path(field)) is None
    assert holding(field, default, {"name": "web"}).get(path(field)) == default
    assert holding(field, 7, LIVE).get(path(field)) == 7


@pytest.mark.parametrize("missing", ["uid", "resourceVersion"])
def test_a_live_object_has_both_marks(missing: str) -> None:
    metadata = {key: value for key, value in LIVE.items() if key != missing}

    assert holding("spec.progressDeadlineSeconds", 600, metadata).get(
        path("spec.progressDeadlineSeconds")
    )


TEMPLATES = {
    ("apps/v1", "Deployment"): "spec.template.spec",
    ("apps/v1", "StatefulSet"): "spec.template.spec",
    ("apps/v1", "DaemonSet"): "spec.template.spec",
    ("apps/v1", "ReplicaSet"): "spec.template.spec",
    ("v1", "ReplicationController"): "spec.template.spec",
    ("batch/v1", "Job"): "spec.template.spec",
    ("batch/v1", "CronJob"): "spec.jobTemplate.spec.template.spec",
    ("argoproj.io/v1alpha1", "Rollout"): "spec.template.spec",
    ("v1", "Pod"): "spec",
    ("apps/v1beta1", "Deployment"): "spec.template.spec",
}


@pytest.mark.parametrize(("api", "kind"), TEMPLATES)
def test_where_the_pod_s_spec_is(api: str, kind: str) -> None:
    workload = Workload({"apiVersion": api, "kind": kind}, ORIGIN)

    assert ".".join(map(str, workload.pod())) == TEMPLATES[(api, kind)]


def test_what_is_unset_is_empty() -> None:
    unset = Resource({}, ORIGIN)

    assert unset.identity == ("", "", None, "")
    assert (unset.labels, unset.annotations, unset.edits) == ({}, {}, ())
    assert Origin("a.yaml", 0).source == ""


def test_what_an_api_server_tells_objects_apart_by() -> None:
    metadata = {"name": "web", "namespace": "shop"}
    data = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
    resource = Resource(data, ORIGIN)

    assert resource.identity == ("apps", "Deployment", "shop", "web")
    assert repr(resource) == "<Deployment/web>"
    assert Resource(data | {"metadata": {"generateName": "web-"}}, ORIGIN).name == "web-"


def test_a_field_path_that_leads_nowhere_is_unset() -> None:
    resource = Resource({"items": [1], "spec": {"a": "b"}}, ORIGIN)

    assert resource.get(("items", 0)) == 1
    assert resource.get(("items", 1)) is None
    assert resource.get(("items", "a")) is None
    assert resource.get(("spec", "a", 0)) is None
    assert resource.get(("spec", 0)) is None


def test_what_is_no_container_is_passed_over() -> None:
    spec = {"containers": [None, {"name": "web"}, "x"]}
    data = {"apiVersion": "v1", "kind": "Pod", "spec": spec}

    assert [item.path for item in Workload(data, ORIGIN).containers] == [("spec", "containers", 1)]


@pytest.mark.parametrize(("replicas", "expected"), [(None, 1), (0, 0), (3, 3), ("3", 1)])
def test_replicas(replicas: Any, expected: int) -> None:
    data = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": replicas}}

    assert Workload(data, ORIGIN).replicas == expected


def test_the_ports_of_a_service() -> None:
    ports = [{"port": 80}, {"name": "b", "port": 1, "targetPort": "http", "protocol": "UDP"}]
    service = Service({"spec": {"ports": ports}}, ORIGIN)

    assert service.ports == [(None, 80, 80, "TCP"), ("b", 1, "http", "UDP")]
    assert (service.type, service.selector) == ("ClusterIP", {})
    assert not service.is_headless
    assert not service.publishes_not_ready
