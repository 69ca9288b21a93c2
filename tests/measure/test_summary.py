"""What records allow to claim: every reason against a claim, and every figure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import nan
from typing import Any

import pytest

from kzd.errors import ConfigError, InputError
from kzd.measure.record import REUSED, URL, Deletion
from kzd.measure.summary import Summary, summarize
from kzd.measure.tally import Figures, merged, rounded_up
from kzd.measurement import INSUFFICIENT, MEASURED
from tests.measure.deletions import (
    CLUSTER,
    LOAD,
    arrivals,
    both,
    deletion,
    reused,
    rollout,
    rollouts,
)

ENOUGH = [0.5 + number / 100 for number in range(59)]
"""Of the slowest deletions of 59 rolling updates: 0.5 to 1.08 s."""


def only(deletions: Sequence[Deletion], **options: Any) -> Summary:
    [summary] = summarize(deletions, **options)
    return summary


def many(number: int) -> list[Deletion]:
    """So many rolling updates, whose slowest is that of ENOUGH."""
    return rollouts([*ENOUGH, *[0.5] * (number - len(ENOUGH))])


def with_last(changed: Deletion) -> list[Deletion]:
    """Enough rolling updates, of which a later record changes one deletion."""
    return [*rollouts(ENOUGH), changed]


def test_enough_rolling_updates_are_bounded_by_the_slowest() -> None:
    measurement = only(rollouts(ENOUGH)).measurement

    assert (measurement.claim, measurement.reason) == (MEASURED, "")
    assert (measurement.bound_seconds, measurement.maximum_seconds) == (1.08, 1.08)
    assert (measurement.rollouts, measurement.deletions, measurement.censored) == (59, 177, 0)
    assert (measurement.name, measurement.path) == ("cluster-ip", "cluster-ip")
    assert (measurement.quantile, measurement.confidence) == (0.95, 0.95)
    assert measurement.measured_at == "2026-11-23"
    assert measurement.namespaces == ()
    assert (measurement.cluster, measurement.load) == (CLUSTER, LOAD)
    assert measurement.tool == "kzd 0.1.0"


@pytest.mark.parametrize(
    ("n", "quantile", "confidence", "rank"),
    [(59, 0.95, 0.95, 59), (92, 0.95, 0.95, 92), (93, 0.95, 0.95, 92), (29, 0.9, 0.95, 29)],
)
def test_the_bound_is_the_order_statistic(
    n: int, quantile: float, confidence: float, rank: int
) -> None:
    values = [number / 10 for number in range(1, n + 1)]
    given = rollouts(random.Random(5).sample(values, n))

    summary = only(given, quantile=quantile, confidence=confidence)

    assert summary.rank == rank
    assert summary.measurement.bound_seconds == values[rank - 1]
    assert summary.measurement.maximum_seconds == values[-1]
    assert summary.reached >= confidence


def test_the_order_of_records_says_nothing() -> None:
    given = rollouts(ENOUGH)

    assert only(random.Random(1).sample(given, len(given))) == only(given)


def test_the_value_is_the_slowest_observer_of_the_slowest_deletion() -> None:
    def seen(*last: float | None) -> list[Deletion]:
        slow = deletion(7, 2, [*both(*last), reused(9.0)])
        return with_last(slow)

    assert only(seen(0.2, 3.5)).measurement.bound_seconds == 3.5
    assert only(seen(4.5, 3.5)).measurement.bound_seconds == 4.5
    assert only(seen(None, 0.2)).measurement.bound_seconds == 1.08


def test_nothing_arriving_is_a_value_of_nought() -> None:
    given = [
        item._replace(arrivals=both(None, None, connections=0)) for item in rollouts([0.0] * 59)
    ]

    assert only(given).measurement.bound_seconds == 0.0


def test_a_bound_is_never_rounded_down() -> None:
    assert only(rollouts([1.0001] * 59)).measurement.bound_seconds == 1.001
    assert only(rollouts([1.06] * 59)).measurement.bound_seconds == 1.06


def starved(rate: float, failed: int) -> list[Deletion]:
    return with_last(deletion(7, 2, both(0.9, 0.1, rate=rate, failed=failed)))


REASONS: dict[str, tuple[Sequence[Deletion], str]] = {
    "too few": (
        rollouts([0.5] * 20),
        "20 rolling updates allow p86 at 95 % confidence; p95 needs 59: "
        "`kzd measure --resume FILE --rollouts 59`",
    ),
    "only one": (
        rollouts([0.5]),
        "1 rolling update allows p5 at 95 % confidence; p95 needs 59: "
        "`kzd measure --resume FILE --rollouts 59`",
    ),
    "none that is whole": (
        rollout(1)[:2],
        "without a whole rolling update nothing may be claimed at 95 % confidence; p95 needs 59: "
        "`kzd measure --resume FILE --rollouts 59`",
    ),
    "single deletions only": (
        [deletion(1, series="single", of=1)],
        "without a whole rolling update nothing may be claimed at 95 % confidence; p95 needs 59: "
        "`kzd measure --resume FILE --rollouts 59`",
    ),
    "warm-up doesn't count": (
        [*rollouts(ENOUGH[:58]), *rollout(59, series="warm-up")],
        "58 rolling updates allow p94 at 95 % confidence; p95 needs 59: "
        "`kzd measure --resume FILE --rollouts 59`",
    ),
    "censored": (
        with_last(deletion(7, 2, censored="the Pod was killed")),
        "for 1 of 177 deletions it is not known when the last connection came (1 × the Pod was "
        "killed), and the slowest are the likeliest to be among them; measure again without that",
    ),
    "the hook never began": (
        with_last(deletion(7, 2, noticed_at="", censored="its hook never began")),
        "for 1 of 177 deletions it is not known when the last connection came (1 × its hook "
        "never began), and the slowest are the likeliest to be among them; measure again without "
        "that",
    ),
    "an observer died": (
        with_last(deletion(7, 2, [arrivals()])),
        "for 1 of 177 deletions it is not known when the last connection came (1 × the account of "
        "an observer is missing), and the slowest are the likeliest to be among them; measure "
        "again without that",
    ),
    "all observers died": (
        with_last(deletion(7, 2)._replace(arrivals=())),
        "for 1 of 177 deletions it is not known when the last connection came (1 × the account of "
        "an observer is missing), and the slowest are the likeliest to be among them; measure "
        "again without that",
    ),
    "connections came until the end": (
        with_last(deletion(7, 2, both(19.8))),
        "for 1 of 177 deletions it is not known when the last connection came (1 × more "
        "connections might have come after the Pod stopped serving), and the slowest are the "
        "likeliest to be among them; measure again without that",
    ),
    "a slow observer": (
        starved(24.0, 0),
        "observer 'observer-1' (and 1 other) got only 24 answers a second where 50 were asked "
        "for, too few to see the last connection; measure again at a rate that this cluster keeps "
        "up with, and look for what keeps answers away",
    ),
    "an observer without answers": (
        with_last(deletion(7, 2, [arrivals(), arrivals(None, observer="o2", failed=1000)])),
        "observer 'o2' got only 0 answers a second where 50 were asked for, too few to see the "
        "last connection; measure again at a rate that this cluster keeps up with, and look for "
        "what keeps answers away",
    ),
    "a Pod that served no time at all": (
        with_last(deletion(7, 2, both(0.0), served_seconds=0.0)),
        "observer 'observer-1' (and 1 other) got only 0 answers a second where 50 were asked "
        "for, too few to see the last connection; measure again at a rate that this cluster keeps "
        "up with, and look for what keeps answers away",
    ),
    "one of 92 is not known": (
        [*many(90), *rollout(91, 9.0)[:2], *rollout(92)],
        "1 rolling update in the middle of a run is not known whole, and may be the slowest: "
        "beside it p95 needs 92 at 95 % confidence, not 91: "
        "`kzd measure --resume FILE --rollouts 92`",
    ),
    "three of 124 are not known": (
        [*many(120), *rollout(4, run="r2")],
        "3 rolling updates in the middle of a run are not known whole, and may be the slowest: "
        "beside them p95 needs 150 at 95 % confidence, not 121: "
        "`kzd measure --resume FILE --rollouts 150`",
    ),
    "most are not known": (
        [*many(59), *rollout(2, run="r2"), *rollout(10**30, run="r2", minutes=2)],
        f"{10**30 - 2} rolling updates in the middle of a run are not known whole, and may be "
        "the slowest; measure again",
    ),
    "different modes of kube-proxy": (
        with_last(deletion(7, 2, cluster=CLUSTER | {"kubeProxyMode": "nftables"})),
        "kube-proxy ran in different modes (iptables, nftables), so these are measurements of "
        "different things; summarize their files one by one",
    ),
}


@pytest.mark.parametrize(("given", "reason"), REASONS.values(), ids=REASONS)
def test_what_is_doubtful_is_not_claimed(given: Sequence[Deletion], reason: str) -> None:
    summary = only(given)
    measurement = summary.measurement

    assert (measurement.claim, measurement.bound_seconds) == (INSUFFICIENT, None)
    assert measurement.reason.endswith(reason)
    assert "; ".join(summary.reasons) == measurement.reason
    assert (summary.rank, summary.reached) == (None, 0.0)


def test_every_reason_is_told() -> None:
    given = [*rollouts([0.5] * 20), deletion(7, 2, censored="killed", cluster=CLUSTER)]

    assert len(only(given).reasons) == 2
    assert only(given).measurement.censored == 1


@pytest.mark.parametrize(
    "given",
    [
        starved(26.0, 0),
        starved(50.0, 490),
        with_last(deletion(7, 2, both(19.6))),
        with_last(deletion(7, 2, cluster=CLUSTER | {"kubeProxyMode": None})),
        [*rollouts(ENOUGH), deletion(1, series="single", of=1, censored="the Pod was killed")],
        [*rollouts(ENOUGH), deletion(1, series="warm-up", of=1, censored="the Pod was killed")],
    ],
)
def test_what_is_just_good_enough_is_claimed(given: Sequence[Deletion]) -> None:
    assert only(given).measurement.reason == ""


WARNINGS: dict[str, tuple[Sequence[Deletion], str]] = {
    "the last one was interrupted": (
        [*rollouts(ENOUGH), *rollout(60, 9.0)[:2]],
        "rolling update 60 of run 'r1' is in no figure: 2 of its 3 deletions are recorded",
    ),
    "one has a hole": (
        [*many(91), *rollout(92, 9.0)[:2], *rollout(93)],
        "rolling update 92 of run 'r1' is in no figure: 2 of its 3 deletions are recorded, "
        "although the run went on; it counts as slower than all others",
    ),
    "one is missing": (
        [*many(120), *rollout(1, run="r2"), *rollout(4, run="r2")],
        "of run 'r2' nothing is recorded of 2 rolling updates (2 to 3), although the run went on; "
        "each counts as slower than all others",
    ),
    "one has too many": (
        [*rollouts(ENOUGH), *rollout(60, 9.0), deletion(60, 4)],
        "rolling update 60 of run 'r1' is in no figure: 4 of its 3 deletions are recorded",
    ),
    "the observer saw more than the Pod": (
        with_last(deletion(7, 2, both(0.9, 0.9, seen_seconds=1.25, uncertainty_seconds=0.01))),
        "observer 'observer-2' was answered by Pod 'kzd-measure-7-2' 0.35 s after the last "
        "connection that the Pod recorded (2 cases in all): clocks or records are wrong, and the "
        "true value may be larger",
    ),
    "a new version": (
        with_last(deletion(7, 2, cluster=CLUSTER | {"kubernetes": "v1.35.1"})),
        "cluster.kubernetes changed while it was measured: v1.34.4, v1.35.1",
    ),
    "new kubelets": (
        with_last(deletion(7, 2, cluster=CLUSTER | {"kubelets": ["v1.35.1", "v1.34.4"]})),
        "cluster.kubelets changed while it was measured: v1.34.4, v1.34.4 and v1.35.1",
    ),
    "another load": (
        with_last(deletion(7, 2, load=LOAD | {"churnPerSecond": 5.0})),
        "load.churnPerSecond changed while it was measured: 0.0, 5.0",
    ),
    "ports that are used again": (
        with_last(deletion(7, 2, [*both(0.9), reused(1.5)])),
        "source ports that are used again reached a deleted Pod for 1.50 s, fresh ones for 1.08 "
        "s: stale entries of conntrack or IPVS lead old ports on. That is no propagation and is "
        "not in the value; the cure is another kube-proxy mode, kernel or sysctl, not a longer "
        "sleep: `kzd advise`",
    ),
}


@pytest.mark.parametrize(("given", "warning"), WARNINGS.values(), ids=WARNINGS)
def test_what_is_odd_is_told_beside_the_claim(given: Sequence[Deletion], warning: str) -> None:
    summary = only(given)

    assert summary.warnings == (warning,)
    assert summary.measurement.claim == MEASURED
    assert summary.measurement.bound_seconds == 1.08


@pytest.mark.parametrize(
    "given",
    [
        rollouts(ENOUGH),
        with_last(deletion(7, 2, both(0.9, 0.9, seen_seconds=1.2, uncertainty_seconds=0.01))),
        with_last(deletion(7, 2, both(0.9, 0.9, seen_seconds=-9.0))),
        with_last(deletion(7, 2, cluster=CLUSTER | {"services": 90, "nodes": None})),
        with_last(deletion(7, 2, [*both(0.9), reused(1.4)])),
    ],
)
def test_what_is_not_odd_is_no_warning(given: Sequence[Deletion]) -> None:
    assert only(given).warnings == ()


@pytest.mark.parametrize(
    ("rate", "backends", "resolution"),
    [
        (50.0, 3, 0.33),  # 0.75 ** (50 * 0.32) is 0.01
        (20.0, 1, 0.34),  # facts: 20 a second to 2 backends resolve 0.33 s
        (100.0, 3, 0.17),
        (50.0, 1, 0.14),
    ],
)
def test_the_resolution_is_what_the_slowest_observer_may_miss(
    rate: float, backends: int, resolution: float
) -> None:
    given = [
        item._replace(
            arrivals=(arrivals(0.4, rate=rate), arrivals(0.4, observer="fast", rate=1000.0)),
            load=LOAD | {"backends": backends, "connectionsPerSecond": rate},
        )
        for item in rollouts([0.4])
    ]

    found = only(given).measurement.resolution_seconds

    assert found == resolution
    missed = (1 - 1 / (backends + 1)) ** (rate * found)
    assert missed <= 0.01 < missed / (1 - 1 / (backends + 1)) ** (rate * 0.01)


def test_the_date_and_the_times_are_universal() -> None:
    given = rollouts(ENOUGH)
    given[-1] = given[-1]._replace(deleted_at="2026-11-23T23:30:00-02:00")

    summary = only(given)

    assert summary.measurement.measured_at == "2026-11-24"
    assert summary.until.isoformat() == "2026-11-24T01:30:00+00:00"
    assert summary.since.isoformat() == "2026-11-23T10:01:01+00:00"


def test_a_lost_watch_leaves_the_time_on_the_pods_clock() -> None:
    given = [item._replace(deleted_at="") for item in rollouts(ENOUGH)]

    summary = only(given)

    assert summary.noticed is None
    assert summary.since.isoformat() == "2026-11-23T10:01:01.020000+00:00"
    assert summary.measurement.claim == MEASURED


def test_figures_are_told_apart() -> None:
    singles = [
        deletion(number, 1, both(number / 100), series="single", of=1, run="r2")
        for number in (12, 11, 30)
    ]
    broken = deletion(13, 1, both(19.9), series="single", of=1, run="r2")
    summary = only([*rollouts(ENOUGH), *singles, broken])

    assert summary.rollouts == Figures(59, 0.79, 1.08)
    assert summary.singles == Figures(3, 0.12, 0.3)
    assert summary.measurement.singles == {
        "deletions": 3, "medianSeconds": 0.12, "maximumSeconds": 0.3,
    }  # fmt: skip
    assert only(rollouts(ENOUGH)).measurement.singles is None
    assert summary.endpoint == Figures(177, 0.03, 0.03)
    assert summary.noticed == Figures(177, 0.02, 0.02)
    assert summary.measurement.deletions == 177


def test_observers_are_told_one_by_one() -> None:
    slow = deletion(
        7, 2, [*both(2.0, 0.1, rate=40.0, failed=100), reused(6.0), arrivals(7.0, path="headless")]
    )
    given = [item._replace(arrivals=(*item.arrivals, reused(0.2))) for item in rollouts(ENOUGH)]

    by_path = {item.measurement.path: item for item in summarize([*given, slow])}
    told = [
        (item.name, item.ports, item.figures.number, item.figures.maximum_seconds)
        for item in by_path["cluster-ip"].observers
    ]

    assert told == [
        ("observer-1", "fresh", 177, 2.0),
        ("observer-2", "fresh", 177, 0.1),
        ("observer-1-reused", "reused", 177, 6.0),
    ]
    assert (by_path["cluster-ip"].observers[0].rate, by_path["cluster-ip"].observers[0].failed) == (
        35.0,
        100,
    )
    assert by_path["cluster-ip"].measurement.observers[2] == {
        "name": "observer-1-reused",
        "node": "node1",
        "ports": REUSED,
        "medianSeconds": 0.2,
        "maximumSeconds": 6.0,
        "answersPerSecond": 50.0,
    }
    assert by_path["headless"].measurement.maximum_seconds == 7.0


def two_paths(number: int) -> list[Deletion]:
    outside = arrivals(3.0, path=URL, observer="outside", node="")
    return [item._replace(arrivals=(*item.arrivals, outside)) for item in rollouts(ENOUGH[:number])]


def test_each_path_has_a_summary_in_the_order_of_the_paths() -> None:
    found = summarize(two_paths(59), path_of_url="ingress", namespaces=["shop-*"])

    assert [
        (item.measurement.name, item.measurement.path, item.measurement.bound_seconds)
        for item in found
    ] == [("cluster-ip", "cluster-ip", 1.08), ("ingress", "ingress", 3.0)]
    assert {item.measurement.namespaces for item in found} == {("shop-*",)}
    assert [len(item.observers) for item in found] == [2, 1]
    assert "node" not in found[1].measurement.observers[0]


def test_a_run_without_a_path_says_nothing_about_it() -> None:
    given = [*two_paths(10), *rollouts(ENOUGH, run="r2")]

    inside, outside = summarize(given, path_of_url="ingress")

    assert (inside.measurement.rollouts, outside.measurement.rollouts) == (69, 10)
    assert outside.measurement.censored == 0


def test_several_documents_never_share_a_name() -> None:
    names = [
        item.measurement.name for item in summarize(two_paths(1), path_of_url="mesh", name="prod")
    ]

    assert names == ["prod-cluster-ip", "prod-mesh"]
    assert only(rollouts([0.5]), name="prod").measurement.name == "prod"


@pytest.mark.parametrize(("rate", "backends"), [(50.0, 10**18), (5e-324, 3)])
def test_an_observer_that_could_not_see_the_end(rate: float, backends: int) -> None:
    seen = tuple(item._replace(rate=rate) for item in both(0.9))
    blind = deletion(7, 2, seen, load=LOAD | {"backends": backends})

    assert only(with_last(blind)).measurement.censored == 1


@pytest.mark.parametrize(
    ("options", "field", "message"),
    [
        ({}, "--path", "must say which path the URL that was measured is, one of `cluster-ip`, "),
        ({"path_of_url": "ingres"}, "--path", "not 'ingres'; did you mean `ingress`?"),
        ({"path_of_url": "mesh", "name": "Prod"}, "--name", "must be a DNS label: "),
        ({"path_of_url": "mesh", "name": "a" * 60}, "--name", "must be a DNS label: "),
        ({"path_of_url": "mesh", "quantile": nan}, "--quantile", "must be between 0 and 1, not"),
        ({"path_of_url": "mesh", "confidence": 1.0}, "--confidence", "must be between 0 and 1, no"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    options: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        summarize(two_paths(1), **options)

    assert caught.value.field == field
    assert message in caught.value.message


def test_the_name_of_a_path_needs_a_url() -> None:
    with pytest.raises(ConfigError, match="--path: names the path of an outside URL, and none"):
        summarize(rollouts([0.5]), path_of_url="ingress")


@pytest.mark.parametrize(
    "given",
    [
        [],
        rollout(1, series="warm-up"),
        [deletion(seen=[reused(1.0)])],
        [deletion()._replace(arrivals=())],
    ],
)
def test_without_evidence_there_is_no_summary(given: Sequence[Deletion]) -> None:
    with pytest.raises(InputError, match="must hold deletions besides the warm-up"):
        summarize(given)


def test_facts_are_the_last_that_were_known() -> None:
    facts = [
        {"kernels": ["6.1"], "nodes": 3, "kubernetes": "v1.34.4", "services": None},
        {"kernels": ["6.12"], "nodes": 2, "kubernetes": None, "services": None},
    ]

    assert merged(facts) == {
        "kernels": ["6.1", "6.12"],
        "nodes": 2,
        "kubernetes": "v1.34.4",
        "services": None,
    }


@pytest.mark.parametrize("digits", [2, 3])
def test_rounding_up_never_gives_less_and_at_most_one_unit_more(digits: int) -> None:
    unit = 10**-digits
    for value in (0.0, 0.001, 0.07, 0.57, 1.005, 1.06, 4.35, 17.123456):
        assert value <= rounded_up(value, digits) < value + unit
    for step in range(5000):
        assert rounded_up(step / 10**digits, digits) == step / 10**digits
