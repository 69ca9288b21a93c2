"""The steps to an end, in their order; each look at the cluster shows the ones that are left."""

from __future__ import annotations

from collections.abc import Iterator

from kzd.result import counted
from kzd.retire.item import Item
from kzd.retire.ownership import Version, is_for_one_version
from kzd.retire.plan import Step
from kzd.retire.pod_idleness import is_over


def retiring(version: Version) -> list[Step]:
    """
    The steps that are left to retire a version.

    An autoscaler would undo the scaling, so it goes first; a Deployment goes when its last Pod
    has ended.
    """
    deployment = version.deployment
    steps = list(autoscalers_off(version))
    if deployment.replicas:
        steps.append(scale(deployment, 0, "its Pods end as they would in a rollout"))
    there = [pod for pod in version.pods if not is_over(pod)]
    if there:
        because = f"{counted(len(there), 'Pod')} to end, each in its own grace period"
        staying = [pod.name for pod in there if not pod.is_ending]
        if staying and not deployment.replicas:
            because += f"; {staying[0]} is not told to, though no replica is asked for"
        steps.append(wait(deployment, because))
    steps.append(delete(deployment, "nothing of it runs any more"))
    own = (item for item in version.dependents if is_for_one_version(item, version.key.version))
    steps += [delete(item, f"it is of {deployment.name} alone") for item in own]
    return steps


def autoscalers_off(version: Version) -> Iterator[Step]:
    """Delete a version's autoscalers, and wait until what they made is gone too."""
    for item in version.autoscalers:
        if item.is_ending:
            yield wait(item, "it is being deleted, and would undo the scaling until then")
        else:
            yield delete(item, "it would undo the scaling")
    for item in version.managed:
        yield wait(item, "it goes with what made it, and would undo the scaling until then")


def delete(item: Item, because: str) -> Step:
    """Delete an object, and none that took its place or has changed since."""
    return _step("delete", item, because)


def wait(item: Item, because: str) -> Step:
    """Wait for the cluster."""
    return _step("wait", item, because)


def scale(item: Item, replicas: int, because: str) -> Step:
    """Scale a Deployment, unless it has changed since."""
    return _step("scale", item, because)._replace(replicas=replicas)


def mark(item: Item, cost: int, because: str) -> Step:
    """Give a Pod a deletion cost, unless it has changed since."""
    return _step("mark", item, because)._replace(cost=cost)


def _step(verb: str, item: Item, because: str) -> Step:
    return Step(
        verb,  # type: ignore[arg-type]  # one of the four above
        item.kind, item.namespace, item.name, item.uid, because,
        resource_version=item.resource_version,
    )  # fmt: skip
