"""The plugin for Argo CD: its files, and what its command hands to Argo CD, well or badly."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.hosts.conftest import INSTALLED, Done, Hosts
from tests.hosts.examples import EXAMPLES, run_example
from tests.hosts.workflow import load

EXAMPLE = EXAMPLES / "argo-cd"
CHART = EXAMPLES / "github-actions" / "chart"
PLUGINS = ("plugin.yaml", "plugin-helm.yaml")
SPEC = {"version", "init", "generate", "discover", "parameters", "preserveFileMode",
        "provideGitCreds"}  # fmt: skip
"""What Argo CD knows of a plugin; a field that it doesn't is passed over in silence."""

CONFIGURATION = "/home/argocd/cmp-server/config/plugin.yaml"
NAMES = {"ARGOCD_APP_NAME": "eu", "ARGOCD_APP_NAMESPACE": "tickets"}
REPO_SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: argocd-repo-server}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers: [{name: argocd-repo-server, image: example/argocd:1}]
      volumes: [{name: var-files, emptyDir: {}}, {name: plugins, emptyDir: {}}]
"""


def generate(hosts: Hosts, plugin: str, app: Path, helm: str = "helm3", **more: str) -> Done:
    """Run a plugin's command as the sidecar does: in the application's folder, by its variables."""
    programs = hosts.folder / "path"
    programs.mkdir(exist_ok=True)
    (programs / "helm").unlink(missing_ok=True)
    (programs / "helm").symlink_to(hosts.program(helm))
    hosts.before = [programs]
    environment = hosts.environment(**NAMES, **more)
    environment["PATH"] += f":{INSTALLED}"
    command = load(EXAMPLE / plugin)["spec"]["generate"]
    done = subprocess.run(
        [*command["command"], *command["args"]],
        cwd=app,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def objects(text: str) -> dict[str, Any]:
    """The objects of a stream by kind."""
    found = [item for item in YAML(typ="safe").load_all(text) if item]
    return {item["kind"]: item for item in found}


@pytest.fixture
def app(hosts: Hosts) -> Path:
    """An application of kustomize's."""
    hosts.program("kustomize")
    return shutil.copytree(EXAMPLE / "app", hosts.folder / "app")


@pytest.fixture
def chart(hosts: Hosts) -> Path:
    """An application that is a chart."""
    return shutil.copytree(CHART, hosts.folder / "chart")


def test_the_example_prints_what_it_shows(hosts: Hosts) -> None:
    run_example(hosts, "argo-cd", "kustomize")


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_says_what_argo_cd_knows(name: str) -> None:
    plugin = load(EXAMPLE / name)

    assert (plugin["apiVersion"], plugin["kind"]) == (
        "argoproj.io/v1alpha1", "ConfigManagementPlugin",
    )  # fmt: skip
    assert plugin.keys() == {"apiVersion", "kind", "metadata", "spec"}
    assert plugin["spec"].keys() <= SPEC
    assert plugin["spec"]["generate"].keys() == {"command", "args"}
    assert plugin["spec"]["discover"].keys() == {"fileName"}


def test_the_plugins_have_names_of_their_own() -> None:
    assert len({load(EXAMPLE / name)["metadata"]["name"] for name in PLUGINS}) == len(PLUGINS)


def test_each_plugin_finds_its_own_applications(app: Path, chart: Path) -> None:
    for name, found, other in zip(PLUGINS, (app, chart), (chart, app), strict=True):
        pattern = load(EXAMPLE / name)["spec"]["discover"]["fileName"]
        assert list(found.glob(pattern))
        assert not list(other.glob(pattern))


def test_the_component_puts_the_plugin_beside_the_repo_server(hosts: Hosts) -> None:
    shutil.copytree(EXAMPLE, hosts.folder / "kzd")
    hosts.write("install/repo-server.yaml", REPO_SERVER)
    lines = "resources: [repo-server.yaml]\ncomponents: [../kzd]\n"
    hosts.write("install/kustomization.yaml", lines)

    done = hosts.run("kustomize", "build", "install")

    assert done.code == 0, done.err
    found = objects(done.out)
    pod = found["Deployment"]["spec"]["template"]["spec"]
    sidecar, server = sorted(pod["containers"], key=lambda item: item["name"] != "kzd")
    assert server["name"] == "argocd-repo-server"
    assert sidecar["command"] == ["/var/run/argocd/argocd-cmp-server"]
    assert sidecar["securityContext"] == {"runAsNonRoot": True, "runAsUser": 999}
    mounts = {item["mountPath"]: item for item in sidecar["volumeMounts"]}
    assert mounts.keys() == {
        "/var/run/argocd", "/home/argocd/cmp-server/plugins", CONFIGURATION, "/tmp",
    }  # fmt: skip
    volumes = {item["name"]: item for item in pod["volumes"]}
    assert {item["name"] for item in mounts.values()} <= volumes.keys()
    mounted = volumes[mounts[CONFIGURATION]["name"]]["configMap"]["name"]
    assert mounted == found["ConfigMap"]["metadata"]["name"]
    text = found["ConfigMap"]["data"][mounts[CONFIGURATION]["subPath"]]
    assert text == (EXAMPLE / "plugin.yaml").read_text()


