"""Argo CD's own sync engine on a git repository."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.programs import running, until
from tests.cluster.versions import SPACE, Space

PORT = 18099
ADDRESS = f"http://127.0.0.1:{PORT}"


@contextmanager
def argo_cd(space: Space, program: str, folder: Path) -> Iterator[Callable[[str], None]]:
    """Its `gitops-agent`, which prunes; what is called with manifests commits and syncs them."""
    repository = folder / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)

    def commit(text: str) -> None:
        (repository / "all.yaml").write_text(text)
        git = ["git", "-C", str(repository), "-c", "user.name=kzd", "-c", "user.email=kzd@kzd.dev"]
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "release"], check=True)

    def release(text: str) -> None:
        commit(text)
        urllib.request.urlopen(f"{ADDRESS}/api/v1/sync").close()

    commit("")
    with running(
        program, str(repository), "--path", ".", "--prune", "--namespace", SPACE,
        "--port", str(PORT),
        log=folder / "argo-cd.log", **space.variables,
    ):  # fmt: skip
        until(_answers)
        yield release


def _answers() -> bool:
    try:
        urllib.request.urlopen(ADDRESS).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
