"""`kzd measure cleanup`: what has the labels and the name, and nothing else."""

from __future__ import annotations

import pytest

from kzd.measure.objects import MANAGED, RUN
from kzd.measure.plan import NAME
from tests.fake_cluster import FakeCluster
from tests.measure.conftest import Measuring

LABELS = MANAGED | {RUN: "r1"}
CORE, APPS = "/api/v1/namespaces", "/apis/apps/v1/namespaces"
MADE = (
    (APPS, "deployments", NAME), (APPS, "deployments", "kzd-measure-observer"),
    (CORE, "services", NAME), (CORE, "services", "kzd-measure-headless"),
    (CORE, "services", "kzd-measure-node-port"), (CORE, "services", "kzd-measure-churn-19"),
    (CORE, "configmaps", NAME), (CORE, "pods", "kzd-measure-6d5f8-abcde"),
)  # fmt: skip


def put(cluster: FakeCluster, path: str, **labels: str) -> None:
    selector = {"matchLabels": {RUN: "none"}}
    cluster.put(path, {"metadata": {"labels": labels}, "spec": {"selector": selector}})


def test_what_runs_left_is_removed(measure: Measuring, cluster: FakeCluster) -> None:
    for root, resource, name in MADE:
        put(cluster, f"{root}/shop/{resource}/{name}", **LABELS)

    done = measure.cleanup("--namespace", "shop")

    assert (done.code, len(done.err.splitlines())) == (0, len(MADE)), done.err
    assert measure.cleanup("--namespace", "shop").err == "kzd: nothing to remove\n"


def test_what_has_only_the_labels_or_only_the_name_stays(
    measure: Measuring, cluster: FakeCluster
) -> None:
    for root, resource, name in MADE:
        cluster.put_foreign(f"{root}/shop/{resource}/{name}", **{RUN: "r1"})
        other = "churned" if "churn" in name else f"my-{name}"
        cluster.put_foreign(f"{root}/shop/{resource}/{other}", **LABELS)
    cluster.put_foreign(f"{CORE}/shop/services/kzd-measure-churn-x", **LABELS)

    done = measure.cleanup("--namespace", "shop")

    assert (done.code, done.err) == (0, "kzd: nothing to remove\n")


def test_the_namespace_goes_with_what_controllers_put_into_it(
    measure: Measuring, cluster: FakeCluster
) -> None:
    put(cluster, f"{CORE}/{NAME}", **LABELS)
    for name in ("kube-root-ca.crt", "istio-ca-root-cert"):
        put(cluster, f"{CORE}/{NAME}/configmaps/{name}")
    put(cluster, f"{CORE}/{NAME}/services/{NAME}", **LABELS)

    done = measure.cleanup()

    assert done.code == 0
    assert done.err == "kzd: removed Service/kzd-measure\nkzd: removed Namespace/kzd-measure\n"


@pytest.mark.parametrize(
    ("root", "path", "labels"),
    [
        (CORE, "configmaps/mine", {}),
        (CORE, f"services/{NAME}", {}),
        (CORE, "pods/mine", LABELS),
        (CORE, "persistentvolumeclaims/mine", LABELS),
        (APPS, "statefulsets/mine", {}),
        (APPS, "daemonsets/mine", {}),
        ("/apis/networking.k8s.io/v1/namespaces", "ingresses/probe", {}),
        ("/apis/batch/v1/namespaces", "jobs/mine", {}),
        ("/apis/batch/v1/namespaces", "cronjobs/mine", {}),
    ],
)
def test_a_namespace_with_something_else_in_it_stays(
    measure: Measuring, cluster: FakeCluster, root: str, path: str, labels: dict[str, str]
) -> None:
    cluster.put_foreign(f"{CORE}/{NAME}", **LABELS)
    cluster.put_foreign(f"{root}/{NAME}/{path}", **labels)

    done = measure.cleanup()

    assert done.code == 3
    assert "may be left in namespace kzd-measure: Namespace/kzd-measure;" in done.err
    assert f"/{path.split('/')[1]} in it is not of `kzd measure`, so it stays" in done.err


def test_a_namespace_of_that_name_that_somebody_made_stays(
    measure: Measuring, cluster: FakeCluster
) -> None:
    cluster.put_foreign(f"{CORE}/{NAME}")

    assert measure.cleanup().err == "kzd: nothing to remove\n"


def test_a_namespace_that_is_given_is_not_asked_for(
    measure: Measuring, cluster: FakeCluster
) -> None:
    cluster.put_foreign(f"{CORE}/{NAME}", **LABELS)
    cluster.forbid("get", "namespaces")
    put(cluster, f"{CORE}/{NAME}/services/{NAME}", **LABELS)

    done = measure.cleanup("--namespace", NAME)

    assert (done.code, done.err) == (0, "kzd: removed Service/kzd-measure\n")
