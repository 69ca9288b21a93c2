"""What a plan decides, as tables: one feature away from a version that is retired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from kzd.flow.bundle import Source
from kzd.long_task import BASE, INSTANCE, VERSION, version_name
from kzd.retire.current import Wanted, read_manifests
from kzd.retire.idleness import Evidence
from kzd.retire.item import AUTOSCALERS, CONFIGS, DEPENDENTS, Item
from kzd.retire.ownership import Shown, Version
from kzd.retire.plan import Decision, Limits, Plan
from kzd.retire.planner import plan
from tests.retire.versions import (
    HOUR,
    NOW,
    ONE,
    THREE,
    TWO,
    Object,
    autoscaler,
    budget,
    config,
    deployment,
    pod,
    rendered,
    service,
    stamp,
)

OLD, NEW = version_name("worker", ONE), version_name("worker", TWO)
DAY = 24 * HOUR


def shown(*objects: Object) -> Shown:
    """A namespace with these objects, and the Pods of its Deployments where none is given."""
    items = [Item(item["kind"], item) for item in objects if "kind" in item]
    pods = [Item("Pod", item) for item in objects if "kind" not in item]
    if not pods:
        pods = [
            Item("Pod", pod(item.data, number))
            for item in items
            if item.kind == "Deployment"
            for number in range(item.replicas)
        ]

    def of(*kinds: str) -> list[Item]:
        return [item for item in items if item.kind in kinds]

    return Shown(
        "shop", NOW, of("Deployment"), of("Service"), of(*AUTOSCALERS), of(*DEPENDENTS),
        of(*CONFIGS), pods,
    )  # fmt: skip


def wanted(*objects: Object, age: float = 60.0) -> Wanted:
    return read_manifests([Source("-", rendered(*objects).encode())], age_seconds=age)


def idle(version: Version) -> Evidence:
    return Evidence("idle", "it says so", {item.uid: True for item in version.pods})


def busy(version: Version) -> Evidence:
    return Evidence("busy", "it says so", {item.uid: False for item in version.pods})


def half(version: Version) -> Evidence:
    """The first Pod is idle, the others are busy."""
    pods = {item.uid: place == 0 for place, item in enumerate(version.pods)}
    return Evidence("busy", "it says so", pods)


def planned(
    objects: Sequence[Object],
    *current: Object,
    judge: Callable[[Version], Evidence] = idle,
    limits: Mapping[str, Any] | None = None,
    age: float = 60.0,
) -> Plan:
    manifests = current or (deployment(TWO),)
    space = shown(*objects)
    return plan(wanted(*manifests, age=age), [space], Limits(**(limits or {})), judge)


def decided(made: Plan, name: str = OLD) -> Decision:
    return next(item for item in made.decisions if item.name == name)


def told(made: Plan, name: str = OLD) -> list[str]:
    """The steps of a version, in short."""
    found = []
    for step in decided(made, name).steps:
        more = {"scale": f" to {step.replicas}", "mark": f" {step.cost}"}.get(step.verb, "")
        found.append(f"{step.verb} {step.kind}/{step.name}{more}")
    return found


def test_an_idle_version_is_retired_in_order() -> None:
    vertical = autoscaler(ONE, kind="VerticalPodAutoscaler", base="vertical", target=OLD)
    made = planned([deployment(ONE), deployment(TWO), autoscaler(ONE), vertical, budget(ONE)])

    assert decided(made).action == "retire"
    assert told(made) == [
        f"delete HorizontalPodAutoscaler/worker-scaler-{ONE}",
        f"scale Deployment/{OLD} to 0",
        f"wait Deployment/{OLD}",
        f"delete Deployment/{OLD}",
        f"delete VerticalPodAutoscaler/vertical-scaler-{ONE}",
        f"delete PodDisruptionBudget/worker-budget-{ONE}",
    ]
    assert decided(made, NEW).action == "current"
    assert decided(made, NEW).steps == ()
    assert all(step.because for step in decided(made).steps)


@pytest.mark.parametrize(
    ("objects", "first"),
    [
        ([deployment(ONE, replicas=0)], f"delete Deployment/{OLD}"),
        ([deployment(ONE, replicas=0), pod(deployment(ONE))], f"wait Deployment/{OLD}"),
        ([deployment(ONE, replicas=0), pod(deployment(ONE), phase="Failed")],
         f"delete Deployment/{OLD}"),
        ([deployment(ONE, replicas=1)], f"scale Deployment/{OLD} to 0"),
        ([deployment(ONE), autoscaler(ONE, deletionTimestamp="now")],
         f"wait HorizontalPodAutoscaler/worker-scaler-{ONE}"),
        ([deployment(ONE), autoscaler(ONE, kind="ScaledObject")],
         f"delete ScaledObject/worker-scaler-{ONE}"),
    ],
)  # fmt: skip
def test_an_interrupted_run_goes_on_where_the_cluster_is(objects: list[Object], first: str) -> None:
    assert told(planned([*objects, deployment(TWO)]))[0] == first


def of_keda(uid: str) -> Object:
    """The autoscaler that KEDA makes for a ScaledObject."""
    owner = {"kind": "ScaledObject", "uid": uid, "controller": True}
    return autoscaler(ONE, name="keda-hpa-worker", labels={}, ownerReferences=[owner])


def test_what_an_autoscaler_of_its_own_made_is_waited_for() -> None:
    own = autoscaler(ONE, kind="ScaledObject")
    made = of_keda(own["metadata"]["uid"])
    found = planned([deployment(ONE), deployment(TWO), own, made])

    assert decided(found).action == "retire"
    assert told(found)[:2] == [
        f"delete ScaledObject/worker-scaler-{ONE}",
        "wait HorizontalPodAutoscaler/keda-hpa-worker",
    ]


def test_what_an_autoscaler_that_is_gone_made_is_waited_for() -> None:
    """Until the cluster has deleted it too, which takes a moment."""
    found = planned([deployment(ONE), deployment(TWO), of_keda("gone")])

    assert decided(found).action == "retire"
    assert told(found)[0] == "wait HorizontalPodAutoscaler/keda-hpa-worker"


def test_what_an_autoscaler_of_somebody_else_made_is_a_stranger() -> None:
    theirs = autoscaler(ONE, kind="ScaledObject", labels={}, uid="theirs")
    found = planned([deployment(ONE), deployment(TWO), theirs, of_keda("theirs")])

    assert decided(found).action == "keep"
    assert "not proven to be its own" in decided(found).because


# --- what is kept though it is idle


def changed(item: Object, **metadata: Any) -> Object:
    return item | {"metadata": item["metadata"] | metadata}


def labelled(item: Object, **labels: str) -> Object:
    names = {"version": VERSION, "base": BASE, "instance": INSTANCE}
    more = {names[key]: value for key, value in labels.items()}
    return changed(item, labels=item["metadata"]["labels"] | more)


def without_version_in_selector() -> Object:
    made = deployment(ONE)
    return made | {"spec": made["spec"] | {"selector": {"matchLabels": {"app": "worker"}}}}


def with_track() -> Object:
    made = deployment(ONE)
    made["spec"]["template"]["metadata"]["labels"] |= {"track": "blue"}
    return made


def unavailable(**status: Any) -> Object:
    made = deployment(TWO)
    return made | {"status": made["status"] | status}


def keda(**spec: int) -> Object:
    """The current version's ScaledObject, which scales from 0 unless `spec` says more."""
    made = autoscaler(TWO, kind="ScaledObject")
    return made | {"spec": {"scaleTargetRef": made["spec"]["scaleTargetRef"]} | spec}


