"""The filter: a stream in and out, a ResourceList in and out, whoever calls."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kzd.commands import answer as commands
from kzd.commands.answer import FORMATS
from kzd.text.stream import joined
from tests.case import CASES
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
    WORKER,
    indented,
    item,
    resource_list,
)

SECRET = "hunter2-correct-horse"
MIB = 1024 * 1024
OFF_AND_WEB = f"{SWITCHED_OFF}---\n{WEB}"
FUNCTION_CONFIG = "functionConfig:\n" + indented(SWITCHED_OFF, 2)
BOMB = "".join(
    f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}' if level else 'x'] * 10)}]\n"
    for level in range(9)
)


def loaded(data: bytes) -> dict[str, object]:
    return YAML(typ="safe", pure=True).load(data)


@pytest.mark.parametrize("arguments", [(), ("render",), ("render", "-"), ("-",)])
def test_all_spellings_are_the_filter(console: Console, arguments: tuple[str, ...]) -> None:
    done = console.kzd(*arguments, *ONLY, data=WEB)

    assert (done.code, done.out.decode()) == (0, WEB_EDITED)
    assert done.err == "1 workload: 1 changed\n"


def test_the_process_is_the_filter(console: Console) -> None:
    done = console.process(*ONLY, data=WEB)

    assert (done.code, done.out.decode(), done.err) == (0, WEB_EDITED, "1 workload: 1 changed\n")


@pytest.mark.parametrize("data", ["", "\n", "# nothing\n---\n# x\n", "[]\n", "\ufeff"])
def test_what_is_empty_comes_back(console: Console, data: str) -> None:
    assert console.kzd(data=data) == (0, data.encode(), "no workloads\n")


def test_a_stream_comes_back_as_one(console: Console) -> None:
    before = f"# kept\n{WORKER}--- # text\n"
    after = "\n---\n# nothing\n---\nfoo: [1,   2]   # odd\n"

    done = console.kzd(*ONLY, data=before + WEB + after)

    assert done.out.decode() == before + WEB_EDITED + after


def test_a_list_is_edited_inside(console: Console) -> None:
    def listed(*items: str) -> str:
        return "apiVersion: v1\nkind: List\nitems:\n" + "".join(map(item, items))

    done = console.kzd(*ONLY, data=listed(SERVICE, DEPLOYMENT))

    assert done.out.decode() == listed(SERVICE, DEPLOYMENT + EDIT)


@pytest.mark.parametrize("version", ["v1", "v1alpha1", "v1beta1"])
def test_a_resource_list_comes_back_as_one(console: Console, version: str) -> None:
    annotations = (
        "metadata:\n  annotations:\n"
        "    internal.config.kubernetes.io/path: shop/web.yaml\n"
        "    internal.config.kubernetes.io/index: '1'\n"
    )
    annotated = DEPLOYMENT.replace("metadata:\n", annotations, 1)

    def whole(deployment: str, more: str = "") -> str:
        text = resource_list(SERVICE, deployment, more=FUNCTION_CONFIG.replace("false", "true"))
        return text.replace("io/v1\n", f"io/{version}\n") + more

    done = console.kzd(*ONLY, data=whole(annotated))

    assert done.code == 0
    results = done.out.decode().removeprefix(whole(annotated + EDIT))
    assert results.startswith("results:\n")
    (result,) = loaded(done.out)["results"]
    assert result["resourceRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert result["field"] == {
        "path": "spec.strategy.rollingUpdate.maxUnavailable", "proposedValue": 0,
    }  # fmt: skip
    assert result["file"] == {"path": "shop/web.yaml", "index": 1}
    assert result["severity"] == "info"
    assert result["tags"] == {"transform": "rolling-update", "action": "edit"}


def test_a_budget_takes_no_place_of_a_list(console: Console) -> None:
    """kpt numbers a list as one resource, and refuses two with one number."""

    def placed(text: str, index: int) -> str:
        annotations = (
            "  annotations:\n"
            "    internal.config.kubernetes.io/path: web.yaml\n"
            f"    internal.config.kubernetes.io/index: '{index}'\n"
        )
        return text.replace("metadata:\n", f"metadata:\n{annotations}", 1)

    listed = "apiVersion: v1\nkind: List\nmetadata:\n  name: more\nitems: []\n"
    items = placed(SERVICE, 0), placed(DEPLOYMENT, 1), placed(listed, 2)

    done = console.kzd("--only", "pod-disruption-budget", data=resource_list(*items))
    (budget,) = (each for each in loaded(done.out)["items"] if "Budget" in each["kind"])
    assert budget["metadata"]["annotations"]["internal.config.kubernetes.io/index"] == "3"


def test_old_results_are_replaced(console: Console) -> None:
    old = "results:\n- message: of another function\n"

    done = console.kzd(*ONLY, data=resource_list(SERVICE, DEPLOYMENT, more=old))
    assert b"another function" not in done.out
    assert len(loaded(done.out)["results"]) == 1

    done = console.kzd(*ONLY, data=resource_list(SERVICE, DEPLOYMENT + EDIT, more=old))
    assert done.out.decode() == resource_list(SERVICE, DEPLOYMENT + EDIT)


def test_a_resource_list_in_json_stays_json(console: Console) -> None:
    data = '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[],"results":[]}'

    assert console.kzd(data=data).out == data.replace(',"results":[]', "").encode()


def test_a_failure_is_among_the_results_of_a_resource_list(console: Console) -> None:
    wrong = DEPLOYMENT.replace(
        "metadata:\n", "metadata:\n  annotations:\n    kzd.dev/serving: maybe\n", 1
    )
    for arguments in ((), ("check",)):
        done = console.kzd(*arguments, data=resource_list(SERVICE, wrong))

        assert done.code == 2
        answer = loaded(done.out)
        assert answer["items"] == [loaded(SERVICE.encode()), loaded(wrong.encode())]
        (result,) = answer["results"]
        assert result["severity"] == "error"
        assert result["message"].endswith("must be true or false, not 'maybe'")
    done = console.kzd("diff", data=resource_list(SERVICE, wrong))
    assert (done.code, done.out) == (2, b"")


def test_a_finding_never_withholds_the_output(console: Console) -> None:
    done = console.kzd(*ONLY, "--fail-on", "info", data=WEB)

    assert (done.code, done.out.decode()) == (1, WEB_EDITED)


def test_configuration_is_left_out_of_a_stream(console: Console) -> None:
    done = console.kzd(*ONLY, data=OFF_AND_WEB)

    assert done.out.decode() == f"---\n{WEB}"
    assert done.err == (
        "kzd: configured by a document of standard input\n"
        "kzd: ZeroDowntime/defaults is configuration; it is left out of the stream\n"
        "1 workload: none changed\n"
    )


def test_configuration_stays_in_resource_lists_and_files(console: Console) -> None:
    data = resource_list(SWITCHED_OFF, SERVICE, DEPLOYMENT)
    done = console.kzd(*ONLY, data=data)
    assert done.out.decode() == data
    assert done.err == (
        "kzd: configured by a document of standard input\n1 workload: none changed\n"
    )

    file = console.write("all.yaml", OFF_AND_WEB)
    assert console.kzd("render", "--in-place", "all.yaml").code == 0
    assert file.read_text().startswith(SWITCHED_OFF)


def test_configuration_inside_a_list_stays_and_is_said(console: Console) -> None:
    data = "apiVersion: v1\nkind: List\nitems:\n" + item(SWITCHED_OFF)

    done = console.kzd(data=data)

    assert done.out.decode() == data
    assert "kzd: ZeroDowntime/defaults is configuration; it stays, as an item of a list" in done.err


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ("function option variable input nearby", "functionConfig"),
        ("option variable input nearby", "option.yaml"),
        ("variable input nearby", "variable.yaml"),
        ("input nearby", "a document of standard input"),
        ("nearby", "kzd.yaml"),
        ("", ""),
    ],
)
def test_the_nearest_source_counts_alone(
    console: Console, monkeypatch: pytest.MonkeyPatch, present: str, said: str
) -> None:
    """The nearest source switches the transform off; the others would be errors."""
    broken = CONFIGURATION + "spec:\n  nonsense: 1\n"
    first = present.partition(" ")[0]

    def content(name: str) -> str:
        return SWITCHED_OFF if name == first else broken

    arguments: list[str] = [*ONLY]
    items = [SERVICE, DEPLOYMENT]
    if "option" in present:
        console.write("option.yaml", content("option"))
        arguments += ["--config", "option.yaml"]
    if "variable" in present:
        console.write("variable.yaml", content("variable"))
        monkeypatch.setenv("KZD_CONFIG", "variable.yaml")
    if "input" in present:
        items.insert(0, content("input"))
    if "nearby" in present:
        console.write("kzd.yaml", content("nearby"))
    if "function" in present:
        data = resource_list(*items, more=FUNCTION_CONFIG)
    else:
        data = "---\n".join(items)

    done = console.kzd(*arguments, data=data)

    assert done.code == 0
    assert ("maxUnavailable" in done.out.decode()) == (not said)
    assert (f"kzd: configured by {said}\n" in done.err) == bool(said)


def test_the_working_directory_is_not_asked_for_a_resource_list(console: Console) -> None:
    console.write("kzd.yaml", SWITCHED_OFF)

    done = console.kzd(*ONLY, data=resource_list(SERVICE, DEPLOYMENT))

    assert "maxUnavailable" in done.out.decode()
    assert "configured" not in done.err


def test_a_config_map_configures_as_kpt_writes_it(console: Console) -> None:
    given = "apiVersion: v1\nkind: ConfigMap\ndata:\n  rolling-update: 'false'\n"
    more = "functionConfig:\n" + indented(given, 2)

    done = console.kzd(*ONLY, data=resource_list(SERVICE, DEPLOYMENT, more=more))

    assert "maxUnavailable" not in done.out.decode()


def test_standard_input_that_can_not_be_read_is_an_error(console: Console) -> None:
    with console.write("written", "").open("wb") as stream:
        done = subprocess.run(
            [*COMMAND], stdin=stream, capture_output=True, cwd=console.folder, env=environment()
        )

    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr == b"-: error: can't be read: Bad file descriptor\n"


def test_closed_streams_end_in_no_traceback(console: Console) -> None:
    def run(command: str) -> subprocess.CompletedProcess[bytes]:
        words = " ".join(f"'{word}'" for word in COMMAND)
        return subprocess.run(
            ["sh", "-c", f"{words} {command}"], input=WEB.encode(), capture_output=True,
            cwd=console.folder, env=environment(),
        )  # fmt: skip

    no_output = run(">&-")
    assert no_output.returncode == 3
    assert no_output.stderr == b"kzd: error: standard output can't be written: it is closed\n"
    assert run("2>&-").returncode == 3
    assert run("--quiet 2>&-").returncode == 0
    assert run("<&-").returncode == 2
    assert run("render - <&-").stderr == b"-: error: can't be read: it is closed\n"
    (console.folder / "web.yaml").write_text(WEB)
    assert run("render web.yaml <&-").returncode == 0


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["--version"], ["schema"]])
def test_a_full_disk_ends_in_no_traceback(words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, *words], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
            env=environment(),
        )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith(b"kzd: error: standard output can't be written: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("files", "stream"),
    [
        ([b"", b"a: 1"], b"a: 1"),
        ([b"a: 1", b""], b"a: 1"),
        ([b"a: 1\n", b"\xef\xbb\xbfb: 2\n"], b"a: 1\n---\nb: 2\n"),
        ([b"\xef\xbb\xbfa: 1\n", b"b: 2\n"], b"\xef\xbb\xbfa: 1\n---\nb: 2\n"),
        ([b"a: 1\n", b"%YAML 1.1\n---\nb: 2\n"], b"a: 1\n...\n%YAML 1.1\n---\nb: 2\n"),
        ([b"a: 1\n", b"---\tb: 2\n"], b"a: 1\n---\tb: 2\n"),
        ([b"a: 1\n", b"---b: 2\n"], b"a: 1\n---\n---b: 2\n"),
        ([b"a: 1\r\n", b"b: 2\r\n"], b"a: 1\r\n---\r\nb: 2\r\n"),
    ],
)
def test_files_are_joined_into_one_stream(files: list[bytes], stream: bytes) -> None:
    assert joined(files) == stream


@pytest.mark.parametrize("arguments", [("--fail-on=fatal",), ("--format", "xml"), ("--fail-on",)])
def test_the_filter_refuses_what_click_would(console: Console, arguments: tuple[str, ...]) -> None:
    done = console.kzd(*arguments, data=WEB)

    assert (done.code, done.out) == (2, b"")
    assert arguments[0].partition("=")[0] in done.err


def test_a_configuration_is_read_as_it_is_meant_or_not_at_all(console: Console) -> None:
    (console.folder / "kzd.yaml").write_text(
        f"{CONFIGURATION}spec:\n  preStopSleep: {{seconds: 3, seconds: 4}}\n"
    )
    twice = console.kzd("--config", "kzd.yaml", data=WEB)
    more = "functionConfig: {apiVersion: v1, kind: ConfigMap, data: [a]}\n"
    listed = console.kzd(data=resource_list(SERVICE, more=more))

    message = "has `seconds` twice in one mapping; Kubernetes takes the last"
    assert (twice.code, twice.err) == (2, f"kzd.yaml:6:30: error: {message}\n")
    assert (listed.code, listed.err) == (
        2,
        "functionConfig: error: data: must be a mapping, not a list\n",
    )


def limited(data: bytes, folder: Path, *arguments: str) -> tuple[int, float, int]:
    """The exit code, the seconds and the peak memory in MiB of a run as a process."""
    script = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdin=0, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.exit(done.returncode)\n"
    )
    file = folder / "input"
    file.write_bytes(data)
    start = time.perf_counter()
    with file.open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-c", script, *COMMAND, *arguments],
            stdin=stream, capture_output=True, cwd=folder, env=environment(), timeout=60,
        )  # fmt: skip
    seconds = time.perf_counter() - start
    assert b"Traceback" not in done.stderr
    return done.returncode, seconds, int(done.stdout) // 1024


def config_map(data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: big\ndata:\n{data}"


def test_an_alias_bomb_that_nothing_reads_is_copied(console: Console) -> None:
    data = f"{config_map(BOMB)}---\n{WEB}"

    done = console.kzd(*ONLY, data=data)

    assert (done.code, done.out.decode()) == (0, data + EDIT)


def test_an_alias_bomb_is_bounded(console: Console) -> None:
    code, seconds, mebibytes = limited(f"{WEB}status:\n{BOMB}".encode(), console.folder)

    assert code == 3
    assert seconds < 10
    assert mebibytes < 200


@pytest.mark.parametrize(("head", "code"), [(config_map("  x: "), 0), (f"{WEB}status:\n  x: ", 3)])
def test_a_line_of_100_mb_is_bounded(console: Console, head: str, code: int) -> None:
    line = b"x" * (100 * MIB) + b"\n"

    found, seconds, mebibytes = limited(head.encode() + line, console.folder)

    assert found == code
    assert seconds < 20
    assert mebibytes < 600


def test_deep_nesting_is_bounded(console: Console) -> None:
    deep = "[" * 200_000

    assert limited(f"{WEB}status: {deep}".encode(), console.folder)[0] == 3


def test_without_the_c_parser_it_says_once_that_it_is_slow(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "HAS_C_PARSER", False)

    done = console.kzd(*ONLY, data=WEB)

    assert done.out.decode() == WEB_EDITED
    assert done.err.count("reading is slow") == 1
    assert "slow" not in console.kzd(*ONLY, "--quiet", data=WEB).err


SECRETS = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: web
stringData:
  password: {SECRET}
---
{SERVICE}---
{DEPLOYMENT}\
        command: [serve, --password, {SECRET}]
        args: ["--token={SECRET}"]
        env:
        - name: PASSWORD
          value: {SECRET}
        livenessProbe:
          httpGet:
            port: 80
            path: /healthz
            httpHeaders:
            - name: Authorization
              value: {SECRET}
"""
BROKEN_SECRETS = [
    SECRETS,
    SECRETS.replace("value: hunter2", "valeu: hunter2"),
    SECRETS.replace("value: hunter2", "value: [hunter2").replace("horse\n", "horse]\n"),
    SECRETS.replace("password: hunter2", "password: 'hunter2"),
    SECRETS.replace("password: hunter2", "password: *hunter2"),
    SECRETS.replace("password: hunter2", "? [hunter2]\n  : hunter2"),
    SECRETS.replace("  password: ", "  password:\t\n\t- "),
    SECRETS.replace("stringData:", "stringData: &x"),
    SECRETS.replace("    spec:", "    spec: &spec"),
    SECRETS.replace("- name: PASSWORD\n", "- name: PASSWORD\n          name: PASSWORD\n"),
]
LONG_TASK_SECRETS = SECRETS.replace(
    "  name: web\nspec:\n  replicas",
    '  name: web\n  annotations: {kzd.dev/long-task: "true"}\nspec:\n  replicas',
).replace(
    "        env:\n",
    "        envFrom:\n        - secretRef:\n            name: web\n        env:\n",
)
COPIED_SECRETS = [
    LONG_TASK_SECRETS,
    LONG_TASK_SECRETS.replace("stringData:", "data:"),
    LONG_TASK_SECRETS.replace(f"password: {SECRET}", f"password: [{SECRET}]"),
    LONG_TASK_SECRETS.replace("  password: ", "  password: 1\n  password: "),
    f"{LONG_TASK_SECRETS}---\n{SECRETS.partition('---')[0]}  user: {SECRET}\n",
]  # fmt: skip


