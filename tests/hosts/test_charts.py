"""Real charts through every host: the same edits in each, and nothing else."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import pytest
from ruamel.yaml import YAML

from tests.corpus_run import WHY_SKIPPED, corpus
from tests.hosts.changes import ABSENT, NOTHING, Change, Changes, Key, changes, leaves, resources
from tests.hosts.charts import (
    CHECK,
    ENVELOPES,
    KPT,
    PIPE,
    RENAMING,
    RESULTS,
    Envelope,
    Seen,
    charts,
    passed,
    seen,
)
from tests.hosts.conftest import Done

MINIMUM, CREATING, HOOKED = 10, 4, 2
HELMS = ("helm3", "helm4")
"""They put a comment before each resource, one more in each pass."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Through = Callable[[Envelope], list[Seen]]

pytestmark = pytest.mark.skipif(corpus() is None, reason=WHY_SKIPPED)

in_each_host = pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda item: item.name)
everywhere = pytest.mark.parametrize("envelope", [PIPE, *ENVELOPES], ids=lambda item: item.name)
renamed = pytest.mark.parametrize("envelope", RENAMING, ids=lambda item: item.name)


@pytest.fixture(scope="module")
def through(tmp_path_factory: pytest.TempPathFactory) -> Through:
    """What a host hands out of each chart; a host is called when it is first asked for."""

    @cache
    def all_seen(envelope: Envelope) -> list[Seen]:
        folder = tmp_path_factory.mktemp(envelope.program)
        return side_by_side(lambda chart: seen(envelope, folder, chart), charts())

    return all_seen


def side_by_side(function: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """What a function that waits for programs answers for each item."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def ok(done: Done, chart: str) -> str:
    """What a call printed that must not fail."""
    assert done.code == 0, f"{chart}: {done.err}"
    return done.out


def changed(item: Seen) -> Changes:
    """What kzd changed in what the host hands out."""
    return changes(ok(item.before, item.chart), ok(item.after, item.chart))


def test_the_charts_are_of_many_kinds() -> None:
    found = charts()

    assert len({chart.name.partition("/")[0] for chart in found}) >= MINIMUM
    assert sum(bool(chart.acted("create")) for chart in found) >= CREATING
    assert sum(not all(each["changed"] for each in chart.workloads) for chart in found) >= 5
    assert sum(bool(hooks(chart.data.decode())) for chart in found) >= HOOKED


@everywhere
def test_no_chart_and_no_resource_is_left_out(envelope: Envelope, through: Through) -> None:
    for item, chart in zip(through(envelope), charts(), strict=True):
        whole = resources(chart.data.decode()).keys()

        assert resources(ok(item.before, item.chart)).keys() == whole
        assert resources(ok(item.after, item.chart)).keys() >= whole
    assert len(through(envelope)) >= MINIMUM


def test_the_pipe_writes_what_kzd_reports(through: Through) -> None:
    for item, chart in zip(through(PIPE), charts(), strict=True):
        found = changed(item)
        reported = {
            (result["resourceRef"]["name"], *leaf)
            for result in chart.acted("edit")
            for leaf in leaves(proposed(result), result["field"]["path"]).items()
        }

        written = {(each.key[3], each.field, each.after) for each in found.fields}
        gone = {each for each in found.fields if each.after == ABSENT}
        assert {leaf for leaf in written if leaf[2] != ABSENT} == reported
        assert {each.before for each in gone} <= {"null", "{}"}
        assert len(found.created) == len(chart.acted("create"))
        assert not found.lost


def proposed(result: dict[str, Any]) -> Any:
    """The value that a result proposes."""
    return result["field"]["proposedValue"]


@in_each_host
def test_the_same_edits(envelope: Envelope, through: Through) -> None:
    for hosted, piped in zip(through(envelope), through(PIPE), strict=True):
        assert changed(hosted) == changed(piped), hosted.chart


@everywhere
def test_what_is_created_carries_nothing_of_a_workload(
    envelope: Envelope, through: Through
) -> None:
    created = [each for item in through(envelope) for each in changed(item).created.values()]

    assert len(created) >= CREATING
    assert {field for each in created for field in each} == {
        "apiVersion",
        "kind",
        "metadata",
        "spec",
    }
    assert {field for each in created for field in each["metadata"]} == {"name", "namespace"}


@everywhere
def test_hooks_are_untouched(envelope: Envelope, through: Through) -> None:
    found = [(item, hooks(item.before.out)) for item in through(envelope)]

    assert sum(bool(before) for _, before in found) >= HOOKED
    for item, before in found:
        assert hooks(item.after.out) == before, item.chart


def hooks(text: str) -> dict[Key, Any]:
    """The hooks and tests of a chart."""
    return {
        key: resource
        for key, resource in resources(text).items()
        if "helm.sh/hook" in (resource["metadata"].get("annotations") or {})
    }


@everywhere
def test_comments_stay(envelope: Envelope, through: Through) -> None:
    for item in through(envelope):
        assert comments(item.after.out) >= comments(item.before.out), item.chart


def comments(text: str) -> Counter[str]:
    """The lines that are comments, however far they are indented."""
    return Counter(line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))


@everywhere
def test_a_second_pass_changes_nothing(envelope: Envelope, through: Through) -> None:
    items = through(envelope)
    second = side_by_side(
        lambda item: passed(envelope, item.folder / "again", item.after.out), items
    )
    for item, done in zip(items, second, strict=True):
        again = ok(done, item.chart)

        assert changes(item.after.out, again) == NOTHING, item.chart
        if envelope.program not in HELMS:
            assert again == item.after.out, item.chart


@renamed
def test_the_same_edits_under_other_names(envelope: Envelope, through: Through) -> None:
    for hosted, piped in zip(through(envelope), through(PIPE), strict=True):
        assert {key[2] for key in changed(hosted).created} <= {"other"}
        assert all("blue-" in key[3] for key in changed(hosted).created)
        assert under_old_names(changed(hosted)) == under_old_names(changed(piped)), hosted.chart


def under_old_names(found: Changes) -> tuple[set[Change], dict[Key, Any], set[Key]]:
    """The changes without namespaces, and without what kustomize puts around the names."""
    fields = {each._replace(key=old_name(each.key)) for each in found.fields}
    specs = {old_name(key): created["spec"] for key, created in found.created.items()}
    return fields, specs, set(map(old_name, found.lost))


def old_name(key: Key) -> Key:
    version, kind, _, name = key
    return version, kind, "", re.sub("^(blue-)*|(-green)*$", "", name)


def test_kpt_keeps_the_results_that_check_prints(through: Through) -> None:
    creating = [chart.name for chart in charts() if chart.acted("create")]
    items = [item for item in through(KPT) if item.chart in creating]
    printed = side_by_side(check, items)

    assert [kept(item) for item in items] == printed
    assert min(map(len, printed)) > 1


def check(item: Seen) -> list[dict[str, Any]]:
    """The results of `kzd check`, without the files, which are the hosts' own."""
    done = passed(CHECK, item.folder / "check", item.before.out)
    assert done.code == 1, done.err
    return without_files(json.loads(done.out)["results"])


def kept(item: Seen) -> list[dict[str, Any]]:
    """The results that kpt wrote to its --results-dir."""
    file = item.folder / "after" / RESULTS / "results.yaml"
    (function,) = YAML(typ="safe").load(file)["items"]
    assert function["exitCode"] == 0
    return without_files(function["results"])


def without_files(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: each[key] for key in each if key != "file"} for each in results]
