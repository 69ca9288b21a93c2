"""Plans as files: what `plan --format json` prints, and what a hand may do to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from kzd.long_task import version_name
from kzd.retire.idleness import Evidence
from kzd.retire.plan_file import from_json, to_json
from tests.console import ROOT
from tests.fake_cluster import FakeCluster
from tests.retire.conftest import Retiring
from tests.retire.test_planner import KEPT, busy, half, idle, planned
from tests.retire.versions import ONE, TWO, Object, autoscaler, config, deployment

OLD, NEW = version_name("worker", ONE), version_name("worker", TWO)
SCHEMA = json.loads((ROOT / "schemas" / "retire-plan.json").read_text())


def unknown(_: Any) -> Evidence:
    return Evidence("unknown", "nobody tells")


@pytest.mark.parametrize("judge", [idle, busy, half, unknown])
@pytest.mark.parametrize("name", [*KEPT, "", "leftovers"])
def test_in_every_state_a_plan_is_as_its_schema_says_and_is_read_as_it_was(
    name: str, judge: Callable[[Any], Evidence]
) -> None:
    more: dict[str, list[Object]] = {
        "": [deployment(ONE), autoscaler(ONE)], "leftovers": [config("old"), autoscaler(ONE)],
    }  # fmt: skip
    objects = more.get(name) or KEPT[name][0]
    limits = {"scales_down": True, "max_age_seconds": 60.0, "max_versions": 1}
    made = planned([*objects, deployment(TWO)], judge=judge, limits=limits)
    text = to_json(made)

    jsonschema.Draft7Validator(SCHEMA).validate(json.loads(text))
    assert to_json(from_json("plan.json", text.encode())) == text


def scene(retire: Retiring) -> Object:
    """An old version and the current one in the cluster; the plan, as data."""
    retire.put(deployment(ONE, now=retire.now))
    retire.current(deployment(TWO, now=retire.now))
    plan: Object = json.loads(retire.plan("--format", "json").out)
    retire.cluster.calls.clear()
    return plan


def steps(plan: Object) -> Any:
    return plan["versions"][1]["steps"]


WRONG: dict[str, tuple[Callable[[Object], Any], str]] = {
    "limits.minAgeSeconds": (lambda plan: plan["limits"].update(minAgeSeconds="x"), '"x"'),
    "limits.minAgeSeconds ": (lambda plan: plan["limits"].update(minAgeSeconds=None), "null"),
    "limits.minAgeSeconds  ": (lambda plan: plan["limits"].update(minAgeSeconds=1e999), "Infin"),
    "limits.maxVersions": (lambda plan: plan["limits"].pop("maxVersions"), "null"),
    "limits.scalesDown": (lambda plan: plan["limits"].update(scalesDown=1), "1"),
    "versions[1].action": (lambda plan: plan["versions"][1].update(action="destroy"), "destroy"),
    "versions[1].ageSeconds": (lambda plan: plan["versions"][1].update(ageSeconds="old"), "old"),
    "versions[1].namespace": (lambda plan: plan["versions"][1].update(namespace=5), "5"),
    "versions[1].base": (lambda plan: plan["versions"][1].update(base=None), "null"),
    "versions[1].uid": (lambda plan: plan["versions"][1].update(uid=[]), "[]"),
    "versions[1].steps[0].verb": (lambda plan: steps(plan)[0].update(verb="nuke"), "nuke"),
    "versions[1].steps[0].name": (lambda plan: steps(plan)[0].update(name=["x"]), "x"),
    "versions[1].steps[0].replicas": (lambda plan: steps(plan)[0].update(replicas=True), "true"),
    "leftovers[0].verb": (lambda plan: plan["leftovers"].append("all"), "null"),
}  # fmt: skip


@pytest.mark.parametrize("where", WRONG)
def test_a_plan_that_a_hand_has_spoiled_is_refused_by_the_field(
    retire: Retiring, where: str
) -> None:
    spoil, value = WRONG[where]
    plan = scene(retire)
    spoil(plan)
    retire.console.write("plan.json", json.dumps(plan))
    done = retire("--plan", "plan.json")

    assert done.code == 3
    assert f"{where.strip()} can't be " in done.err
    assert value in done.err
    assert retire.cluster.calls == []


def swap(plan: Object) -> None:
    plan["versions"][0].update(action="retire", steps=steps(plan))
    plan["versions"][1].update(action="current", steps=[])


def name_other(plan: Object) -> None:
    for step in steps(plan):
        step.update(uid=plan["versions"][0]["uid"], name=NEW)
    plan["versions"][0].update(action="retire", steps=steps(plan))
    plan["versions"][1].update(action="keep", steps=[])


HANDS: dict[str, Callable[[Object], Any]] = {
    "it retires the current version": swap,
    "its steps are those of the current version": name_other,
    "it keeps the current version with steps": (
        lambda plan: plan["versions"][0].update(steps=steps(plan))),
    "it deletes what is no version": lambda plan: plan["leftovers"].append(
        {"verb": "delete", "kind": "Service", "namespace": "kube-system", "name": "dns",
         "uid": "uid", "because": "no reason"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HANDS)
def test_whatever_a_hand_writes_the_current_version_stays(retire: Retiring, name: str) -> None:
    plan = scene(retire)
    HANDS[name](plan)
    retire.console.write("plan.json", json.dumps(plan))
    done = retire("--plan", "plan.json")

    assert done.code in (0, 3), done.err
    assert "bug in kzd" not in done.err
    assert NEW in retire.names("deployments")
    writes = [call for call in retire.cluster.calls if call.verb in ("delete", "patch")]
    assert all(call.name == OLD for call in writes)


def test_the_version_of_a_plan_is_that_of_the_cluster(retire: Retiring) -> None:
    """Its Pods are found by it: with another one it would seem to have none."""
    retire.cluster.nodes.lingers = True
    retire.put(deployment(ONE, now=retire.now, replicas=0))
    plan = scene(retire)
    plan["versions"][1]["version"] = TWO
    retire.console.write("plan.json", json.dumps(plan))

    assert "gone" in retire("--plan", "plan.json").err
    assert OLD in retire.names("deployments")


def test_the_plan_of_another_cluster_says_that_nothing_of_it_is_here(
    retire: Retiring, cluster: FakeCluster
) -> None:
    plan = scene(retire)
    plan["versions"][1]["uid"] = "another"
    retire.console.write("plan.json", json.dumps(plan))
    done = retire("--plan", "plan.json")

    assert done.code == 0
    assert f"gone Deployment/{OLD}: nothing of this uid is in the cluster" in done.err
    assert retire.names("deployments") == sorted([OLD, NEW])


@pytest.mark.parametrize("format", ["kzd.dev/retire-plan/v0", None, 1])
def test_a_plan_of_another_format_is_refused(retire: Retiring, format: Any) -> None:
    retire.console.write("plan.json", json.dumps(scene(retire) | {"format": format}))
    done = retire("--plan", "plan.json")

    assert done.code == 3
    assert f"its format is {json.dumps(format)}, not 'kzd.dev/retire-plan/v1'" in done.err
