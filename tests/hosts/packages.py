"""A small package for kpt, what is in its files, and what kpt answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.hosts.conftest import Done, Hosts

DEPLOYMENT = """\
# Sells tickets.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: tickets # the Service's name, too
  annotations:
    example.com/on-call: "yes"
spec:
  replicas: 3
  selector:
    matchLabels: {app: tickets}
  template:
    metadata:
      labels: {app: tickets}
    spec:
      containers:
        # in front
        - name: web
          image: registry.example.com/tickets:1
          args: ['-g', "daemon off;", "on"]
          ports:
            - {name: http, containerPort: 8080}
          readinessProbe:
            httpGet: {path: /ready, port: http}
"""
EDITS = """\
          lifecycle:
            preStop:
              sleep:
                seconds: 10
      terminationGracePeriodSeconds: 40
  strategy:
    rollingUpdate:
      maxUnavailable: 0
"""
SERVICE = """\
# the only entry
apiVersion: v1
kind: Service
metadata:
  name: tickets
spec:
  selector: {app: tickets}
  ports:
    - {name: http, port: 80, targetPort: http} # by name
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: tickets
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: tickets
  unhealthyPodEvictionPolicy: AlwaysAllow
"""
CONFIGURATION = """\
apiVersion: kzd.dev/v1alpha1
kind: ZeroDowntime
metadata:
  name: zero-downtime
  annotations:
    config.kubernetes.io/local-config: "true"
spec:
  propagation: {seconds: 8} # seen in May
"""
CHANGED = f"{DEPLOYMENT}{EDITS}---\n{SERVICE}---\n{BUDGET}"
"""What web.yaml is with `propagation.seconds` 8; kpt puts fields that are new at the end."""

EVAL = ("fn", "eval", "tickets", "--exec", "kzd")
SECONDS = ("--", "propagation.seconds=08")
RENDER = ("fn", "render", "tickets", "--allow-exec")


def kptfile(pipeline: str = "", name: str = "tickets") -> str:
    """A Kptfile with a pipeline, each of its functions as a line of YAML."""
    text = f"apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: {name}\n"
    return text + (f"pipeline:\n{pipeline}" if pipeline else "")


def package(hosts: Hosts, pipeline: str = "", **files: str) -> Path:
    """Write a package: a Kptfile, web.yaml, and files named by what is added."""
    contents = {"web": f"{DEPLOYMENT}---\n{SERVICE}"} | files
    for name, text in contents.items():
        hosts.write(f"tickets/{name.replace('__', '/')}.yaml", text)
    return hosts.write("tickets/Kptfile", kptfile(pipeline)).parent


def texts(folder: Path) -> dict[str, str]:
    """All files below a folder, by their names."""
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def kpt(hosts: Hosts, *arguments: str, code: int = 0, **more: str) -> Done:
    """Run kpt, which has to end with this exit code."""
    done = hosts.run("kpt", *arguments, **more)
    assert done.code == code, done.told
    return done


def results(hosts: Hosts) -> Any:
    """What `--results-dir results` got: the items of kpt's FunctionResultList."""
    answer = YAML(typ="safe").load((hosts.folder / "results" / "results.yaml").read_text())
    assert (answer["apiVersion"], answer["kind"]) == ("kpt.dev/v1", "FunctionResultList")
    return answer["items"]
