"""Files: which are read, and how they are replaced, whole or not at all."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from kzd.commands import files
from tests.console import COMMAND, Console, environment
from tests.manifests import DEPLOYMENT, ONLY, SERVICE, WEB, WEB_EDITED, WORKER

IN_PLACE = ("render", "--in-place", *ONLY)
BROKEN = "kind: Deployment\nspec: {\n"


def tree(folder: Path) -> dict[str, str]:
    """All files below a folder with their text."""
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def walked(console: Console, *arguments: str) -> set[str]:
    """The files that `check` has something to say about, each a Deployment alone."""
    done = console.kzd("check", *arguments, "--only", "service-in-input")
    return {line.split(":")[0] for line in done.out.decode().splitlines()[:-1]}


def test_a_directory_is_walked(console: Console) -> None:
    for name in ("a.yaml", "b.yml", "c.json", "d.txt", "e.yaml.gotmpl", "sub/deep/f.yaml"):
        console.write(f"m/{name}", "{}" if name == "c.json" else DEPLOYMENT)
    console.write("m/.hidden/g.yaml", DEPLOYMENT)
    console.write("m/.h.yaml", DEPLOYMENT)
    console.write("elsewhere/i.yaml", DEPLOYMENT)
    console.write("linked/k.yaml", DEPLOYMENT)
    (console.folder / "m" / "linked").symlink_to("../linked")
    (console.folder / "m" / "j.yaml").symlink_to("../elsewhere/i.yaml")
    os.mkfifo(console.folder / "m" / "pipe.yaml")

    assert walked(console, "m") == {"m/a.yaml", "m/b.yml", "m/sub/deep/f.yaml", "m/j.yaml"}


def test_json_is_walked(console: Console) -> None:
    console.write("m/a.json", '{"apiVersion": "apps/v1", "kind": "Deployment"}')

    assert b"1 workload" in console.kzd("check", "m").out


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("charts", {"m/a.yaml", "m/sub/b.yaml"}),
        ("charts/", {"m/a.yaml", "m/sub/b.yaml"}),
        ("sub/charts", {"m/a.yaml", "m/charts/c.yaml", "m/sub/b.yaml"}),
        ("./sub/*.yaml", {"m/a.yaml", "m/charts/c.yaml"}),
        ("b.*", {"m/a.yaml", "m/charts/c.yaml", "m/sub/charts/d.yaml"}),
    ],
)
def test_what_is_excluded_is_passed_over(console: Console, pattern: str, left: set[str]) -> None:
    for name in ("a.yaml", "sub/b.yaml", "charts/c.yaml", "sub/charts/d.yaml"):
        console.write(f"m/{name}", DEPLOYMENT)

    assert walked(console, "m", "--exclude", pattern) == left


def test_a_file_met_twice_is_read_once(console: Console) -> None:
    console.write("m/web.yaml", WEB)
    (console.folder / "again.yaml").symlink_to("m/web.yaml")

    done = console.kzd("render", "m", "m/web.yaml", "again.yaml", *ONLY)

    assert done.out.decode() == WEB_EDITED


def test_files_are_one_input_and_one_stream(console: Console) -> None:
    console.write("web.yaml", DEPLOYMENT)
    console.write("service.yaml", SERVICE)

    done = console.kzd("render", "service.yaml", "web.yaml", *ONLY)

    assert (done.code, done.out.decode()) == (0, WEB_EDITED)


def test_standard_input_goes_with_files(console: Console) -> None:
    console.write("service.yaml", SERVICE)

    done = console.kzd("render", "service.yaml", "-", *ONLY, data=DEPLOYMENT)

    assert done.out.decode() == WEB_EDITED


def test_a_directory_without_manifests_is_said(console: Console) -> None:
    console.write("m/readme.txt", "")

    done = console.kzd("check", "m")

    assert (done.code, done.out) == (0, b"no workloads\n")
    assert done.err == "kzd: there is nothing to read: no *.yaml, *.yml or *.json\n"


def test_a_file_that_can_not_be_read_is_passed_over_while_walking(console: Console) -> None:
    console.write("m/web.yaml", WEB)
    (console.folder / "m" / "gone.yaml").symlink_to("nowhere")

    done = console.kzd("diff", "m", *ONLY)
    assert done.code == 1
    assert "m/gone.yaml: warning: is passed over: can't be read: No such file" in done.err

    done = console.kzd("check", "m", *ONLY)
    assert done.code == 3
    assert done.err == "m/gone.yaml: error: can't be read: No such file or directory\n"

    assert console.kzd("render", "m", "--output", "out", *ONLY).code == 0
    assert tree(console.folder / "out") == {"web.yaml": WEB_EDITED}


def test_in_place_replaces_what_changes_only(console: Console) -> None:
    console.write("web.yaml", WEB)
    worker = console.write("worker.yaml", WORKER.replace("\n", "\r\n"))
    os.utime(worker, ns=(1, 1))
    inode = worker.stat().st_ino

    done = console.kzd(*IN_PLACE, "web.yaml", "worker.yaml")

    assert (done.code, done.out) == (0, b"")
    assert done.err == "2 workloads: 1 changed\n"
    assert tree(console.folder) == {"web.yaml": WEB_EDITED, "worker.yaml": WORKER}
    assert worker.read_bytes() == WORKER.replace("\n", "\r\n").encode()
    assert (worker.stat().st_mtime_ns, worker.stat().st_ino) == (1, inode)


def test_in_place_keeps_modes_and_links(console: Console) -> None:
    target = console.write("real/web.yaml", WEB)
    target.chmod(0o640)
    link = console.folder / "web.yaml"
    link.symlink_to("real/web.yaml")

    assert console.kzd(*IN_PLACE, "web.yaml").code == 0

    assert link.is_symlink()
    assert target.read_text() == WEB_EDITED
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(os.listdir("real")) == ["web.yaml"]


def test_in_place_a_second_run_touches_nothing(console: Console) -> None:
    file = console.write("web.yaml", WEB)
    console.kzd(*IN_PLACE, "web.yaml")
    os.utime(file, ns=(1, 1))

    done = console.kzd(*IN_PLACE, "web.yaml")

    assert done.err == "1 workload: none changed\n"
    assert file.stat().st_mtime_ns == 1


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("broken.yaml", BROKEN, 3),
        ("wrong.yaml", DEPLOYMENT.replace(
            "metadata:\n  name", "metadata:\n  annotations:\n    kzd.dev/serving: maybe\n  name", 1
        ), 2),
    ],
)  # fmt: skip
def test_no_file_is_touched_unless_all_can_be(
    console: Console, name: str, text: str, code: int
) -> None:
    console.write("a.yaml", WEB)
    console.write(name, text)

    done = console.kzd(*IN_PLACE, "a.yaml", name)

    assert (done.code, done.out) == (code, b"")
    assert tree(console.folder) == {"a.yaml": WEB, name: text}


def test_a_broken_file_of_a_directory_stays_as_it_is(console: Console) -> None:
    console.write("m/broken.yaml", BROKEN)
    console.write("m/web.yaml", WEB)

    assert console.kzd(*IN_PLACE, "m").code == 0
    assert tree(console.folder / "m") == {"broken.yaml": BROKEN, "web.yaml": WEB_EDITED}


def test_standard_input_can_not_be_replaced(console: Console) -> None:
    done = console.kzd(*IN_PLACE, data=WEB)

    assert (done.code, done.out) == (2, b"")
    assert done.err == ("kzd: error: standard input can't be replaced; `--in-place` needs files\n")


def test_a_pipe_can_not_be_replaced(console: Console) -> None:
    reader, writer = os.pipe()
    os.write(writer, WEB.encode())
    os.close(writer)

    done = console.kzd(*IN_PLACE, f"/dev/fd/{reader}")

    assert done.code == 2
    assert "is no regular file, so it can't be replaced" in done.err


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_between_two_renames_leaves_whole_files(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        console.write(f"{name}.yaml", WEB.replace("web", name))
    done, rename = [], os.replace

    def replace(source: str, target: str) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(rename(source, target))

    monkeypatch.setattr(files.os, "replace", replace)
    ended = console.kzd(*IN_PLACE, "a.yaml", "b.yaml", "c.yaml")

    assert (ended.code, ended.out) == (130, b"")
    assert tree(console.folder) == {
        "a.yaml": WEB_EDITED.replace("web", "a"),
        "b.yaml": WEB.replace("web", "b"),
        "c.yaml": WEB.replace("web", "c"),
    }


@pytest.mark.parametrize("step", ["chmod", "fsync"])
def test_ctrl_c_while_writing_touches_nothing(
    console: Console, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    console.write("a.yaml", WEB)
    monkeypatch.setattr(files.os, step, stop)

    assert console.kzd(*IN_PLACE, "a.yaml").code == 130
    assert tree(console.folder) == {"a.yaml": WEB}


def test_a_failing_rename_says_how_far_it_came(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    console.write("a.yaml", WEB)
    console.write("b.yaml", WEB.replace("web", "b"))
    rename = os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith("b.yaml"):
            raise PermissionError(13, "Permission denied", target)
        rename(source, target)

    monkeypatch.setattr(files.os, "replace", replace)
    done = console.kzd(*IN_PLACE, "a.yaml", "b.yaml")

    assert done.code == 3
    assert done.err == (
        f"{console.folder}/b.yaml: error: can't be written: Permission denied; 1 of 2 files were "
        "written\n"
    )
    assert sorted(tree(console.folder)) == ["a.yaml", "b.yaml"]


def test_a_real_interrupt_leaves_whole_files(console: Console) -> None:
    reading = console.folder / "pipe"
    os.mkfifo(reading)
    console.write("web.yaml", WEB)
    process = subprocess.Popen(
        [*COMMAND, *IN_PLACE, "web.yaml", "pipe"],
        cwd=console.folder, env=environment(), stderr=subprocess.PIPE,
    )  # fmt: skip
    with open(reading, "wb"):  # now it waits for the pipe's text
        process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)

    assert process.returncode == 130
    assert b"Traceback" not in told
    assert (console.folder / "web.yaml").read_text() == WEB


def test_output_holds_all_files(console: Console) -> None:
    console.write("m/sub/web.yaml", WEB)
    console.write("m/worker.yaml", WORKER).chmod(0o600)
    console.write("single.json", '{"a": 1}')

    done = console.kzd("render", "m", "single.json", "--output", "out/deep", *ONLY)

    assert (done.code, done.out) == (0, b"")
    assert tree(console.folder / "out") == {
        "deep/sub/web.yaml": WEB_EDITED,
        "deep/worker.yaml": WORKER,
        "deep/single.json": '{"a": 1}',
    }
    assert stat.S_IMODE(os.stat("out/deep/worker.yaml").st_mode) == 0o600
    assert (console.folder / "m/sub/web.yaml").read_text() == WEB


def test_a_check_names_all_broken_files_of_a_directory(console: Console) -> None:
    console.write("m/a.yaml", "kind: Deployment\n\tx: 1\n")
    console.write("m/b.yaml", "kind: Job\n")
    console.write("m/c.yaml", "kind: [\n")

    done = console.kzd("check", "m")

    assert done.code == 3
    assert done.out == b""
    assert [line.partition(": error: ")[0] for line in done.err.splitlines()] == [
        "m/a.yaml:2:1",
        "m/c.yaml:2:1",
    ]


def test_output_inside_the_walked_directory_is_not_read(console: Console) -> None:
    console.write("web.yaml", WEB)

    for _ in range(2):
        assert console.kzd("render", ".", "--output", "out", *ONLY).code == 0

    assert tree(console.folder) == {"web.yaml": WEB, "out/web.yaml": WEB_EDITED}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("a", "b"), "b/web.yaml: error: would be written to the same file as 'a/web.yaml'\n"),
        (("a", "--output"), "a/web.yaml: error: would be overwritten; `--in-place` does that\n"),
        ((), "kzd: error: standard input has no name; `--output` needs files\n"),
    ],
)  # fmt: skip
def test_collisions_are_refused(console: Console, arguments: tuple[str, ...], told: str) -> None:
    console.write("a/web.yaml", WEB)
    console.write("b/web.yaml", WORKER)
    if arguments[1:] == ("--output",):
        arguments = ("a/web.yaml", "--output", ".")
    else:
        arguments = (*arguments, "--output", "out")

    done = console.kzd("render", *arguments)

    assert (done.code, done.out, done.err) == (2, b"", told)
    assert tree(console.folder) == {"a/web.yaml": WEB, "b/web.yaml": WORKER}


def test_paths_that_lead_out_of_the_output_go_to_its_top(console: Console) -> None:
    console.write("elsewhere/web.yaml", WEB)
    console.write("..here/worker.yaml", WORKER)
    outside = str(console.folder / "elsewhere" / "web.yaml")

    assert console.kzd("render", outside, "..here/worker.yaml", "--output", "out").code == 0
    assert sorted(tree(console.folder / "out")) == ["..here/worker.yaml", "web.yaml"]


def test_output_that_can_not_be_written_is_an_error(console: Console) -> None:
    console.write("web.yaml", WEB)
    console.write("taken", "")

    done = console.kzd("render", "web.yaml", "--output", "taken/out")

    assert (done.code, done.out) == (3, b"")
    assert done.err.endswith("taken/out: error: can't be written: Not a directory\n")


def test_a_socket_is_not_waited_for(console: Console) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.yaml")
        done = console.kzd("check", ".")

    assert done.code == 0


def test_a_closed_pipe_ends_without_a_word(console: Console) -> None:
    console.write("web.yaml", WEB)
    process = subprocess.Popen(
        [*COMMAND, "render", "web.yaml"],
        cwd=console.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    _, told = process.communicate(timeout=60)

    assert (process.returncode, told) == (3, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [(), ("render", "web.yaml"), ("check", "web.yaml")])
def test_a_full_disk_is_an_error(console: Console, arguments: tuple[str, ...]) -> None:
    console.write("web.yaml", WEB)
    with open("/dev/full", "wb") as full, open("web.yaml", "rb") as data:
        done = subprocess.run(
            [*COMMAND, *arguments], stdin=data, stdout=full, stderr=subprocess.PIPE,
            cwd=console.folder, env=environment(),
        )  # fmt: skip

    assert done.returncode == 3
    assert done.stderr == (
        b"kzd: error: standard output can't be written: No space left on device\n"
    )
