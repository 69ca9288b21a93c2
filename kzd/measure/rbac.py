"""What `kzd measure` may do: the smallest Role, as YAML to apply."""

from __future__ import annotations

from kzd.measure.plan import NAME
from kzd.role import Rule, role

COMMAND = "kzd measure rbac"
INTRODUCTION = """\
# What `kzd measure {option}` needs in its namespace, and nothing more.
# Bind it: kubectl create rolebinding {name} --role {name} --namespace {namespace} --user YOU
"""
FACTS = """\
---
# Facts about the cluster: without it the measurement says nothing of nodes, kubelets and Services.
# Bind it: kubectl create clusterrolebinding {name}-facts --clusterrole {name}-facts --user YOU
"""
RULES = (
    Rule("", "configmaps, services", "create, get, list, delete"),
    Rule("", "pods", "list, watch, delete",
         "seen while they end; deleted one by one, and at the end"),
    Rule("", "pods/log", "get", "what the observers tell"),
    Rule("apps", "deployments", "create, get, list, patch, delete"),
)  # fmt: skip
SLICES = Rule("discovery.k8s.io", "endpointslices", "list, watch")
FACT_RULES = (Rule("", "nodes, services", "list"),)


def manifests(namespace: str, *, with_churn: bool) -> str:
    """The Role for a namespace, and what may be had beside it."""
    option = f"--namespace {namespace}" if namespace else "--namespace NAMESPACE"
    names = {"name": NAME, "namespace": namespace or "NAMESPACE", "option": option}
    slices = SLICES._replace(verbs="list, watch, create, get, patch") if with_churn else SLICES
    return (
        INTRODUCTION.format(**names)
        + role(NAME, [*RULES, slices], names["namespace"])
        + FACTS.format(**names)
        + role(f"{NAME}-facts", FACT_RULES)
    )
