"""Every row of the table of roles, and every definition under it."""

from __future__ import annotations

import pytest

from kzd.cluster.availability import share, take_over
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.role import Role, is_partial, missing_services
from kzd.settings import DATA_STORES
from tests.views import service, view_of, workload


def role_in(*texts: str, serving: bool | None = None, namespace: str | None = None) -> Role:
    view = view_of(*texts, serving=serving, namespace=namespace)
    return view.role(next(item for item in view.resources if isinstance(item, Workload)))


OTHER = service("other", selector="{app: other}")

SCRAPED = 'annotations: {prometheus.io/port: "9102"}'
ROLES = {
    "a Service selects its Pods": (workload() + service(), "serving"),
    "the selector is a subset of the labels": (
        workload(labels="{app: web, tier: a}") + service(),
        "serving",
    ),
    "the selector asks for one label more": (
        workload() + service(selector="{app: web, tier: a}"),
        "worker",
    ),
    "an empty selector selects nothing": (workload() + service(selector="{}"), "worker"),
    "an ExternalName Service selects nothing": (
        workload() + service(spec="type: ExternalName"),
        "worker",
    ),
    "the only Service is of another workload": (workload() + OTHER, "worker"),
    "no Service in the input": (workload(), "unknown"),
    "a Knative Service is none": (
        workload()
        + "---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: other}\n"
        + "spec: {template: {spec: {containers: [{image: example/other}]}}}\n",
        "unknown",
    ),
    "the Services are of another namespace": (
        workload(metadata="name: web, namespace: a") + service(metadata="namespace: b"),
        "unknown",
    ),
    "a set and an unset namespace match when only one is named": (
        workload(metadata="name: web, namespace: a") + service(),
        "serving",
    ),
    "a set and an unset namespace do not match when two are named": (
        workload(metadata="name: web, namespace: a")
        + service()
        + service("x", metadata="namespace: b"),
        "unknown",
    ),
    "an undeclared number still is served": (
        workload(container="") + service(ports="[{port: 80, targetPort: 8080}]"),
        "serving",
    ),
    "a named port that no container declares": (
        workload() + service(ports="[{port: 80, targetPort: web}]"),
        "identity only",
    ),
    "all candidate containers only idle": (
        workload(container='command: ["sh", "-c", "sleep infinity"]')
        + service(ports="[{port: 80}]"),
        "identity only",
    ),
    "all ports are for scraping, by name": (
        workload(container="ports: [{name: http-metrics, containerPort: 80}]")
        + service(ports="[{port: 80}]"),
        "identity only",
    ),
    "all ports are for scraping, by the Service port's name": (
        workload() + service(ports="[{name: prometheus, port: 80}]"),
        "identity only",
    ),
    "a word inside a name is no word": (
        workload(container="ports: [{name: promo, containerPort: 80}]")
        + service(ports="[{port: 80}]"),
        "serving",
    ),
    "one of two ports is for scraping": (
        workload() + service(ports="[{name: metrics, port: 9090}, {name: web, port: 80}]"),
        "serving",
    ),
    "a Service named for metrics": (
        workload() + service("web-metrics", ports="[{name: https, port: 8443}]"),
        "identity only",
    ),
    "a Service named for metrics by kubebuilder": (
        workload() + service("web-metrics-service", ports="[{name: https, port: 8443}]"),
        "identity only",
    ),
    "a Service named for metrics in short": (
        workload() + service("web-metrics-svc", ports="[{name: https, port: 8443}]"),
        "identity only",
    ),
    "a Service of a workload that is named so itself": (
        workload(metadata="name: web-metrics")
        + service("web-metrics", ports="[{name: https, port: 8443}]"),
        "serving",
    ),
    "a Service that only begins so": (
        workload() + service("metrics-web", ports="[{name: https, port: 8443}]"),
        "serving",
    ),
    "the annotated scrape port is the only port": (
        workload(container="env: []") + service(ports="[{port: 9102}]", metadata=SCRAPED),
        "serving",
    ),
    "the annotated scrape port beside another of the container": (
        workload() + service(ports="[{port: 9102}]", metadata=SCRAPED),
        "identity only",
    ),
    "the scrape port that the Pod's annotation gives by number": (
        workload(container="ports: [{name: http, containerPort: 9102}]").replace(
            "metadata: {labels: {app: web}}", f"metadata: {{labels: {{app: web}}, {SCRAPED}}}"
        )
        + service()
        + service("b", ports="[{port: 9200, targetPort: absent}]"),
        "identity only",
    ),
    "the annotated scrape port of a Service beside another": (
        workload()
        + service("a", ports="[{port: 9102}]", metadata=SCRAPED)
        + service("b", ports="[{port: 9200, targetPort: absent}]"),
        "identity only",
    ),
    "the governing Service of a StatefulSet": (
        workload("StatefulSet", spec="serviceName: web") + service(spec="clusterIP: None"),
        "identity only",
    ),
    "a governing Service beside another": (
        workload("StatefulSet", spec="serviceName: web")
        + service(spec="clusterIP: None")
        + service("clients"),
        "serving",
    ),
    "a headless Service that does not govern": (
        workload("StatefulSet", spec="serviceName: web")
        + service("clients", spec="clusterIP: None"),
        "serving",
    ),
    "a governing Service with a cluster IP": (
        workload("StatefulSet", spec="serviceName: web") + service(),
        "serving",
    ),
    "a port of the node": (
        workload(container="ports: [{containerPort: 80, hostPort: 80}]"),
        "serving",
    ),
    "a port of the node for scraping": (
        workload(container="ports: [{name: metrics, containerPort: 80, hostPort: 80}]"),
        "unknown",
    ),
    "a port of the node that a Service scrapes": (
        workload("DaemonSet", container="ports: [{containerPort: 9100, hostPort: 9100}]")
        + service(ports="[{name: metrics, port: 9100}]"),
        "identity only",
    ),
    "a port of the node beside one that a Service scrapes": (
        workload("DaemonSet", container="ports: [{containerPort: 80, hostPort: 80}]")
        + service(ports="[{name: metrics, port: 9100}]"),
        "serving",
    ),
    "a port of the node that a Service scrapes and another one leads to": (
        workload("DaemonSet", container="ports: [{containerPort: 80, hostPort: 80}]")
        + service(ports="[{name: metrics, port: 80}]")
        + service("clients", ports="[{name: http, port: 80}]"),
        "serving",
    ),
    "a port of the node by another protocol than a Service scrapes": (
        workload(container="ports: [{containerPort: 80, hostPort: 80, protocol: UDP}]")
        + service(ports="[{name: metrics, port: 80}]"),
        "serving",
    ),
    "a port of the node that a Service scrapes and a governing one leads to": (
        workload(
            "StatefulSet",
            spec="serviceName: peers",
            container="ports: [{containerPort: 80, hostPort: 80}]",
        )
        + service(ports="[{name: metrics, port: 80}]")
        + service("peers", ports="[{name: http, port: 80}]", spec="clusterIP: None"),
        "serving",
    ),
    "an InferencePool points at its Pods": (
        workload()
        + "---\napiVersion: inference.networking.k8s.io/v1\nkind: InferencePool\n"
        + "metadata: {name: pool}\nspec: {selector: {matchLabels: {app: web}}}\n",
        "serving",
    ),
    "a ServiceEntry points at its Pods": (
        workload()
        + "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
        + "metadata: {name: entry}\nspec: {workloadSelector: {labels: {app: web}}}\n",
        "serving",
    ),
    "an older InferencePool points at its Pods": (
        workload()
        + "---\napiVersion: inference.networking.x-k8s.io/v1alpha2\nkind: InferencePool\n"
        + "metadata: {name: pool}\nspec: {selector: {app: web}}\n",
        "serving",
    ),
    "an InferencePool points at other Pods": (
        workload()
        + "---\napiVersion: inference.networking.k8s.io/v1\nkind: InferencePool\n"
        + "metadata: {name: pool}\nspec: {selector: {matchLabels: {app: model}}}\n",
        "unknown",
    ),
    "a ServiceEntry points at nothing": (
        workload()
        + "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
        + "metadata: {name: entry}\nspec: {hosts: [api.example.com]}\n",
        "unknown",
    ),
    "the Service has no ports": (workload() + service(ports="[]"), "identity only"),
    "one port can be listened on, and is for scraping": (
        workload() + service(ports="[{port: 80, targetPort: absent}, {name: metrics, port: 9090}]"),
        "identity only",
    ),
    "a Deployment has no governing Service": (
        workload(spec="serviceName: web") + service(spec="clusterIP: None"),
        "serving",
    ),
    "two Services without traffic": (
        workload()
        + service(ports="[{name: metrics, port: 9090}]")
        + service("web-metrics", ports="[{port: 8443}]"),
        "identity only",
    ),
    "a Job": (workload("Job", api="batch/v1") + service(), "not ours"),
    "a ReplicaSet": (workload("ReplicaSet") + service(), "not ours"),
    "an old API group": (workload(api="extensions/v1beta1") + service(), "not ours"),
    "an old apps group": (workload(api="apps/v1beta2") + service(), "not ours"),
    "an Argo Rollout": (workload("Rollout", api="argoproj.io/v1alpha1") + service(), "serving"),
    "a Helm hook": (
        workload(metadata="name: web, annotations: {helm.sh/hook: post-install}") + service(),
        "not ours",
    ),
    "local configuration by Python": (
        workload(metadata='name: web, annotations: {config.kubernetes.io/local-config: "True"}')
        + service(),
        "not ours",
    ),
    "local configuration": (
        workload(metadata='name: web, annotations: {config.kubernetes.io/local-config: "true"}')
        + service(),
        "not ours",
    ),
    "a controller owns it": (
        workload(metadata="name: web, ownerReferences: [{kind: App, name: x, controller: true}]")
        + service(),
        "not ours",
    ),
    "an owner that does not control": (
        workload(metadata="name: web, ownerReferences: [{kind: App, name: x}]") + service(),
        "serving",
    ),
    "a patch without an image": (workload(image="") + service(), "not ours"),
    "the template of a Rollout": (
        workload()
        + service()
        + "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\n"
        + "spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n",
        "not ours",
    ),
    "the namesake of a Rollout's template": (
        workload("StatefulSet")
        + service()
        + "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\n"
        + "spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n",
        "serving",
    ),
    "a neighbour of a Rollout's template": (
        workload()
        + service()
        + "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\n"
        + "spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: other}}\n",
        "serving",
    ),
    "the platform's namespace": (
        workload(metadata="name: web, namespace: kube-system") + service(),
        "platform",
    ),
    "a DaemonSet of the node's network": (
        workload("DaemonSet", pod="hostNetwork: true") + service(),
        "platform",
    ),
    "a DaemonSet of a critical priority": (
        workload("DaemonSet", pod="priorityClassName: system-node-critical") + service(),
        "platform",
    ),
    "a DaemonSet of the cluster's critical priority": (
        workload("DaemonSet", pod="priorityClassName: system-cluster-critical") + service(),
        "platform",
    ),
    "a Deployment of a critical priority": (
        workload(pod="priorityClassName: system-node-critical") + service(),
        "serving",
    ),
    "a DaemonSet that serves": (workload("DaemonSet") + service(), "serving"),
}


