"""kzd between Helm and a cluster: what arrives there, and that nothing does after an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosts.api import Api, serving
from tests.hosts.conftest import Hosts
from tests.hosts.helms import ERROR, HELM3, HELM4, SOURCES, WRONG, Helm, write_chart, write_subchart

FLAGS = ("--no-hooks", "--skip-crds", "--disable-openapi-validation")


@pytest.fixture(params=[HELM3, HELM4], ids=lambda helm: helm.name)
def helm(request: pytest.FixtureRequest, hosts: Hosts) -> Helm:
    found: Helm = request.param
    hosts.program(found.name)
    write_chart(hosts)
    return found


@pytest.fixture
def api(hosts: Hosts) -> Iterator[Api]:
    with serving() as found:
        hosts.write("kubeconfig", found.kubeconfig)
        yield found


def kubeconfig(hosts: Hosts) -> str:
    return str(hosts.folder / "kubeconfig")


def test_install_and_upgrade_reach_the_cluster_with_the_edits(
    hosts: Hosts, helm: Helm, api: Api
) -> None:
    config = kubeconfig(hosts)
    plain = helm.run(hosts, "install", "eu", "chart", *FLAGS, by="", KUBECONFIG=config)
    assert plain.code == 0, plain.err
    assert "preStop" not in str(api.objects)
    api.requests.clear()

    done = helm.run(hosts, "upgrade", "eu", "chart", *FLAGS, KUBECONFIG=config)

    assert (done.code, done.err) == (0, "")
    assert "Installed eu: read me." in done.out
    for name in SOURCES:
        pod = api.object("deployments", f"eu-{name}")["spec"]["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] == 45
        assert pod["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 15}}}
        assert api.object("poddisruptionbudgets", f"eu-{name}")["spec"]["maxUnavailable"] == 1


def test_a_fresh_install_has_the_edits(hosts: Hosts, helm: Helm, api: Api) -> None:
    done = helm.run(hosts, "install", "eu", "chart", *FLAGS, KUBECONFIG=kubeconfig(hosts))

    assert done.code == 0, done.err
    found = api.object("deployments", "eu-web")
    assert found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 45
    assert found["spec"]["strategy"] == {"rollingUpdate": {"maxUnavailable": 0}}
    budget = api.object("poddisruptionbudgets", "eu-web")["metadata"]
    assert set(budget["annotations"]) == {
        "meta.helm.sh/release-name", "meta.helm.sh/release-namespace",
    }  # fmt: skip


@pytest.mark.parametrize("command", [("install",), ("upgrade", "--install")], ids=" ".join)
def test_nothing_is_installed_after_an_error(
    hosts: Hosts, helm: Helm, api: Api, command: tuple[str, ...]
) -> None:
    write_subchart(hosts, WRONG)
    done = helm.run(hosts, *command, "eu", "chart", *FLAGS, KUBECONFIG=kubeconfig(hosts))

    assert done.code == 1
    assert ERROR in done.err
    assert api.requests != []
    assert api.writes() == []


def test_helm_installs_crds_before_it_calls_a_post_renderer(
    hosts: Hosts, helm: Helm, api: Api
) -> None:
    by = helm.stand_in(hosts, "touch called; exec cat\n")
    done = helm.run(hosts, "install", "eu", "chart", by=by, KUBECONFIG=kubeconfig(hosts))

    assert done.code == 1
    assert "failed to install CRD crds/widgets.yaml" in done.err
    assert not (hosts.folder / "called").exists()


def test_nothing_is_upgraded_after_an_error(hosts: Hosts, helm: Helm, api: Api) -> None:
    config = kubeconfig(hosts)
    assert helm.run(hosts, "install", "eu", "chart", *FLAGS, KUBECONFIG=config).code == 0
    api.requests.clear()
    write_subchart(hosts, WRONG)
    done = helm.run(hosts, "upgrade", "eu", "chart", *FLAGS, KUBECONFIG=config)

    assert done.code == 1
    assert ERROR in done.err
    assert api.requests != []
    assert api.writes() == []


def test_a_dry_run_shows_the_edits_and_the_notes(hosts: Hosts, helm: Helm, api: Api) -> None:
    dry = ("install", "eu", "chart", "--dry-run=client", *FLAGS)
    done = helm.run(hosts, *dry, KUBECONFIG=kubeconfig(hosts))

    assert done.code == 0, done.err
    assert done.out.count("preStop:") == 2
    assert done.out.endswith("NOTES:\nInstalled eu: read me.\n")
    assert api.writes() == []
