"""A summary for people: what is claimed, what is not, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from kzd.measure.observer import RESOLVE_SECONDS
from kzd.measure.order_statistics import rollouts_needed
from kzd.measure.record import FRESH
from kzd.measure.summary import Summary
from kzd.measure.tally import Figures, Observer
from kzd.measurement import MEASURED, Measurement, margin_seconds, sleep_seconds
from kzd.result import counted

WIDTH = 98
LABEL_WIDTH = 14
LADDER = (0.9, 0.95, 0.99, 0.999)
"""Quantiles that people ask for next."""

PLACES = ("the slowest", "the second slowest", "the third slowest", "the fourth slowest")

ONLY_CONFIGURED = ("cluster-ip", "node-port")
"""Paths that no manifest shows."""

HEADINGS = ("observer", "node", "ports", "median s", "longest s", "answers/s", "unanswered")


def told(summaries: Iterable[Summary]) -> str:
    """The text about all paths, each ended by a line end."""
    return "\n".join("".join(f"{line}\n" for line in _lines(item)) for item in summaries)


def _lines(summary: Summary) -> Iterator[str]:
    measurement = summary.measurement
    is_claimed = measurement.claim == MEASURED
    yield f"Path {measurement.path}: {measurement.claim}"
    if is_claimed:
        yield from _row("claimed", claim(measurement))
        yield from _row("rests on", _basis(summary))
        yield from _row("sleep", _sleep(measurement))
        yield from _list("not claimed", list(_limits(summary)))
    else:
        yield from _list("not usable", summary.reasons)
        yield from _row("seen so far", _seen_so_far(summary.rollouts))
        yield from _row("sleep", "as without it: kzd does not use an insufficient measurement")
    yield from _list("warning", summary.warnings)
    yield from _row("measured", _facts(summary))
    yield from _row(
        "resolution",
        f"{measurement.resolution_seconds:g} s: in 99 of 100 cases the end is at most so much "
        "later than an observer saw it",
    )
    yield from _row("apart", _singles(summary.singles))
    yield from _row("endpoint", _endpoint(summary.endpoint))
    yield from _row("hook", _hook(summary.noticed))
    if is_claimed:
        yield from _row("use it", _use(measurement.path))
    yield from _table(summary.observers)


def claim(measurement: Measurement) -> str:
    """What a measured one claims, in a sentence."""
    return (
        f"{_percent(measurement.quantile)} of rolling updates had their last new connection within "
        f"{measurement.bound_seconds:g} s, at {_percent(measurement.confidence)} confidence "
        f"({counted(measurement.rollouts, 'rolling update')}, "
        f"{counted(measurement.deletions, 'deletion')})"
    )


def _facts(summary: Summary) -> str:
    cluster, load = summary.measurement.cluster, summary.measurement.load
    end = "%H:%M" if summary.since.date() == summary.until.date() else "%Y-%m-%d %H:%M"
    parts = [
        f"{summary.since:%Y-%m-%d %H:%M} to {summary.until.strftime(end)} UTC",
        cluster["kubernetes"] and f"Kubernetes {cluster['kubernetes']}",
        cluster["kubeProxyMode"] and f"kube-proxy {cluster['kubeProxyMode']}",
        cluster["kernels"] and f"kernel {' and '.join(cluster['kernels'])}",
        cluster["nodes"] and counted(cluster["nodes"], "node"),
        cluster["services"] and counted(cluster["services"], "Service"),
        f"{load['connectionsPerSecond']:g} new connections a second of each observer to "
        f"{counted(load['backends'], 'backend')}",
    ]
    return ", ".join(filter(None, parts))


def _basis(summary: Summary) -> str:
    figures, rank = summary.rollouts, summary.rank
    assert figures is not None
    assert rank is not None
    place = figures.number - rank
    which = PLACES[place] if place < len(PLACES) else f"number {place + 1} from the slowest"
    more = f", longest {figures.maximum_seconds:.2f} s" if place else ""
    return (
        f"{which} of them (confidence reached {summary.reached * 100:.1f} %; median "
        f"{figures.median_seconds:.2f} s{more}). It assumes that they are alike and independent "
        "of each other, and nothing about their distribution"
    )


def _sleep(measurement: Measurement) -> str:
    bound = measurement.bound_seconds
    assert bound is not None
    margin = margin_seconds(bound, measurement.resolution_seconds)
    return (
        f"{sleep_seconds(bound, margin)} s: {bound:g} s + {margin:g} s margin (the larger of 1 s, "
        "the resolution and a quarter), rounded up"
    )


def _seen_so_far(figures: Figures | None) -> str:
    return _spread(figures, "whole rolling update") if figures else ""


def _spread(figures: Figures, noun: str) -> str:
    return (
        f"{counted(figures.number, noun)}, median {figures.median_seconds:.2f} s, longest "
        f"{figures.maximum_seconds:.2f} s"
    )


def _limits(summary: Summary) -> Iterator[str]:
    measurement = summary.measurement
    higher = [item for item in LADDER if item > measurement.quantile]
    if higher:
        needed = rollouts_needed(higher[0], measurement.confidence)
        if measurement.rollouts < needed:
            yield f"p{higher[0] * 100:g}: that needs {needed} rolling updates"
    nodes = {item.node for item in summary.observers if item.node and item.ports == FRESH}
    all_nodes = measurement.cluster["nodes"]
    if nodes and all_nodes and len(nodes) < all_nodes:
        yield f"other nodes than the {len(nodes)} of {all_nodes} that had an observer"
    if not measurement.load["churnPerSecond"]:
        yield "a busier cluster: no other Service was changed on purpose meanwhile"
    if measurement.path == "headless":
        yield (
            f"clients that keep an answer of DNS for longer than the {RESOLVE_SECONDS:g} s after "
            "which an observer asks again"
        )
    yield "other times, versions and sizes of the cluster than those above"
    yield (
        "requests over connections that are already open: they end with the app, within its "
        "grace period"
    )


def _singles(figures: Figures | None) -> str:
    if not figures:
        return ""
    return (
        f"{_spread(figures, 'single deletion')}. They are in no claim, since they flatter: the "
        "news of a lone deletion is passed on at once, while in a rolling update kube-proxy and "
        "others have just passed on the new Pod, and wait before they do it again"
    )


def _endpoint(figures: Figures | None) -> str:
    return f"seen terminating {_after(figures)} after the deletion" if figures else ""


def _hook(figures: Figures | None) -> str:
    if not figures:
        return ""
    return (
        f"began {_after(figures)} after the deletion; a Pod's seconds count from it, as a preStop "
        "sleep does. The difference between the clocks of collector and node is part of this figure"
    )


def _after(figures: Figures) -> str:
    return f"{figures.median_seconds:.2f} s (median; longest {figures.maximum_seconds:.2f} s)"


def _use(path: str) -> str:
    text = "commit the document; `kzd render --measurement FILE`"
    if path in ONLY_CONFIGURED:
        text += (
            f". Only workloads that say `propagation.path: {path}` take it (in `spec`, an override "
            f"or the annotation `kzd.dev/propagation.path`): manifests don't show that nothing "
            "slower leads to them"
        )
    return text


def _percent(share: float) -> str:
    return f"{share * 100:g} %"


def _table(observers: Sequence[Observer]) -> Iterator[str]:
    if not observers:
        return
    yield ""
    rows = [
        HEADINGS,
        *(
            (
                item.name,
                item.node or "outside",
                item.ports,
                f"{item.figures.median_seconds:.2f}",
                f"{item.figures.maximum_seconds:.2f}",
                f"{item.rate:.1f}",
                str(item.failed),
            )
            for item in observers
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if place < 3 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  " + "  ".join(cells).rstrip()


def _row(label: str, text: str, mark: str = "") -> Iterator[str]:
    """A text beside its label; none for none.  Commands stay in one piece."""
    whole = re.sub("`[^`]*`", lambda found: found[0].replace(" ", "\0"), text)
    margin = "  " + label.ljust(LABEL_WIDTH)
    for line in wrap(
        whole, WIDTH - len(margin) - len(mark), break_long_words=False, break_on_hyphens=False
    ):
        yield f"{margin}{mark}{line}".replace("\0", " ")
        margin, mark = " " * len(margin), " " * len(mark)


def _list(label: str, items: Sequence[str]) -> Iterator[str]:
    for item in items:
        yield from _row(label, item, "- ")
        label = ""