KEPT: dict[str, tuple[list[Object], str]] = {
    "its name is not made of its labels": (
        [changed(deployment(ONE), name=OLD.replace("worker", "walker"))], "which is another one"),
    "its base is not that of its name": (
        [labelled(deployment(ONE), base="other")], "which is another one"),
    "its version is none": ([labelled(deployment(ONE), version="v1")], "no version that kzd makes"),
    "its version is not in its selector": (
        [without_version_in_selector()], "selector and its Pods don't have its version"),
    "it has no owner": ([labelled(deployment(ONE), instance="")], "has no label kzd.dev/instance"),
    "it has no base": ([labelled(deployment(ONE), base="")], "has no label kzd.dev/base"),
    "a controller owns it": (
        [changed(deployment(ONE), ownerReferences=[{"kind": "Rollout", "controller": True}])],
        "Rollout owns it"),
    "it is being deleted": (
        [changed(deployment(ONE), deletionTimestamp=stamp(5))], "being deleted already"),
    "its base is not in the manifests": (
        [deployment(ONE, base="other")], "the manifests hold no version of 'other'"),
    "a Service selects it alone": (
        [deployment(ONE), service({VERSION: ONE})], "Service/worker selects it"),
    "a Service selects it alone by another label": (
        [with_track(),
         service({"track": "blue"})],
        "Service/worker selects it"),
    "it was made a moment ago": ([deployment(ONE, age=30)], "newer than the manifests"),
    "it is as old as the manifests": ([deployment(ONE, age=60)], "newer than the manifests"),
    "it is young": ([deployment(ONE, age=500)], "younger than --min-age (600 s)"),
    "it is young in another time zone": (
        [changed(deployment(ONE), creationTimestamp="2026-11-29T13:59:30+02:00")], "newer than"),
    "its time has no zone and is UTC": (
        [changed(deployment(ONE), creationTimestamp="2026-11-29T11:59:30")], "newer than"),
    "its age is unknown": (
        [changed(deployment(ONE), creationTimestamp="yesterday")], "its age is unknown"),
    "it was made in the future": ([deployment(ONE, age=-HOUR)], "its age is unknown"),
    "a stranger scales it": (
        [deployment(ONE), autoscaler(ONE, labels={})], "not proven to be its own"),
    "an autoscaler of another version scales it": (
        [deployment(ONE), autoscaler(THREE, target=OLD)], "not proven to be its own"),
    "an autoscaler scales it whose name is not made of its labels": (
        [deployment(ONE), autoscaler(ONE, name="mine")], "not proven to be its own"),
    "an autoscaler of another owner scales it": (
        [deployment(ONE), labelled(autoscaler(ONE), instance="other")], "not proven to be its own"),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_it_is_kept_where(name: str) -> None:
    objects, reason = KEPT[name]
    made = planned([*objects, deployment(TWO)])
    (found,) = (item for item in made.decisions if item.action != "current")

    assert (found.action, found.steps) == ("keep", ())
    assert reason in found.because
    assert made.leftovers == ()


@pytest.mark.parametrize("name", KEPT)
def test_it_is_kept_even_by_force_where(name: str) -> None:
    objects, _ = KEPT[name]
    force = {"force_after_seconds": 1.0, "scales_down": True}
    made = planned([*objects, deployment(TWO)], judge=busy, limits=force)

    assert not made.changes


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        ([], "is not in the cluster"),
        ([changed(deployment(TWO), deletionTimestamp=stamp(5))], "is not in the cluster"),
        ([unavailable(conditions=[{"type": "Available", "status": "False"}])], "is not available"),
        ([unavailable(conditions=[])], "is not available"),
        ([unavailable(observedGeneration=0)], "is not available"),
        ([unavailable(availableReplicas=0)], "has no Pod that is available"),
        ([unavailable(availableReplicas=None)], "has no Pod that is available"),
        (
            [deployment(TWO, replicas=0), keda(minReplicaCount=2)],
            f"has 0 replicas until ScaledObject/worker-scaler-{TWO} starts it",
        ),
    ],
)
def test_nothing_goes_before_the_current_version_is_there(
    current: list[Object], reason: str
) -> None:
    found = decided(planned([deployment(ONE), *current]))

    assert found.action == "keep"
    assert reason in found.because


