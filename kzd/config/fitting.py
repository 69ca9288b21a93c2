"""Which measurement counts for a workload, and what there is to tell about those that don't."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fnmatch import fnmatchcase
from math import ceil, log
from typing import NamedTuple

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.propagation import UNSEEN, paths_of
from kzd.cluster.resource import Workload
from kzd.config.measurement import Read
from kzd.edit import Severity
from kzd.errors import ConfigError
from kzd.measurement import INSUFFICIENT, Measurement
from kzd.option_value import listed
from kzd.result import Result

TIME_ZONES = timedelta(days=1)
"""How far the date of a measurement may be ahead of ours, and be today's."""

ROUNDING = 1e-9

INSTEAD = "Without another one the default of path `{path}` counts; `kzd measure` makes one"

WHERE = {"cluster-ip": "only Pods call a workload", "node-port": "requests come by a node's port"}
"""When a path that no input shows is the right one to configure."""

Specificity = tuple[bool, int, int]


class _Call(NamedTuple):
    """What is asked for one workload: its paths, its namespace, and the age that is allowed."""

    paths: tuple[str, ...]
    namespace: str | None
    max_age_days: int


class Fitting:
    """
    All measurements of a run, from all places; one that is there twice counts once.

    `today` is a date as ISO 8601 writes it.
    """

    def __init__(self, reads: Iterable[Read], today: str) -> None:
        self._today = date.fromisoformat(today)
        self._reads: list[Read] = []
        said: list[Measurement] = []
        for read in reads:
            measurement = read.measurement._replace(source="")
            if measurement not in said:
                self._reads.append(read)
                said.append(measurement)

    def find(self, path: str, namespace: str | None, max_age_days: int) -> Measurement | None:
        """
        The measurement of a path with the most specific glob for a namespace, then the newest.

        None where none fits that may be used.  Raises ConfigError where two fit equally.
        """
        fitting = [
            ((specificity, read.measurement.measured_at), read)
            for read in self._reads
            if (specificity := _fits(read.measurement, path, namespace))
            and not self._flaw(read.measurement, max_age_days)
        ]
        if not fitting:
            return None
        best, found = max(fitting, key=lambda item: item[0])
        equal = [read for rank, read in fitting if rank == best]
        if len(equal) > 1:
            raise _tie(equal[0], equal[1], namespace)
        return found.measurement

    def _flaw(self, found: Measurement, max_age_days: int | None) -> tuple[str, str] | None:
        """Why a measurement may not be used, with the field that says so; None where it may."""
        if found.claim == INSUFFICIENT:
            return "claim", f"is `{INSUFFICIENT}`: {found.reason}"
        if found.bound_seconds is None:
            return "boundSeconds", "is null, so nothing can be claimed"
        needed = ceil(log(1 - found.confidence) / log(found.quantile) - ROUNDING)
        if found.rollouts < needed:
            return "rollouts", (
                f"is {found.rollouts}, too few to bound {found.quantile * 100:g} % of all at "
                f"{found.confidence * 100:g} % confidence, which takes {needed}"
            )
        age = self._today - date.fromisoformat(found.measured_at)
        if -age > TIME_ZONES:
            return "measuredAt", f"is {found.measured_at}, after today, {self._today}"
        if max_age_days is not None and age.days > max_age_days:
            return "measuredAt", (
                f"is {found.measured_at}, {age.days} days ago, and `propagation.maxAgeDays` is "
                f"{max_age_days}"
            )
        return None

    def results(self, workloads: Iterable[Workload], view: ClusterView) -> Iterator[Result]:
        """A result for each measurement that may not be used, or fits none of these workloads."""
        calls = {_call(workload, view) for workload in workloads if view.role(workload).serves}
        unfit: list[Read] = []
        is_any_used = False
        for read in self._reads:
            found = read.measurement
            ages = [
                call.max_age_days
                for call in calls
                if any(_fits(found, path, call.namespace) for path in call.paths)
            ]
            flaw = self._flaw(found, min(ages, default=None))
            if flaw:
                field, why = flaw
                told = f"{why}; it is not used. {INSTEAD.format(path=found.path)}"
                yield read.told(field, told, "warning")
            elif ages:
                is_any_used = True
            elif calls:
                unfit.append(read)
        severity: Severity = "info" if is_any_used else "warning"
        for read in unfit:
            yield read.told(*_unfit(read.measurement, calls), severity)


def _call(workload: Workload, view: ClusterView) -> _Call:
    paths = tuple(path for path, _ in paths_of(workload, view))
    section = view.settings(workload).propagation
    return _Call(paths, workload.namespace, section.max_age_days)


def _fits(found: Measurement, path: str, namespace: str | None) -> Specificity | None:
    """How specific the best glob for a namespace is; None where path or namespace don't fit."""
    if found.path != path:
        return None
    if not found.namespaces:
        return (False, -1, 0)
    fitting = [glob for glob in found.namespaces if fnmatchcase(namespace or "", glob)]
    return max(map(_specificity, fitting), default=None)


def _specificity(glob: str) -> Specificity:
    """A name before globs, of those the one with more letters, then with fewer stars."""
    letters = re.sub(r"\[[^]]*\]|[*?]", "", glob)
    return (letters == glob, len(letters), -glob.count("*"))


def _tie(first: Read, second: Read, namespace: str | None) -> ConfigError:
    where = f" in namespace '{namespace}'" if namespace else ""
    line, column = second.place("namespaces")
    return ConfigError(
        f"must fit better or worse than the one in {first.measurement.source}: both are of path "
        f"`{second.measurement.path}` and of {second.measurement.measured_at}, and fit{where} "
        "equally; take one away, or give them different `namespaces`",
        file=second.file, line=line, column=column, field="spec.namespaces",
    )  # fmt: skip


def _unfit(found: Measurement, calls: Iterable[_Call]) -> tuple[str, str]:
    """The field by which a measurement fits no workload, and what is there instead."""
    there = [call for call in calls if found.path in call.paths]
    if there:
        names = sorted({call.namespace for call in there if call.namespace})
        where = f"in {listed(names)}" if names else "in no namespace that the input says"
        hint = "" if names else "; `--namespace` says it where manifests don't"
        return "namespaces", f"fits no workload: those on path `{found.path}` are {where}{hint}"
    seen = {path for call in calls for path in call.paths}
    shown = [f"`{path}`" for path in sorted(seen - {UNSEEN})]
    shown += ["one that the input does not show"] if UNSEEN in seen else []
    where = WHERE.get(found.path, "requests take it all the same")
    return "path", (
        f"`{found.path}` is the path of no workload here; seen: {', '.join(shown)}. Where {where}, "
        f"`spec.propagation.path: {found.path}` says so"
    )
