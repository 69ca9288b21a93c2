"""kzd as the post-renderer of Helm 3 and of Helm 4: what holds in both."""

from __future__ import annotations

from pathlib import Path

import pytest

from kzd.hosts.helm import PLUGINS
from tests.hosts.conftest import Done, Hosts
from tests.hosts.helms import (
    ERROR,
    HELM3,
    HELM4,
    SOURCES,
    WORKLOAD,
    WRONG,
    Helm,
    named,
    write_chart,
    write_subchart,
)
from tests.hosts.kustomizations import added

WARNING = (
    "shop/charts/mail/templates/mail.yaml: warning: Deployment/eu-mail: spec.template.spec."
    "containers[0].readinessProbe.httpGet.port: must be a port that container 'mail' declares; "
    "'web' is none [probe-port]"
)
ADDED = """\
  strategy:
    rollingUpdate:
      maxUnavailable: 0
        lifecycle:
          preStop:
            sleep:
              seconds: 15
      terminationGracePeriodSeconds: 45
"""
BUDGET = """\
# Source: {source}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: eu-{name}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: {name}
  unhealthyPodEvictionPolicy: AlwaysAllow"""
LARGE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: large}}\ndata:\n{}"


@pytest.fixture(params=[HELM3, HELM4], ids=lambda helm: helm.name)
def helm(request: pytest.FixtureRequest, hosts: Hosts) -> Helm:
    found: Helm = request.param
    hosts.program(found.name)
    write_chart(hosts)
    return found


def test_only_the_edits_differ_from_a_filter_that_changes_nothing(hosts: Hosts, helm: Helm) -> None:
    without = helm.template(hosts, by=helm.stand_in(hosts, "exec cat\n"))
    done = helm.template(hosts)
    budgets = named(done.out, "kind: PodDisruptionBudget")

    assert (without.code, done.code) == (0, 0)
    assert sorted(budgets) == sorted(
        BUDGET.format(source=source, name=name) for name, source in SOURCES.items()
    )
    for name in SOURCES:
        (before,), (after,) = (
            named(text, "kind: Deployment", f"-{name}\n") for text in (without.out, done.out)
        )
        assert added(before, after) == ADDED.splitlines()
    rest = [part for part in named(done.out) if part not in budgets and "# Owners" not in part]
    assert rest == [part for part in named(without.out) if "# Owners" not in part]


def test_every_document_names_its_template(hosts: Hosts, helm: Helm) -> None:
    done = helm.template(hosts, "--include-crds")

    assert all(part.startswith("# Source: shop/") for part in named(done.out))
    assert len(named(done.out)) == 11
    assert "postrender" not in done.out
    assert "annotations: {}" not in done.out


@pytest.mark.parametrize(
    ("template", "kinds"),
    [
        ("templates/web.yaml", {"Deployment", "PodDisruptionBudget", "Service"}),
        ("charts/mail/templates/mail.yaml", {"Deployment", "PodDisruptionBudget", "Service"}),
        ("templates/migrate.yaml", {"Job"}),
        ("templates/tests/answers.yaml", {"Pod"}),
    ],
)
def test_show_only_shows_a_workload_with_its_budget(
    hosts: Hosts, helm: Helm, template: str, kinds: set[str]
) -> None:
    done = helm.template(hosts, "-s", template)
    found = named(done.out)

    assert done.code == 0, done.err
    assert {part.split("\nkind: ")[1].split("\n")[0] for part in found} == kinds
    assert all(part.startswith(f"# Source: shop/{template}\n") for part in found)
    assert ("preStop" in done.out) is ("Deployment" in kinds)


def test_hooks_and_tests_come_out_as_without_kzd(hosts: Hosts, helm: Helm) -> None:
    hooks = [
        named(helm.template(hosts, by=by).out, "helm.sh/hook")
        for by in (helm.stand_in(hosts, "exec cat\n"), "kzd")
    ]

    assert hooks[0] == hooks[1]
    assert len(hooks[0]) == 3
    assert named(hooks[0][0] + hooks[0][1] + hooks[0][2], "preStop") == []


@pytest.mark.parametrize("option", ["--no-hooks", "--skip-tests"])
def test_left_out_hooks_stay_out(hosts: Hosts, helm: Helm, option: str) -> None:
    done = helm.template(hosts, option)

    assert "name: eu-answers" not in done.out
    assert ("helm.sh/hook" in done.out) is (option == "--skip-tests")
    assert done.out.count("preStop:") == 2


def test_definitions_of_crds_stay_as_they_are(hosts: Hosts, helm: Helm) -> None:
    definition = (hosts.folder / "chart/crds/widgets.yaml").read_text().strip()
    done = helm.template(hosts, "--include-crds")

    assert [part.removeprefix("# Source: shop/crds/widgets.yaml\n")
            for part in named(done.out, "CustomResourceDefinition")] == [definition]  # fmt: skip