def test_an_application_of_kustomize_s_is_rendered(hosts: Hosts, app: Path) -> None:
    done = generate(hosts, "plugin.yaml", app)

    assert (done.code, done.err) == (0, "1 workload: 1 changed\n")
    found = objects(done.out)
    assert found.keys() == {"Deployment", "Service", "PodDisruptionBudget"}
    assert found["Deployment"]["spec"]["strategy"] == {"rollingUpdate": {"maxUnavailable": 0}}


@pytest.mark.parametrize("helm", ["helm3", "helm4"])
def test_a_chart_is_rendered_for_its_application(hosts: Hosts, chart: Path, helm: str) -> None:
    hosts.write("chart/crds/a.yaml", "apiVersion: v1\nkind: CustomResourceDefinition\n")
    hosts.write("chart/other values.yaml", "replicas: 5\n")

    done = generate(hosts, "plugin-helm.yaml", chart, helm, ARGOCD_ENV_VALUES="other values.yaml")

    assert (done.code, done.err) == (0, "1 workload: 1 changed\n")
    found = objects(done.out)
    assert found.keys() == {
        "CustomResourceDefinition", "Deployment", "Service", "PodDisruptionBudget",
    }  # fmt: skip
    assert found["Deployment"]["metadata"]["name"] == "eu"
    assert found["Deployment"]["spec"]["replicas"] == 5
    assert found["Deployment"]["spec"]["strategy"] == {"rollingUpdate": {"maxUnavailable": 0}}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_what_fails_on_the_left_fails(hosts: Hosts, app: Path, chart: Path, plugin: str) -> None:
    (app / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
    (chart / "templates/web.yaml").write_text('{{ fail "missing.yaml" }}\n')

    done = generate(hosts, plugin, app if plugin == "plugin.yaml" else chart)

    assert (done.code, done.out) == (1, "")
    assert "missing.yaml" in done.err


@pytest.mark.parametrize("plugin", PLUGINS)
def test_where_kzd_fails_no_object_comes_out_and_the_reason_is_told(
    hosts: Hosts, app: Path, chart: Path, plugin: str
) -> None:
    folder = app if plugin == "plugin.yaml" else chart
    configuration = "apiVersion: kzd.dev/v1alpha1\nkind: ZeroDowntime\nmetadata: {name: a}\n"
    (folder / "kzd.yaml").write_text(f"{configuration}spec: {{preStopSlep: {{seconds: 5}}}}\n")

    done = generate(hosts, plugin, folder)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kzd.yaml:4:8: error: spec.preStopSlep: is not known")


def test_a_name_is_never_run(hosts: Hosts, chart: Path) -> None:
    evil = "$(touch ran); touch ran"

    assert generate(hosts, "plugin-helm.yaml", chart, ARGOCD_ENV_VALUES=evil).code == 1
    assert not (chart / "ran").exists()


def test_the_build_options_let_kustomize_call_kzd(hosts: Hosts, app: Path) -> None:
    config = load(EXAMPLE / "build-options.yaml")
    assert config["metadata"]["name"] == "argocd-cm"
    options = config["data"]["kustomize.buildOptions"].split()
    lines = hosts.run("kzd", "init", "kustomize", cwd=app).out
    (app / "kustomization.yaml").write_text(lines.replace("resources:", "resources:\n- web.yaml"))

    done = hosts.run("kustomize", "build", *options, ".", cwd=app)
    assert done.code == 0, done.err
    strategy = objects(done.out)["Deployment"]["spec"]["strategy"]
    assert strategy == {"rollingUpdate": {"maxUnavailable": 0}}

    for option in options:
        assert hosts.run("kustomize", "build", option, ".", cwd=app).code == 1