@pytest.mark.parametrize("data", [*BROKEN_SECRETS, *COPIED_SECRETS])
def test_secrets_are_in_no_message(console: Console, data: str) -> None:
    for command, name in product(("", "check", "explain", "diff"), FORMATS):
        done = console.kzd(*filter(None, [command]), "--format", name, "--unsafe", data=data)
        told = done.err + done.out.decode() if command in ("check", "explain") else done.err
        assert SECRET not in told


@pytest.mark.parametrize("data", COPIED_SECRETS)
def test_copies_of_secrets_are_in_no_result_of_a_function(console: Console, data: str) -> None:
    items = "".join("- " + text.replace("\n", "\n  ").rstrip(" ") for text in data.split("---\n"))
    envelope = f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}"
    for command in ("", "check"):
        done = console.kzd(*filter(None, [command]), data=envelope)
        items, _, results = done.out.decode().partition("\nresults:\n")
        assert SECRET in items
        assert "Secret" in results
        assert SECRET not in results + done.err


def test_a_copy_of_a_secret_is_named_in_reports_and_whole_in_a_patch(console: Console) -> None:
    told = console.kzd("check", data=LONG_TASK_SECRETS).out.decode()
    patch = console.kzd("diff", data=LONG_TASK_SECRETS).out.decode()

    assert "Secret/web: Secret 'web-b" in told
    assert f"+  password: {SECRET}\n" in patch


