"""Why nothing may be claimed, and what a reader should know about what is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import floor
from typing import Any

from kzd.measure.evidence import Evidence, Sample, answered_rate, last_seconds
from kzd.measure.order_statistics import bound_index, claimable_quantile, rollouts_needed
from kzd.result import counted

WENT_ON = "although the run went on"
SLOWEST = "counts as slower than all others"

NEVER_STEADY = ("services",)
"""Facts that change while nothing happens."""


def reasons(evidence: Evidence, quantile: float, confidence: float) -> Iterator[str]:
    """Why nothing may be claimed, each with what to do; none where the claim stands."""
    yield from _unknown_ends(evidence.samples)
    yield from _starved(evidence.samples)
    modes = values_of("kubeProxyMode", [item.deletion.cluster for item in evidence.samples])
    if len(modes) > 1:
        yield (
            f"kube-proxy ran in different modes ({', '.join(modes)}), so these are measurements "
            "of different things; summarize their files one by one"
        )
    known = len(evidence.rollouts)
    needed = rollouts_needed(quantile, confidence)
    if known < needed:
        yield _too_few(known, needed, quantile, confidence)
    elif bound_index(known, quantile, confidence, evidence.missing) is None:
        yield _too_many_missing(evidence, quantile, confidence)


def _unknown_ends(samples: list[Sample]) -> Iterator[str]:
    causes = Counter(item.doubt for item in samples if item.doubt)
    if causes:
        told = "; ".join(f"{count} × {cause}" for cause, count in causes.most_common())
        yield (
            f"for {causes.total()} of {counted(len(samples), 'deletion')} it is not known when "
            f"the last connection came ({told}), and the slowest are the likeliest to be among "
            "them; measure again without that"
        )


def _starved(samples: list[Sample]) -> Iterator[str]:
    rates = [
        (answered_rate(arrivals, item.deletion), item.deletion.load["connectionsPerSecond"], name)
        for item in samples
        for arrivals in item.fresh
        for name in [arrivals.observer]
    ]
    starved = [(rate, asked, name) for rate, asked, name in rates if rate < asked / 2]
    if starved:
        rate, asked, name = min(starved)
        names = {name for _, _, name in starved}
        others = f" (and {counted(len(names) - 1, 'other')})" if len(names) > 1 else ""
        yield (
            f"observer '{name}'{others} got only {rate:.3g} answers a second where {asked:g} "
            "were asked for, too few to see the last connection; measure again at a rate that "
            "this cluster keeps up with, and look for what keeps answers away"
        )


def _too_few(n: int, needed: int, quantile: float, confidence: float) -> str:
    have = "without a whole rolling update nothing may be claimed"
    if n:
        share = floor(claimable_quantile(n, confidence) * 100)
        have = f"{counted(n, 'rolling update')} {'allow' if n > 1 else 'allows'} p{share}"
    return (
        f"{have} at {confidence * 100:g} % confidence; p{quantile * 100:g} needs {needed}: "
        f"`kzd measure --resume FILE --rollouts {needed}`"
    )


def _too_many_missing(evidence: Evidence, quantile: float, confidence: float) -> str:
    known, missing = len(evidence.rollouts), evidence.missing
    what = (
        f"{counted(missing, 'rolling update')} in the middle of a run "
        f"{'are' if missing > 1 else 'is'} not known whole, and may be the slowest"
    )
    if missing > known:
        return f"{what}; measure again"
    needed = rollouts_needed(quantile, confidence, missing)
    return (
        f"{what}: beside {'them' if missing > 1 else 'it'} p{quantile * 100:g} needs {needed} at "
        f"{confidence * 100:g} % confidence, not {known}: "
        f"`kzd measure --resume FILE --rollouts {needed}`"
    )


def warnings(evidence: Evidence) -> Iterator[str]:
    """What a reader should look into, although the claim may stand."""
    yield from _holes(evidence)
    yield from _contradictions(evidence.samples)
    yield from _changes("cluster", [item.deletion.cluster for item in evidence.samples])
    yield from _changes("load", [item.deletion.load for item in evidence.samples])


def _holes(evidence: Evidence) -> Iterator[str]:
    """Rolling updates that are not whole; only the last of a run was merely interrupted."""
    known = [*evidence.rollouts, *evidence.unwhole]
    for item in evidence.unwhole:
        is_last = item.number == max(other.number for other in known if other.run == item.run)
        yield (
            f"rolling update {item.number} of run '{item.run}' is in no figure: "
            f"{len(item.samples)} of its {counted(item.of, 'deletion')} are recorded"
            + ("" if is_last else f", {WENT_ON}; it {SLOWEST}")
        )
    for run in dict.fromkeys(item.run for item in known):
        gaps = list(_gaps(item.number for item in known if item.run == run))
        if gaps:
            missing = sum(last - first + 1 for first, last in gaps)
            told = [f"{first} to {last}" if last > first else f"{first}" for first, last in gaps]
            yield (
                f"of run '{run}' nothing is recorded of {counted(missing, 'rolling update')} "
                f"({', '.join(told)}), {WENT_ON}; {'each' if missing > 1 else 'it'} {SLOWEST}"
            )


def _gaps(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and the last number of each gap, counted from 1."""
    for before, after in pairwise([0, *sorted({*numbers})]):
        if after > before + 1:
            yield before + 1, after - 1


def _contradictions(samples: list[Sample]) -> Iterator[str]:
    """Where an observer was answered later than the Pod says that it was asked."""
    excess = [
        (beyond, arrivals.observer, item.deletion.pod)
        for item in samples
        for arrivals in item.fresh
        if arrivals.seen_seconds is not None
        and (beyond := arrivals.seen_seconds - (arrivals.last_seconds or 0.0))
        > (arrivals.uncertainty_seconds or 0.0) + item.resolution
    ]
    if excess:
        beyond, observer, pod = max(excess)
        yield (
            f"observer '{observer}' was answered by Pod '{pod}' {beyond:.2f} s after the last "
            f"connection that the Pod recorded ({counted(len(excess), 'case')} in all): clocks "
            "or records are wrong, and the true value may be larger"
        )


def _changes(what: str, facts: Sequence[dict[str, Any]]) -> Iterator[str]:
    for key in facts[0] if facts else ():
        found = values_of(key, facts)
        if len(found) > 1 and key not in (*NEVER_STEADY, "kubeProxyMode"):
            yield f"{what}.{key} changed while it was measured: {', '.join(found)}"


def values_of(key: str, facts: Sequence[dict[str, Any]]) -> list[str]:
    """The different values of a fact that are known, in the order in which they came."""
    texts = (
        " and ".join(sorted(value)) if isinstance(value, list) else str(value)
        for fact in facts
        if (value := fact[key]) is not None
    )
    return list(dict.fromkeys(texts))


def stale_ports(evidence: Evidence) -> Iterator[str]:
    """Where ports that are used again reach the Pod for longer than fresh ones."""
    fresh = last_seconds(one for item in evidence.samples for one in item.fresh)
    reused = last_seconds(one for item in evidence.samples for one in item.reused)
    if reused > fresh + max((item.resolution for item in evidence.samples), default=0.0):
        yield (
            f"source ports that are used again reached a deleted Pod for {reused:.2f} s, fresh "
            f"ones for {fresh:.2f} s: stale entries of conntrack or IPVS lead old ports on. That "
            "is no propagation and is not in the value; the cure is another kube-proxy mode, "
            "kernel or sysctl, not a longer sleep: `kzd advise`"
        )