@pytest.mark.parametrize("name", ROLES)
def test_role(name: str) -> None:
    text, expected = ROLES[name]

    assert role_in(text).name == expected


WHY = {
    "a Service selects its Pods": "Service 'web' sends requests to its Pods",
    "the only Service is of another workload": "no Service selects its Pods",
    "no Service in the input": "the input holds no Service of its namespace",
    "a named port that no container declares": "no container can listen on a port of Service 'web'",
    "the Service has no ports": "Service 'web' has no ports",
    "all ports are for scraping, by name": "all ports of Service 'web' are for scraping",
    "one port can be listened on, and is for scraping": "all ports of Service 'web' are for "
    "scraping",
    "two Services without traffic": "all ports of Service 'web' are for scraping; "
    "all ports of Service 'web-metrics' are for scraping",
    "the governing Service of a StatefulSet": "Service 'web' only names the Pods of the "
    "StatefulSet",
    "a port of the node": "container 'web' serves port 80 of its node",
    "an InferencePool points at its Pods": "InferencePool 'pool' points at its Pods",
    "a ServiceEntry points at its Pods": "ServiceEntry 'entry' points at its Pods",
    "a Job": "kzd does not change a Job of 'batch/v1'",
    "an old API group": "'extensions/v1beta1' is no longer served; apps/v1 is",
    "a Helm hook": "it is a Helm hook",
    "local configuration": "`config.kubernetes.io/local-config` keeps it away from the cluster",
    "a controller owns it": "App 'x' owns it and would undo a change",
    "a patch without an image": "container 'web' has no image, so it is a patch",
    "the template of a Rollout": "it is the template of Rollout 'r'",
    "the platform's namespace": "namespace 'kube-system' belongs to the platform",
    "a DaemonSet of the node's network": "a DaemonSet with `hostNetwork` belongs to the node",
    "a DaemonSet of a critical priority": "a DaemonSet of priority 'system-node-critical' belongs "
    "to the node",
}


