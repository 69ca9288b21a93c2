"""
A plan as JSON, for programs and for `kzd retire apply --plan`.

`schemas/retire-plan.json` describes it.
"""

from __future__ import annotations

import json
from math import isfinite
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from kzd.errors import InputError
from kzd.option_value import camel
from kzd.retire.item import Object, moment
from kzd.retire.ownership import Key
from kzd.retire.plan import Decision, Limits, Plan, Step
from kzd.value import mapping, sequence

T = TypeVar("T", Decision, Key, Limits, Step)
FORMAT = "kzd.dev/retire-plan/v1"


def to_json(plan: Plan) -> str:
    """The text of a plan, which `from_json` reads again."""
    data = {
        "format": FORMAT,
        "madeAt": plan.made_at.isoformat(),
        "limits": {camel(name): value for name, value in plan.limits._asdict().items()},
        "versions": [_of_decision(item) for item in plan.decisions],
        "leftovers": [of_step(step) for step in plan.leftovers],
        "notes": list(plan.notes),
        "needsDecision": plan.asks,
    }
    return json.dumps(data, indent=2) + "\n"


def _of_decision(item: Decision) -> Object:
    return {
        **item.key._asdict(),
        "name": item.name,
        "uid": item.uid,
        "action": item.action,
        "because": item.because,
        "ageSeconds": item.age_seconds,
        "replicas": item.replicas,
        "pods": item.pods,
        "state": item.state,
        "evidence": item.evidence,
        "steps": [of_step(step) for step in item.steps],
    }


def of_step(step: Step) -> Object:
    """A step as plain data; only what its verb needs."""
    fields = ("verb", "kind", "namespace", "name", "uid", "because")
    return {field: getattr(step, field) for field in fields} | numbers_of(step)


def numbers_of(step: Step) -> Object:
    """The number that a step's verb needs, empty where it needs none."""
    more = {"scale": {"replicas": step.replicas}, "mark": {"cost": step.cost}}
    return more.get(step.verb, {})


def from_json(name: str, data: bytes) -> Plan:
    """The plan that a file holds; raises InputError."""
    try:
        said = json.loads(data)
        found = said.get("format") if isinstance(said, dict) else None
        if found != FORMAT:
            raise ValueError(f"its format is {json.dumps(found)}, not '{FORMAT}'")
        return _plan(said)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"must be a plan as `kzd retire plan --format json` prints it: {error}", file=name
        ) from None


def _plan(said: Object) -> Plan:
    made_at = moment(said.get("madeAt"))
    if made_at is None:
        raise ValueError("madeAt is no time")
    versions, leftovers = (_list(said, field) for field in ("versions", "leftovers"))
    return Plan(
        made_at,
        _record(Limits, said.get("limits"), "limits"),
        tuple(_decision(item, f"versions[{place}]") for place, item in enumerate(versions)),
        tuple(_step(item, f"leftovers[{place}]") for place, item in enumerate(leftovers)),
        tuple(map(str, _list(said, "notes"))),
    )


def _list(said: Object, field: str) -> list[Any]:
    if not isinstance(said.get(field), list):
        raise ValueError(f"{field} is no list")
    return sequence(said[field])


def _decision(said: Any, where: str) -> Decision:
    steps = _list(mapping(said), "steps")
    return _record(
        Decision, said, where, key=_record(Key, said, where),
        steps=tuple(_step(item, f"{where}.steps[{place}]") for place, item in enumerate(steps)),
    )  # fmt: skip


def _step(said: Any, where: str) -> Step:
    return _record(Step, {"replicas": 0, "cost": 0} | mapping(said), where, resource_version="")


def _record(kind: type[T], said: Any, where: str, **more: Any) -> T:
    """A named tuple of what is said, each value of its field's type."""
    values = dict(more)
    for field, hint in get_type_hints(kind).items():
        name, held = camel(field), mapping(said)
        if field in more:
            continue
        if name not in held or not _fits(held[name], hint):
            raise ValueError(f"{where}.{name} can't be {json.dumps(held.get(name))}")
        values[field] = held[name]
    return kind(**values)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value of JSON is of a type; numbers are counts, ages or costs."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is UnionType:
        return any(_fits(value, each) for each in get_args(hint))
    if hint in (int, float):
        is_number = isinstance(value, int if hint is int else int | float)
        return is_number and not isinstance(value, bool) and isfinite(value)
    return isinstance(value, hint)