def asleep(*objects: Object, judge: Callable[[Version], Evidence] = idle) -> Decision:
    """The old version, which has 2 replicas, beside a current one that has none."""
    objects = (deployment(ONE), deployment(TWO, replicas=0), *objects)
    return decided(planned(objects, judge=judge, limits={"force_after_seconds": 1.0}))


def hpa(**status: str) -> Object:
    """The current version's autoscaler, with conditions."""
    conditions = [{"type": name, "status": value} for name, value in status.items()]
    return autoscaler(TWO) | {"status": {"conditions": conditions}}


@pytest.mark.parametrize(
    "scaler",
    [
        [],
        [autoscaler(TWO)],
        [hpa(ScaledToZero="False")],
        [autoscaler(THREE, kind="ScaledObject")],
        [changed(keda(), deletionTimestamp=stamp(5))],
        [changed(keda(), annotations={"autoscaling.keda.sh/paused": "true"})],
        [changed(keda(), annotations={"autoscaling.keda.sh/paused-replicas": "0"})],
        [changed(keda(), annotations={"autoscaling.keda.sh/paused-scale-out": "true"})],
        [keda() | {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}],
        [keda() | {"status": {}}],
    ],
    ids=[
        "nothing", "an HPA", "an HPA that was paused", "KEDA for another", "KEDA that goes",
        "KEDA that is paused", "KEDA that is paused at 0", "KEDA that is not to scale out",
        "KEDA that fails", "KEDA that has not begun",
    ],
)  # fmt: skip
@pytest.mark.parametrize("judge", [idle, busy])
def test_a_current_version_of_0_replicas_that_nothing_scales_asks_for_a_decision(
    scaler: list[Object], judge: Callable[[Version], Evidence]
) -> None:
    """The others are what still runs, as after a rollback to one that was half retired."""
    found = asleep(*scaler, judge=judge)

    assert (found.action, found.steps) == ("decide", ())
    assert found.because == (
        f"the current version, {NEW}, has 0 replicas and nothing scales it from there: "
        f"kubectl scale deployment {NEW} --replicas 2 --namespace shop"
    )


