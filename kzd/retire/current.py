"""What is current: the versions that rendered manifests hold, whatever is newest in the cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from kzd.cluster.resource import Resource
from kzd.edit import path
from kzd.errors import InputError
from kzd.flow.bundle import Bundle, Source, read_bundle
from kzd.long_task import INSTANCE, VERSION
from kzd.option_value import DNS_LABEL
from kzd.retire.item import Item, Object, moment
from kzd.retire.ownership import Key, key_of
from kzd.value import mapping

RENDERED_AT = "kzd.dev/rendered-at"
"""The annotation of a reduced manifest with the time at which the whole one was rendered."""

CLOCK_SECONDS = 60.0
"""How far the clock where manifests are rendered may be ahead."""


class Current(NamedTuple):
    """A version that the manifests hold: the Deployment's name and its Pods' labels."""

    key: Key
    name: str
    pod_labels: Object


class Wanted(NamedTuple):
    """
    What manifests say.

    `objects` are all of them as (kind, namespace, name), which are never touched; `copies` those
    that are of one version alone.  They were rendered `age_seconds` ago by the clock of this
    machine or, where they say so themselves, at `rendered_at`.
    """

    currents: tuple[Current, ...]
    objects: frozenset[tuple[str, str, str]]
    age_seconds: float = 0.0
    rendered_at: datetime | None = None
    instance: str = INSTANCE
    copies: frozenset[tuple[str, str, str]] = frozenset()

    @property
    def namespaces(self) -> list[str]:
        """The namespaces of the current versions."""
        return sorted({current.key.namespace for current in self.currents})

    @property
    def owners(self) -> set[tuple[str, ...]]:
        """Whose versions are current: namespaces and instances."""
        return {current.key[:2] for current in self.currents}

    def of(self, key: Key) -> list[Current]:
        """The current versions of a base: one, unless the manifests are ambiguous."""
        return [current for current in self.currents if current.key[:3] == key[:3]]

    def holds(self, item: Item) -> bool:
        """Whether they hold an object, in its namespace or in one that they don't say."""
        spaces = (item.namespace, "")
        return any((item.kind, space, item.name) in self.objects for space in spaces)

    def age(self, now: datetime) -> float:
        """How long ago they were rendered, in seconds; raises InputError where it is to come."""
        if self.rendered_at is None:
            return self.age_seconds
        seconds = (now - self.rendered_at).total_seconds()
        if seconds < -CLOCK_SECONDS:
            raise InputError(
                f"{RENDERED_AT} says {self.rendered_at:%Y-%m-%d %H:%M:%S}, and it is "
                f"{now:%Y-%m-%d %H:%M:%S}: the clock where they were rendered is ahead, so nobody "
                "knows which versions are newer"
            )
        return max(self.age_seconds, seconds)


def read_manifests(
    sources: Sequence[Source],
    *,
    namespace: Callable[[], str] = str,
    age_seconds: float = 0.0,
    instance: str = INSTANCE,
) -> Wanted:
    """
    Read rendered manifests; raises InputError where they hold no version of a long task.

    `namespace` is asked where they say none, once they are known to hold a version; `age_seconds`
    is the age of the oldest file and `instance` the label of the owner.
    """
    bundle = read_bundle(sources, reads_everything=True)
    _check_rendered(bundle)
    resources = [held.resource for held in bundle.held]
    versions = [item for item in resources if item.kind == "Deployment" and VERSION in item.labels]
    if not versions:
        raise InputError(
            f"must hold what `kzd` renders: no Deployment has the label {VERSION}, so nothing is "
            "known to be current",
            file=", ".join(source.name for source in sources),
        )
    space = "" if all(item.namespace for item in resources) else namespace()
    for resource in versions:
        _check(resource, space, instance)
    return Wanted(
        tuple(_current(_item(version, space), instance) for version in versions),
        _named(resources, space),
        age_seconds,
        _rendered_at(versions),
        instance,
        _named([item for item in resources if VERSION in item.labels], space),
    )


def _named(resources: Iterable[Resource], space: str) -> frozenset[tuple[str, str, str]]:
    return frozenset((item.kind, item.namespace or space, item.name) for item in resources)


def _check_rendered(bundle: Bundle) -> None:
    """What a template would hold nobody knows: a version, or what belongs to one."""
    for file in bundle.files:
        for document in file.documents:
            if document.is_template:
                line, column = document.position(())
                message = "is a template; what is current is in what it renders"
                raise InputError(message, file=file.name, line=line, column=column)


def _check(resource: Resource, space: str, instance: str) -> None:
    item = _item(resource, space)
    problem = ""
    if not resource.name:
        problem = "has no name"
    elif item.namespace and not re.fullmatch(DNS_LABEL, item.namespace):
        problem = f"'{item.namespace}' can't be the name of a namespace"
    elif not item.namespace:
        problem = "says no namespace; --namespace names the one that it is applied to"
    elif not key_of(item, instance).instance:
        problem = f"has no label {instance}, which says whose version it is"
    if problem:
        message = f"Deployment/{resource.name}: {problem}"
        raise InputError(message, file=resource.origin.name)


def _item(resource: Resource, space: str) -> Item:
    named = {"namespace": resource.namespace or space}
    metadata = mapping(resource.data.get("metadata")) | named
    return Item(resource.kind, resource.data | {"metadata": metadata})


def _current(item: Item, instance: str) -> Current:
    return Current(key_of(item, instance), item.name, item.pod_labels)


def _rendered_at(versions: Iterable[Resource]) -> datetime | None:
    """The earliest time that manifests name themselves."""
    where = (*path("metadata.annotations"), RENDERED_AT)
    found = [moment(item.get(where)) for item in versions]
    return min((item for item in found if item), default=None)
