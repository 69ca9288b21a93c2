"""
kzd as a container function: what the Dockerfile installs, and what kustomize and kpt call it with.

No docker is needed.  The steps of the Dockerfile's first stage are run with the Python of the
tests, and a stand-in for docker runs what they install: as nobody, without network, on a read-only
tree of its own where the machine permits that.  Not proven: that the base image can be had, that
the wheels for musl fit it, and the second stage's step, which changes the base.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.hosts import image as container
from tests.hosts.conftest import Hosts
from tests.hosts.image import NAME, Docker, Image
from tests.hosts.kustomizations import ALPHA, DEPLOYMENT, FUNCTION, SERVICE, base, build, overlay
from tests.hosts.packages import CHANGED, CONFIGURATION, SECONDS, kpt, package, results, texts

STREAM = f"# für alle\n{DEPLOYMENT}---\n{SERVICE}"
COMMON = "--network none --user nobody --security-opt=no-new-privileges".split()
CALLED_BY_KUSTOMIZE = [
    *"run --rm -i -a STDIN -a STDOUT -a STDERR".split(), *COMMON,
    *"-e LOG_TO_STDERR=true -e STRUCTURED_RESULTS=true".split(), NAME,
]  # fmt: skip
ASKED_BY_KPT = ["version", "--format", "{{.Client.Version}}"]
CALLED_BY_KPT = [*"run --rm -i".split(), *COMMON, "--pull", "missing", NAME]
TOLD = "kzd: configured by functionConfig\n1 workload: 1 changed\n"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """What the Dockerfile installs."""
    return container.build(tmp_path_factory.mktemp("image"))


@pytest.fixture
def docker(hosts: Hosts, image: Image) -> Docker:
    """A docker that has the image, first on the PATH."""
    return Docker(hosts, image, isolated=container.is_isolated())


@pytest.fixture
def isolated(docker: Docker) -> Docker:
    """The same where containers are what they should be."""
    if not container.is_isolated():
        pytest.skip("needs root, unshare and setpriv: a root and a network of its own")
    return docker


def test_the_base_is_pinned_and_the_entry_is_kzd_without_rights() -> None:
    base_image, extras = (step.text for step in container.steps() if step.word == "ARG")
    (user,) = container.texts("USER")
    (entrypoint,) = container.texts("ENTRYPOINT")

    assert extras == "EXTRAS="  # the cluster's client library only where asked for
    assert re.fullmatch(r"BASE=python:3\.\d+-alpine3\.\d+", base_image)
    assert [step.text for step in container.steps() if step.word == "FROM"] == [
        "${BASE} AS build", "${BASE}",
    ]  # fmt: skip
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert json.loads(entrypoint) == [f"{container.PREFIX}/bin/kzd"]
    assert container.texts("COPY") == [f"--from=build {container.PREFIX} {container.PREFIX}"]


def test_the_build_is_given_what_it_copies_and_nothing_else() -> None:
    ignored = (container.ROOT / ".dockerignore").read_text().split()
    copied = {name for text in container.texts("COPY", 0) for name in text.split()[:-1]}

    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert any(fnmatch("kzd/text/__pycache__", line.replace("**", "*")) for line in ignored[1:])


def test_it_does_what_kzd_does(docker: Docker) -> None:
    assert docker.run(data=STREAM) == docker.hosts.run("kzd", data=STREAM)
    assert docker.run("check", "--only", "rolling-update", data=STREAM) == docker.hosts.run(
        "kzd", "check", "--only", "rolling-update", data=STREAM
    )
    assert docker.run("schema") == docker.hosts.run("kzd", "schema")


def test_it_runs_as_nobody_without_network_and_writes_nothing(isolated: Docker) -> None:
    script = """
import os, socket
print(os.getuid(), os.getgid(), os.getgroups(), sorted(os.environ))
print([name for _, name in socket.if_nameindex()])
for folder in ("/", os.path.dirname(os.__file__), os.path.dirname(__import__("kzd").__file__)):
    try:
        open(os.path.join(folder, "written"), "w")
    except OSError as error:
        print(error.strerror)
