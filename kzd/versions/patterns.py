"""Many fields of plain data found in one walk, by patterns such as `volumes[].configMap.name`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kzd.edit import FieldPath
from kzd.value import sequence

Tree = dict[str, Any]


def tree_of(patterns: Iterable[tuple[str, str]]) -> Tree:
    """Patterns by the steps that lead to them, at the end of each what it is called."""
    root: Tree = {}
    for name, pattern in patterns:
        *above, last = pattern.split(".")
        node = root
        for step in above:
            node = node.setdefault(step, {})
        node[last] = name
    return root


def fitting(data: Any, tree: Tree, place: FieldPath = ()) -> Iterator[tuple[str, FieldPath, Any]]:
    """
    The fields below a place that the patterns fit, `[]` being any element, and that hold something:
    what the pattern is called, where it is, and what is there.

    >>> tree = tree_of([("Secret", "volumes[].secret.secretName")])
    >>> list(fitting({"volumes": [{"secret": {"secretName": "key"}}]}, tree))
    [('Secret', ('volumes', 0, 'secret', 'secretName'), 'key')]
    """
    for step, below in tree.items() if isinstance(data, dict) else ():
        field = step.removesuffix("[]")
        found = data.get(field)
        if not found:
            continue
        held = [((*place, field), found)]
        if field != step:
            held = [((*place, field, index), item) for index, item in enumerate(sequence(found))]
        for at, item in held:
            if isinstance(below, str):
                yield below, at, item
            else:
                yield from fitting(item, below, at)
