"""A long task through every host: the same template has the same name, and kustomize refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.hosts.conftest import Hosts
from tests.hosts.helms import CHART, HELM3, HELM4, Helm
from tests.hosts.kustomizations import built, documents, overlay, piped, plain
from tests.hosts.packages import kpt, kptfile

SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: codecs}
data:
  video: |
    # no comment
    av1: yes
    ---
  'level': "012"
  mode: '0x1F'
"""
WORKER = """\
# An hour or three for each film.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: transcode
  annotations: {kzd.dev/long-task: "true", kzd.dev/long-task.idlePath: ":8080/idle"}
spec:
  replicas: 4
  selector: {matchLabels: {app: transcode}}
  template:
    metadata:
      annotations: {example.com/since: "2026-01-02", example.com/on-call: 'yes'}
      labels: {app: transcode}
    spec:
      volumes:
      - {name: scratch, emptyDir: {}}
      containers:
      - name: worker
        image: registry.example.com/transcode:1.0 # one film at a time
        args: ["-c", 'y', "1e3", "--since=2026-01-02"]
        env:
        - {name: EMPTY, value: ""}
        - name: SCRIPT
          value: |
            echo "a  b"

            exit 0
        envFrom:
        - configMapRef: {name: codecs}
        ports:
        - {containerPort: 8080, name: http}
        readinessProbe: {httpGet: {path: /ready, port: http}}
        resources: {limits: {cpu: 0.50, memory: 1Gi}}
"""
BESIDE = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: transcode}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: transcode}
  minReplicas: 2
  maxReplicas: 10
---
apiVersion: v1
kind: Service
metadata: {name: transcode}
spec:
  selector: {app: transcode}
  ports:
  - {name: http, port: 80, targetPort: http}
"""
RESOURCES = "---\n".join([WORKER, SETTINGS, BESIDE])
OTHER_SETTINGS = RESOURCES.replace("av1: yes", "av1: no")
GENERATED = "configMapGenerator:\n- {name: codecs, literals: [video=av1]}\n"
VERSIONED = ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget")


def by_helm(helm: Helm, hosts: Hosts, text: str) -> dict[str, Any]:
    hosts.write("chart/Chart.yaml", CHART.format("transcode"))
    hosts.write("chart/templates/all.yaml", text)
    done = helm.template(hosts)
    assert done.code == 0, done.err
    return documents(done.out)


def by_kpt(hosts: Hosts, text: str) -> dict[str, Any]:
    """In place; what the function adds gets files of its own."""
    hosts.write("transcode/Kptfile", kptfile("  mutators:\n    - exec: kzd\n", "transcode"))
    hosts.write("transcode/all.yaml", text)
    kpt(hosts, "fn", "render", "transcode", "--allow-exec")
    files = sorted((hosts.folder / "transcode").glob("*.yaml"))
    return documents("---\n".join(file.read_text() for file in files))


def by_kustomize(hosts: Hosts, text: str) -> dict[str, Any]:
    hosts.write("base/all.yaml", text)
    hosts.write("base/kustomization.yaml", "resources: [all.yaml]\n")
    return documents(built(hosts, overlay(hosts, "top", "", "base")))


def by_render(hosts: Hosts, text: str) -> dict[str, Any]:
    done = hosts.run("kzd", "render", hosts.write("all.yaml", text))
    assert done.code == 0, done.err
    return documents(done.out)


HOSTS = {
    "helm3": lambda hosts, text: by_helm(HELM3, hosts, text),
    "helm4": lambda hosts, text: by_helm(HELM4, hosts, text),
    "kpt": by_kpt,
    "kustomize": by_kustomize,
    "render": by_render,
}


def of_versions(made: dict[str, Any]) -> set[str]:
    """The names of all that belong to a version; there are some of each kind."""
    found = {name for name in made if name.startswith((*VERSIONED, "ConfigMap"))}
    assert {name.partition("/")[0] for name in found} == {*VERSIONED, "ConfigMap"}
    return found


@pytest.mark.parametrize("host", HOSTS)
def test_a_template_has_the_name_that_it_has_in_a_pipe(hosts: Hosts, host: str) -> None:
    names = of_versions(piped(hosts, RESOURCES))
    made = HOSTS[host](hosts, RESOURCES)

    assert of_versions(made) == names
    assert len([name for name in names if name.startswith("ConfigMap/codecs")]) == 2


def test_another_content_of_its_config_is_another_version(hosts: Hosts) -> None:
    names = of_versions(piped(hosts, RESOURCES))

    assert not names & of_versions(piped(hosts, OTHER_SETTINGS)) - {"ConfigMap/codecs"}


def generated(hosts: Hosts) -> Path:
    """A kustomization whose ConfigMap is generated."""
    hosts.write("base/all.yaml", f"{WORKER}---\n{BESIDE}")
    hosts.write("base/kustomization.yaml", f"resources: [all.yaml]\n{GENERATED}")
    return plain(hosts, "without", "", "base")


def test_kustomize_refuses_a_generated_name_and_the_pipe_does_it(hosts: Hosts) -> None:
    without = generated(hosts)
    folder = overlay(hosts, "top", "", "base")
    done = hosts.run("kustomize", "build", "--enable-alpha-plugins", "--enable-exec", folder)

    assert done.code == 1, done.err
    assert done.out == ""
    assert (
        "Deployment/transcode: metadata.name: gets no Deployment for each version, which its "
        "annotation `kzd.dev/long-task` asks for: ConfigMap 'codecs' gets its final name only "
        "after kzd; pipe instead: `kustomize build … | kzd`"
    ) in " ".join(done.err.split())

    done = hosts.shell(f"kustomize build {without} | kzd")
    made = documents(done.out)
    deployment, *_ = (item for item in made.values() if item["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    copy = container["envFrom"][0]["configMapRef"]["name"]
    assert done.code == 0, done.err
    assert deployment["metadata"]["labels"]["kzd.dev/base"] == "transcode"
    assert made[f"ConfigMap/{copy}"]["metadata"]["labels"]["kzd.dev/base"].startswith("codecs-")


def test_a_prefix_of_the_same_kustomization_is_part_of_the_base(hosts: Hosts) -> None:
    hosts.write("base/all.yaml", f"{WORKER}---\n{BESIDE}".replace("codecs", "none"))
    hosts.write("base/kustomization.yaml", "resources: [all.yaml]\n")
    inside = documents(built(hosts, overlay(hosts, "top", "namePrefix: eu-\n", "base")))
    without = built(hosts, plain(hosts, "without", "namePrefix: eu-\n", "base"))

    assert of_kind(inside, "Deployment") == of_kind(piped(hosts, without), "Deployment")
    assert of_kind(inside, "Deployment")[0].startswith("Deployment/eu-transcode-b")


def of_kind(made: dict[str, Any], kind: str) -> list[str]:
    return [name for name in made if name.startswith(f"{kind}/")]
