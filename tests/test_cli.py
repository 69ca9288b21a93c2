"""The commands and their options, each by what it does to a small input."""

from __future__ import annotations

import json
import os
import subprocess

import jsonschema
import pytest

from kzd import __version__
from kzd.__main__ import FLAGS, REPEATED, VALUES
from kzd.commands import cli
from kzd.config.schema import config_schema
from kzd.transforms import load
from tests.console import COMMAND, Console, environment
from tests.manifests import (
    CONFIGURATION,
    DEPLOYMENT,
    EDIT,
    ONLY,
    SERVICE,
    SWITCHED_OFF,
    WEB,
    WEB_EDITED,
    resource_list,
)

COLOR = b"\x1b["
STATEFUL = (
    WEB.replace("Deployment", "StatefulSet")
    .replace("  replicas", "  serviceName: peers\n  replicas")
)  # fmt: skip
PROBE = ("--only", "readiness-probe")


@pytest.fixture
def console(console: Console) -> Console:
    console.write("web.yaml", WEB)
    console.write("edited.yaml", WEB_EDITED)
    return console


def test_a_terminal_without_arguments_gets_help(console: Console) -> None:
    done = console.kzd(terminals="ioe")

    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith("Usage: kzd ")
    assert all(f"  {name} " in done.err for name in cli.COMMANDS)


@pytest.mark.parametrize("command", ["render", "check", "diff"])
def test_a_terminal_without_files_is_asked_for_them(console: Console, command: str) -> None:
    done = console.kzd(command, terminals="ioe")

    assert done.code == 2
    assert "name files or directories, or pipe manifests in" in done.err


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_an_answer(console: Console, option: str) -> None:
    for arguments in ((option,), ("check", option)):
        done = console.kzd(*arguments)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith(b"Usage: kzd ")


def test_version(console: Console) -> None:
    assert console.kzd("--version").out.decode() == f"kzd {__version__}\n"


def test_the_filter_knows_the_options_of_render() -> None:
    """What click takes, the quick way takes alike; what it does not know it leaves to click."""
    known = {name for item in cli.kzd.commands["render"].params for name in item.opts}

    assert {*VALUES, *REPEATED, *FLAGS} == known - {"--in-place", "--output", "--exclude", "paths"}


def test_every_command_that_reads_manifests_has_the_common_options() -> None:
    common = {name for item in cli.kzd.commands["check"].params for name in item.opts}

    assert set(cli.COMMANDS) == set(cli.kzd.commands)
    for name in ("render", "check", "diff", "explain"):
        assert common <= {word for item in cli.kzd.commands[name].params for word in item.opts}


def test_options_may_stand_before_the_command(console: Console) -> None:
    assert console.kzd(*ONLY, "check", "web.yaml") == console.kzd("check", "web.yaml", *ONLY)


def test_check_answers_on_standard_output(console: Console) -> None:
    done = console.kzd("check", "web.yaml", *ONLY)

    assert (done.code, done.err) == (1, "")
    assert done.out.decode().endswith("[rolling-update]\n1 workload: 1 to change\n")
    assert console.kzd("check", "edited.yaml", *ONLY) == (0, b"1 workload: none to change\n", "")


def test_check_answers_kustomize_without_items(console: Console) -> None:
    annotations = "metadata:\n  annotations: {kustomize.config.k8s.io/id: 'kind: Service'}\n"
    service = SERVICE.replace("metadata:\n", annotations, 1)
    assert service != SERVICE
    done = console.kzd("check", *ONLY, data=resource_list(service, DEPLOYMENT))

    assert done.code == 1
    assert done.out.startswith(
        b"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nresults:\n- message: "
    )
    assert done.err.endswith("1 workload: 1 to change\n")

    done = console.kzd("check", *ONLY, data=resource_list(service, DEPLOYMENT + EDIT))
    assert done.code == 0
    assert done.out == b"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"


def test_check_answers_other_hosts_with_all_items(console: Console) -> None:
    data = resource_list(SERVICE, DEPLOYMENT)
    done = console.kzd("check", *ONLY, data=data)

    assert done.code == 1
    assert done.out.startswith(f"{data}results:\n- message: ".encode())
    assert done.err.endswith("1 workload: 1 to change\n")

    data = resource_list(SERVICE, DEPLOYMENT + EDIT)
    assert console.kzd("check", *ONLY, data=data) == (
        0,
        data.encode(),
        "1 workload: none to change\n",
    )


