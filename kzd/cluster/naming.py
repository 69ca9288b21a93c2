"""Who refers to whom by name, also while kustomize has renamed the one and not yet the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kzd.cluster.entry import named_services
from kzd.cluster.resource import Resource
from kzd.edit import path
from kzd.value import mapping, text


def by_service(entries: Iterable[Resource]) -> dict[str, list[tuple[Resource, str | None]]]:
    """The entries by the names of the Services that they name, each with its namespace."""
    found: dict[str, list[tuple[Resource, str | None]]] = defaultdict(list)
    for entry in entries:
        for name, namespace in named_services(entry):
            found[name].append((entry, namespace or entry.namespace))
    return found


def by_target(autoscalers: Iterable[Resource]) -> dict[tuple[str, str], list[Resource]]:
    """The autoscalers by the kind and the name of what they scale."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for autoscaler in autoscalers:
        target = mapping(autoscaler.get(path("spec.scaleTargetRef")))
        kind = text(target.get("kind")) or "Deployment"
        found[(kind, text(target.get("name")) or "")].append(autoscaler)
    return found


def have_same_affixes(one: Resource, other: Resource) -> bool:
    """
    Whether the same overlays have renamed both, as far as both went through them.

    By this kustomize tells variants of one base apart, whose resources had the same names.
    """
    return all(map(_end_alike, one.affixes, other.affixes))


def _end_alike(one: list[str], other: list[str]) -> bool:
    shared = min(len(one), len(other))
    return one[-shared:] == other[-shared:]
