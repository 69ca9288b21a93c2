"""The unified diff, such as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

CONTEXT = 3
NO_NEWLINE = b"\\ No newline at end of file\n"
COLORS = {b"-": b"31", b"+": b"32", b"@": b"36"}
HEADERS = (b"--- a/", b"+++ b/", b'--- "a/', b'+++ "b/')

ESCAPES = {character: f"\\{ord(character):03o}" for character in map(chr, range(32))}
ESCAPES |= {'"': '\\"', "\\": "\\\\", "\x7f": "\\177"}
_MISLEADING = re.compile(r'["\\\x00-\x1f\x7f]')

Opcode = tuple[str, int, int, int, int]


def unified(name: str, before: bytes, after: bytes, *, is_colored: bool = False) -> bytes:
    """The diff of one file; empty where nothing differs."""
    if before == after:
        return b""
    old, new = _lines(before), _lines(after)
    path = _path(name)
    lines = [b"--- " + _spelled("a/" + path), b"+++ " + _spelled("b/" + path)]
    for group in _grouped(opcodes(old, new)):
        lines += _hunk(old, new, group)
    return b"".join(_painted(line) for line in lines) if is_colored else b"".join(lines)


def _path(name: str) -> str:
    """A file's path as patching takes it: never absolute, never above the directory."""
    steps = os.path.normpath(name).split(os.sep)
    return "/".join(step for step in steps if step not in ("", os.pardir))


def _spelled(path: str) -> bytes:
    """A path in a header, in quotes as git puts them where a character would mislead."""
    if _MISLEADING.search(path):
        path = '"' + _MISLEADING.sub(lambda match: ESCAPES[match[0]], path) + '"'
    tab = "\t" if " " in path else ""  # else the name would end there
    return f"{path}{tab}\n".encode("utf-8", "surrogateescape")


def _lines(data: bytes) -> list[bytes]:
    """Lines end at line feeds only: whatever else ends a line somewhere is content to patch."""
    lines = data.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def opcodes(old: Sequence[bytes], new: Sequence[bytes]) -> list[Opcode]:
    """
    How the lines differ, as difflib says it.

    Whole resources are compared first, then the lines of those that differ: on all lines at
    once difflib takes the square of their number.
    """
    old_starts, new_starts = _starts(old), _starts(new)
    before, after = _pieces(old, old_starts), _pieces(new, new_starts)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    found: list[Opcode] = []
    for tag, *ends in matcher.get_opcodes():
        a, b = old_starts[ends[0]], old_starts[ends[1]]
        c, d = new_starts[ends[2]], new_starts[ends[3]]
        if tag == "replace":
            inner = SequenceMatcher(None, old[a:b], new[c:d], autojunk=False)
            found += [(t, a + i, a + j, c + k, c + m) for t, i, j, k, m in inner.get_opcodes()]
        else:
            found.append((tag, a, b, c, d))
    return _joined(found)


def _starts(lines: Sequence[bytes]) -> list[int]:
    """Where resources begin, as far as it shows at a glance, and the end."""
    starts = [
        place
        for place, line in enumerate(lines)
        if line.startswith(b"---") or line.lstrip(b" ").startswith(b"- apiVersion:")
    ]
    return sorted({0, *starts, len(lines)})


def _pieces(lines: Sequence[bytes], starts: Sequence[int]) -> list[bytes]:
    return [b"".join(lines[a:b]) for a, b in pairwise(starts)]


def _joined(found: Sequence[Opcode]) -> list[Opcode]:
    """Neighbours of the same kind as one."""
    joined: list[Opcode] = []
    for code in found:
        if joined and joined[-1][0] == code[0]:
            tag, a, _, c, _ = joined.pop()
            code = (tag, a, code[2], c, code[4])
        joined.append(code)
    return joined


def _grouped(codes: Sequence[Opcode]) -> Iterator[list[Opcode]]:
    """The changes with the lines around them, near ones together."""
    group: list[Opcode] = []
    for place, (tag, a, b, c, d) in enumerate(codes):
        if tag != "equal":
            group.append((tag, a, b, c, d))
            continue
        is_first, is_last = place == 0, place == len(codes) - 1
        if not is_first and not is_last and b - a <= 2 * CONTEXT:
            group.append((tag, a, b, c, d))
            continue
        if not is_first:
            end = min(b, a + CONTEXT)
            yield [*group, (tag, a, end, c, c + end - a)]
        start = max(a, b - CONTEXT)
        group = [] if is_last else [(tag, start, b, d - (b - start), d)]
    if group:
        yield group


def _hunk(old: Sequence[bytes], new: Sequence[bytes], group: list[Opcode]) -> Iterator[bytes]:
    before = _range(group[0][1], group[-1][2])
    after = _range(group[0][3], group[-1][4])
    yield f"@@ -{before} +{after} @@\n".encode()
    for tag, a, b, c, d in group:
        if tag == "equal":
            yield from _marked(b" ", old[a:b])
        else:
            yield from _marked(b"-", old[a:b])
            yield from _marked(b"+", new[c:d])


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _marked(mark: bytes, lines: Sequence[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield mark + line if line.endswith(b"\n") else mark + line + b"\n" + NO_NEWLINE


def _painted(line: bytes) -> bytes:
    color = b"1" if line.startswith(HEADERS) else COLORS.get(line[:1])
    return b"\x1b[%sm%s\x1b[0m\n" % (color, line[:-1]) if color else line
