"""
A plan as JSON, for programs and for `kzd retire apply --plan`.

`schemas/retire-plan.json` describes it.
"""

from __future__ import annotations

import json
from typing import Any

from kzd.errors import InputError
from kzd.option_value import camel
from kzd.retire.item import Object, moment
from kzd.retire.ownership import Key
from kzd.retire.plan import Decision, Limits, Plan, Step

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
    more = {"scale": {"replicas": step.replicas}, "mark": {"cost": step.cost}}
    return {field: getattr(step, field) for field in fields} | more.get(step.verb, {})


def from_json(name: str, data: bytes) -> Plan:
    """The plan that a file holds; raises InputError."""
    try:
        said = json.loads(data)
        if said["format"] != FORMAT:
            raise ValueError(f"its format is '{said['format']}', not '{FORMAT}'")
        return _plan(said)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"{error}" if isinstance(error, ValueError) else type(error).__name__
        raise InputError(
            f"must be a plan as `kzd retire plan --format json` prints it: {problem}", file=name
        ) from None


def _plan(said: Any) -> Plan:
    made_at = moment(said["madeAt"])
    if made_at is None:
        raise ValueError("madeAt is no time")
    return Plan(
        made_at,
        Limits(*(said["limits"][camel(name)] for name in Limits._fields)),
        tuple(map(_decision, said["versions"])),
        tuple(_step(item) for item in said["leftovers"]),
        tuple(said["notes"]),
    )


def _key(item: Any) -> Key:
    return Key(*(item[field] for field in Key._fields))


def _decision(item: Any) -> Decision:
    return Decision(
        _key(item), item["name"], item["uid"], item["action"], item["because"],
        item["ageSeconds"], item["replicas"], item["pods"], item["state"], item["evidence"],
        tuple(_step(step) for step in item["steps"]),
    )  # fmt: skip


def _step(item: Any) -> Step:
    return Step(**item)
