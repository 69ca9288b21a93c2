"""What Helm 4 alone does with a post-renderer, and what kzd relies on in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kzd.hosts.helm import PLUGIN, PLUGINS
from kzd.hosts.post_renderer import scalar
from tests.hosts.conftest import Hosts
from tests.hosts.helms import HELM4, named, write_chart

FILENAME = "postrenderer.helm.sh/postrender-filename"
NOT_FOUND = "plugin: {{Name:{} Type:postrenderer/v1}} not found"


@pytest.fixture(autouse=True)
def chart(hosts: Hosts) -> None:
    hosts.program(HELM4.name)
    write_chart(hosts)


@pytest.mark.parametrize("options", [(), ("--no-hooks", "--skip-tests", "--include-crds")])
def test_a_post_renderer_gets_all_resources_with_their_files(
    hosts: Hosts, options: tuple[str, ...]
) -> None:
    HELM4.template(hosts, *options, by=HELM4.stand_in(hosts, "exec tee given\n"))
    given = named((hosts.folder / "given").read_text())

    assert len(given) == 8
    assert all(part.count(f"{FILENAME}: 'shop/") == 1 for part in given)
    assert sum("helm.sh/hook" in part for part in given) == 3
    assert not any("CustomResourceDefinition" in part for part in given)


def test_a_plugin_is_told_where_it_is(hosts: Hosts) -> None:
    by = HELM4.stand_in(hosts, "env | grep ^HELM_PLUGIN_ | sort > told; exec cat\n")
    HELM4.template(hosts, by=by)

    assert (hosts.folder / "told").read_text().splitlines() == [
        f"HELM_PLUGIN_DIR={hosts.folder}/plugins/{by}",
        f"HELM_PLUGIN_NAME={by}",
    ]


def test_an_empty_answer_is_an_error(hosts: Hosts) -> None:
    done = HELM4.template(hosts, by=HELM4.stand_in(hosts, "cat >/dev/null\n"))

    assert (done.code, done.out) == (1, "")
    assert "produced empty output" in done.err


@pytest.mark.parametrize("options", [(), ("--debug",)])
def test_the_error_of_a_plugin_that_fails_is_lost(hosts: Hosts, options: tuple[str, ...]) -> None:
    by = HELM4.stand_in(hosts, "cat >/dev/null; echo >&2 told; exit 3\n")
    done = HELM4.template(hosts, *options, by=by)

    assert (done.code, done.out.strip()) == (1, "")
    assert f'plugin "{by}" exited with error' in done.err
    assert "told" not in done.err


def test_a_text_is_shown_and_stops_helm(hosts: Hosts) -> None:
    hosts.write("scalar", scalar("web.yaml:3: error: it's 'odd': #1\nmore", 2).decode())
    by = HELM4.stand_in(hosts, "cat >/dev/null; cat scalar\n")

    for arguments in (("template",), ("install", "--dry-run=client")):
        done = HELM4.run(hosts, *arguments, "eu", "chart", by=by)
        assert (done.code, done.out) == (1, "")
        assert "\n|\n  web.yaml:3: error: it's 'odd': #1\n  more\n" in done.err


def test_standard_error_is_hidden_where_it_does_not_fail(hosts: Hosts) -> None:
    done = HELM4.template(hosts, by=HELM4.stand_in(hosts, "echo >&2 told; exec cat\n"))

    assert (done.code, done.err) == (0, "")


def test_only_plugins_are_taken(hosts: Hosts) -> None:
    by = HELM4.stand_in(hosts, "exec cat\n")
    path = f"./programs/{by}"

    assert NOT_FOUND.format(path) in HELM4.template(hosts, by=path).err
    assert NOT_FOUND.format("kzd") in HELM4.template(hosts, HELM_PLUGINS="/not/there").err


def test_a_second_post_renderer_is_refused(hosts: Hosts) -> None:
    done = HELM4.template(hosts, "--post-renderer", HELM4.stand_in(hosts, "exec cat\n"))

    assert (done.code, done.out) == (1, "")
    assert 'invalid argument "kzd" for "--post-renderer" flag' in done.err


def test_an_unknown_field_makes_the_plugin_useless(hosts: Hosts) -> None:
    text = (Path(PLUGINS) / PLUGIN).read_text()
    hosts.write("other/kzd/plugin.yaml", f"{text}description: zero downtime\n")
    done = HELM4.template(hosts, HELM_PLUGINS=str(hosts.folder / "other"))

    assert done.code == 1
    assert "description" in done.err
    assert NOT_FOUND.format("kzd") in done.err


def test_an_output_directory_gets_the_edits(hosts: Hosts) -> None:
    done = HELM4.template(hosts, "--output-dir", "out")
    web = (hosts.folder / "out/shop/templates/web.yaml").read_text()
    mail = (hosts.folder / "out/shop/charts/mail/templates/mail.yaml").read_text()

    assert done.code == 0, done.err
    for text in (web, mail):
        assert len(named(text)) == 3
        assert len(named(text, "preStop")) == len(named(text, "PodDisruptionBudget")) == 1


def test_templates_are_looked_up_by_an_annotation(hosts: Hosts) -> None:
    by = HELM4.stand_in(hosts, f"exec sed '\\|{FILENAME}|d'\n")
    done = HELM4.template(hosts, "-s", "templates/web.yaml", by=by)

    assert done.code == 1
    assert "could not find template templates/web.yaml in chart" in done.err


def test_a_dry_run_of_install_needs_no_cluster(hosts: Hosts) -> None:
    done = HELM4.run(hosts, "install", "eu", "chart", "--dry-run=client")

    assert (done.code, done.out.count("preStop:")) == (0, 2), done.err
    assert done.out.endswith("NOTES:\nInstalled eu: read me.\n")
