"""Who matches whom: label selectors, namespaces, and an index that finds candidates fast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from kzd.value import mapping, sequence, text

T = TypeVar("T")
Labels = dict[str, Any]
TERMS = ("key", "operator", "values")
VERSION = "kzd.dev/version"  # as kzd.long_task says, which costs start-up


def pairs_match(pairs: Labels, labels: Labels) -> bool:
    """Whether `labels` hold every pair."""
    return all(key in labels and labels[key] == value for key, value in pairs.items())


def label_selector_matches(selector: Any, labels: Labels) -> bool:
    """
    Whether a LabelSelector selects `labels`; an empty one selects all, null none.

    Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/

    >>> label_selector_matches({"matchLabels": {"app": "web"}}, {"app": "web", "tier": "a"})
    True
    >>> label_selector_matches(None, {}), label_selector_matches({}, {})
    (False, True)
    """
    if not isinstance(selector, dict):
        return False
    if not pairs_match(mapping(selector.get("matchLabels")), labels):
        return False
    return all(
        _expression_matches(mapping(expression), labels)
        for expression in sequence(selector.get("matchExpressions"))
    )


def _expression_matches(expression: dict[str, Any], labels: Labels) -> bool:
    key, operator = text(expression.get("key")) or "", expression.get("operator")
    values = sequence(expression.get("values"))
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    if operator == "Exists":
        return key in labels
    return operator == "DoesNotExist" and key not in labels


def without_nulls(selector: Any) -> dict[str, Any]:
    """A LabelSelector without nulls; empty where it holds what a selector can't."""
    labels = mapping(mapping(selector).get("matchLabels"))
    items = [mapping(item) for item in sequence(mapping(selector).get("matchExpressions"))]
    terms = [term for item in items for term in (item.get("key"), *sequence(item.get("values")))]
    if not all(isinstance(term, str) for term in (*labels.values(), *terms)):
        return {}
    expressions = [{term: item[term] for term in TERMS if item.get(term)} for item in items]
    parts = {"matchLabels": labels, "matchExpressions": expressions}
    return {field: value for field, value in parts.items() if value}


class SelectorIndex(Generic[T]):
    """
    Finds the selectors that may match some labels without asking each of them.

    By pairs that no edit changes, so that it still knows what has become one of a version.
    """

    def __init__(self, entries: Iterable[tuple[Labels, T]]) -> None:
        entries = list(entries)
        frequency: dict[tuple[str, str], int] = defaultdict(int)
        for pairs, _ in entries:
            for pair in _lasting(pairs):
                frequency[pair] += 1
        self._by_pair: dict[tuple[str, str], list[tuple[int, T]]] = defaultdict(list)
        self._without_pairs: list[tuple[int, T]] = []
        for order, (pairs, item) in enumerate(entries):
            lasting = _lasting(pairs)
            if lasting:
                rarest = min(lasting, key=lambda pair: frequency[pair])
                self._by_pair[rarest].append((order, item))
            else:
                self._without_pairs.append((order, item))

    def candidates(self, labels: Labels) -> list[T]:
        """The items whose selectors may match, in their order."""
        found = list(self._without_pairs)
        for pair in _lasting(labels):
            found += self._by_pair.get(pair, ())
        return [item for _, item in sorted(found, key=lambda entry: entry[0])]


class LabelIndex(Generic[T]):
    """Finds the items whose labels hold a selector's pairs, by its rarest that no edit changes."""

    def __init__(self, entries: Iterable[tuple[Labels, T]]) -> None:
        self._all: list[T] = []
        self._by_pair: dict[tuple[str, str], list[T]] = defaultdict(list)
        for labels, item in entries:
            self._all.append(item)
            for pair in _lasting(labels):
                self._by_pair[pair].append(item)

    def candidates(self, pairs: Labels) -> list[T]:
        """The items that may hold all pairs, in their order; all of them without pairs."""
        lasting = _lasting(pairs)
        if not lasting:
            return self._all
        return min((self._by_pair.get(pair, []) for pair in lasting), key=len)


def _lasting(pairs: Labels) -> list[tuple[str, str]]:
    """All pairs but that of a long task's version."""
    return [(key, str(value)) for key, value in pairs.items() if key != VERSION]