@pytest.mark.parametrize(
    "scaler",
    [
        keda(),
        keda(minReplicaCount=0),
        keda(minReplicaCount=2, idleReplicaCount=0),
        changed(keda(), annotations={"autoscaling.keda.sh/paused": "false"}),
        changed(keda(), annotations={"autoscaling.keda.sh/paused-scale-in": "true"}),
        hpa(ScaledToZero="True"),
    ],
)
def test_a_current_version_that_is_scaled_from_0_takes_over(scaler: Object) -> None:
    assert asleep(scaler).action == "retire"


def test_pods_of_a_current_version_that_was_scaled_to_0_a_moment_ago_do_not_take_over() -> None:
    """A Deployment counts them until they have ended."""
    made = deployment(TWO, replicas=0)
    made["status"] |= {"availableReplicas": 2}

    assert decided(planned([deployment(ONE), made])).action == "decide"


def test_where_no_version_runs_nothing_goes_and_nobody_is_asked() -> None:
    """Somebody may have scaled all to 0 for the night."""
    made = planned([deployment(ONE, replicas=0), deployment(TWO, replicas=0)])

    assert decided(made).action == "keep"
    assert f"kubectl scale deployment {NEW} --replicas 1" in decided(made).because
    assert (made.asks, made.changes) == (False, False)


def test_a_current_version_that_its_scaled_object_starts_again_is_there() -> None:
    asleep = [deployment(TWO, replicas=0), keda()]

    assert decided(planned([deployment(ONE), *asleep])).action == "retire"
    assert planned(asleep).notes == ()


def test_a_current_version_that_no_autoscaler_starts_again_is_named_with_the_command() -> None:
    """Half retired, then current again by manifests that leave replicas to the autoscaler."""
    made = planned([deployment(TWO, replicas=0), autoscaler(TWO)])

    assert made.notes == (
        f"the current version, {NEW}, has 0 replicas and nothing scales it from there: "
        f"kubectl scale deployment {NEW} --replicas 1 --namespace shop",
    )
    assert planned([deployment(TWO, replicas=0)]).notes == ()


