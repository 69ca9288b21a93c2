"""What `kzd measure` may do: the smallest Role, as YAML to apply."""

from __future__ import annotations

import re

from kzd.kube_api import ClusterError
from kzd.measure.plan import NAME

INTRODUCTION = """\
# What `kzd measure {option}` needs in its namespace, and nothing more.
# Bind it: kubectl create rolebinding {name} --role {name} --namespace {namespace} --user YOU
"""
ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {name}
  namespace: {namespace}
rules:
- apiGroups: [""]
  resources: [configmaps, services]
  verbs: [create, get, list, delete]
- apiGroups: [""]
  resources: [pods]               # seen while they end; deleted one by one, and at the end
  verbs: [list, watch, delete]
- apiGroups: [""]
  resources: [pods/log]           # what the observers tell
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [create, get, list, patch, delete]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [{slices}]
"""
CLUSTER_ROLE = """\
---
# Facts about the cluster: without it the measurement says nothing of nodes, kubelets and Services.
# Bind it: kubectl create clusterrolebinding {name}-facts --clusterrole {name}-facts --user YOU
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {name}-facts
rules:
- apiGroups: [""]
  resources: [nodes, services]
  verbs: [list]
"""


DENIED = re.compile(r"cannot \w+ resource \"([a-z]+)")
"""How the API says that a permission is missing; Source: kubernetes/kubernetes
staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go."""


def explain(error: ClusterError) -> None:
    """Say what gives the permission, where one is missing."""
    for each in (error, *error.others):
        denied = DENIED.search(each.message)
        if denied and denied[1] == "namespaces":
            each.message += "; --namespace names one that is there, and needs no such permission"
        elif denied:
            each.message += "; `kzd measure rbac` prints the Role that it needs"


def manifests(namespace: str, *, with_churn: bool) -> str:
    """The Role for a namespace, and what may be had beside it."""
    option = f"--namespace {namespace}" if namespace else "--namespace NAMESPACE"
    names = {"name": NAME, "namespace": namespace or "NAMESPACE", "option": option}
    slices = "list, watch, create, get, patch" if with_churn else "list, watch"
    return (INTRODUCTION + ROLE + CLUSTER_ROLE).format(**names, slices=slices)
