"""The timeline: what is drawn where, that it stands alone, and that nothing in it is obeyed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from kzd.measure.evidence import gather
from kzd.measure.figure import CHARACTER, LEFT, RIGHT, ROW, WIDTH, Line, figure
from kzd.measure.figure_style import STYLE
from kzd.measure.record import SINGLE, URL, WARM_UP, Deletion
from kzd.measure.summary import summarize
from kzd.measure.svg import NAMESPACE, ticks
from kzd.measure.timeline import timeline
from kzd.measurement import MEASURED
from tests.measure.deletions import CLUSTER, arrivals, both, deletion, reused, rollout, rollouts

HOSTILE = "</title><script>alert('1')</script>&\x07\x1b[31m\ud800\u202e\"]]><!--"
Tree = ElementTree.Element


class Page(SingleFileSnapshotExtension):
    file_extension = "html"
    _write_mode = WriteMode.TEXT


def drawn(deletions: Sequence[Deletion], *, path_of_url: str = "") -> str:
    found = [item.measurement for item in summarize(deletions, path_of_url=path_of_url)]
    return timeline(deletions, found)


def tree(page: str) -> Tree:
    return ElementTree.fromstring(page)


def svgs(page: str) -> list[Tree]:
    return list(tree(page).iter(f"{{{NAMESPACE}}}svg"))


def of_class(svg: Tree, name: str) -> list[Tree]:
    """The marks of the rows; those of the legend are left out."""
    rows = [item for item in svg.iter() if item.get("class") == "row"]
    return [item for row in rows for item in row.iter() if item.get("class") == name]


def texts(svg: Tree) -> list[str]:
    return [item.text or "" for item in svg.iter(f"{{{NAMESPACE}}}text")]


def seconds(svg: Tree, x: float) -> float:
    """Where on the axis a place is, by two of its ticks."""
    marks = [
        item for item in svg.iter(f"{{{NAMESPACE}}}text") if "mid halo" in item.get("class", "")
    ]
    places = {float(item.text or ""): float(item.get("x", "")) for item in marks}
    (first, left), *_, (last, right) = sorted(places.items())
    return first + (x - left) * (last - first) / (right - left)


SMALL = [
    *rollout(1, 0.9),
    deletion(2, 1, [*both(0.4), reused(0.7)], of=1),
    deletion(3, 1, both(None, None), of=1, endpoint_seconds=None),
    deletion(4, 1, both(19.9), of=1, censored="the Pod was killed"),
    deletion(5, 1, both(0.2)),
    deletion(1, 1, both(0.05), series=SINGLE, of=1, minutes=60),
]


def test_a_small_one(snapshot: SnapshotAssertion) -> None:
    (found,) = summarize(SMALL)
    claimed = found.measurement._replace(claim=MEASURED, bound_seconds=0.9)

    assert timeline(SMALL, [claimed]) == snapshot(extension_class=Page)


def test_it_needs_nothing_but_itself() -> None:
    page = drawn(SMALL)

    assert {*re.findall(r"\w+://[^\"'<>\s]*", page)} == {NAMESPACE}
    assert not re.search(r"<script|<link|@import|url\(|\bsrc=|\bhref=|\bon\w+=", page)
    for svg in svgs(page):
        style = svg.find(f"{{{NAMESPACE}}}style")
        assert style is not None
        assert "prefers-color-scheme:dark" in (style.text or "")


def test_every_colour_of_the_light_has_one_of_the_dark() -> None:
    light, dark = STYLE.split("@media")
    rules = re.findall(r"\.kzd ([^{]+)\{([^}]*#[^}]*)\}", light)
    missing = [name for name, _ in rules if f".kzd {name}{{" not in dark]
    assert missing == [".hit", ".row:hover .hit"]  # seen through, or hardly there


def test_what_others_wrote_is_text() -> None:
    item = deletion(
        1, 1, [arrivals(0.5, observer=HOSTILE, node=HOSTILE)], of=1, run=HOSTILE, node=HOSTILE,
        censored=HOSTILE, tool=HOSTILE,
        cluster=CLUSTER | {"kubernetes": HOSTILE, "kernels": [HOSTILE]},
    )  # fmt: skip

    page = drawn([item._replace(pod=HOSTILE), item._replace(run="other")])

    assert "<script" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800\u202e]", page)
    told = " ".join(tree(page).itertext())
    assert "</title><script>alert('1')</script>&\\u0007\\u001b[31m\\ud800\\u202e\"]]><!--" in told
    page.encode()


def test_a_row_for_each_deletion_but_the_warm_up() -> None:
    page = drawn([*SMALL, deletion(9, 1, series=WARM_UP)])
    (svg,) = svgs(page)
    rows = [item for item in svg.iter() if item.get("class") == "row"]
    tops = [float(row[1].get("y", "")) for row in rows]

    assert len(rows) == len(SMALL)
    assert all(after - before >= ROW for before, after in pairwise(tops))
    assert "kzd-measure-9-1" not in page


def test_rows_are_grouped_and_the_series_apart() -> None:
    (svg,) = svgs(drawn(SMALL))
    found = texts(svg)

    order = [
        found.index(text)
        for text in (
            "rolling updates",
            "rolling updates that are not whole, no part of any figure",
            "single deletions, reported apart",
        )
    ]
    assert order == sorted(order)
    assert found[order[0] + 1 : order[1]] == ["1", "2", "3", "4"]
    assert found[order[1] + 1 : order[2]] == ["5"]
    assert found[order[2] + 1 :][:1] == ["1"]


def test_several_runs_have_their_names() -> None:
    (svg,) = svgs(drawn([*rollout(1), *rollout(1, run="second")]))

    assert {"rolling updates of run r1", "rolling updates of run second"} <= {*texts(svg)}


def test_marks_are_where_they_belong() -> None:
    seen = [arrivals(0.8), arrivals(0.3, observer="outside", node=""), reused(1.5)]
    (svg,) = svgs(drawn([*rollouts([0.9] * 59, of=1), deletion(60, 1, seen, of=1)]))
    row = [item for item in svg.iter() if item.get("class") == "row"][-1]
    x = {item.get("class"): float(item.get("cx") or item.get("x") or 0) for item in row}

    assert seconds(svg, x["fresh"]) == pytest.approx(0.8, abs=0.01)
    assert seconds(svg, x["other"]) == pytest.approx(0.3, abs=0.01)
    assert seconds(svg, x["reused"] + 3.2) == pytest.approx(1.5, abs=0.01)
    (endpoint,) = (item for item in row if item.get("class") == "endpoint")
    start = re.match(r"M([\d.]+)", endpoint.get("d", ""))
    assert start
    assert seconds(svg, float(start[1])) == pytest.approx(0.03, abs=0.01)
    titles = [item[0].text for item in row if item.get("class") in ("fresh", "other", "reused")]
    assert titles == [
        "outside, outside: 0.3 s, 12 connections",
        "observer-1 on node1: 0.8 s, 12 connections",
        "observer-1-reused on node1: 1.5 s, 12 connections",
    ]


def test_the_bound_and_the_sleep_are_lines() -> None:
    (svg,) = svgs(drawn(rollouts([1.25] * 60)))
    lines = {
        item.get("class"): float(item.get("x1", ""))
        for item in svg.iter(f"{{{NAMESPACE}}}line")
        if item.get("class") in ("bound", "sleep")
    }

    assert seconds(svg, lines["bound"]) == pytest.approx(1.25, abs=0.01)
    assert seconds(svg, lines["sleep"]) == pytest.approx(3, abs=0.01)
    assert {"bound 1.25 s", "S = 3 s of preStop sleep"} <= {*texts(svg)}


def test_without_a_bound_there_are_no_lines_and_it_says_why() -> None:
    page = drawn(rollouts([1.25] * 10))
    (svg,) = svgs(page)

    assert not [item for item in svg.iter() if item.get("class") in ("bound", "sleep")]
    assert "Insufficient, n = 10 rolling updates, 30 deletions" in page


def test_ends_that_are_not_known_are_marked() -> None:
    (svg,) = svgs(drawn(SMALL))

    # One was killed, one stood alone, and of none the account of an observer is missing.
    assert len(of_class(svg, "doubt")) == 1
    assert len(of_class(svg, "end")) == len(SMALL)


def test_an_endpoint_that_was_not_seen_has_no_mark() -> None:
    (svg,) = svgs(drawn(SMALL))

    assert len(of_class(svg, "endpoint")) == len(SMALL) - 1


@pytest.mark.parametrize(("longest", "name"), [(2.9, "rect"), (100.0, "path")])
def test_few_ports_do_not_squeeze_the_rest(longest: float, name: str) -> None:
    (svg,) = svgs(
        drawn([*rollouts([0.9] * 59, of=1), deletion(60, 1, [*both(0.9), reused(longest)], of=1)])
    )
    (mark,) = of_class(svg, "reused")

    assert mark.tag == f"{{{NAMESPACE}}}{name}"
    assert seconds(svg, WIDTH - RIGHT) < 4


@pytest.mark.parametrize("bound", [0.001, 0.3, 1.0, 3.9, 4.0, 20.0, 55.5, 3000.0])
@pytest.mark.parametrize("slowest", [0.0, 1.0, 90.0])
def test_labels_meet_neither_each_other_nor_lines(bound: float, slowest: float) -> None:
    sleep = bound + max(1.0, bound / 4)
    lines = [
        Line("bound", bound, f"bound {bound:g} s"),
        Line("sleep", sleep, f"S = {sleep:g} s of preStop sleep"),
    ]
    evidence = gather([deletion(1, 1, both(slowest), of=1)], "cluster-ip")
    svg = ElementTree.fromstring(figure(evidence, "f", ["title"], lines))
    places: dict[str, tuple[float, float, float]] = {}
    for item in svg.iter(f"{{{NAMESPACE}}}text"):
        kind = (item.get("class") or "").split()
        if kind and kind[0].startswith("of-"):
            x, wide = float(item.get("x", "")), len(item.text or "") * CHARACTER
            left = x - wide if "num" in kind else x
            places[kind[0][3:]] = (left, left + wide, float(item.get("y", "")))
    for item in svg.iter(f"{{{NAMESPACE}}}line"):
        kind_of_line = item.get("class")
        if kind_of_line in places:
            x, top = float(item.get("x1", "")), float(item.get("y1", ""))
            for left, right, y in places.values():
                assert not (left < x < right and top < y), (kind_of_line, places)

    assert len({y for _, _, y in places.values()}) == 2
    assert all(left >= 0 and right <= WIDTH for left, right, _ in places.values())


def test_paths_have_figures_of_their_own() -> None:
    items = [
        deletion(number, 1, [*both(0.5), *both(4.0, 2.0, path=URL)], of=1)
        for number in range(1, 61)
    ]
    page = drawn(items, path_of_url="ingress")
    found = svgs(page)

    assert [texts(svg)[0].partition(":")[0] for svg in found] == ["cluster-ip", "ingress"]
    assert "bound 0.5 s" in texts(found[0])
    assert "bound 4 s" in texts(found[1])
    assert len(of_class(found[1], "fresh")) == 60
    ids = [item.get("id") for item in tree(page).iter() if item.get("id")]
    assert len({*ids}) == len(ids) == 4


def test_it_is_told_in_words_too() -> None:
    page = drawn(rollouts([0.5] * 59 + [1.5]))
    root = tree(page)
    caption = " ".join(root.find(".//figcaption").itertext())  # type: ignore[union-attr]
    (svg,) = svgs(page)

    assert "95 % of rolling updates end within 1.5 s, with 95 % confidence" in caption
    assert "The slowest: rollout 60 of run r1, Pod kzd-measure-60-1 on node node1" in caption
    assert len(root.findall(".//tbody/tr")) == 60
    labelled = (svg.get("aria-labelledby") or "").split()
    assert svg.get("role") == "img"
    assert {item.get("id") for item in svg.iter() if item.get("id")} == {*labelled}


def test_it_is_the_same_again_in_any_order() -> None:
    assert drawn(SMALL) == drawn([*reversed(SMALL)]) == drawn([*SMALL, SMALL[0]])


@pytest.mark.parametrize(
    ("end", "found"),
    [
        (0.106, [0, 0.02, 0.04, 0.06, 0.08, 0.1]),
        (1.0, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        (3.18, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
        (21.2, [0, 5, 10, 15, 20]),
        (3816, [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]),
    ],
)
def test_ticks(end: float, found: list[float]) -> None:
    assert list(ticks(end)) == pytest.approx(found)


def test_the_plot_is_as_wide_as_the_axis_says() -> None:
    (svg,) = svgs(drawn(rollouts([1.0] * 60)))

    assert seconds(svg, LEFT) == pytest.approx(0, abs=0.001)
