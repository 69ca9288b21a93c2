"""
The numbers of a Pod's end: the sleep it needs, the time its app has, the grace period for both.

The one place where they are worked out, so that sleep and grace period can't disagree.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from kzd.cluster.pre_stop import PRE_STOP, hook_of
from kzd.cluster.propagation import PATHS
from kzd.cluster.resource import Workload
from kzd.cluster.role import LONG_TASK, Role, is_long_task
from kzd.edit import FieldPath
from kzd.value import integer

if TYPE_CHECKING:
    from kzd.cluster.cluster_view import ClusterView

DEFAULT_GRACE_SECONDS = 30
LEAST_SECONDS = 5
"""What an app is left at the least; a hook that leaves less uses the grace period up."""

RULE = "termination-grace-period"
SLEEP_OPTION = ("pre-stop-sleep", "seconds")
DRAIN_OPTION = (RULE, "drain_seconds")
TASK_OPTION = (LONG_TASK, "task_seconds")
TASK_SECONDS = "taskSeconds"


class Need(NamedTuple):
    """
    S, the whole seconds that a container must go on serving; how they came about, and what they
    rest on; `is_known` where somebody configured or measured that.  Above `alarm_seconds` there
    must be a cause to look for.
    """

    seconds: int
    arithmetic: str
    source: str
    is_known: bool
    alarm_seconds: float


class Numbers(NamedTuple):
    """
    A grace period and what it is made of, in whole seconds.

    `before` is the one that applies without kzd, `own` the longest sleep of the owner's hooks,
    `longest` that of all hooks, `drain` what the app gets after it and `drain_why` why so much,
    `grace` the one that is right; `cap` is what the platform honours, `said` the configured drain.
    """

    before: int
    own: int
    longest: int
    drain: int
    drain_why: str
    grace: int
    cap: int | None
    said: int | None

    @property
    def had(self) -> int:
        """What the owner's hooks left to the app."""
        return self.before - self.own

    @property
    def is_used_up(self) -> bool:
        """Whether the owner's own hooks leave the app too little."""
        return self.own > 0 and self.had < LEAST_SECONDS

    @property
    def left(self) -> int:
        """What the app gets in the end."""
        return self.honoured(self.grace) - self.longest

    @property
    def wanted(self) -> int:
        """The grace period that sleep and drain add up to."""
        return self.longest + self.drain

    @property
    def arithmetic(self) -> str:
        """How sleep and drain add up."""
        total = f"{self.longest} s sleep + {self.drain} s drain = {self.wanted} s"
        if self.own and self.said is None and self.drain == self.had:
            had = f"{self.before} s - {self.own} s own sleep = {self.had} s drain"
            return f"{had}; {total}"
        return total

    @property
    def parts(self) -> str:
        """What the grace period has to hold."""
        drain = f"the {self.drain} s that {self.drain_why}"
        return f"the sleep and {drain}" if self.longest else drain

    @property
    def grows(self) -> bool:
        """Whether the grace period must become longer."""
        return self.grace > self.before

    @property
    def is_capped(self) -> bool:
        """Whether the platform keeps the app from its drain."""
        return self.left < self.drain

    @property
    def least(self) -> int:
        """What the app must get for a sleep to be right, even where the platform has a cap."""
        return LEAST_SECONDS if self.said is None else self.said

    @property
    def usual(self) -> int:
        """What the app must get where the grace period stays: what it had, or an app's usual."""
        if self.said is not None:
            return self.said
        return max(LEAST_SECONDS, min(self.had, DEFAULT_GRACE_SECONDS))

    def honoured(self, grace: int) -> int:
        """What the platform honours of a grace period."""
        return grace if self.cap is None else min(grace, self.cap)


def numbers(
    before: int | None,
    own: int,
    longest: int,
    drain: int | None = None,
    cap: int | None = None,
    asked_by: str = "drainSeconds",
) -> Numbers:
    """
    The numbers of a grace period `before` (None where unset), given the configured drain and cap.

    >>> numbers(None, 0, 15).grace, numbers(60, 0, 15).grace, numbers(75, 15, 15).grace
    (45, 75, 75)
    >>> numbers(60, 0, 15, cap=70).grace, numbers(90, 0, 15, cap=70).grace
    (70, 90)
    """
    set_to = DEFAULT_GRACE_SECONDS if before is None else before
    had = set_to - own
    if drain is not None:
        seconds, why = drain, f"`{asked_by}` asks for"
    elif before is None:
        seconds, why = DEFAULT_GRACE_SECONDS, "an unset grace period gives an app"
    elif own and had < LEAST_SECONDS:
        seconds, why = DEFAULT_GRACE_SECONDS, "an unset grace period would give the app"
    elif had < LEAST_SECONDS:
        seconds, why = LEAST_SECONDS, "an app needs at the least"
    else:
        seconds, why = had, "the app had"
    grace = max(set_to, longest + seconds)
    if cap is not None:
        grace = max(set_to, min(grace, cap))
    return Numbers(set_to, own, longest, seconds, why, grace, cap, drain)


