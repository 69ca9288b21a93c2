"""A small shop for kustomize, the files that `kzd init kustomize` writes, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import ndiff
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kzd.hosts.kustomize import FUNCTION, GUARD, SENTINEL, files
from tests.hosts.conftest import Done, Hosts

ALPHA = "--enable-alpha-plugins"
X = (ALPHA, "--enable-exec")
RUN = f"transformers: [{FUNCTION}, {GUARD}]\n"

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {example.com/team: shop}
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        args: ["-g", 'daemon off;', "on", "--url=$(PREFIXED)"]
        envFrom:
        - configMapRef: {name: settings}
        ports:
        - {name: http, containerPort: 8080}
        readinessProbe:
          httpGet: {path: /ready, port: http}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http}
"""
AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 3
  maxReplicas: 9
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: web}
"""
LOAD_BALANCER = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations: {alb.ingress.kubernetes.io/target-type: ip}
spec:
  ingressClassName: alb
  defaultBackend:
    service:
      name: web
      port: {name: http}
"""
SHOP = {"deployment.yaml": DEPLOYMENT, "service.yaml": SERVICE}
SETTINGS = "configMapGenerator:\n- name: settings\n  literals: [LOG_LEVEL=info]\n"


def base(hosts: Hosts, more: str = SETTINGS, folder: str = "base", **added: str) -> Path:
    """Write a kustomization that holds the shop, and manifests named by what is added."""
    texts = SHOP | {f"{name}.yaml": text for name, text in added.items()}
    for name, text in texts.items():
        hosts.write(f"{folder}/{name}", text)
    return kustomization(hosts, folder, f"resources: [{', '.join(texts)}]\n{more}")


def kustomization(hosts: Hosts, folder: str, text: str) -> Path:
    """Write a kustomization.yaml; its folder."""
    return hosts.write(f"{folder}/kustomization.yaml", text).parent


def overlay(hosts: Hosts, folder: str, text: str, *under: str, **options: Any) -> Path:
    """Write a kustomization that calls kzd over others, as `kzd init kustomize` says."""
    for name, content in files(**options).items():
        hosts.write(f"{folder}/{name}", content)
    resources = ", ".join([*(f"../{name}" for name in under), SENTINEL])
    return kustomization(hosts, folder, f"{text}resources: [{resources}]\n{RUN}")


def plain(hosts: Hosts, folder: str, text: str, *under: str) -> Path:
    """Write a kustomization over others that does not call kzd."""
    resources = ", ".join(f"../{name}" for name in under)
    return kustomization(hosts, folder, f"{text}resources: [{resources}]\n")


def build(hosts: Hosts, folder: Path, *flags: str, name: str = "kustomize", **more: str) -> Done:
    """What `kustomize build` makes of a folder, or `kubectl kustomize`."""
    command = "build" if name == "kustomize" else "kustomize"
    return hosts.run(name, command, *(flags if flags or command != "build" else X), folder, **more)


def built(hosts: Hosts, folder: Path, *flags: str, **more: str) -> str:
    """The manifests that kustomize builds; nothing of its own is left in them."""
    done = build(hosts, folder, *flags, **more)
    assert done.code == 0, done.err
    for trace in (
        "internal.config.kubernetes.io",
        "config.k8s.io",
        "annotations: {}",
        SENTINEL[:-5],
    ):
        assert trace not in done.out
    return done.out


def documents(text: str) -> dict[str, Any]:
    """The resources of a stream by `Kind/name`, none of them twice."""
    found = [item for item in YAML(typ="safe").load_all(text) if item]
    named = {f"{item['kind']}/{item['metadata']['name']}": item for item in found}
    assert len(named) == len(found)
    return named


def piped(hosts: Hosts, text: str) -> dict[str, Any]:
    """What kzd makes of a stream whose names are final."""
    done = hosts.run("kzd", data=text)
    assert done.code == 0, done.err
    return documents(done.out)


def added(before: str, after: str) -> list[str]:
    """The lines that kzd added; it took none away."""
    lines = list(ndiff(before.splitlines(), after.splitlines()))
    assert [line for line in lines if line.startswith("- ")] == []
    return [line[2:] for line in lines if line.startswith("+ ")]


def stand_in(hosts: Hosts, name: str, script: str) -> Path:
    """A program of this name that comes first on the PATH."""
    file = hosts.write(f"programs/{name}", f"#!/bin/sh\n{script}")
    file.chmod(0o755)
    if file.parent not in hosts.before:
        hosts.before.insert(0, file.parent)
    return file


def function(path: str, *, name: str = "other", kind: str = "exec", more: str = "") -> str:
    """A transformer that runs an executable, or a container of an image."""
    key = "image" if kind == "container" else "path"
    return f"""\
apiVersion: example.com/v1
kind: Other
metadata:
  name: {name}
  annotations:
    config.kubernetes.io/function: |
      {kind}:
        {key}: {path}
{more}"""


def names(found: Sequence[str], kind: str) -> list[str]:
    """The names of one kind among `Kind/name`s."""
    return [name.partition("/")[2] for name in found if name.startswith(f"{kind}/")]
