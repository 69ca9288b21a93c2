"""Records to what they claim: a measurement for each path, with the figures behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from kzd.errors import ConfigError, InputError
from kzd.measure.doubts import reasons, stale_ports, warnings
from kzd.measure.evidence import Evidence, gather
from kzd.measure.fields import time
from kzd.measure.order_statistics import bound_index, confidence_reached
from kzd.measure.record import FRESH, LONGEST_SECONDS, URL, WARM_UP, Deletion, latest, moment
from kzd.measure.tally import (
    Figures,
    Observer,
    figures,
    merged,
    observers,
    plain,
    plain_figures,
    rounded_up,
)
from kzd.measurement import INSUFFICIENT, MEASURED, Measurement
from kzd.option_value import DNS_LABEL, listed, nearest, shown
from kzd.settings import PATHS


class Summary(NamedTuple):
    """
    What the records say about a path.

    `rank`, counted from the fastest, is that of the rolling update that bounds the quantile, with
    confidence `reached`; None and 0 where none does.  `endpoint` is from a deletion
    until its endpoint was seen terminating, `noticed` until the Pod's hook began: on the clocks of
    collector and node, whose difference is in it.  `observers` have those with reused ports, too.
    `since` and `until` are the times of the first and the last deletion.
    """

    measurement: Measurement
    rank: int | None
    reached: float
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    rollouts: Figures | None
    singles: Figures | None
    endpoint: Figures | None
    noticed: Figures | None
    observers: tuple[Observer, ...]
    since: datetime
    until: datetime


def summarize(
    deletions: Iterable[Deletion],
    *,
    quantile: float = 0.95,
    confidence: float = 0.95,
    path_of_url: str = "",
    namespaces: Sequence[str] = (),
    name: str = "",
) -> list[Summary]:
    """
    A summary for each path that observers with fresh ports looked at, in the order of PATHS.

    `quantile` and `confidence` are between 0 and 1, both excluded.  `path_of_url` says which path
    an outside URL is, `name` what the documents are called (with several paths the path follows),
    `namespaces` are globs.  Raises ConfigError for these, and InputError where there is nothing.
    """
    for option, share in (("--quantile", quantile), ("--confidence", confidence)):
        if not 0 < share < 1:
            raise ConfigError(f"must be between 0 and 1, not {share:g}", field=option)
    known = sorted(latest(deletions), key=moment)
    known = _named([item for item in known if item.series != WARM_UP], path_of_url)
    seen = {one.path for item in known for one in item.arrivals if one.ports == FRESH}
    if not seen:
        raise InputError(
            "must hold deletions besides the warm-up, seen by observers with fresh ports"
        )
    paths = [path for path in PATHS if path in seen]
    return [
        _summary(
            gather(known, path),
            quantile,
            confidence,
            _name(name, path, is_only=len(paths) == 1),
            namespaces,
        )
        for path in paths
    ]


def _named(deletions: list[Deletion], path_of_url: str) -> list[Deletion]:
    """The deletions with the outside URL's path under its name."""
    has_url = any(one.path == URL for item in deletions for one in item.arrivals)
    if path_of_url and path_of_url not in PATHS:
        message = f"must be one of {listed(PATHS)}, not {shown(path_of_url)}"
        raise ConfigError(message + nearest(path_of_url, PATHS), field="--path")
    if path_of_url and not has_url:
        raise ConfigError("names the path of an outside URL, and none was measured", field="--path")
    if has_url and not path_of_url:
        raise ConfigError(
            f"must say which path the URL that was measured is, one of {listed(PATHS)}",
            field="--path",
        )
    return [
        item._replace(
            arrivals=tuple(
                one._replace(path=path_of_url) if one.path == URL else one for one in item.arrivals
            )
        )
        for item in deletions
    ]


def _name(name: str, path: str, *, is_only: bool) -> str:
    found = (name if is_only else f"{name}-{path}") if name else path
    if not re.fullmatch(DNS_LABEL, found):
        raise ConfigError(
            "must be a DNS label: at most 63 characters of a-z, 0-9 and -, with none of the last "
            f"at its ends, not {shown(found)}",
            field="--name",
        )
    return found


def _summary(
    evidence: Evidence, quantile: float, confidence: float, name: str, namespaces: Sequence[str]
) -> Summary:
    seconds = sorted(item.seconds for item in evidence.rollouts)
    rank = bound_index(len(seconds), quantile, confidence, evidence.missing)
    why = tuple(reasons(evidence, quantile, confidence))
    if why:
        rank = None
    singles = figures([item.seconds for item in evidence.singles if not item.doubt])
    samples = evidence.told
    seen = tuple(observers(evidence.samples))
    deletions = [item.deletion for item in samples]
    times = [moment(item).astimezone(UTC) for item in deletions]
    measurement = Measurement(
        name=name,
        path=evidence.path,
        claim=INSUFFICIENT if rank is None else MEASURED,
        quantile=quantile,
        confidence=confidence,
        bound_seconds=None if rank is None else rounded_up(seconds[rank - 1], 3),
        maximum_seconds=rounded_up(seconds[-1], 3) if seconds else None,
        rollouts=len(seconds),
        deletions=len(evidence.samples),
        censored=sum(bool(item.doubt) for item in evidence.samples),
        resolution_seconds=rounded_up(
            min(LONGEST_SECONDS, max((item.resolution for item in samples), default=0.0)), 2
        ),
        measured_at=max(times).date().isoformat(),
        namespaces=tuple(namespaces),
        reason="; ".join(why),
        observers=tuple(map(plain, seen)),
        singles=singles and plain_figures(singles),
        cluster=merged([item.cluster for item in deletions]),
        load=merged([item.load for item in deletions]),
        tool=deletions[-1].tool,
    )
    return Summary(
        measurement,
        rank,
        confidence_reached(len(seconds) + evidence.missing, rank, quantile) if rank else 0.0,
        why,
        (*warnings(evidence), *stale_ports(evidence)),
        figures(seconds),
        singles,
        figures([item.endpoint_seconds for item in deletions if item.endpoint_seconds is not None]),
        figures([_noticed(item) for item in deletions if item.deleted_at and item.noticed_at]),
        seen,
        min(times),
        max(times),
    )


def _noticed(deletion: Deletion) -> float:
    return (time(deletion.noticed_at) - time(deletion.deleted_at)).total_seconds()
