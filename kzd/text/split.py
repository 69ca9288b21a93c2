"""
A stream of bytes into documents, cheaply, and a look at each one's kind without parsing it.

Sound because YAML ends a document at any `---` in column 0: the content of block scalars is
indented, and a quoted scalar may not hold it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_KIND = re.compile(
    rb"kind:[ \t]+(?:\"([A-Za-z0-9]+)\"|'([A-Za-z0-9]+)'|([A-Za-z0-9]+))"
    rb"[ \t]*(?:#[^\n]*)?(?:\r?\n|$)"
)
_PLAIN_STARTS = frozenset(bytes([byte]) for byte in b"abcdefghijklmnopqrstuvwxyz")
_SOURCE = re.compile(rb"(?m)^# Source: ([^\r\n]+)")
_CONTENT = re.compile(rb"(?m)^(?!---[ \t\r]*(?:[ \t]#|$))(?:\xef\xbb\xbf)?[ \t]*[^#\s]")


def spans(data: bytes) -> Iterator[tuple[int, int]]:
    """
    Where the documents of a stream are; a `---` line belongs to the document after it.

    Byte order marks lie between them, with a bare `---` line that comes before one.

    >>> data = b"a: 1\\n--- # b\\nb: 2\\n"
    >>> [data[start:end] for start, end in spans(data)]
    [b'a: 1\\n', b'--- # b\\nb: 2\\n']
    """
    start = 0
    search = 0
    while True:
        found = data.find(b"\n---", search)
        if found < 0:
            yield _behind_mark(data, start), len(data)
            return
        search = found + 4
        if data[search : search + 1] in (b"", b" ", b"\t", b"\r", b"\n"):
            yield _behind_mark(data, start), found + 1
            start = found + 1


def _behind_mark(data: bytes, start: int) -> int:
    for before in (BYTE_ORDER_MARK, b"---\n" + BYTE_ORDER_MARK, b"---\r\n" + BYTE_ORDER_MARK):
        if data.startswith(before, start):
            return start + len(before)
    return start


def sniffed_kind(data: bytes, start: int, end: int) -> str | None:
    """
    The kind of a document: empty where it has none, None where only parsing can tell.

    >>> sniffed_kind(b"kind: Service # web", 0, 19), sniffed_kind(b"{kind: Service}", 0, 15)
    ('Service', None)
    """
    if data.find(b"kind", start, end) < 0:
        return ""
    hits = data.count(b"\nkind:", start, end) + data.startswith(b"kind:", start)
    if hits != 1 or _may_have_another(data, start, end):
        return None if has_content(data[start:end]) else ""
    place = start if data.startswith(b"kind:", start) else data.find(b"\nkind:", start, end) + 1
    match = _KIND.match(data, place, end)
    if match is None:
        return None
    return (match[1] or match[2] or match[3]).decode()


def _may_have_another(data: bytes, start: int, end: int) -> bool:
    """Whether a quoted key `kind` may stand at the top: in its own line, or anywhere in braces."""
    if data.find(b'kind"', start, end) < 0 and data.find(b"kind'", start, end) < 0:
        return False
    quoted = any(data.find(mark, start, end) >= 0 for mark in (b'\n"kind"', b"\n'kind'"))
    first = _CONTENT.search(data, start, end)
    return quoted or first is None or first[0][-1:] not in _PLAIN_STARTS


def helm_source(data: bytes, start: int, end: int) -> str:
    """What Helm's `# Source:` comment says of a document, empty without one."""
    if data.find(b"# Source:", start, end) < 0:
        return ""
    match = _SOURCE.search(data, start, end)
    return match[1].decode("utf-8", "replace").strip() if match else ""


def has_content(data: bytes) -> bool:
    """Whether there is more than blank lines, comments and the document's mark."""
    return _CONTENT.search(data) is not None


def ends_early(data: bytes) -> bool:
    """Whether something stands behind a `...` line, which Kubernetes drops without a word."""
    place = data.find(b"\n...")
    while place >= 0:
        rest = data[place + 4 :]
        line, _, after = rest.partition(b"\n")
        if not line.strip(b" \t\r") or line.lstrip(b" \t").startswith(b"#"):
            return has_content(after)
        place = data.find(b"\n...", place + 4)
    return False


def why_not_kubernetes(data: bytes) -> str:
    """Why Kubernetes' reader refuses a document that YAML allows, empty where it does not."""
    first = data.partition(b"\n")[0]
    if first.startswith(b"---"):
        rest = first[3:].strip(b" \t\r")
        if rest and not rest.startswith(b"#"):
            return "has content on the line of its `---`, which Kubernetes refuses"
    elif data.startswith(b"%") or b"\n%YAML" in data or b"\n%TAG" in data:
        return "has a YAML directive, which Kubernetes refuses"
    if ends_early(data):
        return "goes on after `...`, which Kubernetes drops silently"
    return ""
