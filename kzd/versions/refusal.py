"""Why a workload can't run once per version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kzd.cluster.availability import SHARED_MODES, claims
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.role import is_partial
from kzd.cluster.selection import label_selector_matches
from kzd.edit import Finding
from kzd.long_task import version_name
from kzd.value import mapping, text
from kzd.versions.config_copies import EVERYTHING, pod_names
from kzd.versions.index import SELECTOR, WORKLOAD_REF, index_of
from kzd.versions.kustomization import changing_kustomization
from kzd.versions.marks import NAME, base_of

LABEL = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
KINDS = {
    "StatefulSet": "its Pods keep their names and claims, which two versions can't share",
    "DaemonSet": "it runs one Pod on each node; give its long tasks to a Deployment",
    "Rollout": "Argo Rollouts keeps its versions; a long `scaleDownDelaySeconds` leaves them time",
    "ScaledJob": "each of its Jobs is a task; `rollout.strategy: gradual` leaves them be",
    "WorkerDeployment": "Temporal's controller keeps its versions",
    "TemporalWorkerDeployment": "Temporal's controller keeps its versions",
    "StackSet": "its Stacks are its versions",
    "Service": "Knative keeps its revisions",
    "Job": "a Job is a task of its own, which no rollout ends",
    "CronJob": "its Jobs are tasks of their own, which no rollout ends",
}
PIPE = "pipe instead: `kustomize build … | kzd`"
HASH_SUFFIX = "internal.config.kubernetes.io/needsHashSuffix"


def why_not(workload: Resource, view: ClusterView) -> str:
    """Why it gets no Deployment per version, empty where it may."""
    if not isinstance(workload, Workload) or workload.kind != "Deployment":
        return KINDS.get(workload.kind, "only a Deployment can run once per version")
    role = view.role(workload)
    return next(
        (
            why
            for why in (
                role.why if role.is_left_alone else "",
                _why_unnamed(workload),
                _why_not_beside(workload, view),
                _why_referred(workload, view),
                _why_shared_selector(workload, view),
                _why_not_final(workload, view),
            )
            if why
        ),
        "",
    )


def _why_unnamed(workload: Workload) -> str:
    if workload.is_live:
        return "it was read from a cluster, where names are final; give kzd its manifests"
    if not text(workload.get(NAME)):
        return "it has no name to put a version behind"
    if not mapping(workload.get(SELECTOR)):
        return "it has no selector to tell versions apart by"
    return ""


def _why_not_beside(workload: Workload, view: ClusterView) -> str:
    """What two versions can't have at the same time."""
    if workload.strategy_type == "Recreate":
        return (
            "with `strategy: {type: Recreate}` no two versions may run at the same time; "
            "`RollingUpdate` says that they may"
        )
    for claim in claims(workload):
        modes = view.claim_modes(workload, claim)
        if modes is None:
            return f"versions may not share the claim '{claim}', which the input does not hold"
        if SHARED_MODES.isdisjoint(modes):
            return f"versions can't share the claim '{claim}' ({', '.join(modes) or 'no mode'})"
    if workload.pod_spec.get("hostNetwork") is True:
        return "with `hostNetwork` its versions would want the same ports of a node"
    for container in workload.running_containers:
        for port in container.ports:
            if port.host_port:
                return f"its versions would want the same `hostPort` {port.host_port} of a node"
    return ""


def _why_referred(workload: Workload, view: ClusterView) -> str:
    for other in index_of(view).templates:
        reference = mapping(other.get(WORKLOAD_REF))
        is_meant = reference.get("kind", workload.kind) == workload.kind
        near = view.namespaces_match(workload.namespace, other.namespace)
        if is_meant and near and text(reference.get("name")) in workload.names:
            return f"it is the template of {other.kind} '{other.name}', which keeps its versions"
    for other in index_of(view).named[(workload.kind, workload.name)]:
        if is_partial(other) and view.namespaces_match(workload.namespace, other.namespace):
            return f"{other.origin.name} holds a patch of it; {PIPE}"
    return ""


def _why_shared_selector(workload: Workload, view: ClusterView) -> str:
    selector = workload.get(SELECTOR)
    selected = view.workloads_selected(selector, workload)
    selecting = index_of(view).selectors.candidates(workload.pod_labels)
    for other in (*selected, *selecting):
        if is_same(workload, other) or not other.get(SELECTOR):
            continue
        if view.namespaces_match(workload.namespace, other.namespace) and (
            label_selector_matches(selector, other.pod_labels)
            or label_selector_matches(other.get(SELECTOR), workload.pod_labels)
        ):
            return f"its selector and that of {other.kind} '{other.name}' select the same Pods"
    return ""


def _why_not_final(workload: Workload, view: ClusterView) -> str:
    """What kustomize settles after kzd: the version would not be that of the result."""
    changing = changing_kustomization(workload.origin.file, index_of(view).kustomizations)
    if changing:
        return f"the kustomization in {changing} changes it after kzd; {PIPE}"
    for kind, name, _ in pod_names(workload, EVERYTHING):
        for other in index_of(view).named.get((kind, name), ()):
            if view.means(workload, name, other):
                is_generated = bool(other.annotations.get(HASH_SUFFIX))
                if is_generated or other.name != name:
                    what = f"{kind} '{name}' gets its final name only after kzd"
                    return f"{what}; {PIPE}"
    return ""


def is_same(one: Resource, other: Resource) -> bool:
    """Whether they are one resource, or copies of it in several files."""
    is_copy = one.identity == other.identity and one.origin.file != other.origin.file
    return one is other or is_copy


def is_label(value: str) -> bool:
    """Whether a label can hold it."""
    return re.fullmatch(LABEL, value) is not None


def why_unfit(renamed: Iterable[Resource], instance: str) -> str:
    """Which name a label can't hold, empty where all fit."""
    for item in renamed:
        if not is_label(base_of(item)):
            name = f"the name of {item.kind} '{item.name}'"
            return f"the label `kzd.dev/base` can't hold {name}: at most 63 characters"
    return "" if is_label(instance) else f"the label `kzd.dev/instance` can't hold '{instance}'"


def clashes(renamed: Resource, version: str, view: ClusterView) -> Iterator[Finding]:
    """Another resource that has the name already."""
    name = version_name(base_of(renamed), version)
    named = index_of(view).named
    for other in (*named[(renamed.kind, name)], *named[(renamed.kind, renamed.name)]):
        if (
            not is_same(renamed, other)
            and (other.group, other.kind) == (renamed.group, renamed.kind)
            and view.namespaces_match(renamed.namespace, other.namespace)
            and other.get(NAME) == name
        ):
            message = f"would be '{name}', the name of another {other.kind} of the input"
            yield Finding(NAME, message, "error", about=renamed)
