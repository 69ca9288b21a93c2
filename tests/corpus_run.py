"""The corpus through `kzd render`, file by file: what came out, and what was told."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from kzd.commands.answer import Answer, render
from kzd.commands.failure import answered
from kzd.commands.run import Request
from kzd.flow.bundle import Source

SHARED = "KZD_SHARED"
WHY_SKIPPED = f"{SHARED} names no folder that holds the corpus"
SUFFIXES = (".yaml", ".yml", ".json")


class Rendered(NamedTuple):
    """One file of the corpus, rendered by itself; `report` is None where kzd refused it."""

    name: str
    data: bytes
    answer: Answer
    report: dict[str, Any] | None
    seconds: float

    @property
    def results(self) -> list[dict[str, Any]]:
        return self.report["results"] if self.report else []

    @property
    def workloads(self) -> list[dict[str, Any]]:
        return self.report["workloads"] if self.report else []

    def acted(self, action: str) -> list[dict[str, Any]]:
        """The results of one action, such as `edit` or `refusal`."""
        return [item for item in self.results if item.get("tags", {}).get("action") == action]


def corpus() -> Path | None:
    """The corpus, where the environment names it."""
    folder = Path(os.environ.get(SHARED, "")) / "corpus"
    return folder if os.environ.get(SHARED) and folder.is_dir() else None


@cache
def files(folder: Path) -> dict[str, bytes]:
    """All manifests below a folder, by their names in it."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix in SUFFIXES
    }


def rendered(name: str, data: bytes) -> Rendered:
    """One file through the command, as if it came on standard input."""
    sources = [Source(name, data)]
    start = perf_counter()
    answer = answered(sources, lambda: render(sources, Request(format="json"), is_stream=True))
    seconds = perf_counter() - start
    report = json.loads(answer.told) if answer.told.startswith("{") else None
    return Rendered(name, data, answer, report, seconds)


@cache
def all_rendered(folder: Path) -> list[Rendered]:
    """Every file of a folder, rendered."""
    return [rendered(name, data) for name, data in files(folder).items()]