def test_a_current_version_that_is_not_there_is_named() -> None:
    """As where the context or the namespace is another one."""
    assert planned([]).notes == (f"the current version, {NEW}, is not in namespace 'shop'",)


def test_a_version_that_the_manifests_hold_twice_is_one() -> None:
    made = planned([deployment(ONE), deployment(TWO)], deployment(TWO), deployment(TWO))

    assert decided(made).action == "retire"


def test_an_owner_that_is_not_in_the_manifests_is_not_looked_at() -> None:
    other = labelled(deployment(ONE), instance="theirs")

    made = planned([other, deployment(TWO)])

    assert [item.name for item in made.decisions] == [NEW]
    assert made.notes == (
        f"Deployment/{OLD} in shop is of 'theirs' and not of 'shop', so it is not looked at",
    )


@pytest.mark.parametrize(
    "other",
    [
        labelled(deployment(ONE, base="other"), instance="theirs"),
        labelled(deployment(ONE), instance="theirs", version=""),
        labelled(deployment(ONE), instance=""),
        changed(deployment(ONE), labels={}),
    ],
    ids=["of another base", "no version", "of nobody", "without labels"],
)
def test_what_is_no_version_of_another_owner_is_not_called_so(other: Object) -> None:
    assert planned([other, deployment(TWO)]).notes == ()


def test_a_name_that_was_shortened_is_made_again() -> None:
    base = "a-name-that-goes-on-and-on-" * 2 + "worker"
    made = planned(
        [deployment(ONE, base=base), deployment(TWO, base=base)], deployment(TWO, base=base)
    )

    assert decided(made, version_name(base, ONE)).action == "retire"
    assert base not in version_name(base, ONE)


def test_the_older_version_is_current_after_a_rollback() -> None:
    made = planned([deployment(ONE, age=DAY), deployment(TWO, age=HOUR)], deployment(ONE))

    assert decided(made, OLD).action == "current"
    assert decided(made, NEW).action == "retire"


def test_two_current_versions_are_ambiguous_and_keep_the_third() -> None:
    live = [deployment(ONE), deployment(TWO), deployment(THREE)]
    made = planned(live, deployment(TWO), deployment(THREE))

    assert "more than one version of it" in decided(made).because
    assert not made.changes


def test_a_service_for_all_versions_keeps_none() -> None:
    made = planned([deployment(ONE), deployment(TWO), service({"app": "worker"})])

    assert decided(made).action == "retire"


def test_what_the_manifests_hold_is_never_touched() -> None:
    shared = budget(ONE)
    made = planned([deployment(ONE), deployment(TWO), shared], deployment(TWO), shared)

    assert "the manifests hold it" in decided(made).because


def test_a_budget_for_all_versions_stays() -> None:
    made = planned([deployment(ONE), deployment(TWO), budget(ONE, shared=True)])

    assert all(step.kind != "PodDisruptionBudget" for step in decided(made).steps)
    assert made.leftovers == ()


# --- limits


def limited(judge: Callable[[Version], Evidence] = busy, **limits: Any) -> Plan:
    return planned([deployment(ONE, age=2 * DAY), deployment(TWO)], judge=judge, limits=limits)


@pytest.mark.parametrize(
    ("limits", "action"),
    [
        ({}, "keep"),
        ({"max_age_seconds": DAY}, "decide"),
        ({"max_age_seconds": 3 * DAY}, "keep"),
        ({"max_versions": 1}, "decide"),
        ({"max_versions": 2}, "keep"),
        ({"force_after_seconds": DAY}, "retire"),
        ({"force_after_seconds": 3 * DAY}, "keep"),
        ({"force_after_seconds": 3 * DAY, "max_age_seconds": DAY}, "decide"),
    ],
)
def test_a_busy_version_is_kept_until_force_is_given(limits: dict[str, Any], action: str) -> None:
    made = limited(**limits)

    assert decided(made).action == action
    assert made.asks == (action == "decide")
    assert made.changes == (action == "retire")


def test_unknown_is_busy() -> None:
    made = limited(judge=lambda _: Evidence("unknown", "nobody tells"))

    assert (decided(made).action, decided(made).because) == ("keep", "it is unknown")


