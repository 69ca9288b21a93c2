"""What Helm 3 alone does with a post-renderer, and what kzd relies on in it."""

from __future__ import annotations

import pytest

from kzd.hosts.helm import PLUGINS
from kzd.hosts.post_renderer import scalar
from tests.hosts.conftest import Hosts
from tests.hosts.helms import HELM3, named, write_chart

MINE = "name: mine\nversion: 0.1.0\nusage: mine\ndescription: mine\ncommand: echo hello\n"
UNREADABLE = 'unknown field "apiVersion"'


@pytest.fixture(autouse=True)
def chart(hosts: Hosts) -> None:
    hosts.program(HELM3.name)
    write_chart(hosts)


def test_a_post_renderer_gets_the_text_of_the_templates_without_hooks(hosts: Hosts) -> None:
    plain = HELM3.template(hosts, by="")
    done = HELM3.template(hosts, by=HELM3.stand_in(hosts, "exec tee given\n"))
    given = (hosts.folder / "given").read_text()

    assert done.out == plain.out
    assert "helm.sh/hook" not in given
    assert given in plain.out
    assert "CustomResourceDefinition" not in given


def test_crds_are_sent_where_they_are_asked_for(hosts: Hosts) -> None:
    HELM3.template(hosts, "--include-crds", by=HELM3.stand_in(hosts, "exec tee given\n"))

    assert "name: widgets.example.com   # indented" in (hosts.folder / "given").read_text()


def test_a_budget_stands_right_behind_its_workload(hosts: Hosts) -> None:
    kinds = [part.split("\nkind: ")[1].split("\n")[0] for part in named(HELM3.template(hosts).out)]
    places = [place for place, kind in enumerate(kinds) if kind == "PodDisruptionBudget"]

    assert len(places) == 2
    assert all(kinds[place - 1] == "Deployment" for place in places)


def test_an_empty_answer_would_delete_all_but_hooks(hosts: Hosts) -> None:
    done = HELM3.template(hosts, by=HELM3.stand_in(hosts, "cat >/dev/null\n"))

    assert done.code == 0
    assert all("helm.sh/hook" in part or "name: proxy" in part for part in named(done.out))


def test_a_text_would_be_installed_as_a_manifest(hosts: Hosts) -> None:
    hosts.write("scalar", scalar("it failed", 2).decode())
    done = HELM3.template(hosts, by=HELM3.stand_in(hosts, "cat scalar\n"))

    assert done.code == 0
    assert done.out.startswith("|\n  it failed\n")


def test_what_a_plugin_of_helm_3_leaves_in_the_environment_brings_no_text(hosts: Hosts) -> None:
    hosts.write("legacy/plugin.yaml", "name: kzd\nversion: 0.1.0\ncommand: kzd\n")
    done = HELM3.template(
        hosts, "--post-renderer-args=--onyl",
        HELM_PLUGIN_NAME="kzd", HELM_PLUGIN_DIR=str(hosts.folder / "legacy"),
    )  # fmt: skip

    assert (done.code, done.out) == (1, "")
    assert "Error: No such option '--onyl'." in done.err


def test_standard_error_is_shown_only_where_it_fails(hosts: Hosts) -> None:
    by = HELM3.stand_in(hosts, "echo >&2 told; cat; exit $CODE\n")
    fine, failed = (HELM3.template(hosts, by=by, CODE=code) for code in "03")

    assert (fine.code, fine.err) == (0, "")
    assert (failed.code, failed.out) == (1, "")
    assert "error output:\ntold\n: exit status 3\n" in failed.err


def test_a_program_is_named_by_its_path_or_looked_up(hosts: Hosts) -> None:
    by = HELM3.stand_in(hosts, "exec cat\n")

    assert HELM3.template(hosts, by=f"./programs/{by}").code == 0
    (hosts.before[0] / by).unlink()
    assert f"unable to find binary at {by}" in HELM3.template(hosts, by=by).err


def test_of_two_post_renderers_the_last_one_counts(hosts: Hosts) -> None:
    done = HELM3.template(hosts, "--post-renderer", HELM3.stand_in(hosts, "exit 1\n"))

    assert (done.code, done.out.count("preStop:")) == (0, 2)


def test_an_output_directory_gets_the_files_without_post_renderer(hosts: Hosts) -> None:
    done = HELM3.template(hosts, "--output-dir", "out")
    web = hosts.folder / "out/shop/templates/web.yaml"

    assert (done.code, done.err) == (0, "")
    assert "kind: Deployment" in web.read_text()
    assert "preStop" not in web.read_text()


def test_templates_are_looked_up_by_their_comments(hosts: Hosts) -> None:
    by = HELM3.stand_in(hosts, "exec sed '/^# Source/d'\n")
    done = HELM3.template(hosts, "-s", "templates/web.yaml", by=by)

    assert done.code == 1
    assert "could not find template templates/web.yaml in chart" in done.err


def test_without_a_cluster_a_dry_run_of_install_fails(hosts: Hosts) -> None:
    done = HELM3.run(hosts, "install", "eu", "chart", "--dry-run=client")

    assert done.code == 1
    assert "Kubernetes cluster unreachable" in done.err


def test_a_plugin_of_helm_4_takes_helm_3_its_own(hosts: Hosts) -> None:
    hosts.write("own/mine/plugin.yaml", MINE)
    own = str(hosts.folder / "own")
    fine, lost = (
        hosts.run(HELM3.name, "mine", HELM_PLUGINS=plugins) for plugins in (own, f"{own}:{PLUGINS}")
    )

    assert (fine.code, fine.out) == (0, "hello\n")
    assert lost.code == 1
    assert UNREADABLE in lost.err
    assert 'unknown command "mine"' in lost.err

    rendered = HELM3.template(hosts, HELM_PLUGINS=PLUGINS)
    assert (rendered.code, rendered.out.count("preStop:")) == (0, 2)
    assert UNREADABLE in rendered.err
