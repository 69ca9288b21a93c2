"""kzd and kubectl: the plugin that `kubectl kustomize` runs, the pipe, and `kubectl kzd`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kzd.hosts.kustomize import FUNCTION, GUARD, PLUGIN, files
from tests.hosts.api import Api, serving
from tests.hosts.conftest import Done, Hosts
from tests.hosts.examples import EXAMPLES, blocks, run_example
from tests.hosts.kustomizations import (
    ALPHA,
    AUTOSCALER,
    DEPLOYMENT,
    LOAD_BALANCER,
    SERVICE,
    base,
    build,
    built,
    documents,
    kustomization,
    names,
    overlay,
    piped,
    plain,
)

KUBECTLS = ("kubectl", "kubectl-1.34")
PROGRAMS = ("kustomize", *KUBECTLS)
RENAMED = "namePrefix: eu-\nnamespace: shop\n"


def installed(hosts: Hosts) -> Path:
    """The plugin, as `kzd init kustomize-plugin` installs it."""
    assert hosts.run("kzd", "init", "kustomize-plugin").code == 0
    return hosts.home / ".config" / "kustomize" / "plugin" / PLUGIN


def shop(hosts: Hosts, more: str = "") -> Path:
    """An overlay that asks for the plugin, with something more in its transformer."""
    base(hosts, autoscaler=AUTOSCALER, ingress=LOAD_BALANCER)
    folder = overlay(hosts, "shop", RENAMED, "base", is_plugin=True)
    text = (folder / FUNCTION).read_text()
    hosts.write(f"shop/{FUNCTION}", text.replace("spec: {}\n", more or "spec: {}\n"))
    return folder


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_plugin_answers_as_the_function_does(hosts: Hosts, name: str) -> None:
    installed(hosts)
    folder = shop(hosts)
    by_function = built(hosts, overlay(hosts, "function", RENAMED, "base"))
    without = built(hosts, plain(hosts, "without", RENAMED, "base"))
    done = build(hosts, folder, ALPHA, name=name)

    assert (done.code, done.out) == (0, by_function)
    assert documents(done.out) == piped(hosts, without)
    assert names(list(documents(done.out)), "PodDisruptionBudget") == ["eu-web"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_the_plugin_reports_is_hidden_while_it_succeeds(hosts: Hosts, name: str) -> None:
    installed(hosts)
    report = hosts.folder / "report.txt"
    done = build(hosts, shop(hosts), ALPHA, name=name, KZD_REPORT=str(report))

    assert (done.code, done.err) == (0, "")
    assert report.read_text().endswith("\n1 workload: 1 changed\n")


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_error_of_the_plugin_is_shown(hosts: Hosts, name: str) -> None:
    installed(hosts)
    done = build(hosts, shop(hosts, "spec: {preStopSleep: {second: 7}}\n"), ALPHA, name=name)

    assert (done.code, done.out) == (1, "")
    assert "error: spec.preStopSleep.second: is not known; did you mean `seconds`?" in done.err
    assert "exit status 2" in done.err


def test_the_plugin_takes_options_in_spec_and_in_arguments(hosts: Hosts) -> None:
    installed(hosts)
    more = "argsOneLiner: --skip pod-disruption-budget\nspec: {preStopSleep: {seconds: 7}}\n"
    done = build(hosts, shop(hosts, more), ALPHA, name="kubectl")
    found = documents(done.out)

    assert names(list(found), "PodDisruptionBudget") == []
    assert (
        found["Deployment/eu-web"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        == 37
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_without_the_flag_plugins_are_refused(hosts: Hosts, name: str) -> None:
    installed(hosts)
    folder = shop(hosts)
    done = hosts.run(name, "build" if name == "kustomize" else "kustomize", folder)

    assert (done.code, done.out) == (1, "")
    assert "external plugins disabled; unable to load external plugin 'ZeroDowntime'" in done.err


@pytest.mark.parametrize("name", KUBECTLS)
def test_kubectl_apply_runs_no_plugin(hosts: Hosts, name: str) -> None:
    installed(hosts)
    folder = shop(hosts)
    done = hosts.run(name, "apply", "-k", folder)
    asked = hosts.run(name, "apply", ALPHA, "-k", folder)

    assert (done.code, done.out) == (1, "")
    assert "external plugins disabled" in done.err
    assert (asked.code, asked.out) == (1, "")
    assert f"unknown flag: {ALPHA}" in asked.err


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_missing_plugin_is_an_error(hosts: Hosts, name: str) -> None:
    folder = shop(hosts)
    nowhere = build(hosts, folder, ALPHA, name=name)
    installed(hosts).unlink()
    without_program = build(hosts, folder, ALPHA, name=name)

    assert (nowhere.code, nowhere.out) == (1, "")
    assert "unable to find plugin root" in nowhere.err
    assert (without_program.code, without_program.out) == (1, "")
    assert "expected file with Go object code" in without_program.err


def test_a_plugin_without_kzd_on_the_path_is_an_error(hosts: Hosts) -> None:
    installed(hosts)
    done = build(hosts, shop(hosts), ALPHA, name="kubectl", PATH="/usr/bin:/bin")

    assert (done.code, done.out) == (1, "")
    assert "exec: kzd: not found" in done.err
    assert "exit status 127" in done.err


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_plugin_that_answers_nothing_is_an_error_by_the_guard(hosts: Hosts, name: str) -> None:
    installed(hosts).write_text("#!/bin/sh\ncat >/dev/null\n")
    folder = shop(hosts)
    guarded = build(hosts, folder, ALPHA, name=name)
    text = (folder / "kustomization.yaml").read_text()
    kustomization(hosts, "shop", text.replace(f", {GUARD}", ""))

    assert (guarded.code, guarded.out) == (1, "")
    assert "failed to find unique target for patch Sentinel.v1" in guarded.err
    assert build(hosts, folder, ALPHA, name=name) == (0, "", "")


@pytest.mark.parametrize(
    "variable", ["KUSTOMIZE_PLUGIN_HOME", "XDG_CONFIG_HOME", "old home", "both", ""]
)
def test_kubectl_looks_where_init_installs(hosts: Hosts, variable: str) -> None:
    """In each environment, also with another candidate there that comes later."""
    folder = shop(hosts)
    more = {}
    if variable in ("KUSTOMIZE_PLUGIN_HOME", "XDG_CONFIG_HOME"):
        more = {variable: str(hosts.folder / "there")}
        (hosts.home / ".config" / "kustomize" / "plugin").mkdir(parents=True)
        (hosts.folder / "there" / "kustomize" / "plugin").mkdir(parents=True)
    if variable in ("old home", "both"):
        (hosts.home / "kustomize" / "plugin").mkdir(parents=True)
    if variable == "both":
        (hosts.home / ".config" / "kustomize" / "plugin").mkdir(parents=True)
    assert hosts.run("kzd", "init", "kustomize-plugin", **more).code == 0
    for name in PROGRAMS:
        done = build(hosts, folder, ALPHA, name=name, **more)
        assert done.code == 0, done.err
        assert "preStop" in done.out


# The pipe


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


APPLY = "apply -f -"


def pipe(hosts: Hosts, api: Api, folder: Path, kzd: str = "kzd", name: str = "kubectl") -> Done:
    hosts.program(name)
    config = hosts.write("kubeconfig", api.kubeconfig)
    script = f"set -o pipefail; {name} kustomize {folder} | {kzd} | {name} {APPLY}"
    return hosts.shell(script, KUBECONFIG=str(config))


@pytest.mark.parametrize("name", KUBECTLS)
def test_the_pipe_applies_what_kzd_answers(hosts: Hosts, api: Api, name: str) -> None:
    done = pipe(hosts, api, base(hosts), name=name)
    web = api.object("deployments", "web")

    assert done.code == 0, done.err
    assert done.err == "1 workload: 1 changed\n"
    assert [line.partition("/")[0] for line in done.out.splitlines()] == [
        "configmap", "service", "deployment.apps", "poddisruptionbudget.policy",
    ]  # fmt: skip
    assert web["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert api.object("poddisruptionbudgets", "web")["spec"]["maxUnavailable"] == 1


def test_the_function_s_build_is_applied_as_well(hosts: Hosts, api: Api) -> None:
    installed(hosts)
    config = hosts.write("kubeconfig", api.kubeconfig)
    script = f"set -o pipefail; kubectl kustomize {ALPHA} {shop(hosts)} | kubectl {APPLY}"
    done = hosts.shell(script, KUBECONFIG=str(config))

    # The server does not know autoscalers and Ingresses, so these two are refused.
    assert done.code == 1
    assert api.object("poddisruptionbudgets", "eu-web") is not None
    assert api.object("configmaps", "zero-downtime-sentinel") is None


FAILURES = {
    "configuration": ("kzd --config missing.yaml", 2, "missing.yaml: error: can't be read"),
    "input": ("sed s/^spec:/spec/ | kzd", 3, "error: "),
    "usage": ("kzd --sleep 15", 2, "No such option"),
    "missing": ("./missing-kzd", 127, "No such file or directory"),
}


@pytest.mark.parametrize("name", KUBECTLS)
@pytest.mark.parametrize("failure", FAILURES)
def test_where_kzd_fails_nothing_is_applied(
    hosts: Hosts, api: Api, failure: str, name: str
) -> None:
    kzd, code, message = FAILURES[failure]
    done = pipe(hosts, api, base(hosts), kzd, name)
    alone = hosts.shell(f"kubectl kustomize base | {kzd}")

    assert (alone.code, alone.out) == (code, "")
    assert (done.code, done.out) == (1, "")  # kubectl's own code: the last one that fails counts
    assert message in done.err
    assert "error: no objects passed to apply" in done.err
    assert api.writes() == []


def test_where_kustomize_fails_nothing_is_applied(hosts: Hosts, api: Api) -> None:
    done = pipe(hosts, api, kustomization(hosts, "broken", "resources: [missing.yaml]\n"))

    assert (done.code, done.out) == (1, "")
    assert "missing.yaml" in done.err
    assert api.writes() == []


def test_a_finding_that_reaches_fail_on_fails_the_pipe_but_not_what_is_applied(
    hosts: Hosts, api: Api
) -> None:
    """Exit 1 comes with the complete output, so `pipefail` tells and kubectl does not wait."""
    done = pipe(hosts, api, base(hosts), "kzd --fail-on info")

    assert done.code == 1
    assert len(done.out.splitlines()) == 4
    assert len({item.path for item in api.writes()}) == 4


def test_without_pipefail_the_failure_of_kzd_is_lost(hosts: Hosts) -> None:
    base(hosts)
    hosts.program("kubectl")
    script = "kubectl kustomize base | kzd --config missing.yaml | cat"

    assert hosts.shell(script).code == 0
    assert hosts.shell(f"set -o pipefail; {script}").code == 2


# `kubectl kzd`, which kubectl finds as `kubectl-kzd` on the PATH


@pytest.mark.parametrize("name", KUBECTLS)
def test_kubectl_kzd_is_kzd(hosts: Hosts, name: str) -> None:
    base(hosts)
    web = ("base/deployment.yaml", "base/service.yaml")
    for arguments in (
        ("render", *web), ("check", *web), ("diff", *web), ("explain", *web), ("check", "missing"),
        ("render", "--only", "pod-disruption-budget", *web), ("--version",), ("schema",),
    ):  # fmt: skip
        assert hosts.run(name, "kzd", *arguments) == hosts.run("kzd", *arguments)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("render", "base"), 0), (("check", "base"), 1), (("diff", "base"), 1),
        (("check", "--sleep"), 2), (("check", "missing.yaml"), 3),
    ],
)  # fmt: skip
def test_kubectl_passes_exit_codes_on(hosts: Hosts, arguments: tuple[str, ...], code: int) -> None:
    base(hosts, "")

    assert hosts.run("kubectl", "kzd", *arguments).code == code


def test_kubectl_kzd_filters_a_stream(hosts: Hosts) -> None:
    web = f"{DEPLOYMENT}---\n{SERVICE}"

    assert hosts.run("kubectl", "kzd", data=web) == hosts.run("kzd", data=web)


def test_kubectl_kzd_says_what_was_typed(hosts: Hosts) -> None:
    helped = hosts.run("kubectl", "kzd", "--help")
    wrong = hosts.run("kubectl", "kzd", "rendr")
    listed = hosts.run("kubectl", "plugin", "list")

    assert helped.out.startswith("Usage: kubectl kzd [OPTIONS] COMMAND [ARGS]...\n")
    assert wrong.err.startswith("Usage: kubectl kzd [OPTIONS] COMMAND [ARGS]...\n")
    assert wrong.code == 2
    assert "/kubectl-kzd\n" in listed.out


def test_the_example_s_pipe_and_its_plugin_apply_the_same(hosts: Hosts, api: Api) -> None:
    config = str(hosts.write("kubeconfig", api.kubeconfig))
    folder = run_example(hosts, "kubectl", "kubectl", KUBECONFIG=config)
    by_pipe = dict(api.objects)
    api.objects.clear()
    _, _, (_, script) = blocks(folder / "README.md")
    done = hosts.shell(script, cwd=folder, KUBECONFIG=config)

    assert done.code == 0, done.err
    assert len(by_pipe) == 4
    assert api.objects == by_pipe


def test_the_example_is_what_init_writes(hosts: Hosts) -> None:
    texts = files(is_plugin=True)

    assert {name: (EXAMPLES / "kubectl" / "plugin" / name).read_text() for name in texts} == texts
    assert (
        "lists them already"
        in hosts.run("kzd", "init", "kustomize", "--plugin", EXAMPLES / "kubectl" / "plugin").err
    )