def test_the_oldest_of_too_many_versions_are_asked_about_and_never_the_current_one() -> None:
    live = [deployment(ONE, age=3 * DAY), deployment(TWO, age=2 * DAY), deployment(THREE, age=DAY)]
    made = planned(live, deployment(ONE), judge=busy, limits={"max_versions": 2})

    actions = {item.key.version: item.action for item in made.decisions}
    assert actions == {ONE: "current", TWO: "decide", THREE: "keep"}


def test_versions_that_go_do_not_count() -> None:
    made = planned([deployment(ONE), deployment(TWO)], limits={"max_versions": 1})

    assert not made.asks


def test_an_idle_version_is_not_one_too_many() -> None:
    live = [deployment(ONE, age=2 * DAY), deployment(TWO), deployment(THREE, age=DAY)]
    made = planned(
        live, judge=lambda it: (idle if it.key.version == THREE else busy)(it),
        limits={"max_versions": 2},
    )  # fmt: skip

    assert (decided(made).action, made.asks) == ("keep", False)


# --- scaling down


def scaled(*pods: Object, **status: Any) -> Plan:
    made = deployment(ONE, replicas=3)
    made = made | {"status": made["status"] | status}
    given = pods or [pod(made, number) for number in range(3)]
    objects = [made, deployment(TWO), autoscaler(ONE), *given]
    return planned(objects, judge=half, limits={"scales_down": True})


def with_cost(number: int, cost: str) -> Object:
    annotations = {"controller.kubernetes.io/pod-deletion-cost": cost}
    return changed(pod(deployment(ONE, replicas=3), number), annotations=annotations)


def plain(number: int, **status: Any) -> Object:
    return pod(deployment(ONE, replicas=3), number, **status)


def test_idle_pods_are_marked_before_the_scale_comes_down() -> None:
    made = scaled()

    assert decided(made).action == "scale-down"
    assert told(made) == [
        f"delete HorizontalPodAutoscaler/worker-scaler-{ONE}",
        f"mark Pod/{OLD}-6d5f8-0 -1",
        f"scale Deployment/{OLD} to 2",
    ]


def test_the_owner_s_own_deletion_costs_are_gone_below() -> None:
    made = scaled(plain(0), with_cost(1, "-100"), with_cost(2, "nonsense"))

    assert f"mark Pod/{OLD}-6d5f8-0 -101" in told(made)


def test_a_pod_that_is_cheaper_already_is_not_marked() -> None:
    made = scaled(with_cost(0, "-1"), plain(1), plain(2))

    assert [step.verb for step in decided(made).steps] == ["delete", "scale"]


NOT_READY = [{"type": "Ready", "status": "False"}]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (scaled(plain(0), plain(1, conditions=NOT_READY), plain(2)), "is not ready, and would be"),
        (scaled(plain(0), plain(1, phase="Pending"), plain(2)), "is not ready, and would be"),
        (scaled(plain(0), with_cost(1, str(-(2**31))), plain(2)), "lowest deletion cost already"),
        (scaled(plain(0), plain(1)), "has not settled"),
        (scaled(updatedReplicas=1), "has not settled"),
        (scaled(observedGeneration=0), "has not settled"),
        (scaled(plain(0), plain(1), changed(plain(2), ownerReferences=[])), "than one ReplicaSet"),
    ],
)
def test_idle_pods_stay_where_a_busy_one_might_go(made: Plan, reason: str) -> None:
    assert decided(made).action == "keep"
    assert reason in decided(made).because
    assert not made.changes


def test_idle_pods_stay_where_something_else_says_busy() -> None:
    def query(version: Version) -> Evidence:
        return Evidence("busy", "a query says so", {pod.uid: True for pod in version.pods})

    made = planned([deployment(ONE), deployment(TWO)], judge=query, limits={"scales_down": True})

    assert "each Pod is idle, and something else says that it is busy" in decided(made).because
    assert not made.changes


