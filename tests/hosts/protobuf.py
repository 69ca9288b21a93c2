"""As much of protobuf as it takes to read the Secrets in which Helm keeps its releases."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

MAGIC = b"k8s\0"


def secret(data: bytes) -> Any:
    """The Secret in a request's body."""
    fields = _fields(_only(_fields(data.removeprefix(MAGIC)), 2))
    metadata = _fields(_only(fields, 1))
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": _only(fields, 3).decode(),
        "metadata": {
            "name": _only(metadata, 1).decode(),
            "labels": {key: value.decode() for key, value in _entries(metadata, 11)},
        },
        "data": {key: b64encode(value).decode() for key, value in _entries(fields, 2)},
    }


def _fields(data: bytes) -> list[tuple[int, bytes]]:
    """The fields of a protobuf message that have a length: their numbers and contents."""
    found, at = [], 0
    while at < len(data):
        key, at = _number(data, at)
        size, at = _number(data, at)
        if key & 7 == 2:
            found.append((key >> 3, data[at : at + size]))
            at += size
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def _only(fields: list[tuple[int, bytes]], number: int) -> bytes:
    return next(content for at, content in fields if at == number)


def _entries(fields: list[tuple[int, bytes]], number: int) -> Iterator[tuple[str, bytes]]:
    """The entries of a map: each is a message of a key and a value."""
    for at, content in fields:
        if at == number:
            entry = _fields(content)
            yield _only(entry, 1).decode(), _only(entry, 2)