"""
    python = str(isolated.image.tree / "bin" / "python")

    done = isolated.run("-c", script, entrypoint=python)
    assert done.err == ""
    who, networks, *refused = done.out.splitlines()
    assert who == "65534 65534 [] ['LC_CTYPE', 'PATH', 'PYTHONDONTWRITEBYTECODE']"
    assert networks == "['lo']"
    assert set(refused) <= {"Permission denied", "Read-only file system"}
    assert len(refused) == 3


def test_it_reads_bytecode_and_compiles_nothing(docker: Docker) -> None:
    sources = list((docker.image.tree / "lib").rglob("*.py"))
    before = {file: file.stat().st_mtime_ns for file in docker.image.tree.rglob("*")}
    assert all(list((file.parent / "__pycache__").glob(f"{file.stem}.*.pyc")) for file in sources)

    done = docker.run(data=STREAM, PYTHONVERBOSE="1")
    loaded = re.findall(r"^# code object from '(.*)'$", done.err, re.MULTILINE)
    ours = [name for name in loaded if name.startswith(str(docker.image.tree))]
    assert {Path(name).suffix for name in ours} == {".pyc"}
    assert {Path(name).name.partition(".")[0] for name in ours} > {"__main__", "pipeline", "tape"}
    assert {file: file.stat().st_mtime_ns for file in docker.image.tree.rglob("*")} == before


def test_it_does_not_look_at_the_sources_again(docker: Docker) -> None:
    (file,) = (docker.image.tree / "lib").rglob("kzd/__main__.py")
    text, times = file.read_text(), file.stat()
    try:
        file.write_text("raise SystemExit(9)\n")
        assert docker.run(data=STREAM).code == 0
    finally:
        file.write_text(text)
        assert times.st_size == file.stat().st_size


def test_there_is_no_installer_in_it(image: Image) -> None:
    assert not list((image.tree / "bin").glob("pip*"))
    assert not list((image.tree / "lib").glob("*/site-packages/pip*"))


@pytest.mark.parametrize("name", ["kustomize", "kubectl", "kubectl-1.34"])
def test_kustomize_gets_from_a_container_what_it_gets_from_kzd(docker: Docker, name: str) -> None:
    hosts = docker.hosts
    base(hosts)
    renamed = "namePrefix: eu-\nnamespace: shop\n"
    expected = build(hosts, overlay(hosts, "exec", renamed, "base"))

    done = build(hosts, overlay(hosts, "run", renamed, "base", image=NAME), ALPHA, name=name)
    assert done == (0, expected.out, TOLD)
    assert "kind: PodDisruptionBudget" in done.out
    assert docker.calls() == [CALLED_BY_KUSTOMIZE]


def test_kustomize_passes_variables_and_mounts(isolated: Docker) -> None:
    hosts = isolated.hosts
    base(hosts)
    folder = overlay(hosts, "run", "", "base", image=NAME)
    given = "        envs: [KZD_REPORT=/reports/report.txt, TZ]\n"
    mount = "        mounts: [{type: bind, src: reports, dst: /reports, rw: true}]\n"
    image = f"        image: {NAME}\n"
    text = (folder / FUNCTION).read_text()
    hosts.write(f"run/{FUNCTION}", text.replace(image, image + given + mount))
    report = hosts.write("run/reports/report.txt", "")
    report.chmod(0o666)

    assert build(hosts, folder, ALPHA).code == 0
    assert report.read_text() == TOLD
    where = f"type=bind,source={report.parent},target=/reports"
    (called,) = isolated.calls()
    assert called[14:] == [
        "--mount", where,
        "-e", "KZD_REPORT=/reports/report.txt", *CALLED_BY_KUSTOMIZE[-5:-1], "-e", "TZ", NAME,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["kustomize", "kubectl"])
def test_kustomize_shows_an_error_and_prints_nothing(docker: Docker, name: str) -> None:
    hosts = docker.hosts
    base(hosts)
    folder = overlay(hosts, "run", "", "base", image=NAME)
    text = (folder / FUNCTION).read_text()
    hosts.write(f"run/{FUNCTION}", text.replace("spec: {}", "spec: {propagatoin: 1}"))

    done = build(hosts, folder, ALPHA, name=name)
    assert (done.code, done.out) == (1, "")
    assert "spec.propagatoin: is not known; did you mean `propagation`?" in done.err
    assert "couldn't execute function: exit status 2" in done.err


def test_kustomize_shows_that_there_is_no_image(docker: Docker) -> None:
    base(docker.hosts)
    folder = overlay(docker.hosts, "run", "", "base", image="example.com/other:1")

    done = build(docker.hosts, folder, ALPHA)
    assert (done.code, done.out) == (1, "")
    assert "docker: no such image: ['example.com/other:1']" in done.err
    assert "couldn't execute function: exit status 125" in done.err


def test_kpt_evaluates_an_image(docker: Docker) -> None:
    folder = package(docker.hosts)

    kpt(docker.hosts, "fn", "eval", "tickets", "--image", NAME, *SECONDS)
    assert texts(folder)["web.yaml"] == CHANGED
    assert docker.calls() == [ASKED_BY_KPT, CALLED_BY_KPT]


def test_kpt_runs_an_image_as_its_user_where_asked(docker: Docker) -> None:
    folder = package(docker.hosts)
    asked = ("--as-current-user", "--image-pull-policy", "Never", "--env", "KZD_DEBUG=1")

    kpt(docker.hosts, "fn", "eval", "tickets", "--image", NAME, *asked, *SECONDS)
    assert texts(folder)["web.yaml"] == CHANGED
    called = docker.calls()[-1]
    assert re.fullmatch(r"\d+:\d+", called[6])
    assert called[7:] == [
        "--security-opt=no-new-privileges", "--pull", "never", "-e", "KZD_DEBUG=1", NAME,
    ]  # fmt: skip


def test_kpt_renders_with_an_image_without_allowing_executables(docker: Docker) -> None:
    pipeline = f"  mutators:\n    - image: {NAME}\n      configPath: zero-downtime.yaml\n"
    folder = package(docker.hosts, pipeline, **{"zero-downtime": CONFIGURATION})
    before = texts(folder)

    kpt(docker.hosts, "fn", "render", "tickets")
    assert texts(folder) == before | {"web.yaml": CHANGED}
    assert docker.calls() == [ASKED_BY_KPT, CALLED_BY_KPT]


def test_kpt_shows_an_error_and_leaves_the_files(docker: Docker) -> None:
    pipeline = f"  mutators:\n    - image: {NAME}\n      configMap: {{propagation.seconds: nine}}\n"
    folder = package(docker.hosts, pipeline)
    before = texts(folder)

    done = kpt(docker.hosts, "fn", "render", "tickets", "--results-dir", "results", code=1)
    told = "data[propagation.seconds]: must be a number from 0 to 3600, not 'nine'"
    assert f"[error]: {told}" in done.err
    assert f"functionConfig: error: {told}" in done.err
    assert texts(folder) == before
    (item,) = results(docker.hosts)
    assert (item["image"], item["exitCode"]) == (NAME, 2)


def test_the_stand_in_refuses_what_a_function_would_not_ask_for(docker: Docker) -> None:
    program = str(docker.folder / "docker")
    for wrong, told in [
        ("pull IMAGE", "no such command"),
        (f"run --rm -i {NAME}", "missing: ['--network', '--security-opt=no-new-privileges'"),
        ("run --privileged IMAGE", "unknown option: --privileged"),
        ("run --network host IMAGE", "not what a function may ask for"),
    ]:
        done = docker.hosts.run(program, *wrong.split())
        assert done.code == 125
        assert told in done.err