@pytest.mark.parametrize("name", WHY)
def test_why(name: str) -> None:
    assert role_in(ROLES[name][0]).why == WHY[name]


@pytest.mark.parametrize("name", ROLES)
def test_hands_off(name: str) -> None:
    text, expected = ROLES[name]

    assert role_in(text).is_left_alone is (expected in ("not ours", "platform"))
    assert not (role_in(text).is_left_alone and role_in(text).single)


def test_a_patch_is_a_workload_that_lacks_what_runs() -> None:
    def first(text: str) -> Resource:
        return view_of(text).resources[0]

    assert is_partial(first(workload(image="")))
    assert not is_partial(first(workload()))
    assert not is_partial(first(service()))


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease"])
def test_the_platform_s_namespaces(namespace: str) -> None:
    text = workload(metadata=f"name: web, namespace: {namespace}") + service()

    assert role_in(text).name == "platform"


def test_a_patch_without_containers_is_not_ours() -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
    role = role_in(patch + service())

    assert (role.name, role.why) == ("not ours", "it has no containers, so it is a patch")


@pytest.mark.parametrize(("said", "expected"), [(True, "serving"), (False, "worker")])
def test_the_owner_s_word_comes_first(said: bool, expected: str) -> None:
    for text in (workload() + service(), workload()):
        role = role_in(text, serving=said)
        assert role.name == expected
        assert role.why == f"annotation `kzd.dev/serving` says so: {str(said).lower()}"


