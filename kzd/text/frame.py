"""A collection that the composer has begun and not yet ended."""

from __future__ import annotations

from typing import Any

NOTHING: Any = object()
MERGE: Any = object()


class Frame:
    """
    An open collection: its `node` and `data`, and of a mapping the `key` that waits for its value.

    `expanded` is what had been read before it, aliases counted in full; `height` how many levels
    it has.  `own` are the keys of its own once something was merged into it.
    """

    __slots__ = (
        "anchor", "data", "expanded", "height", "is_flow", "is_mapping", "key", "node", "own",
    )  # fmt: skip

    def __init__(
        self, node: int, data: Any, anchor: str | None, expanded: int, is_flow: bool
    ) -> None:
        self.node = node
        self.data = data
        self.is_mapping = type(data) is dict
        self.is_flow = is_flow
        self.anchor = anchor
        self.expanded = expanded
        self.height = 1
        self.key: Any = NOTHING
        self.own: set[str] | None = None

    def merge(self, value: Any) -> bool:
        """
        Take in the entries of one mapping or of several, the first of which counts most.

        They override what stands before the merge key, unlike in YAML's specification: so Go reads
        them.  False where the value is something else.
        """
        self.own = set(self.data) if self.own is None else self.own
        for source in reversed(value if isinstance(value, list) else [value]):
            if not isinstance(source, dict):
                return False
            self.data.update(source)
        self.key = NOTHING
        return True