def test_a_bug_is_told_without_a_traceback_and_without_secrets(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("kzd.pipeline.run", run)
    done = console.kzd(data=WEB)

    assert (done.code, done.out) == (4, b"")
    assert done.err.startswith("kzd: error: ValueError in kzd/commands/run.py, line ")
    assert done.err.endswith(
        "; this is a bug in kzd; it had read -; nothing was written; KZD_DEBUG=1 shows where it "
        "happened\n"
    )
    assert SECRET not in done.err

    monkeypatch.setenv("KZD_DEBUG", "1")
    assert "Traceback" in console.kzd(data=WEB).err


def test_results_of_a_function_name_no_file_that_is_none(console: Console) -> None:
    answer = console.kzd(*ONLY, data=resource_list(DEPLOYMENT, SERVICE)).out.decode()

    assert "transform: rolling-update" in answer
    assert "\n  file:" not in answer


@pytest.mark.parametrize("index", ["\u00b2", "9" * 20, "9" * 5000, "-1", "x"])
def test_an_index_that_is_no_number_is_none(console: Console, index: str) -> None:
    annotations = (
        "  annotations:\n"
        "    config.kubernetes.io/path: web.yaml\n"
        f"    config.kubernetes.io/index: '{index}'\n"
    )
    annotated = DEPLOYMENT.replace("metadata:\n", f"metadata:\n{annotations}", 1)

    done = console.kzd(*ONLY, data=resource_list(annotated, SERVICE))

    assert done.code == 0
    assert loaded(done.out)["results"][0]["file"] == {"path": "web.yaml", "index": 0}


def test_results_about_a_function_configuration_name_no_file(console: Console) -> None:
    given = "apiVersion: v1\nkind: ConfigMap\ndata:\n  nonsense: '1'\n"
    more = "functionConfig:\n" + indented(given, 2)

    answer = console.kzd(data=resource_list(DEPLOYMENT, SERVICE, more=more)).out

    (result,) = loaded(answer)["results"]
    assert result["message"].startswith("data[nonsense]: ")
    assert "file" not in result


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("path: ../base/web.yaml", "../base/web.yaml"),
        (
            "path: web.yaml\n      repo: https://example.com/shop\n      ref: v1",
            "https://example.com/shop/web.yaml",
        ),
        ("configuredIn: kustomization.yaml", "-:8:1"),
    ],
)
def test_the_file_that_kustomize_read_is_named(console: Console, origin: str, name: str) -> None:
    annotation = f"  annotations:\n    config.kubernetes.io/origin: |\n      {origin}\n"
    annotated = DEPLOYMENT.replace("metadata:\n", f"metadata:\n{annotation}", 1)

    done = console.kzd("check", *ONLY, data=f"{annotated}---\n{SERVICE}")

    assert done.out.decode().startswith(f"{name}: info: Deployment/web: ")


