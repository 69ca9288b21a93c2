"""Small workloads and Services as text, and the view of what they are together."""

from __future__ import annotations

from textwrap import dedent

from kzd.cluster.cluster_view import ClusterView
from kzd.flow.bundle import Source, read_bundle
from kzd.settings import PlatformSection, PropagationSection, RolesSection, Settings


def view_of(*texts: str, serving: bool | None = None, namespace: str | None = None) -> ClusterView:
    """All of it as one input, each text in a directory of its own."""
    sources = [
        Source(f"dir{number}/a.yaml", dedent(text).encode()) for number, text in enumerate(texts)
    ]
    bundle = read_bundle(sources, namespace=namespace)
    settings = Settings(PropagationSection(), PlatformSection(), RolesSection(), serving)
    resources = [held.resource for held in bundle.held]
    return ClusterView(resources, lambda _: settings, lambda *_: True, minor=37, min_kubelet=37)


def workload(
    kind: str = "Deployment",
    *,
    api: str = "apps/v1",
    metadata: str = "name: web",
    spec: str = "",
    container: str = "ports: [{name: http, containerPort: 80}]",
    pod: str = "",
    labels: str = "{app: web}",
    image: str = "example/web",
) -> str:
    """A workload of one container."""
    return f"""\
apiVersion: {api}
kind: {kind}
metadata: {{{metadata}}}
spec:
  selector: {{matchLabels: {labels}}}
{f"  {spec}" if spec else ""}
  template:
    metadata: {{labels: {labels}}}
    spec:
{f"      {pod}" if pod else ""}
      containers:
      - name: web
        image: {image}
        {container}
"""


def service(
    name: str = "web",
    *,
    selector: str = "{app: web}",
    ports: str = "[{port: 80, targetPort: http}]",
    metadata: str = "",
    spec: str = "",
) -> str:
    """A Service that selects it."""
    return f"""\
---
apiVersion: v1
kind: Service
metadata: {{name: {name}{", " + metadata if metadata else ""}}}
spec:
  selector: {selector}
  ports: {ports}
{f"  {spec}" if spec else ""}
"""
