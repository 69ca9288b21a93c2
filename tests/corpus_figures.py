"""The figures of a corpus: `python -m tests.corpus_figures DIR` renders every manifest in it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.corpus_run import Rendered, all_rendered


def figures(every: list[Rendered]) -> Iterator[str]:
    """One line a figure, tables below their headings."""
    workloads = [workload for item in every for workload in item.workloads]
    yield f"files: {len(every)}, {sum(len(item.data) for item in every) / 1e6:.2f} MB"
    yield f"changed: {sum(item.answer.out != item.data for item in _taken(every))}"
    yield from _table("exit codes", (item.answer.exit_code for item in every))
    yield f"workloads: {len(workloads)}, {sum(item['changed'] for item in workloads)} changed"
    yield from _table("roles", (item["role"] for item in workloads))
    yield f"single: {sum(item['single'] is not None for item in workloads)}"
    for title, action in (
        ("edits", "edit"),
        ("created", "create"),
        ("proposed, not safe", "proposal"),
        ("findings", "finding"),
        ("refused edits", "refusal"),
    ):
        found = [result["tags"]["transform"] for item in every for result in item.acted(action)]
        yield from _table(title, found)
    yield from _table(
        "told of the input",
        (result["tags"]["action"] for item in every for result in item.results
         if "transform" not in result.get("tags", {})),
    )  # fmt: skip
    yield from _table(
        "severities", (result["severity"] for item in every for result in item.results)
    )
    slowest = max(every, key=lambda item: item.seconds)
    yield f"seconds: {sum(item.seconds for item in every):.1f} in one process"
    yield f"slowest: {slowest.seconds:.2f} s, {slowest.name} ({len(slowest.data) / 1e3:.0f} KB)"


def _taken(every: Iterable[Rendered]) -> list[Rendered]:
    return [item for item in every if item.answer.exit_code in (0, 1)]


def _table(title: str, values: Iterable[object]) -> Iterator[str]:
    counted = Counter(map(str, values))
    yield f"{title}: {counted.total()}"
    for name, number in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {number:6} {name}"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m tests.corpus_figures DIR")
    print(*figures(all_rendered(Path(sys.argv[1]))), sep="\n")