LONG = (CASES / "long_task" / "a_budget_follows" / "input.yaml").read_text()
KINDS = ("Deployment", "PodDisruptionBudget")
NOT_RENAMED = (
    "what runs already under these names is not renamed, and Helm or pruning deletes it with its "
    "tasks: see `kzd explain long-task` before the first rollout\n"
)


def test_the_first_step_of_long_tasks_is_said_once_for_all(console: Console) -> None:
    other = LONG.replace("transcode", "probe")
    done = console.kzd(data=f"{LONG}---\n{other}")
    names = [f"{kind}/{name}" for name in ("transcode", "probe") for kind in KINDS]

    assert done.code == 0
    assert f"kzd: {', '.join(names)}: {NOT_RENAMED}" in done.err


def test_the_first_step_is_not_said_of_a_version(console: Console) -> None:
    done = console.kzd(data=console.kzd(data=LONG).out)

    assert "is not renamed" not in done.err


@pytest.mark.parametrize("command", ["check", "diff", "explain"])
def test_the_first_step_is_said_beside_reports_too(console: Console, command: str) -> None:
    assert console.kzd(command, "-", data=LONG).err.count(NOT_RENAMED) == 1


def test_many_first_steps_take_one_line(console: Console) -> None:
    done = console.kzd(data="---\n".join(LONG.replace("transcode", f"task-{n}") for n in range(9)))

    assert done.err.count("is not renamed") == 1
    assert f" and 12 more: {NOT_RENAMED}" in done.err
