"""Programs in the background."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(*command: str, log: Path, **variables: str) -> Iterator[None]:
    """A program, its output in a file; ended afterwards."""
    with log.open("w") as file:
        program = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env=os.environ | variables
        )
        try:
            yield
        finally:
            program.terminate()
            program.wait()
