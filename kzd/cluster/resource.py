"""Read-only views of resources: each knows its field path and reads values as the API does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kzd.cluster.container import Container
from kzd.edit import Edit, FieldPath, path
from kzd.value import integer, mapping, port_number, port_of, sequence, text

TEMPLATE = path("spec.template")
POD_SPEC: dict[tuple[str, str], FieldPath] = {
    ("apps/v1", "Deployment"): TEMPLATE,
    ("apps/v1", "StatefulSet"): TEMPLATE,
    ("apps/v1", "DaemonSet"): TEMPLATE,
    ("apps/v1", "ReplicaSet"): TEMPLATE,
    ("v1", "ReplicationController"): TEMPLATE,
    ("batch/v1", "Job"): TEMPLATE,
    ("batch/v1", "CronJob"): path("spec.jobTemplate.spec.template"),
    ("argoproj.io/v1alpha1", "Rollout"): TEMPLATE,
    ("v1", "Pod"): (),
}
"""Where the pod template of each kind is; a Pod is its own."""

WORKLOAD_KINDS = frozenset(kind for _, kind in POD_SPEC)

API_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "spec.template.spec.terminationGracePeriodSeconds": (30,),
    "spec.strategy.rollingUpdate.maxUnavailable": ("25%",),
    "spec.strategy.rollingUpdate.maxSurge": ("25%",),
    "spec.strategy.type": ("RollingUpdate",),
    "spec.progressDeadlineSeconds": (600,),
    "spec.updateStrategy.rollingUpdate.maxUnavailable": (1,),
    "spec.updateStrategy.rollingUpdate.maxSurge": (0,),
    "spec.updateStrategy.rollingUpdate.partition": (0,),
    "spec.updateStrategy.type": ("RollingUpdate",),
    "spec.podManagementPolicy": ("OrderedReady",),
    "spec.externalTrafficPolicy": ("Cluster",),
    "spec.internalTrafficPolicy": ("Cluster",),
}
"""Values that the API server fills in; on an object read from a cluster they count as unset."""


class Origin(NamedTuple):
    """
    Where a resource came from: the file's name and its place in it.

    `source` is what a host or Helm's comment calls the file, empty where nobody says.
    """

    file: str
    index: int  # type: ignore[assignment]  # tuple has a method of that name
    source: str = ""

    @property
    def name(self) -> str:
        """The name by which people know the file."""
        return self.source or self.file


class Resource:
    """
    One Kubernetes object.

    `namespace` is None where the object does not say one.  `edits` are those that transforms
    have made so far; `data` already holds them.
    """

    def __init__(self, data: dict[str, Any], origin: Origin, namespace: str | None = None) -> None:
        self.data = data
        self.origin = origin
        self.edits: tuple[Edit, ...] = ()
        metadata = mapping(data.get("metadata"))
        self.api_version = text(data.get("apiVersion")) or ""
        self.kind = text(data.get("kind")) or ""
        self.name = text(metadata.get("name")) or text(metadata.get("generateName")) or ""
        self.namespace = text(metadata.get("namespace")) or namespace
        self.labels: dict[str, Any] = mapping(metadata.get("labels"))
        self.annotations: dict[str, Any] = mapping(metadata.get("annotations"))
        self.is_live = bool(metadata.get("uid") and metadata.get("resourceVersion"))

    @property
    def group(self) -> str:
        """The API group, empty for the core one."""
        return self.api_version.rpartition("/")[0]

    @property
    def controller(self) -> dict[str, Any]:
        """The reference to the controller that owns it, empty where none does."""
        owners = map(mapping, sequence(mapping(self.data.get("metadata")).get("ownerReferences")))
        return next((owner for owner in owners if owner.get("controller") is True), {})

    @property
    def names(self) -> frozenset[str]:
        """All names a reference may use: kustomize keeps the earlier ones in an annotation."""
        previous = text(self.annotations.get("internal.config.kubernetes.io/previousNames"))
        return frozenset([self.name, *(previous.split(",") if previous else ())])

    @property
    def affixes(self) -> tuple[list[str], list[str]]:
        """Prefixes and suffixes by kustomize, the oldest first; one empty text where none are."""
        prefixes, suffixes = (
            text(self.annotations.get(f"internal.config.kubernetes.io/{kind}"))
            for kind in ("prefixes", "suffixes")
        )
        return (prefixes or "").split(","), (suffixes or "").split(",")

    @property
    def identity(self) -> tuple[str, str, str | None, str]:
        """Group, kind, namespace and name: what an API server tells objects apart by."""
        return (self.group, self.kind, self.namespace, self.name)

    def get(self, field_path: FieldPath) -> Any:
        """The value at a field path; None where it is unset, null or only the API's default."""
        value: Any = self.data
        for step in field_path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        if self.is_live and value is not None:
            is_default = value in API_DEFAULTS.get(".".join(map(str, field_path)), ())
            return None if is_default else value
        return value

    def __repr__(self) -> str:
        return f"<{self.kind}/{self.name}>"


