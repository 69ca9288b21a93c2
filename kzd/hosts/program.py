"""Programs on this machine: where they are, what version they are, and what they answer."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from shutil import which
from typing import NamedTuple

SECONDS = 60

VERSION = re.compile(r"v?(\d+\.\d+\.\d+[\w.+-]*)")

ASKED = {
    "kustomize": ("version",),
    "kubectl": ("version", "--client"),
    "helm": ("version", "--template", "{{.Version}}"),
    "kpt": ("version",),
    "kzd": ("--version",),
}
"""How each program is asked for its version."""


class Done(NamedTuple):
    """How a program ended: its exit code, and the text on both streams."""

    code: int
    out: str
    err: str


class Program(NamedTuple):
    """A program: its name, its full path, and its version, empty where it does not say."""

    name: str
    path: str
    version: str

    @property
    def major(self) -> int:
        """The first number of the version, 0 where it is not known."""
        return int(self.version.partition(".")[0] or 0)


def run(
    path: str,
    *arguments: str,
    cwd: str | None = None,
    environment: Mapping[str, str] | None = None,
    data: str = "",
) -> Done:
    """Run a program to its end; what can't be started or does not end has exit code 127."""
    try:
        done = subprocess.run(
            [path, *arguments],
            input=data,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=cwd,
            env=environment,
            timeout=SECONDS,
        )
    except OSError as error:
        return Done(127, "", f"can't be run: {error.strerror}")
    except subprocess.TimeoutExpired:
        return Done(127, "", f"did not end in {SECONDS} s")
    return Done(done.returncode, done.stdout, done.stderr)


def program_at(name: str, path: str) -> Program:
    """The program at a path, asked for its version as programs of this name are."""
    done = run(path, *ASKED[name])
    found = VERSION.search(done.out) if done.code == 0 else None
    return Program(name, path, found[1] if found else "")


def find(name: str) -> Program | None:
    """The program that a name means on the PATH; None where there is none."""
    path = which(name)
    return program_at(name, os.path.abspath(path)) if path else None


def named_like(name: str) -> Iterator[str]:
    """
    The paths of all programs on the PATH that are this one by their name, such as `helm3` or
    `helm-v3.19` for `helm`; each once, whatever links lead to it.
    """
    pattern = re.compile(rf"{re.escape(name)}[-_]?v?[\d.]*")
    seen = set()
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for entry in entries(folder or os.curdir):
            path = os.path.abspath(os.path.join(folder, entry))
            real = os.path.realpath(path)
            if pattern.fullmatch(entry) and real not in seen and which(path):
                seen.add(real)
                yield path


def entries(folder: str) -> list[str]:
    """The names in a directory, sorted; none where it can't be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