def test_check_reviews_a_live_cluster(console: Console) -> None:
    live = {"uid": "4c6d", "resourceVersion": "71", "name": "web", "namespace": "shop"}
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": live,
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 80}]},
    }  # fmt: skip
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "x"}]},
    }
    strategy = {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": live,
        "spec": {
            "replicas": 4, "selector": {"matchLabels": {"app": "web"}}, "strategy": strategy,
            "template": template,
        },
        "status": {"replicas": 4},
    }  # fmt: skip
    listed = {"apiVersion": "v1", "kind": "List", "items": [service, deployment]}

    done = console.kzd("check", *ONLY, data=json.dumps(listed, indent=1))

    assert done.code == 1
    assert "Deployment/web: spec.strategy.rollingUpdate.maxUnavailable = 0: " in done.out.decode()


@pytest.mark.parametrize(("severity", "expected"), [("error", 0), ("warning", 0), ("info", 1)])
def test_fail_on(console: Console, severity: str, expected: int) -> None:
    for command in ("render", "explain"):
        arguments = (command, "web.yaml", *ONLY, "--fail-on", severity)
        assert console.kzd(*arguments).code == expected


def test_skip_and_only(console: Console) -> None:
    assert console.kzd("diff", "web.yaml", *ONLY, "--skip", "rolling-update").code == 0
    both = console.kzd("diff", "web.yaml", *ONLY, "--only", "pod-disruption-budget")
    assert b"maxUnavailable: 0" in both.out
    assert b"kind: PodDisruptionBudget" in both.out


def test_unsafe_makes_the_edits_that_guess(console: Console) -> None:
    console.write("db.yaml", STATEFUL)

    safe = console.kzd("diff", "db.yaml", *PROBE)
    unsafe = console.kzd("diff", "db.yaml", *PROBE, "--unsafe")

    assert (safe.code, safe.out) == (0, b"")
    assert unsafe.code == 1
    assert b"+        readinessProbe:\n" in unsafe.out


def test_versions_decide_what_is_written(console: Console) -> None:
    sleep = ("diff", "web.yaml", "--only", "pre-stop-sleep")

    assert b"sleep:" in console.kzd(*sleep, "--kubernetes-version", "1.32").out
    old = ("--kubernetes-version", "1.31", "--min-kubelet", "1.28")
    assert b"sleep:" not in console.kzd(*sleep, *old).out


def test_namespace_stands_for_the_one_left_out(console: Console) -> None:
    ours = SERVICE.replace("name: web", "name: web\n  namespace: a")
    other = SERVICE.replace("name: web", "name: other\n  namespace: b").replace(": web", ": x")
    console.write("split.yaml", f"{ours}---\n{DEPLOYMENT}---\n{other}")

    assert console.kzd("diff", "split.yaml", *ONLY).code == 0
    assert console.kzd("diff", "split.yaml", *ONLY, "--namespace", "a").code == 1


def test_quiet_leaves_errors_only(console: Console) -> None:
    console.write("kzd.yaml", CONFIGURATION)
    assert console.kzd("render", "web.yaml", *ONLY, "--quiet").err == ""
    assert console.kzd("check", "web.yaml", *ONLY, "--quiet") == (1, b"", "")

    console.write("wrong.yaml", WEB.replace("  replicas: 3", "  replica: 3"))
    done = console.kzd("check", "wrong.yaml", *ONLY, "--quiet")
    assert done.out.decode() == (
        "wrong.yaml:16:3: error: Deployment/web: spec.replica: is not a known field of "
        "`DeploymentSpec`; did you mean `replicas`?\n"
    )


def test_the_configuration_is_named(console: Console) -> None:
    console.write("shop.yaml", SWITCHED_OFF)

    done = console.kzd("check", "web.yaml", *ONLY, "--config", "shop.yaml")

    assert (done.code, done.err) == (0, "kzd: configured by shop.yaml\n")


@pytest.mark.parametrize(
    ("command", "terminals", "colored"),
    [("check", "o", "out"), ("explain", "o", "out"), ("diff", "o", "out"), ("render", "e", "err"),
     ("check", "e", ""), ("diff", "e", "err"), ("render", "o", "")],
)  # fmt: skip
def test_colours_are_for_terminals(
    console: Console, monkeypatch: pytest.MonkeyPatch, command: str, terminals: str, colored: str
) -> None:
    console.write("wrong.yaml", WEB.replace("  replicas: 3", "  replica: 3\n  replicas: 3"))
    run = (command, "wrong.yaml", *ONLY)

    def painted(*more: str) -> set[str]:
        done = console.kzd(*run, *more, terminals=terminals)
        texts = {"out": done.out, "err": done.err.encode()}
        return {name for name, text in texts.items() if COLOR in text}

    assert painted() == ({colored} if colored else set())
    assert painted("--no-color") == set()
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert painted() == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(console: Console, shell: str) -> None:
    def complete(words: str, place: int, last: str) -> bytes:
        asked = {"_KZD_COMPLETE": f"{shell}_complete", "COMP_WORDS": words}
        return console.process(**asked, COMP_CWORD=last if shell == "fish" else str(place)).out

    done = console.process(_KZD_COMPLETE=f"{shell}_source")
    assert (done.code, done.err) == (0, "")
    assert b"_KZD_COMPLETE" in done.out
    assert b"explain" in complete("kzd ex", 1, "ex")
    assert b"rolling-update" in complete("kzd check --skip rol", 3, "rol")
    assert b"rolling-update" in complete("kzd explain rol", 2, "rol")


