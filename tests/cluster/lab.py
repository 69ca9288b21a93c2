"""The lab: a real cluster on one machine, where `KZD_SHARED` has one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

IMAGE = "python:3-lab"
CACHE = Path(os.environ.get("KZD_LAB_CACHE") or Path.home() / ".cache/kzd-lab")


class Lab:
    """The commands of the lab that tests and the proof need."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.web = program.parent / "web"
        self.kubeconfig = CACHE / "kubeconfig"
        self._options: tuple[str, ...] | None = None

    @classmethod
    def found(cls) -> Lab | None:
        """The lab of KZD_SHARED; None where there is none."""
        shared = os.environ.get("KZD_SHARED")
        program = Path(shared, "lab", "lab") if shared else None
        return cls(program) if program and program.exists() else None

    @property
    def why_not(self) -> str:
        """Why it can't be started, empty where it can."""
        if os.geteuid():
            return "the lab needs root"
        return "" if (CACHE / "bin" / "kube").exists() else "the lab is not built: `lab build`"

    def call(self, *arguments: str) -> str:
        """What a command of the lab prints."""
        done = subprocess.run(
            [sys.executable, "-B", str(self.program), *arguments],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def up(self, *options: str) -> None:
        """An empty cluster; one that was up is taken down first."""
        self.call("down")
        self.call("up", *options)
        self._options = options

    def default(self) -> None:
        """A cluster without options; the one that is up where it has none."""
        if self._options != ():
            self.up()

    def figures(self, *arguments: str) -> Any:
        """What `observe` or `prove` writes as JSON."""
        with tempfile.NamedTemporaryFile("r") as file:
            print(self.call(*arguments, "--json", file.name), file=sys.stderr)
            return json.load(file)


def kzd(*arguments: str, kubeconfig: Path, file: Path | None = None) -> str:
    """What kzd prints, run as users do; into a file as well where one is named."""
    done = subprocess.run(
        [sys.executable, "-m", "kzd", *arguments],
        env=os.environ | {"KUBECONFIG": str(kubeconfig)},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    if file:
        file.write_text(done.stdout, encoding="utf-8")
    return done.stdout
