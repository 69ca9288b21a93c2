"""Programs in the background, and waiting for what they do."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

READY_SECONDS = 120.0


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


def until(is_true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + READY_SECONDS
    while not is_true():
        assert time.monotonic() < end
        time.sleep(1)
