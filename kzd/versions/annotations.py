"""The annotations of a long task: how to tell that it is idle, and what must not disturb it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kzd.cluster.resource import Resource, Workload
from kzd.cluster.role import is_partial
from kzd.edit import Edit, Finding
from kzd.long_task import IDLE_ANNOTATION, IDLE_PATH, IDLE_QUERY, IDLE_READINESS, LONG_TASK
from kzd.versions.marks import ANNOTATIONS, NAME

SPOKEN = {
    LONG_TASK: "enabled",
    IDLE_QUERY: "idle_query",
    IDLE_PATH: "idle_path",
    IDLE_ANNOTATION: "idle_annotation",
    IDLE_READINESS: "idle_readiness",
}
"""The options that `kzd retire` must find on the object in the cluster."""

NEVER_IDLE = (
    "nothing tells when a version is idle, so `kzd retire` deletes it only at 0 replicas; "
    "`longTask.idlePath` is one way to tell"
)

UNDISTURBED = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": (
        "safe_to_evict",
        "where it is 'false', the cluster autoscaler empties no node with such a Pod",
    ),
    "karpenter.sh/do-not-disrupt": (
        "do_not_disrupt",
        "Karpenter disrupts no node with such a Pod, for ever or for the time given",
    ),
}


def asks(resource: Resource) -> bool:
    """Whether an annotation of its own opts it in, and it goes to a cluster as it comes out."""
    said = {**resource.annotations}
    if isinstance(resource, Workload):
        said |= resource.pod_annotations
    return LONG_TASK in said and not resource.is_live and not is_partial(resource)


def spoken(workload: Workload, options: Any) -> Iterator[Edit]:
    """What only the configuration says, said on the object."""
    for key, option in SPOKEN.items():
        value = "true" if key == LONG_TASK else getattr(options, option)
        if value and workload.annotations.get(key) is workload.pod_annotations.get(key) is None:
            because = (
                "`kzd retire` reads in the cluster which versions there are, and which are idle"
            )
            yield Edit((*ANNOTATIONS, key), value, because, source=options.source_of(option))


def unknown_idleness(options: Any) -> Iterator[Finding]:
    """What `kzd retire` will miss where nothing tells that a version is idle."""
    if not any(getattr(options, option) for key, option in SPOKEN.items() if key != LONG_TASK):
        message = (
            "nothing tells when a version is idle (`idleQuery`, `idlePath`, `idleAnnotation`, "
        )
        message += "`idleReadiness`): `kzd retire` deletes it only at 0 replicas"
        yield Finding(NAME, message, note=NEVER_IDLE)


def undisturbed(workload: Workload, options: Any) -> Iterator[Edit]:
    """What keeps autoscalers of nodes from its Pods."""
    for key, (option, because) in UNDISTURBED.items():
        value = getattr(options, option)
        if value and workload.pod_annotations.get(key) is None:
            place = (*workload.template, "metadata", "annotations", key)
            yield Edit(place, value, because, source=options.source_of(option))