def test_the_namespace_given_stands_for_one_left_out() -> None:
    text = (
        workload(metadata="name: web, namespace: a")
        + service()
        + service("x", metadata="namespace: b", selector="{app: x}")
    )

    assert role_in(text, namespace="a").name == "serving"
    assert role_in(workload() + service(), namespace="kube-system").name == "platform"


def test_a_previous_name_of_kustomize_governs_too() -> None:
    previous = "annotations: {internal.config.kubernetes.io/previousNames: 'web,web'}"
    text = workload("StatefulSet", spec="serviceName: web") + service(
        "eu-web", spec="clusterIP: None", metadata=previous
    )

    assert role_in(text).name == "identity only"


def test_a_previous_name_tells_a_service_for_scraping() -> None:
    """kustomize may have put a suffix behind the word."""
    previous = "annotations: {{internal.config.kubernetes.io/previousNames: '{0},{0}'}}"
    scraped = service(
        "web-metrics-eu",
        ports="[{name: https, port: 8443}]",
        metadata=previous.format("web-metrics"),
    )
    of_that_name = workload(metadata="name: web-metrics-eu, " + previous.format("web-metrics"))

    assert role_in(workload() + scraped).why == (
        "all ports of Service 'web-metrics-eu' are for scraping"
    )
    assert role_in(of_that_name + scraped).name == "serving"


CLAIM = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]"
CLAIMED = (
    "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\n"
    "spec: {{accessModes: [{}]}}\n"
)
SCALED = (
    "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
    "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, "
    "maxReplicas: 4}\n"
)
NEVER_SCALED = SCALED.replace("minReplicas: 2, maxReplicas: 4", "minReplicas: 1, maxReplicas: 1")

