"""
What belongs to a version, proven by labels and by making its name again; the rest is a doubt.

Pure: what the API shows comes in, versions come out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from kzd.long_task import BASE, HASH_LENGTH, INSTANCE, SAFE_ALPHABET, VERSION, version_name
from kzd.retire.item import Item
from kzd.value import mapping, text

HASH = re.compile(f"[a-z][{SAFE_ALPHABET}]{{{HASH_LENGTH}}}")


class Key(NamedTuple):
    """One version of one Deployment, as its labels say it; `base` is the name without version."""

    namespace: str
    instance: str
    base: str
    version: str


class Shown(NamedTuple):
    """
    What a namespace shows at one moment, `now`.

    All its Deployments, Services, autoscalers, vertical ones too, and budgets; of other kinds those
    that have a version.
    """

    namespace: str
    now: datetime
    deployments: Sequence[Item] = ()
    services: Sequence[Item] = ()
    autoscalers: Sequence[Item] = ()
    dependents: Sequence[Item] = ()
    configs: Sequence[Item] = ()
    pods: Sequence[Item] = ()
    notes: Sequence[str] = ()

    def age(self, item: Item) -> float | None:
        """Seconds since an object was made; None where unknown, or after now."""
        age = None if item.created is None else (self.now - item.created).total_seconds()
        return None if age is None or age < 0 else age


class Version(NamedTuple):
    """
    A Deployment that says it is a version, and what belongs to it.

    `strangers` are autoscalers of it that are not proven to be its own; `managed` are those that
    the cluster deletes with what made them, such as KEDA's.  `doubts` say why it is not proven to
    be a version.  `seen_at` is the moment of all this.
    """

    key: Key
    deployment: Item
    pods: Sequence[Item]
    autoscalers: Sequence[Item]
    managed: Sequence[Item]
    strangers: Sequence[Item]
    dependents: Sequence[Item]
    doubts: Sequence[str]
    seen_at: datetime


def key_of(item: Item, instance: str = INSTANCE) -> Key:
    """What an object's labels say; `instance` is the label of its owner."""
    said = [text(item.labels.get(label)) or "" for label in (instance, BASE, VERSION)]
    return Key(item.namespace, *said)


def versions_of(shown: Shown, instance: str = INSTANCE) -> list[Version]:
    """All Deployments that have the label of a version."""
    found = (item for item in shown.deployments if VERSION in item.labels)
    return [_version(item, shown, instance) for item in found]


def _version(deployment: Item, shown: Shown, instance: str) -> Version:
    key = key_of(deployment, instance)
    scaling = [item for item in shown.autoscalers if item.scales(deployment)]
    own = [item for item in scaling if _is_of(item, key, instance)]
    managed = [item for item in scaling if _is_managed(item, own, shown)]
    dependents = [item for item in shown.dependents if _is_for(item, deployment)]
    return Version(
        key,
        deployment,
        pods=[pod for pod in shown.pods if deployment.selects(pod.labels)],
        autoscalers=own,
        managed=managed,
        strangers=[item for item in scaling if item not in own and item not in managed],
        dependents=[item for item in dependents if _is_of(item, key, instance)],
        doubts=_doubts(deployment, key, instance),
        seen_at=shown.now,
    )


def _is_managed(item: Item, own: Sequence[Item], shown: Shown) -> bool:
    """Whether an autoscaler goes with one of its own, or with a ScaledObject that is gone."""
    maker = item.controller.get("uid")
    if maker in {other.uid for other in own}:
        return True
    is_of_keda = item.controller.get("kind") == "ScaledObject"
    return is_of_keda and maker not in {other.uid for other in shown.autoscalers}


def _doubts(deployment: Item, key: Key, instance: str) -> list[str]:
    """Why a Deployment is not proven to be the version that its labels say."""
    wanted = {instance: key.instance, BASE: key.base, VERSION: key.version}
    doubts = [f"has no label {label}" for label, value in wanted.items() if not value]
    if doubts:
        return doubts
    if not HASH.fullmatch(key.version):
        doubts.append(f"'{key.version}' is no version that kzd makes")
    elif deployment.name != version_name(key.base, key.version):
        rebuilt = version_name(key.base, key.version)
        doubts.append(f"its labels make the name '{rebuilt}', which is another one")
    selector = mapping(mapping(deployment.spec.get("selector")).get("matchLabels"))
    if selector.get(VERSION) != key.version or deployment.pod_labels.get(VERSION) != key.version:
        doubts.append("its selector and its Pods don't have its version")
    if deployment.controller:
        doubts.append(f"{deployment.controller.get('kind')} owns it")
    return doubts


def is_named_by_labels(item: Item, instance: str = INSTANCE) -> bool:
    """Whether labels prove an object: its name is made of its own base and version."""
    key = key_of(item, instance)
    is_known = bool(all(key) and HASH.fullmatch(key.version))
    return is_known and not item.controller and item.name == version_name(key.base, key.version)


def _is_of(item: Item, key: Key, instance: str) -> bool:
    """Whether an object that refers to a version is proven to belong to it."""
    said = key_of(item, instance)
    is_alike = (said.namespace, said.instance, said.version) == (
        key.namespace, key.instance, key.version,
    )  # fmt: skip
    return is_alike and is_named_by_labels(item, instance)


def _is_for(item: Item, deployment: Item) -> bool:
    """Whether a budget selects, or a vertical autoscaler names, a Deployment."""
    if item.kind == "PodDisruptionBudget":
        return item.selects(deployment.pod_labels)
    return item.scales(deployment)


def is_for_one_version(item: Item, version: str) -> bool:
    """Whether a budget's selector has a version, so that it selects no other."""
    selector = mapping(mapping(item.spec.get("selector")).get("matchLabels"))
    return item.kind != "PodDisruptionBudget" or selector.get(VERSION) == version


def wishes(items: Iterable[Item]) -> list[str]:
    """What Deployments and Pods ask for, each as a text with the names of all that it uses."""
    return [json.dumps(it.template if it.kind == "Deployment" else it.spec) for it in items]