def test_arguments_reach_kzd(hosts: Hosts, helm: Helm) -> None:
    done = helm.template(
        hosts, "--post-renderer-args", "--only", "--post-renderer-args=rolling-update"
    )

    assert done.out.count("maxUnavailable: 0") == 2
    assert "preStop" not in done.out
    assert "PodDisruptionBudget" not in done.out


def test_a_configuration_is_relative_to_the_caller_s_directory(hosts: Hosts, helm: Helm) -> None:
    hosts.write("kzd.yaml", "apiVersion: kzd.dev/v1alpha1\nkind: ZeroDowntime\n"
                            "spec: {preStopSleep: {seconds: 7}}\n")  # fmt: skip

    assert helm.template(hosts).out.count("seconds: 7\n") == 2


def test_an_error_in_a_subchart_is_shown_with_its_template(hosts: Hosts, helm: Helm) -> None:
    write_subchart(hosts, WRONG)
    done = helm.template(hosts)

    assert (done.code, done.out) == (1, "")
    assert ERROR in done.err


def test_a_wrong_argument_is_shown(hosts: Hosts, helm: Helm) -> None:
    done = helm.template(hosts, "--post-renderer-args", "--onyl")

    assert (done.code, done.out) == (1, "")
    assert "Error: No such option '--onyl'." in done.err


def test_kzd_may_fail_before_it_has_read_a_large_chart(hosts: Hosts, helm: Helm) -> None:
    large = LARGE.format("".join(f"  key{place}: {'x' * 50}\n" for place in range(4000)))
    hosts.write("chart/templates/large.yaml", large)
    done = helm.template(hosts, "--post-renderer-args", "--onyl")

    assert (done.code, done.out) == (1, "")
    assert "Error: No such option '--onyl'." in done.err
    assert helm.template(hosts).out.count("preStop:") == 2


def test_a_finding_that_reaches_fail_on_stops_helm_and_is_shown(hosts: Hosts, helm: Helm) -> None:
    done = helm.template(hosts, "--post-renderer-args=--fail-on=info")

    assert (done.code, done.out) == (1, "")
    assert "shop/templates/web.yaml: info: Deployment/eu-web: PodDisruptionBudget" in done.err


def test_warnings_do_not_stop_helm_and_are_kept_in_a_report(hosts: Hosts, helm: Helm) -> None:
    write_subchart(
        hosts, WORKLOAD.format(name="mail").replace("ready, port: http", "ready, port: web")
    )
    report = hosts.folder / "report"
    done = helm.template(hosts, KZD_REPORT=str(report))

    assert (done.code, done.err) == (0, "")
    warned, summary = report.read_text().splitlines()
    assert warned == WARNING
    assert summary.endswith(", 1 warning")


def test_broken_yaml_is_an_error_of_helm(hosts: Hosts, helm: Helm) -> None:
    hosts.write("chart/templates/broken.yaml", "kind: ConfigMap\nmetadata: {name: [}\n")
    done = helm.template(hosts, by=helm.stand_in(hosts, "touch called; exec cat\n"))

    assert (done.code, done.out) == (1, "")
    assert "shop/templates/broken.yaml: " in done.err
    assert not (hosts.folder / "called").exists()


def test_a_program_that_is_missing_stops_helm(hosts: Hosts, helm: Helm) -> None:
    by = helm.stand_in(hosts, "exec cat\n")
    (hosts.before[0] / by).unlink()
    done = helm.template(hosts, by=by)

    assert (done.code, done.out) == (1, "")
    assert "executable file not found in $PATH" in done.err


def legacy_plugin(hosts: Hosts) -> Path:
    """A plugin of Helm 3's kind that renders with Helm, as those do that show a diff."""
    plugin = "name: nested\nversion: 0.1.0\nusage: nested\ndescription: nested\n"
    script = 'exec "$HELM_BIN" template eu chart --post-renderer kzd'
    hosts.write("legacy/nested/run", f"#!/bin/sh\n{script}\n").chmod(0o755)
    hosts.write("legacy/nested/plugin.yaml", f"{plugin}command: $HELM_PLUGIN_DIR/run\n")
    return hosts.folder / "legacy"


def nested(hosts: Hosts, helm: Helm) -> Done:
    plugins = [str(legacy_plugin(hosts)), *([PLUGINS] if helm.version > 3 else [])]
    return hosts.run(helm.name, "nested", HELM_PLUGINS=":".join(plugins))


def test_helm_inside_a_plugin_of_its_own_renders(hosts: Hosts, helm: Helm) -> None:
    done = nested(hosts, helm)

    assert (done.code, done.out.count("preStop:")) == (0, 2), done.err


def test_an_error_inside_a_plugin_of_helm_is_one(hosts: Hosts, helm: Helm) -> None:
    write_subchart(hosts, WRONG)
    done = nested(hosts, helm)

    assert (done.code, done.out) == (1, "")
    assert ERROR in done.err