def test_explain_prints_a_page(console: Console) -> None:
    done = console.kzd("explain", "rolling-update")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(b"rolling-update\n\n")
    contents = console.kzd("explain", terminals="i").out.decode()
    assert all(f"{item.name} " in contents for item in load())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rolling-updat",), "'rolling-updat' is no file and no transform; did you mean "
                             "`rolling-update`?"),
        (("rolling-update", "web.yaml"), "name transforms or files, not both"),
        (("rolling-update", "--format", "json"), "a transform's page is text; `--format json` is "
                                                 "for files"),
    ],
)  # fmt: skip
def test_explain_says_what_it_can_not_explain(
    console: Console, arguments: tuple[str, ...], told: str
) -> None:
    done = console.kzd("explain", *arguments)

    assert (done.code, done.out) == (2, b"")
    assert told in done.err


@pytest.mark.parametrize("command", [(), ("render",), ("check", "-")])
def test_two_configurations_are_one_too_many(console: Console, command: tuple[str, ...]) -> None:
    named = ("--config", "a.yaml", "--config=b.yaml")
    done = console.kzd(*command, *named, data=WEB)

    assert (done.code, done.out) == (2, b"")
    assert "'--config': must be given once; configurations are never merged" in done.err


def test_an_empty_name_is_no_configuration(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KZD_CONFIG", "")
    assert console.kzd("render", data=WEB).code == 0

    done = console.kzd("render", "--config", "", data=WEB)

    expected = "--config: error: can't be read: No such file or directory\n"
    assert (done.code, done.out, done.err) == (2, b"", expected)


def test_schema_is_the_schema_of_the_configuration(console: Console) -> None:
    done = console.kzd("schema")

    assert done.code == 0
    assert json.loads(done.out) == config_schema(load())
    validator = jsonschema.Draft7Validator(json.loads(done.out))
    kind = {"apiVersion": "kzd.dev/v1alpha1", "kind": "ZeroDowntime"}
    assert validator.is_valid({**kind, "spec": {"rollingUpdate": {"enabled": False}}})
    assert not validator.is_valid({**kind, "spec": {"rollingUpdates": {}}})


def applied(console: Console, patch: bytes, *command: str) -> None:
    done = subprocess.run(command, input=patch, capture_output=True, cwd=console.folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [("patch", "-p1"), ("git", "apply")], ids=lambda it: it[0])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("web.yaml", WEB),
        ("./deep/web.yaml", WEB),
        ("with blank.yaml", WEB),
        ("schön.yaml", WEB),
        ('quoted "x\\y.yaml', WEB),
        ("crlf.yaml", WEB.replace("\n", "\r\n")),
        ("unended.yaml", WEB.rstrip("\n")),
    ],
)
def test_the_diff_applies(console: Console, command: tuple[str, ...], name: str, text: str) -> None:
    console.write(name, text)
    shown = console.kzd("diff", name)
    wanted = console.kzd("render", name).out

    assert shown.code == 1
    applied(console, shown.out, *command)
    assert (console.folder / name).read_bytes() == wanted


@pytest.mark.parametrize("name", ["{folder}/web.yaml", "../{base}/web.yaml"])
def test_the_diff_of_a_path_that_leads_elsewhere_stays_below(console: Console, name: str) -> None:
    path = name.format(folder=console.folder, base=console.folder.name)

    header = console.kzd("diff", path).out.split(b"\n")[0].decode()

    steps = header.removeprefix("--- ").split("/")
    assert steps[0] == "a"
    assert not {"", ".."} & set(steps)
    assert steps[-1] == "web.yaml"


def test_the_diff_of_a_directory_applies(console: Console) -> None:
    console.write("m/a/web.yaml", WEB)
    console.write("m/b/api.yaml", WEB.replace("web", "api"))

    applied(console, console.kzd("diff", "m").out, "patch", "-p1")

    assert console.kzd("diff", "m") == (0, b"", "2 workloads: none to change\n")


def test_nothing_to_do_is_no_diff(console: Console) -> None:
    assert console.kzd("diff", "edited.yaml", *ONLY).out == b""


def test_an_interrupted_filter_says_nothing(console: Console) -> None:
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [*COMMAND], stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=console.folder, env=environment(),
    )  # fmt: skip
    os.close(reader)
    os.write(writer, b"#" * 1_000_000)  # more than a pipe holds: it is reading by now
    process.send_signal(2)
    os.close(writer)  # as when Ctrl-C ends both sides of a pipe
    out, told = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in told