class Workload(Resource):
    """A resource with a pod template."""

    def __init__(self, data: dict[str, Any], origin: Origin, namespace: str | None = None) -> None:
        super().__init__(data, origin, namespace)
        self.template = POD_SPEC.get((self.api_version, self.kind), TEMPLATE)
        """The field path of the pod template; a bare Pod is its own."""
        self.pod_labels = mapping(self.get((*self.template, "metadata", "labels")))
        """The labels of the pod template."""
        self.pod_spec = mapping(self.get(self.pod()))
        """The pod's spec, empty where there is none."""
        self.containers = list(self._containers("containers"))
        """The regular containers."""
        self.init_containers = list(self._containers("initContainers"))
        """The init containers, native sidecars among them."""

    def pod(self, *steps: str | int) -> FieldPath:
        """The field path of a field of the pod's spec."""
        return (*self.template, "spec", *steps)

    @property
    def pod_annotations(self) -> dict[str, Any]:
        """The annotations of the pod template."""
        return mapping(self.get((*self.template, "metadata", "annotations")))

    def _containers(self, field: str) -> Iterator[Container]:
        for index, data in enumerate(sequence(self.pod_spec.get(field))):
            if isinstance(data, dict):
                yield Container(data, self.pod(field, index))

    @property
    def sidecars(self) -> list[Container]:
        """The native sidecars: they start before the regular containers and end after them."""
        return [container for container in self.init_containers if container.is_sidecar]

    @property
    def running_containers(self) -> list[Container]:
        """The containers of a Pod that runs: regular ones, then native sidecars."""
        return [*self.containers, *self.sidecars]

    @property
    def all_containers(self) -> list[Container]:
        """The regular containers, then all init containers."""
        return [*self.containers, *self.init_containers]

    @property
    def is_hook(self) -> bool:
        """Whether Helm runs it beside a release, of which it is no part."""
        return "helm.sh/hook" in self.annotations

    @property
    def replicas(self) -> int:
        """The replicas asked for; 1 where unset."""
        value = integer(self.get(path("spec.replicas")))
        return 1 if value is None else value

    @property
    def strategy_type(self) -> str:
        """`RollingUpdate`, `Recreate` or `OnDelete`."""
        field = "strategy" if self.kind == "Deployment" else "updateStrategy"
        return text(self.get(("spec", field, "type"))) or "RollingUpdate"


class ServicePort(NamedTuple):
    """One port of a Service."""

    name: str | None
    number: int | None
    target: int | str | None
    protocol: str


class Service(Resource):
    """A Service."""

    def __init__(self, data: dict[str, Any], origin: Origin, namespace: str | None = None) -> None:
        super().__init__(data, origin, namespace)
        self.ports = [
            ServicePort(
                text(item.get("name")),
                port_number(item.get("port")),
                port_of(item.get("targetPort") or item.get("port")),
                text(item.get("protocol")) or "TCP",
            )
            for item in map(mapping, sequence(self.get(path("spec.ports"))))
        ]
        """Its ports; an unset target is the port itself."""

    @property
    def type(self) -> str:
        """`ClusterIP` where unset."""
        return text(self.get(path("spec.type"))) or "ClusterIP"

    @property
    def selector(self) -> dict[str, Any]:
        """The pod labels it selects by; empty where its endpoints are managed elsewhere."""
        return mapping(self.get(path("spec.selector")))

    @property
    def is_headless(self) -> bool:
        """Whether it has no cluster IP."""
        return bool(self.get(path("spec.clusterIP")) == "None")

    @property
    def publishes_not_ready(self) -> bool:
        """Whether not-ready and terminating Pods stay among its addresses."""
        return self.get(path("spec.publishNotReadyAddresses")) is True