def test_without_being_asked_for_nothing_is_scaled_down() -> None:
    made = planned([deployment(ONE, replicas=3), deployment(TWO)], judge=half)

    assert (decided(made).action, made.changes) == ("keep", False)


# --- what is left over


def left(*objects: Object, current: Sequence[Object] = (), **more: Any) -> list[str]:
    made = planned([*objects, deployment(TWO)], *(current or [deployment(TWO)]), **more)
    return [f"{step.kind}/{step.name}" for step in made.leftovers]


@pytest.mark.parametrize(
    "item",
    [
        autoscaler(ONE), autoscaler(ONE, kind="ScaledObject"), budget(ONE),
        autoscaler(ONE, kind="VerticalPodAutoscaler"), config("old"), config("old", kind="Secret"),
    ],
    ids=lambda item: item["kind"],
)  # fmt: skip
def test_what_a_version_left_goes(item: Object) -> None:
    assert left(item) == [f"{item['kind']}/{item['metadata']['name']}"]
    assert left(labelled(item, instance="theirs")) == []
    assert left(labelled(item, base="other")) == []
    assert left(changed(item, labels={})) == []
    assert left(changed(item, creationTimestamp=stamp(500))) == []
    assert left(changed(item, creationTimestamp=stamp(-500))) == []
    assert left(changed(item, deletionTimestamp=stamp(5))) == []
    assert left(changed(item, ownerReferences=[{"kind": "Any", "controller": True}])) == []
    assert left(item, current=[deployment(TWO), item]) == []
    assert left(item, age=2 * HOUR) == []


def test_what_a_version_has_is_not_left_over() -> None:
    assert left(deployment(ONE), autoscaler(ONE), budget(ONE), judge=busy) == []


def test_what_belongs_to_the_current_version_is_not_left_over() -> None:
    gone = planned([autoscaler(TWO), budget(TWO), deployment(ONE)])

    assert gone.leftovers == ()


def test_a_budget_of_pods_that_still_run_is_not_left_over() -> None:
    assert left(budget(ONE), pod(deployment(ONE))) == []


def test_an_autoscaler_of_something_else_is_not_left_over() -> None:
    item = autoscaler(ONE)
    target = {"kind": "StatefulSet", "name": OLD}

    assert left(item | {"spec": {"scaleTargetRef": target}}) == []


@pytest.mark.parametrize("judge", [idle, busy])
def test_a_copy_goes_with_the_last_version_that_uses_it(
    judge: Callable[[Version], Evidence],
) -> None:
    copy = config("old")
    name = copy["metadata"]["name"]

    assert left(deployment(ONE, config=name), copy, judge=judge) == (
        [f"ConfigMap/{name}"] if judge is idle else []
    )
    other = deployment(THREE, config=name, base="other")
    assert left(deployment(ONE, config=name), other, copy) == []


def test_a_copy_that_a_deployment_without_pods_uses_stays() -> None:
    copy = config("old")
    waits = deployment(ONE, base="other", replicas=0, config=copy["metadata"]["name"])

    assert left(copy, waits, judge=busy) == []


def test_a_copy_that_a_pod_uses_stays() -> None:
    copy = config("old")
    runs = pod(deployment(ONE, config=copy["metadata"]["name"]))

    assert left(copy, runs) == []


def test_a_pod_that_nobody_ends_is_named() -> None:
    """Such as one that was taken out of its ReplicaSet to look at it."""
    stays = [deployment(ONE, replicas=0), pod(deployment(ONE))]
    ends = [deployment(ONE, replicas=0), changed(pod(deployment(ONE)), deletionTimestamp=stamp(5))]
    named = f"; {OLD}-6d5f8-0 is not told to, though no replica is asked for"

    assert decided(planned([*stays, deployment(TWO)])).steps[0].because.endswith(named)
    assert named not in decided(planned([*ends, deployment(TWO)])).steps[0].because


def first(**more: Any) -> Object:
    """A Deployment from before the first version: without its labels and its name."""
    made = deployment(ONE)
    pairs = {"app": "worker"}
    spec = made["spec"] | {
        "selector": {"matchLabels": pairs},
        "template": made["spec"]["template"] | {"metadata": {"labels": pairs}},
    }
    return changed(made, **({"name": "worker", "labels": {}} | more)) | {"spec": spec}


