"""kzd as its callers run it: in this process, or as one of its own where the process matters."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from kzd import __main__

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "kzd")


class Done(NamedTuple):
    """How it ended: the exit code, the bytes on standard output, the text on standard error."""

    code: int
    out: bytes
    err: str


class Terminal(io.TextIOWrapper):
    """A stream that says whether a person is behind it."""

    is_terminal = False

    def isatty(self) -> bool:
        return self.is_terminal


class Console:
    """A working directory, an environment and standard streams."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        monkeypatch.chdir(folder)

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file below the working directory."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def kzd(self, *arguments: str, data: str | bytes = b"", terminals: str = "") -> Done:
        """
        Run it in this process.

        `terminals` are the streams that are one: `i` input, `o` output, `e` errors.
        """
        given = data.encode() if isinstance(data, str) else data
        streams = {
            name: Terminal(io.BytesIO(given if name == "stdin" else b""), "utf-8")
            for name in ("stdin", "stdout", "stderr")
        }
        with self.monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["kzd", *arguments])
            for name, stream in streams.items():
                stream.is_terminal = name.removeprefix("std")[0] in terminals
                patch.setattr(sys, name, stream)
            code = __main__.main()
        for stream in streams.values():
            stream.flush()
        out, err = (streams[name].buffer.getvalue() for name in ("stdout", "stderr"))
        return Done(code, out, err.decode())

    def process(self, *arguments: str, data: str | bytes = b"", **more: str) -> Done:
        """Run it as a process; `more` are variables of its environment."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=data.encode() if isinstance(data, str) else data,
            capture_output=True,
            cwd=self.folder,
            env=environment(**more),
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())


def environment(**more: str) -> dict[str, str]:
    """The environment for a process that finds this checkout."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("KZD_", "_KZD"))}
    return {**kept, "PYTHONPATH": str(ROOT), **more}
