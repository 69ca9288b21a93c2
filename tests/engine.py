"""The engine alone: edits into one text, as the pipeline makes them, without any transform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kzd.edit import FieldPath
from kzd.edit import path as parsed
from kzd.text.document import Document, File, read
from kzd.text.splice import Change, refusal, splice

Wish = tuple[str | FieldPath, Any]


def apply(data: Any, path: FieldPath, value: Any) -> None:
    """Set a field in plain data, with the mappings on the way."""
    for step in path[:-1]:
        if isinstance(step, str) and data.get(step) is None:
            data[step] = {}
        data = data[step]
    data[path[-1]] = value


def only_document(text: str | bytes) -> Document:
    """The one document of a text, parsed."""
    file = read("-", text.encode() if isinstance(text, str) else text)
    found = [document for document in file.documents if document.kind != ""] or file.documents
    found[0].parse()
    return found[0]


def try_edits(document: Document, wishes: Sequence[Wish]) -> tuple[list[Change], list[str]]:
    """The edits that the text can take, made to the data; and why it can't take the others."""
    changes, refused = [], []
    for where, value in wishes:
        path = parsed(where) if isinstance(where, str) else where
        reason = refusal(document, path)
        if reason:
            refused.append(reason)
            continue
        apply(document.data, path, value)
        changes.append(Change(path, value))
    return changes, refused


def edited(text: str | bytes, *wishes: Wish) -> str:
    """The text with edits that it must be able to take."""
    document = only_document(text)
    changes, refused = try_edits(document, wishes)
    assert refused == []
    return joined(document, splice(document, changes))


def joined(document: Document, text: str) -> str:
    """The whole file with another text of one document."""
    file: File = document.file
    return file.joined({file.documents.index(document): text}).decode()


def refused(text: str | bytes, *wishes: Wish) -> list[str]:
    """Why a text can't take edits."""
    return try_edits(only_document(text), wishes)[1]