def test_what_was_there_before_the_first_version_is_named_with_the_command_and_stays() -> None:
    scaler = autoscaler(ONE, name="web", labels={}, target="worker")
    made_by = [{"kind": "ScaledObject", "controller": True}]
    of_keda = autoscaler(ONE, name="keda", labels={}, target="worker", ownerReferences=made_by)
    made = planned([first(), scaler, of_keda, deployment(TWO)])

    assert made.notes == (
        "Deployment/worker in shop is from before the first version, and no label proves anything "
        "about it; once it is idle: kubectl delete horizontalpodautoscaler/web deployment/worker "
        "--namespace shop",
    )
    assert not made.changes


def unversioned(budget: Object, name: str = "worker") -> Object:
    """A budget as it was before the first version."""
    return changed(budget, name=name, labels={})


def test_what_guarded_the_deployment_before_the_first_version_goes_with_it() -> None:
    old = unversioned(budget(ONE, shared=True))
    vertical = autoscaler(ONE, kind="VerticalPodAutoscaler", labels={}, target="worker", name="v")
    notes = planned([first(), vertical, old, budget(TWO), deployment(TWO)]).notes

    assert len(notes) == 2
    assert (
        "kubectl delete verticalpodautoscaler/v deployment/worker poddisruptionbudget/worker "
        "--namespace shop" in "".join(notes)
    )
    assert (
        f"PodDisruptionBudget/worker in shop selects the Pods of {NEW} as "
        f"PodDisruptionBudget/worker-budget-{TWO} does, and a Pod of two budgets can't be evicted: "
        "delete it when only versions are left"
    ) in notes


def test_a_budget_from_before_the_first_version_is_named_though_its_deployment_is_gone() -> None:
    old = unversioned(budget(ONE, shared=True))

    assert len(planned([old, budget(TWO), deployment(TWO)]).notes) == 1
    assert planned([old, deployment(TWO)]).notes == ()
    assert planned([budget(ONE, shared=True), budget(TWO), deployment(TWO)]).notes == ()


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ([deployment(THREE, base="other")], []),
        ([], [unversioned(budget(ONE, shared=True))]),
    ],
    ids=["it is for others too", "the manifests hold it"],
)
def test_a_budget_stays_that_is_not_only_for_what_was_before(
    more: list[Object], held: list[Object]
) -> None:
    old = unversioned(budget(ONE, shared=True))
    old["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    (note,) = planned([first(), old, *more, deployment(TWO)], deployment(TWO), *held).notes

    assert "kubectl delete deployment/worker --namespace shop" in note


@pytest.mark.parametrize(
    "other",
    [
        first(name="walker"),
        first(labels={VERSION: ONE}),
        first(ownerReferences=[{"kind": "Rollout", "controller": True}]),
        first(deletionTimestamp=stamp(5)),
        first() | {"spec": deployment(ONE, base="other")["spec"]},
    ],
    ids=["another name", "a version", "owned", "being deleted", "of other Pods"],
)
def test_what_is_not_evidently_from_before_the_first_version_is_not_called_so(
    other: Object,
) -> None:
    assert planned([other, deployment(TWO)]).notes == ()


def test_what_the_manifests_hold_is_not_from_before_the_first_version() -> None:
    made = planned([first(), deployment(TWO)], first(), deployment(TWO))

    assert made.notes == ()


def test_in_another_namespace_nothing_is_from_before_the_first_version() -> None:
    space = shown(first())._replace(namespace="other")
    made = plan(wanted(deployment(TWO)), [space], Limits(), idle)

    assert made.notes == ()


@pytest.mark.parametrize("item", [config("old"), autoscaler(ONE), budget(ONE)])
def test_what_the_manifests_hold_in_a_namespace_that_they_do_not_say_stays(item: Object) -> None:
    held = item | {"metadata": {"name": item["metadata"]["name"]}}

    assert left(item, current=[deployment(TWO), held]) == []