SINGLE = {
    "Recreate": (workload(spec="strategy: {type: Recreate}"), True),
    "two replicas and Recreate": (workload(spec="strategy: {type: Recreate}\n  replicas: 2"), True),
    "an ordinary Deployment of one": (workload(), False),
    "a StatefulSet of one": (workload("StatefulSet"), True),
    "a StatefulSet of two": (workload("StatefulSet", spec="replicas: 2"), False),
    "an unknown claim": (workload(pod=CLAIM), True),
    "an unknown claim of two": (workload(pod=CLAIM, spec="replicas: 2"), False),
    "a ReadWriteOnce claim": (workload(pod=CLAIM) + CLAIMED.format("ReadWriteOnce"), True),
    "a ReadWriteOncePod claim": (workload(pod=CLAIM) + CLAIMED.format("ReadWriteOncePod"), True),
    "a ReadWriteMany claim": (
        workload(pod=CLAIM) + CLAIMED.format("ReadWriteOnce, ReadWriteMany"),
        False,
    ),
    "a ReadOnlyMany claim": (workload(pod=CLAIM) + CLAIMED.format("ReadOnlyMany"), False),
    "a claim whose modes are none": (workload(pod=CLAIM) + CLAIMED.format("5"), True),
    "a claim of a DaemonSet": (workload("DaemonSet", pod=CLAIM), False),
    "an ephemeral volume is per Pod": (
        workload(pod="volumes: [{name: data, ephemeral: {volumeClaimTemplate: {}}}]"),
        False,
    ),
    "an autoscaler above the claim": (workload(pod=CLAIM) + SCALED, False),
    "an autoscaler of one": (workload(pod=CLAIM) + NEVER_SCALED, True),
    "a data store behind its usual port": (
        workload(
            image="docker.io/library/redis:7@sha256:0",
            container="ports: [{name: http, containerPort: 6379}]",
        ),
        True,
    ),
    "a data store's image behind another port": (workload(image="redis"), False),
    "an image whose name only contains a store's": (
        workload(image="acme/redis-proxy", container="ports: [{name: http, containerPort: 6379}]"),
        False,
    ),
    "two replicas of a data store": (
        workload(
            image="redis",
            spec="replicas: 2",
            container="ports: [{name: http, containerPort: 6379}]",
        ),
        False,
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_single(name: str) -> None:
    text, expected = SINGLE[name]

    assert bool(role_in(text + service()).single) is expected


STORES = {
    "postgres": (5432,),
    "postgresql": (5432,),
    "mysql": (3306,),
    "mariadb": (3306,),
    "percona": (3306,),
    "mongo": (27017,),
    "mongodb": (27017,),
    "redis": (6379,),
    "valkey": (6379,),
    "memcached": (11211,),
    "cassandra": (9042, 7000),
    "elasticsearch": (9200, 9300),
    "opensearch": (9200, 9300),
    "etcd": (2379, 2380),
    "zookeeper": (2181,),
    "kafka": (9092,),
    "rabbitmq": (5672,),
    "nats": (4222,),
    "influxdb": (8086,),
    "clickhouse": (8123, 9000),
    "minio": (9000,),
}


@pytest.mark.parametrize("store", DATA_STORES)
def test_a_data_store_is_known_behind_each_of_its_ports(store: str) -> None:
    for port in STORES[store]:
        text = workload(
            image=f"example.com/{store}:1", container=f"ports: [{{containerPort: {port}}}]"
        )
        why = f"one replica of the data store '{store}', whose data a second Pod would not have"
        assert role_in(text + service(ports=f"[{{port: {port}}}]")).single == why


@pytest.mark.parametrize(
    ("value", "pods"), [(3, 3), ("50%", 2), ("3", None), ("%", None), ("x%", None), (None, None)]
)
def test_a_share_of_five_pods(value: object, pods: int | None) -> None:
    assert share(value, 5, up=False) == pods


ELSEWHERE = service("other", metadata="namespace: b")
MISSING = {
    "an Ingress beside it": ("Ingress", "a", "{defaultBackend: {service: {name: web}}}", "", True),
    "an Ingress elsewhere": ("Ingress", "b", "{defaultBackend: {service: {name: web}}}", "", False),
    "a route elsewhere that leads here": (
        "HTTPRoute",
        "b",
        "{rules: [{backendRefs: [{name: web, namespace: a}]}]}",
        "",
        True,
    ),
    "a route beside it that leads elsewhere": (
        "HTTPRoute",
        "a",
        "{rules: [{backendRefs: [{name: web, namespace: b}]}]}",
        "",
        False,
    ),
    "a binding": ("TargetGroupBinding", "a", "{serviceRef: {name: web}}", "", True),
    "an APIService": ("APIService", "a", "{service: {name: web, namespace: a}}", "", True),
    "a Service of that name": (
        "Ingress",
        "a",
        "{defaultBackend: {service: {name: web}}}",
        service("web", metadata="namespace: a"),
        False,
    ),
    "a Service of another name": (
        "Ingress",
        "a",
        "{defaultBackend: {service: {name: web}}}",
        service("other", metadata="namespace: a"),
        True,
    ),
    "a Service of that name elsewhere": (
        "Ingress",
        "a",
        "{defaultBackend: {service: {name: web}}}",
        service("web", metadata="namespace: b"),
        True,
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_missing_services(name: str) -> None:
    kind, namespace, spec, more, expected = MISSING[name]
    entry = f"---\napiVersion: x/v1\nkind: {kind}\nmetadata: {{name: e, namespace: {namespace}}}\n"
    text = (
        workload(metadata="name: web, namespace: a") + f"{entry}spec: {spec}\n" + more + ELSEWHERE
    )
    view = view_of(text)
    (first, *_) = [item for item in view.resources if isinstance(item, Workload)]

    assert bool(missing_services(first, view)) is expected


TAKE_OVER = {
    "a Deployment of one surges": (workload(), True),
    "Recreate": (workload(spec="strategy: {type: Recreate}"), False),
    "no surge with one replica": (
        workload(spec="strategy: {rollingUpdate: {maxSurge: 0}}"),
        False,
    ),
    "no surge with two replicas": (
        workload(spec="strategy: {rollingUpdate: {maxSurge: 0}}\n  replicas: 2"),
        True,
    ),
    "no surge and all may be unavailable": (
        workload(
            spec="strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 100%}}\n  replicas: 2"
        ),
        False,
    ),
    "no surge and an autoscaler's minimum of two": (
        workload(spec="strategy: {rollingUpdate: {maxSurge: 0}}") + SCALED,
        True,
    ),
    "a surge that can't be read": (
        workload(spec="strategy: {rollingUpdate: {maxSurge: some}}"),
        True,
    ),
    "no surge, one replica and a number that can't be read": (
        workload(spec="strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: some}}"),
        False,
    ),
    "no surge, two replicas and a number that can't be read": (
        workload(
            spec="strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: some}}\n  replicas: 2"
        ),
        True,
    ),
    "a StatefulSet of two": (workload("StatefulSet", spec="replicas: 2"), True),
    "a StatefulSet of one": (workload("StatefulSet"), False),
    "a DaemonSet": (workload("DaemonSet"), True),
    "a DaemonSet that may all be unavailable": (
        workload("DaemonSet", spec="updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}"),
        False,
    ),
    "an Argo Rollout": (workload("Rollout", api="argoproj.io/v1alpha1"), True),
    "an Argo Rollout of one that may not surge": (
        workload("Rollout", api="argoproj.io/v1alpha1", spec="strategy: {canary: {maxSurge: 0}}"),
        False,
    ),
}


@pytest.mark.parametrize("name", TAKE_OVER)
def test_take_over(name: str) -> None:
    text, expected = TAKE_OVER[name]
    view = view_of(text + service())
    (first, *_) = [item for item in view.resources if isinstance(item, Workload)]

    assert (take_over(first, view) == "") is expected


@pytest.mark.parametrize("policy", ["externalTrafficPolicy", "internalTrafficPolicy"])
def test_a_daemon_set_behind_a_local_policy_has_no_other_pod(policy: str) -> None:
    view = view_of(workload("DaemonSet") + service(spec=f"{policy}: Local"))
    (first, *_) = [item for item in view.resources if isinstance(item, Workload)]

    assert "Local" in take_over(first, view)


def test_a_service_that_publishes_not_ready_addresses_is_no_veto() -> None:
    peers = service("peers", spec="publishNotReadyAddresses: true\n  internalTrafficPolicy: Local")
    view = view_of(workload("DaemonSet") + service() + peers)
    (first, *_) = [item for item in view.resources if isinstance(item, Workload)]

    assert take_over(first, view) == ""


def test_copies_of_an_identity_take_their_evidence_from_beside_them() -> None:
    other = workload() + service(selector="{app: else}")
    view = view_of(workload() + service(), other)
    roles = [view.role(item).name for item in view.resources if isinstance(item, Workload)]

    assert roles == ["serving", "worker"]


def test_a_copy_without_services_beside_it_is_told_that_its_directory_holds_none() -> None:
    view = view_of(workload() + service(), workload())
    roles = [view.role(item) for item in view.resources if isinstance(item, Workload)]

    assert roles[1].name == "unknown"
    assert roles[1].why == "its directory holds no Service of its namespace"
