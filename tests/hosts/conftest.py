"""The real programs, each in a home of its own; a skip says what is missing and how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
INSTALLED = Path(os.environ.get("KZD_HOSTS") or Path.home() / ".cache" / "kzd-hosts") / "bin"
KZD = Path(sys.executable).parent
KEPT = ("LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")


class Done(NamedTuple):
    """How it ended: the exit code, and the text on both streams."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """Both streams, for messages that either may carry."""
        return self.out + self.err


class Hosts:
    """Runs programs below `folder`, with nothing of the caller's configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.before: list[Path] = []
        """Directories that come first on the PATH, such as one with a stand-in."""

    def program(self, name: str) -> str:
        """The full path of a program; skips the test where it is missing."""
        path = os.pathsep.join([str(KZD), str(INSTALLED), os.environ.get("PATH", "")])
        found = shutil.which(name, path=path)
        if found is None:
            pytest.skip(f"{name} is not installed; shared/hosts/install {name} brings it")
        return found

    def environment(self, **more: str) -> dict[str, str]:
        """What a program runs in: this checkout's kzd on the PATH, a home of its own."""
        path = [*self.before, KZD, "/usr/local/bin", "/usr/bin", "/bin"]
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {
            **kept,
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.home),
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **more,
        }

    def run(
        self,
        name: str,
        *arguments: str | Path,
        data: str = "",
        cwd: Path | None = None,
        **more: str,
    ) -> Done:
        """Run a program; `more` are variables of its environment."""
        done = subprocess.run(
            [self.program(name), *map(str, arguments)],
            input=data,
            capture_output=True,
            text=True,
            cwd=cwd or self.folder,
            env=self.environment(**more),
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def shell(self, script: str, cwd: Path | None = None, **more: str) -> Done:
        """Run a line of bash with all hosts on its PATH."""
        environment = self.environment(**more)
        environment["PATH"] += os.pathsep + str(INSTALLED)
        done = subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            cwd=cwd or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> Path:
        """Write a file below the folder."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    """The programs, in a folder of their own."""
    return Hosts(tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.hosts)
