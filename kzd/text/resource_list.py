"""The envelope of the functions specification: its results, and the answer of a validator."""

from __future__ import annotations

from typing import Any

from kzd.text.document import Document
from kzd.text.splice import splice


def with_results(document: Document, results: list[dict[str, Any]]) -> str:
    """The text of a ResourceList with other results, without any where there are none."""
    return splice(document, (), replaced={"results": results or None})


def with_items_emptied(document: Document, results: list[dict[str, Any]]) -> str:
    """The same without items, as validators are asked to answer."""
    replaced: dict[str, list[Any] | None] = {"items": [], "results": results or None}
    return splice(document, (), replaced=replaced)
