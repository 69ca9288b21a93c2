"""This checkout as hosts get it that install kzd from its repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = (".pre-commit-hooks.yaml", "LICENSE", "README.md", "action.yml", "pyproject.toml")
FOLDERS = ("kzd", "schemas")
TAG = "v0.1.0"

NETWORK = {
    name: value
    for name, value in os.environ.items()
    if name.startswith(("PIP_", "SSL_")) or name.lower().endswith("_proxy")
}
"""What pip needs where the way to its index is not the usual one."""

_BY = ("-c", "user.name=kzd", "-c", "user.email=kzd@localhost")


def copy(folder: Path) -> Path:
    """What an installation reads, the changes that nobody has committed yet with it."""
    folder.mkdir()
    for name in FILES:
        shutil.copyfile(ROOT / name, folder / name)
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def repository(folder: Path) -> Path:
    """A git repository of everything in a folder, tagged."""
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "All of it"), ("tag", TAG)):
        subprocess.run(["git", *_BY, *arguments], cwd=folder, check=True, capture_output=True)
    return folder
