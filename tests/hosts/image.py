"""What the Dockerfile says, built without docker: its first stage's steps, below a folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.hosts.conftest import KZD, Done, Hosts

ROOT = Path(__file__).parents[2]
PREFIX = "/opt/kzd"
NAME = "example.com/kzd:test"
STAND_IN = Path(__file__).with_name("docker")


class Step(NamedTuple):
    """An instruction: its stage, counted from 0 (-1 before the first), its word and its text."""

    stage: int
    word: str
    text: str


def steps(file: Path = ROOT / "Dockerfile") -> list[Step]:
    """The instructions of a Dockerfile, lines that go on put together."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    found: list[Step] = []
    stage = -1
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, text = line.strip().partition(" ")
        stage += word == "FROM"
        if word:
            found.append(Step(stage, word, text))
    return found


def texts(word: str, stage: int = 1) -> list[str]:
    """What the instructions of one word say in a stage."""
    return [step.text for step in steps() if (step.stage, step.word) == (stage, word)]


class Image(NamedTuple):
    """What was built: the folder in place of /opt/kzd, the entrypoint and the environment."""

    tree: Path
    entrypoint: list[str]
    environment: dict[str, str]


def build(folder: Path) -> Image:
    """
    Run the first stage's steps with this Python in place of the base's, and a folder for /opt/kzd.

    The rest of the second stage is not run: it changes the base.
    """
    tree, source = folder / PREFIX[1:], folder / "src"
    source.mkdir()
    (folder / "opt").mkdir()
    environment = os.environ | {"PATH": os.pathsep.join([str(KZD), os.environ["PATH"]])}
    for step in steps():
        if (step.stage, step.word) == (0, "COPY"):
            *names, target = step.text.split()
            for name in names:
                _copy(ROOT / name, source / target)
        elif (step.stage, step.word) == (0, "RUN"):
            subprocess.run(
                ["sh", "-euc", step.text.replace(PREFIX, str(tree))],
                cwd=source, env=environment, check=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
    (entrypoint,) = texts("ENTRYPOINT")
    given = " ".join(texts("ENV")).replace(PREFIX, str(tree)).replace("$PATH", "/usr/bin:/bin")
    values = dict(item.split("=", 1) for item in shlex.split(given))
    return Image(tree, [item.replace(PREFIX, str(tree)) for item in json.loads(entrypoint)], values)


def _copy(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(path, target)


def is_isolated() -> bool:
    """Whether this machine lets a test have a root and a network of its own."""
    if not (shutil.which("unshare") and shutil.which("setpriv")) or os.geteuid():
        return False
    command = ["unshare", "--mount", "--net", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


class Docker:
    """The stand-in for docker, first on the PATH, with one image."""

    def __init__(self, hosts: Hosts, image: Image, *, isolated: bool) -> None:
        self.hosts = hosts
        self.image = image
        self.folder = hosts.folder / "docker"
        self.folder.mkdir()
        shutil.copy2(STAND_IN, self.folder)
        trees = dict.fromkeys(["/usr", sys.base_prefix, str(image.tree)])
        described = {
            "name": NAME,
            "entrypoint": image.entrypoint,
            "environment": image.environment,
            "trees": list(trees),
            "isolated": isolated,
        }
        (self.folder / "image.json").write_text(json.dumps(described))
        hosts.before.insert(0, self.folder)

    def run(self, *arguments: str, entrypoint: str = "", data: str = "", **variables: str) -> Done:
        """Run the image as strictly as it promises to work, with variables in its environment."""
        given = [text for name, value in variables.items() for text in ("-e", f"{name}={value}")]
        entry = ["--entrypoint", entrypoint] if entrypoint else []
        strict = "run --rm -i --network none --read-only --user nobody".split()
        strict.append("--security-opt=no-new-privileges")
        program = self.folder / "docker"
        return self.hosts.run(str(program), *strict, *entry, *given, NAME, *arguments, data=data)

    def calls(self) -> list[list[str]]:
        """The command lines so far."""
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
