"""A tiny render through each host: whether kzd works there, seen and not assumed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kzd.hosts import kustomize
from kzd.hosts.program import Done, Program, run

WORKS = ""
PASSED_OVER = "passed over in silence"
MARK = "preStop"
"""What kzd adds to the manifests below, whatever the caller has configured; nothing else does."""

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: kzd-doctor
  annotations:
    kzd.dev/pre-stop-sleep: "true"
spec:
  replicas: 3
  selector:
    matchLabels: {app: kzd-doctor}
  template:
    metadata:
      labels: {app: kzd-doctor}
    spec:
      containers:
      - name: web
        image: example.com/web:1.0
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: kzd-doctor
spec:
  selector: {app: kzd-doctor}
  ports:
  - port: 80
    targetPort: 8080
"""
KUSTOMIZATION = """\
resources:
- manifests.yaml
transformers:
- zero-downtime.yaml
"""
CHART = "apiVersion: v2\nname: kzd-doctor\nversion: 0.1.0\n"

PLUGINS = "--enable-alpha-plugins"
EXEC = "--enable-exec"

Environment = Mapping[str, str]


@contextmanager
def _folder(texts: Mapping[str, str]) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="kzd-doctor-") as folder:
        for name, text in texts.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        yield folder


def _judged(done: Done, output: str) -> str:
    """Empty where kzd has answered, else what the host says."""
    if done.code == 0:
        if MARK in output:
            return WORKS
        return PASSED_OVER if "kind: Deployment" in output else "what was rendered is gone"
    return reason(done)


def reason(done: Done) -> str:
    """What a program said when it failed, on one line."""
    lines = [line.strip(" |") for line in (done.err + done.out).splitlines()]
    return " | ".join(filter(None, lines)) or f"ended with exit code {done.code}"


def _built(
    program: Program, arguments: tuple[str, ...], environment: Environment, *, is_plugin: bool
) -> str:
    function = kustomize.files(is_plugin=is_plugin)[kustomize.FUNCTION].split("---\n")[-1]
    texts = {
        "manifests.yaml": MANIFESTS,
        "kustomization.yaml": KUSTOMIZATION,
        kustomize.FUNCTION: function,
    }
    with _folder(texts) as folder:
        done = run(program.path, *arguments, folder, cwd=folder, environment=environment)
        return _judged(done, done.out)


def exec_function(program: Program, environment: Environment, *arguments: str) -> str:
    """Whether `kustomize build`, or what else builds, runs an exec function; empty if so."""
    return _built(program, arguments, environment, is_plugin=False)


def plugin(program: Program, environment: Environment, command: str) -> str:
    """Whether kustomize's plugin directory leads to kzd; `command` is `build` or `kustomize`."""
    return _built(program, (command, PLUGINS), environment, is_plugin=True)


def post_renderer(program: Program, environment: Environment) -> str:
    """Whether a Helm renders a chart through `--post-renderer kzd`."""
    texts = {"Chart.yaml": CHART, "templates/manifests.yaml": MANIFESTS}
    with _folder(texts) as folder:
        arguments = ("template", "kzd-doctor", folder, "--post-renderer", "kzd")
        done = run(program.path, *arguments, cwd=folder, environment=environment)
        return _judged(done, done.out)


def kpt_function(program: Program, environment: Environment) -> str:
    """Whether `kpt fn eval` runs kzd on a package."""
    with _folder({"manifests.yaml": MANIFESTS}) as folder:
        arguments = ("fn", "eval", folder, "--exec", "kzd")
        done = run(program.path, *arguments, cwd=folder, environment=environment)
        try:
            with open(os.path.join(folder, "manifests.yaml"), encoding="utf-8") as file:
                return _judged(done, file.read())
        except FileNotFoundError:
            return _judged(done, "")


def kubectl_plugin(program: Program, environment: Environment) -> str:
    """Whether kubectl finds `kubectl kzd`."""
    with _folder({}) as folder:
        arguments = ("kzd", "render")
        done = run(program.path, *arguments, cwd=folder, environment=environment, data=MANIFESTS)
        return _judged(done, done.out)
