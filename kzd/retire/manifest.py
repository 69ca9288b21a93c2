"""A CronJob that retires, the smallest Role that it needs, and what is current."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.long_task import BASE, INSTANCE, VERSION
from kzd.retire.current import RENDERED_AT, Current, Wanted
from kzd.retire.item import RESOURCES
from kzd.retire.plan import Limits
from kzd.role import Rule, role
from kzd.value import mapping, text

KEY = "manifests.json"
HEADER = """\
# What `kzd retire apply` needs in its namespace and nothing more, as a CronJob.
# Its ConfigMap says what is current: apply all of it with the manifests, each time, before them.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {namespace}
---
"""
RULES = (
    Rule("apps", "deployments", "list, delete"),
    Rule("apps", "deployments/scale", "patch", "replicas, and nothing else of a Deployment"),
    Rule("autoscaling", "horizontalpodautoscalers", "list, delete"),
    Rule("keda.sh", "scaledobjects", "list, delete",
         "also where KEDA is not installed, to know that none is there"),
    Rule("autoscaling.k8s.io", "verticalpodautoscalers", "list, delete"),
    Rule("policy", "poddisruptionbudgets", "list, delete"),
    Rule("", "services", "list", "what a Service selects alone is kept"),
    Rule("", "configmaps", "get, list, delete", "copies that no version uses, and what is current"),
)  # fmt: skip
PODS = Rule("", "pods", "list")
PROXY = Rule("", "pods/proxy", "get", "idle endpoints; --direct asks the Pods without it")
SECRETS = Rule("", "secrets", "list, delete", "copies that no version uses")
REST = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {name}
  namespace: {namespace}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {name}
subjects:
- kind: ServiceAccount
  name: {name}
  namespace: {namespace}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  namespace: {namespace}
data:
  {key}: |
    {current}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
  namespace: {namespace}
spec:
  schedule: {schedule}
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      activeDeadlineSeconds: 3600     # a run that hangs does not keep the next ones waiting
      template:
        spec:
          serviceAccountName: {name}
          restartPolicy: Never
          securityContext:
            runAsNonRoot: true
            seccompProfile:
              type: RuntimeDefault
          containers:
          - name: kzd
            image: {image}
            args: {arguments}
            securityContext:
              allowPrivilegeEscalation: false
              readOnlyRootFilesystem: true
              capabilities:
                drop: [ALL]
"""


def manifests(wanted: Wanted, limits: Limits, options: dict[str, Any]) -> str:
    """
    The manifests for each namespace of the current versions, as YAML.

    `options` are those of the command line: `name` (of all of them), `image`, `schedule`,
    `instance_label`, `is_direct`, `prometheus`, and `prometheus_token`, a path in the Pod.
    """
    return "---\n".join(_of(space, wanted, limits, options) for space in wanted.namespaces)


def _of(namespace: str, wanted: Wanted, limits: Limits, options: dict[str, Any]) -> str:
    given = {"name": options["name"], "namespace": namespace}
    names = {field: json.dumps(value) for field, value in given.items()}  # may look like numbers
    rules = role(names["name"], _rules(namespace, wanted, limits, options), names["namespace"])
    rest = REST.format(
        **names, key=KEY, current=_reduced(namespace, wanted),
        schedule=json.dumps(options["schedule"]), image=json.dumps(options["image"]),
        arguments=json.dumps(_arguments(namespace, limits, options)),
    )  # fmt: skip
    return HEADER.format(**names) + rules + rest


def _rules(
    namespace: str, wanted: Wanted, limits: Limits, options: dict[str, Any]
) -> Iterator[Rule]:
    yield from RULES
    yield PODS._replace(verbs="list, patch") if limits.scales_down else PODS
    if not options["is_direct"]:
        yield PROXY
    if any(kind == "Secret" and space in (namespace, "") for kind, space, _ in wanted.copies):
        yield SECRETS


def _arguments(namespace: str, limits: Limits, options: dict[str, Any]) -> list[str]:
    given = {
        "--configmap": options["name"],
        "--namespace": namespace,
        "--format": "json",
        "--instance-label": options["instance_label"],
        "--prometheus": options["prometheus"],
        "--prometheus-token": options["prometheus_token"],
        "--min-age": _seconds(limits.min_age_seconds),
        "--max-age": _seconds(limits.max_age_seconds),
        "--max-versions": limits.max_versions,
        "--force-after": _seconds(limits.force_after_seconds),
    }
    said = [word for name, value in given.items() if value for word in (name, str(value))]
    flags = {"--scale-down": limits.scales_down, "--direct": options["is_direct"]}
    return ["retire", "apply", "--yes", *said, *(name for name, is_set in flags.items() if is_set)]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{int(value) if value % 1 == 0 else value}s"


def _reduced(namespace: str, wanted: Wanted) -> str:
    """What is current, as far as it has to be known: a List of Deployments, as JSON on a line."""
    now = datetime.now(UTC)
    rendered_at = (now - timedelta(seconds=wanted.age(now))).isoformat(timespec="seconds")
    found = [item for item in wanted.currents if item.key.namespace == namespace]
    items = [_deployment(item, wanted.instance or INSTANCE, rendered_at) for item in found]
    current = {("Deployment", item.name) for item in found}
    held = [
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": space}}
        for kind, space, name in sorted(wanted.objects)
        if space in (namespace, "") and kind in RESOURCES and (kind, name) not in current
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [*items, *held]})


def _deployment(current: Current, instance: str, rendered_at: str) -> dict[str, Any]:
    key = current.key
    labels = {instance: key.instance, BASE: key.base, VERSION: key.version}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": current.name, "namespace": key.namespace, "labels": labels,
            "annotations": {RENDERED_AT: rendered_at},
        },
        "spec": {"template": {"metadata": {"labels": current.pod_labels}}},
    }  # fmt: skip


def read_configmap(api: KubeApi, namespace: str, name: str) -> tuple[str, bytes]:
    """The name and the text of what is current; raises ClusterError."""
    found = api.get(f"{RESOURCES['ConfigMap'].format(namespace)}/{name}")
    held = text(mapping(mapping(found).get("data")).get(KEY))
    if not held:
        raise ClusterError(f"ConfigMap/{name} in {namespace} has no {KEY}")
    return f"ConfigMap/{name}", held.encode()
