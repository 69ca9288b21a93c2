"""A plan and what came of it, in words."""

from __future__ import annotations

from collections.abc import Iterator

from kzd.result import counted
from kzd.retire.plan import Decision, Plan, Step

UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def told(plan: Plan) -> str:
    """The plan for people: each base with its versions, then what is left over."""
    lines = [*_bases(plan), *_left(plan), *(f"note: {note}" for note in plan.notes)]
    return "".join(f"{line}\n" for line in [*lines, _summary(plan)])


def _bases(plan: Plan) -> Iterator[str]:
    before: tuple[str, ...] = ()
    for item in plan.decisions:
        key = item.key
        if key[:3] != before:
            before = key[:3]
            group = [other for other in plan.decisions if other.key[:3] == before]
            pods = sum(other.pods for other in group)
            yield (
                f"{key.base or 'unknown base'} of {key.instance or 'nobody'} in {key.namespace}: "
                f"{counted(len(group), 'version')}, {counted(pods, 'Pod')}"
            )
        yield from _version(item)


def _version(item: Decision) -> Iterator[str]:
    state = "" if item.action == "current" else f", {item.state} ({item.evidence})"
    age = "of unknown age" if item.age_seconds is None else f"{duration(item.age_seconds)} old"
    yield f"  {item.name}: {age}, {counted(item.replicas, 'replica')}{state}"
    yield f"    {item.action}: {item.because}"
    yield from (f"    - {step_told(step)}" for step in item.steps)


def _left(plan: Plan) -> Iterator[str]:
    if plan.leftovers:
        yield "left over:"
    yield from (f"  - {step_told(step)}" for step in plan.leftovers)


def step_told(step: Step) -> str:
    """One step as a line."""
    what = f"{step.kind}/{step.name}"
    done = {
        "delete": f"delete {what}",
        "scale": f"scale {what} to {step.replicas}",
        "mark": f"mark {what} with deletion cost {step.cost}",
        "wait": f"wait for {what}",
    }
    return f"{done[step.verb]}: {step.because}"


def _summary(plan: Plan) -> str:
    actions = [item.action for item in plan.decisions]
    words = {
        "current": "current", "retire": "to retire", "scale-down": "to scale down",
        "keep": "kept", "decide": "to decide about",
    }  # fmt: skip
    parts = [
        f"{actions.count(action)} {word}" for action, word in words.items() if action in actions
    ]
    left = [f"{len(plan.leftovers)} left over"] if plan.leftovers else []
    return f"{counted(len(actions), 'version')}: {', '.join([*parts, *left]) or 'nothing to do'}"


def duration(seconds: float) -> str:
    """
    Seconds as people say them, cut to the largest unit.

    >>> duration(42), duration(600), duration(4000), duration(200000)
    ('42 s', '10 min', '1 h', '2 d')
    """
    for length, unit in UNITS:
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
