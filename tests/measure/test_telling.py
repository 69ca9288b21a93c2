"""The text beside a measurement, as a user reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from kzd.measure.record import URL, Deletion
from kzd.measure.summary import summarize
from kzd.measure.telling import told
from tests.measure.deletions import CLUSTER, LOAD, arrivals, deletion, reused, rollouts

SINGLES = [
    deletion(number, 1, [arrivals(0.04)], series="single", of=1, run="r2") for number in (1, 2)
]
OUTSIDE = [
    item._replace(arrivals=(arrivals(2.5, path=URL, node="", observer="outside"),))
    for item in rollouts([0.9] * 59)
]
STALE = [item._replace(arrivals=(*item.arrivals, reused(4.2))) for item in rollouts([0.9] * 20)]

MEASURED_TEXT = """\
Path cluster-ip: measured
  claimed       95 % of rolling updates had their last new connection within 1.06 s, at 95 %
                confidence (60 rolling updates, 180 deletions)
  rests on      the slowest of them (confidence reached 95.4 %; median 0.90 s). It assumes that
                they are alike and independent of each other, and nothing about their distribution
  sleep         3 s: 1.06 s + 1 s margin (the larger of 1 s, the resolution and a quarter),
                rounded up
  not claimed   - p99: that needs 299 rolling updates
                - a busier cluster: no other Service was changed on purpose meanwhile
                - other times, versions and sizes of the cluster than those above
                - requests over connections that are already open: they end with the app, within
                  its grace period
  measured      2026-11-23 10:01 to 11:00 UTC, Kubernetes v1.34.4, kube-proxy iptables, kernel
                6.18.5, 2 nodes, 12 Services, 50 new connections a second of each observer to 3
                backends
  resolution    0.33 s: in 99 of 100 cases the end is at most so much later than an observer saw
                it
  apart         2 single deletions, median 0.04 s, longest 0.04 s. They are in no claim, since
                they flatter: the news of a lone deletion is passed on at once, while in a rolling
                update kube-proxy and others have just passed on the new Pod, and wait before they
                do it again
  endpoint      seen terminating 0.03 s (median; longest 0.03 s) after the deletion
  hook          began 0.02 s (median; longest 0.02 s) after the deletion; a Pod's seconds count
                from it, as a preStop sleep does. The difference between the clocks of collector
                and node is part of this figure
  use it        commit the document; `kzd render --measurement FILE`. Only workloads that say
                `propagation.path: cluster-ip` take it (in `spec`, an override or the annotation
                `kzd.dev/propagation.path`): manifests don't show that nothing slower leads to
                them

  observer    node   ports  median s  longest s  answers/s  unanswered
  observer-1  node1  fresh      0.45       1.06       50.0           0
  observer-2  node2  fresh      0.10       0.10       50.0           0
"""

INSUFFICIENT_TEXT = """\
Path cluster-ip: insufficient
  not usable    - 20 rolling updates allow p86 at 95 % confidence; p95 needs 59:
                  `kzd measure --resume FILE --rollouts 59`
  seen so far   20 whole rolling updates, median 0.90 s, longest 0.90 s
  sleep         as without it: kzd does not use an insufficient measurement
  warning       - source ports that are used again reached a deleted Pod for 4.20 s, fresh ones
                  for 0.90 s: stale entries of conntrack or IPVS lead old ports on. That is no
                  propagation and is not in the value; the cure is another kube-proxy mode, kernel
                  or sysctl, not a longer sleep: `kzd advise`
"""


def text_of(deletions: Sequence[Deletion], **options: Any) -> str:
    return told(summarize(deletions, **options))


def test_a_claim_reads_well() -> None:
    text = text_of([*rollouts([0.9] * 59 + [1.06]), *SINGLES])

    assert text == MEASURED_TEXT


def test_what_is_missing_comes_first_where_nothing_is_claimed() -> None:
    text = text_of(STALE)

    assert text.startswith(INSUFFICIENT_TEXT)
    assert "claimed" not in text
    assert "use it" not in text


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (59, "the slowest of them (confidence reached 95.2 %; median 0.30 s)"),
        (93, "the second slowest of them (confidence reached 95.0 %; median 0.47 s, longest"),
        (400, "number 13 from the slowest of them (confidence reached 96.4 %; median 2.00 s"),
    ],
)  # fmt: skip
def test_the_rank_is_told(n: int, words: str) -> None:
    text = text_of(rollouts([number / 100 for number in range(1, n + 1)]))

    assert f"rests on {words}" in " ".join(text.split())


PHRASES: list[tuple[Sequence[Deletion], dict[str, Any], str, bool]] = [
    (OUTSIDE, {"path_of_url": "ingress"}, "`kzd render --measurement FILE`\n\n", True),
    (OUTSIDE, {"path_of_url": "ingress"}, "\n  outside", True),
    (OUTSIDE, {"path_of_url": "ingress"}, "other nodes than", False),
    (OUTSIDE, {"path_of_url": "ingress"}, "Only workloads that say", False),
    (rollouts([0.9] * 59), {}, "single", False),
    (rollouts([0.9] * 59, endpoint_seconds=None), {}, "seen terminating", False),
    (
        rollouts([0.9] * 59, cluster=CLUSTER | {"nodes": 5}),
        {},
        "- other nodes than the 2 of 5 that had an observer\n",
        True,
    ),
    (rollouts([0.9] * 59, load=LOAD | {"churnPerSecond": 2.0}), {}, "a busier cluster", False),
    (rollouts([0.9] * 59), {"quantile": 0.9}, "- p95: that needs", False),
    (rollouts([0.9] * 30), {"quantile": 0.9}, "- p95: that needs 59 rolling updates\n", True),
    (
        rollouts([0.9] * 59, cluster=dict.fromkeys(CLUSTER)),
        {},
        "measured      2026-11-23 10:01 to 10:59 UTC, 50 new connections a second of each",
        True,
    ),
    (rollouts([0.9] * 59, minutes=14 * 60), {}, "2026-11-24 00:00 to 00:00 UTC", True),
    (
        [*rollouts([9.0] * 59), deletion(60, 1, minutes=1600, of=1)],
        {},
        "measured      2026-11-23 10:01 to 2026-11-24 12:40 UTC",
        True,
    ),
    (rollouts([9.0] * 59), {}, "sleep         12 s: 9 s + 2.25 s margin", True),
    (rollouts([0.9] * 59), {}, "clients that keep an answer of DNS", False),
    (
        [item._replace(arrivals=(arrivals(path="headless"),)) for item in rollouts([0.9] * 59)],
        {},
        "- clients that keep an answer of DNS",
        True,
    ),
    ([deletion()], {}, "seen so far", False),
    ([deletion()], {}, "observer-1", False),
]  # fmt: skip


@pytest.mark.parametrize(("given", "options", "words", "is_told"), PHRASES)
def test_what_is_told_follows_the_facts(
    given: Sequence[Deletion], options: dict[str, Any], words: str, is_told: bool
) -> None:
    assert (words in text_of(given, **options)) == is_told


def test_paths_are_told_one_after_the_other_within_the_width() -> None:
    both = [
        item._replace(arrivals=(*item.arrivals, *outside.arrivals))
        for item, outside in zip(rollouts([0.9] * 59), OUTSIDE, strict=True)
    ]
    text = text_of(both, path_of_url="ingress")

    assert text.count("\n\nPath ") == 1
    assert max(map(len, text.splitlines())) <= 98
    assert not any(line != line.rstrip() for line in text.splitlines())
