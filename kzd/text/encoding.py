"""Bytes that are UTF-8 text: whatever else is a clear error, and never edited."""

from __future__ import annotations

from kzd.errors import InputError
from kzd.text.split import spans

MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def require_utf8(name: str, data: bytes) -> None:
    """Raise InputError, with the place of the first byte that is at fault."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            raise InputError(f"must be UTF-8, not {encoding} (byte 0)", file=name)
    null = data.find(b"\0")
    if null >= 0:
        raise _at(name, data, null, "is NUL")
    if data.isascii():
        return
    for start, end in spans(data):  # all at once would take four times the memory
        try:
            data[start:end].decode("utf-8")
        except UnicodeDecodeError as error:
            raise _at(name, data, start + error.start, "is not") from None


def _at(name: str, data: bytes, place: int, what: str) -> InputError:
    line = data.count(b"\n", 0, place) + 1
    return InputError(f"must be UTF-8 text: byte {place} {what}", file=name, line=line)
