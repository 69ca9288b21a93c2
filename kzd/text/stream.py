"""Several files as one stream of documents."""

from __future__ import annotations

from collections.abc import Iterable

from kzd.text.split import BYTE_ORDER_MARK


def joined(files: Iterable[bytes]) -> bytes:
    """
    Several files as one stream.

    >>> joined([b"a: 1", b"b: 2\\n", b"--- # c\\nc: 3\\n"])
    b'a: 1\\n---\\nb: 2\\n--- # c\\nc: 3\\n'
    """
    parts: list[bytes] = []
    for data in files:
        if parts:
            data = data.removeprefix(BYTE_ORDER_MARK)
            data = _between(parts[-1], data) + data if data else data
        if data:
            parts.append(data)
    return b"".join(parts)


def _between(before: bytes, after: bytes) -> bytes:
    """What keeps two files apart: a document's mark, and `...` where directives follow."""
    end = b"\r\n" if b"\r\n" in after else b"\n"
    start = b"" if before.endswith((b"\n", b"\r")) else end
    if after.startswith(b"%"):
        return start + b"..." + end
    has_mark = after.startswith(b"---") and (after[3:4] in (b"", b" ", b"\t", b"\r", b"\n"))
    return start if has_mark else start + b"---" + end
