"""The schemas of CI files, as check-jsonschema brings them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def checked(schema: str, file: Path, *more: str) -> None:
    """Check a file by one of them, such as `github-workflows`."""
    program = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*program, *more, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
