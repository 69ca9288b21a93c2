"""
What happens to each version, and why: a pure function of manifests and of what a cluster shows.

In doubt a version is kept, and the reason is the first that is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kzd.cluster.selection import pairs_match
from kzd.result import counted
from kzd.retire.current import Current, Wanted
from kzd.retire.idleness import Evidence, working
from kzd.retire.item import Item
from kzd.retire.leftovers import leftovers, why_too_young
from kzd.retire.noteworthy import noteworthy
from kzd.retire.ownership import Shown, Version, versions_of
from kzd.retire.plan import Action, Decision, Limits, Plan, Step
from kzd.retire.scaling_down import scaling_down, why_not_down
from kzd.retire.steps import retiring
from kzd.retire.taking_over import why_nobody_starts_it, why_not_there
from kzd.value import mapping

Judge = Callable[[Version], Evidence]


def plan(wanted: Wanted, shown: Sequence[Shown], limits: Limits, judge: Judge) -> Plan:
    """
    The plan for all namespaces that are shown; `judge` tells what is known of a version's work.

    It is asked of every version but the current ones.
    """
    decided = [
        decide(version, wanted, space, limits, _asked(version, wanted, judge))
        for space in shown
        for version in versions_of(space, wanted.instance)
        if _is_of_these(version, wanted)
    ]
    decided = _within(decided, limits)
    gone = {item.uid for item in decided if item.action == "retire"}
    return Plan(
        made_at=min(space.now for space in shown),
        limits=limits,
        decisions=tuple(sorted(decided, key=_in_order)),
        leftovers=tuple(step for space in shown for step in leftovers(wanted, space, limits, gone)),
        notes=tuple(note for space in shown for note in [*space.notes, *noteworthy(wanted, space)]),
    )


def _is_of_these(version: Version, wanted: Wanted) -> bool:
    """Whether it belongs to an owner in the manifests, or can't be told to belong to another."""
    return version.key[:2] in wanted.owners or not version.key.instance


def _in_order(decision: Decision) -> tuple[object, ...]:
    key = decision.key
    age = -1.0 if decision.age_seconds is None else decision.age_seconds
    return (key.namespace, key.instance, key.base, decision.action != "current", age, decision.name)


def _asked(version: Version, wanted: Wanted, judge: Judge) -> Evidence:
    is_current = wanted.holds(version.deployment)
    return Evidence("unknown", "not asked") if is_current else judge(version)


def decide(
    version: Version, wanted: Wanted, shown: Shown, limits: Limits, found: Evidence
) -> Decision:
    """What happens to one version, of whose work so much is known."""
    deployment = version.deployment
    age = shown.age(deployment)

    def decided(action: Action, because: str, steps: Sequence[Step] = ()) -> Decision:
        return Decision(
            version.key, deployment.name, deployment.uid, action, because, age,
            deployment.replicas, len(version.pods), found.state, found.because, tuple(steps),
        )  # fmt: skip

    if wanted.holds(deployment):
        return decided("current", "the manifests hold it")
    kept = next(_why_kept(version, wanted, shown, limits), "")
    if kept:
        return decided("keep", kept)
    for current in wanted.of(version.key):
        asked = why_nobody_starts_it(current, shown, deployment.replicas)
        if asked:  # where nothing of this one runs either, somebody may have meant it so
            runs = deployment.replicas or working(version.pods)
            return decided("decide" if runs else "keep", asked)
    if found.state == "idle":
        return decided("retire", "it is idle", retiring(version))
    if limits.force_after_seconds is not None and (age or 0.0) >= limits.force_after_seconds:
        because = f"it is {found.state}, and as old as --force-after allows"
        return decided("retire", because, retiring(version))
    if limits.scales_down and any(found.pods.values()):
        why_not = why_not_down(version, found)
        if not why_not:
            return decided("scale-down", "some of its Pods are idle", scaling_down(version, found))
        return decided("keep", f"it is {found.state}; its idle Pods stay: {why_not}")
    return decided("keep", f"it is {found.state}")


def _why_kept(version: Version, wanted: Wanted, shown: Shown, limits: Limits) -> Iterator[str]:
    """The reasons to keep a version whatever it does, the most telling first."""
    deployment = version.deployment
    if version.doubts:
        yield f"not proven to be a version: {'; '.join(version.doubts)}"
    if deployment.is_ending:
        yield "it is being deleted already"
    currents = wanted.of(version.key)
    if not currents:
        yield f"the manifests hold no version of '{version.key.base}'"
    names = sorted({current.name for current in currents})
    if len(names) > 1:
        yield f"the manifests hold more than one version of it: {', '.join(names)}"
    for service in shown.services:
        if _is_for_it_alone(service, version, currents):
            yield f"{service} selects it and not the current version"
    too_young = why_too_young(deployment, wanted, shown, limits)
    if too_young:
        yield too_young
    yield from filter(None, (why_not_there(current, shown) for current in currents))
    for item in version.strangers:
        yield f"{item} scales it and is not proven to be its own"
    for item in _all_of(version):
        if wanted.holds(item):
            yield f"{item} belongs to it, and the manifests hold it"


def _all_of(version: Version) -> Iterator[Item]:
    yield from version.autoscalers
    yield from version.dependents


def _is_for_it_alone(service: Item, version: Version, currents: Sequence[Current]) -> bool:
    """Whether a Service sends to a version and not to the current one, as in `service: current`."""
    pairs = mapping(service.spec.get("selector"))
    return (
        bool(pairs)
        and pairs_match(pairs, version.deployment.pod_labels)
        and not any(pairs_match(pairs, current.pod_labels) for current in currents)
    )


def _within(decided: Sequence[Decision], limits: Limits) -> list[Decision]:
    """Ask for a decision where busy versions are older or more than the limits."""
    staying: dict[tuple[str, ...], list[Decision]] = {}
    for item in decided:
        if item.action != "retire":
            staying.setdefault(item.key[:3], []).append(item)
    asked: dict[str, str] = {}
    for group in staying.values():
        group.sort(key=lambda item: (item.action != "current", item.age_seconds or 0.0))
        for place, item in enumerate(group):
            why = _why_asked(item, place, len(group), limits)
            if why and item.action == "keep":
                asked[item.uid] = f"{item.because}, and {why}"
    return [
        item._replace(action="decide", because=asked[item.uid]) if item.uid in asked else item
        for item in decided
    ]


def _why_asked(item: Decision, place: int, number: int, limits: Limits) -> str:
    age, oldest = item.age_seconds or 0.0, limits.max_age_seconds
    if oldest is not None and age > oldest:
        return f"it is older than --max-age ({oldest:.0f} s)"
    if limits.max_versions is not None and place >= limits.max_versions:
        return f"there are {counted(number, 'version')}, more than --max-versions"
    return ""