def numbers_of(workload: Workload, view: ClusterView, *, own: int, longest: int) -> Numbers:
    """The numbers of a workload whose grace period is unset or a number, given its sleeps."""
    drain, _, asked_by = drain_of(workload, view)
    cap = view.settings(workload).platform.max_grace_seconds
    return numbers(seconds_of(workload), own, longest, drain, cap, asked_by)


def drain_of(workload: Workload, view: ClusterView) -> tuple[int | None, str, str]:
    """The drain that is asked for, where that was said, and the option: a long task has its own."""
    seconds, source = said(workload, view, TASK_OPTION)
    if seconds is not None and is_long_task(workload, view):
        return seconds, source, TASK_SECONDS
    seconds, source = said(workload, view, DRAIN_OPTION)
    return seconds, source, "drainSeconds"


def is_for_task(workload: Workload, view: ClusterView) -> bool:
    """Whether a long task asks for a grace period that is not set."""
    return seconds_of(workload) is None and drain_of(workload, view)[2] == TASK_SECONDS


def path_of(workload: Workload) -> FieldPath:
    """The field path of the grace period."""
    return workload.pod("terminationGracePeriodSeconds")


def seconds_of(workload: Workload) -> int | None:
    """The grace period as it is set by now; None where it is unset, or no number."""
    return integer(workload.get(path_of(workload)))


def is_unreadable(workload: Workload) -> bool:
    """Whether the grace period is set to something that is no whole number."""
    return workload.get(path_of(workload)) is not None and seconds_of(workload) is None


def ends_at_once(workload: Workload) -> bool:
    """Whether containers are killed without a hook: the owner's decision."""
    seconds = seconds_of(workload)
    return seconds is not None and seconds <= 0


def sleep_helps(workload: Workload, view: ClusterView) -> bool:
    """Whether requests reach the workload that a sleep keeps from getting lost."""
    role = view.role(workload)
    return role.serves and not role.single and not only_publishes_not_ready(role)


def places_for_sleep(workload: Workload) -> list[FieldPath]:
    """The field paths of the hooks that regular containers don't have."""
    return [item.path + PRE_STOP for item in workload.containers if hook_of(item) is None]


def kept_away(workload: Workload, view: ClusterView) -> int:
    """The sleep that an exemption of the grace period may keep away: so it has an effect."""
    if view.runs(workload, RULE) or not sleep_helps(workload, view):
        return 0
    return need_of(workload, view).seconds if places_for_sleep(workload) else 0


def only_publishes_not_ready(role: Role) -> bool:
    """Whether all Services that carry traffic go on sending to Pods until they are gone."""
    return bool(role.services) and all(service.publishes_not_ready for service in role.services)


def need_of(workload: Workload, view: ClusterView) -> Need:
    """The sleep that a serving workload needs: configured, or its propagation."""
    section = view.settings(workload).propagation
    found = view.propagation(workload)
    alarm = section.alarm_seconds if PATHS[found.path].is_in_cluster else inf
    seconds, source = said(workload, view, SLEEP_OPTION)
    if seconds is not None:
        return Need(seconds, f"`preStopSleep.seconds` is {seconds}", source, True, alarm)
    by = found.source or (found.why if found.path else "")
    source = f"{found.basis}: {by}" if by else found.basis
    return Need(found.sleep_seconds, found.arithmetic, source, found.is_known, alarm)


def said(workload: Workload, view: ClusterView, option: tuple[str, str]) -> tuple[Any, str]:
    """The value of another transform's option, and where it was said."""
    transform, name = option
    options = view.settings(workload).options.get(transform)
    return (getattr(options, name), options.source_of(name)) if options else (None, "")


def added_hooks(workload: Workload) -> frozenset[FieldPath]:
    """The field paths of the hooks that kzd has added."""
    return frozenset(edit.path for edit in workload.edits if edit.path[-2:] == PRE_STOP)
