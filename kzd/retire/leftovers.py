"""What no version has any more: what scaled or guarded a Deployment that is gone, and copies."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kzd.retire.current import Wanted
from kzd.retire.item import CONFIGS, Item
from kzd.retire.ownership import Shown, is_for_one_version, is_named_by_labels, key_of, wishes
from kzd.retire.plan import Limits, Step
from kzd.retire.steps import delete


def leftovers(
    wanted: Wanted, shown: Shown, limits: Limits, gone: Collection[str] = ()
) -> Iterator[Step]:
    """
    The deletion of each object of the manifests' owners that nothing uses.

    `gone` are the uids of Deployments that will not be there any more; what belongs to one of
    them goes with it and is no leftover, but the copies that only it used are.
    """
    staying = [item for item in shown.deployments if item.uid not in gone]
    going = [item for item in shown.deployments if item.uid in gone]
    running = [pod for pod in shown.pods if not any(item.selects(pod.labels) for item in going)]
    wished = wishes([*staying, *running]) if shown.configs else []
    for item in (*shown.autoscalers, *shown.dependents, *shown.configs):
        if not _is_ours(item, wanted, shown, limits):
            continue
        if item.kind in CONFIGS:
            if not any(item.name in text for text in wished):
                yield delete(item, "no version uses it")
        elif _is_without_target(item, shown):
            yield delete(item, "its Deployment is gone")


def _is_ours(item: Item, wanted: Wanted, shown: Shown, limits: Limits) -> bool:
    key = key_of(item, wanted.instance)
    versions = {current.key.version for current in wanted.currents}
    return (
        key[:2] in wanted.owners
        and key.version not in versions
        and not wanted.holds(item)
        and is_named_by_labels(item, wanted.instance)
        and not item.is_ending
        and not why_too_young(item, wanted, shown, limits)
    )


def why_too_young(item: Item, wanted: Wanted, shown: Shown, limits: Limits) -> str:
    """Why an object is too young to be judged, empty where it is not."""
    age = shown.age(item)
    if age is None:
        return "its age is unknown, or it was made after now"
    if age - 1 <= wanted.age(shown.now):  # the API cuts times to seconds
        return "it is newer than the manifests, which can't know it"
    if age < limits.min_age_seconds:
        return f"it is younger than --min-age ({limits.min_age_seconds:.0f} s)"
    return ""


def _is_without_target(item: Item, shown: Shown) -> bool:
    """Whether all that an autoscaler or a budget was for is gone, Pods too."""
    if item.kind == "PodDisruptionBudget":
        if not is_for_one_version(item, key_of(item).version):
            return False
        labels = [deployment.pod_labels for deployment in shown.deployments]
        return not any(map(item.selects, [*labels, *(pod.labels for pod in shown.pods)]))
    names = {deployment.name for deployment in shown.deployments}
    return bool(item.target) and item.target not in names
