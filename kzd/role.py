"""What may be done on a cluster, as the text of a Role to read and to apply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

HEAD = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: {name}
"""
COLUMN = 34


class Rule(NamedTuple):
    """Verbs on resources of a group, each as a list in words; `purpose` says what for."""

    group: str
    resources: str
    verbs: str
    purpose: str = ""


def role(name: str, rules: Iterable[Rule], namespace: str = "") -> str:
    """A Role for a namespace, a ClusterRole without one, as YAML."""
    head = HEAD.format(kind="Role" if namespace else "ClusterRole", name=name)
    space = f"  namespace: {namespace}\n" if namespace else ""
    return f"{head}{space}rules:\n" + "".join(map(_text, rules))


def _text(rule: Rule) -> str:
    resources = f"  resources: [{rule.resources}]"
    if rule.purpose:
        resources = f"{resources.ljust(COLUMN)}# {rule.purpose}"
    return f"""\
- apiGroups: [{rule.group or '""'}]
{resources}
  verbs: [{rule.verbs}]
"""
