"""The guard: a new text is read again and must mean the data with the edits."""

from __future__ import annotations

from typing import Any

from kzd.edit import FieldPath
from kzd.errors import SelfCheckFailed
from kzd.text.compose import compose
from kzd.text.document import Document
from kzd.text.parser import Unreadable
from kzd.text.piece import Insert


def guard(
    document: Document, text: str, items: list[Insert], replaced: dict[str, list[Any] | None]
) -> None:
    """Read the new text and require the data as the edits have made it."""
    try:
        data = compose(text).data
    except Unreadable as error:
        raise _failed(document, f"it {error.message}") from None
    for order, insert in enumerate(sorted(items, key=lambda item: item.prefix)):
        place = _list_of(data, insert.prefix)
        index = int(insert.prefix[-1]) + 1  # those before it are taken out already
        if len(place) <= index or place.pop(index) != insert.resource:
            raise _failed(document, f"new resource {order + 1} is not where it belongs")
    expected = document.data
    if replaced:
        for key, value in replaced.items():
            if data.pop(key, None) != value:
                raise _failed(document, f"`{key}` would not be what was meant")
        expected = {key: value for key, value in expected.items() if key not in replaced}
    if data != expected:
        raise _failed(document, "it would not mean what was meant")


def _list_of(data: Any, prefix: FieldPath) -> list[Any]:
    for step in prefix[:-1]:
        data = data[step]
    return data if isinstance(data, list) else []


def _failed(document: Document, why: str) -> SelfCheckFailed:
    line, _ = document.position(())
    return SelfCheckFailed(f"the new text is wrong: {why}", file=document.file.name, line=line)
