"""Who refers to whom by name, also while kustomize has renamed the one and not yet the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kzd.cluster.entry import named_services
from kzd.cluster.resource import Resource
from kzd.edit import FieldPath, path
from kzd.value import mapping, text

_OF_CONTAINERS = {
    "ConfigMap": ("envFrom[].configMapRef.name", "env[].valueFrom.configMapKeyRef.name"),
    "Secret": ("envFrom[].secretRef.name", "env[].valueFrom.secretKeyRef.name"),
}
_OF_VOLUMES = {
    "ConfigMap": "configMap.name projected.sources[].configMap.name",
    "Secret": "secret.secretName projected.sources[].secret.name azureFile.secretName "
    "csi.nodePublishSecretRef.name cephfs.secretRef.name flexVolume.secretRef.name "
    "iscsi.secretRef.name rbd.secretRef.name scaleIO.secretRef.name storageos.secretRef.name",
}
CONFIG_NAMES = (
    *((kind, f"{of}[].{field}")
      for kind, fields in _OF_CONTAINERS.items()
      for of in ("containers", "initContainers") for field in fields),
    *((kind, f"volumes[].{field}")
      for kind, fields in _OF_VOLUMES.items() for field in fields.split()),
    ("Secret", "imagePullSecrets[].name"),
)  # fmt: skip
"""The kinds of what configures a Pod, and where its spec names them; `[]` is any element."""

NEEDED_NAMES = (
    ("PersistentVolumeClaim", "volumes[].persistentVolumeClaim.claimName"),
    ("PriorityClass", "priorityClassName"),
    ("ServiceAccount", "serviceAccountName"),
)
"""The same of what else a Pod needs."""

_TERMS = (
    "requiredDuringSchedulingIgnoredDuringExecution[]",
    "preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm",
)
POD_TERMS = (
    "topologySpreadConstraints[]",
    *(f"affinity.podAffinity.{term}" for term in _TERMS),
    *(f"affinity.podAntiAffinity.{term}" for term in _TERMS),
)
"""Where a Pod's spec says by a `labelSelector` what it attracts or avoids."""

TARGETS = {
    "HorizontalPodAutoscaler": ("autoscaling", "spec.scaleTargetRef"),
    "ScaledObject": ("keda.sh", "spec.scaleTargetRef"),
    "VerticalPodAutoscaler": ("autoscaling.k8s.io", "spec.targetRef"),
}
"""The kinds that scale by a name, each with its group and with where the name is."""

DESCRIBED = "spec.metrics[].object.describedObject"
"""Where a HorizontalPodAutoscaler names what a metric is about."""

KEDA_HPA = "spec.advanced.horizontalPodAutoscalerConfig.name"
"""Where a ScaledObject names the HorizontalPodAutoscaler that KEDA makes of it."""


def target_of(resource: Resource) -> FieldPath:
    """Where a resource says what it scales; empty where it scales nothing."""
    group, place = TARGETS.get(resource.kind, ("", ""))
    return path(place) if group and group == resource.group else ()


def by_service(entries: Iterable[Resource]) -> dict[str, list[tuple[Resource, str | None]]]:
    """The entries by the names of the Services that they name, each with its namespace."""
    found: dict[str, list[tuple[Resource, str | None]]] = defaultdict(list)
    for entry in entries:
        for name, namespace in named_services(entry):
            found[name].append((entry, namespace or entry.namespace))
    return found


def by_target(autoscalers: Iterable[Resource]) -> dict[tuple[str, str], list[Resource]]:
    """The autoscalers by the kind and the name of what they scale."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for autoscaler in autoscalers:
        target = mapping(autoscaler.get(path("spec.scaleTargetRef")))
        kind = text(target.get("kind")) or "Deployment"
        found[(kind, text(target.get("name")) or "")].append(autoscaler)
    return found


def have_same_affixes(one: Resource, other: Resource) -> bool:
    """
    Whether the same overlays have renamed both, as far as both went through them.

    By this kustomize tells variants of one base apart, whose resources had the same names.
    """
    return all(map(_end_alike, one.affixes, other.affixes))


def _end_alike(one: list[str], other: list[str]) -> bool:
    shared = min(len(one), len(other))
    return one[-shared:] == other[-shared:]
