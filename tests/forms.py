"""
The same resources in another form: line ends, indentation, flow, JSON, order, envelopes.

A form is a function from a stream's bytes to other bytes of the same meaning, or None where it
does not apply.  Everything is deterministic: chance is seeded with the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import isfinite
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

from kzd.errors import InputError
from kzd.text.document import read

BOM = b"\xef\xbb\xbf"
ENVELOPES = {"List": "v1", "ResourceList": "config.kubernetes.io/v1"}
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
NOTES = ("# note", "#", "# - name: old", "# kind: Deployment", "# '\"{[ &x *y")

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*\Z")
_LITERAL = re.compile(r"[!-~][ -~]*(?:\n+[ -~]+)+\n?\Z")
_ESCAPED = re.compile('[\x00-\x1f"\\\\\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]')

Form = Callable[[bytes], bytes | None]


class Style(NamedTuple):
    """How block YAML is laid out: the step of mappings, the column of dashes, quotes, literals."""

    indent: int = 2
    offset: int = 0
    is_quoted: bool = False
    has_literals: bool = True


@lru_cache(maxsize=8)
def resources(data: bytes) -> tuple[Any, ...] | None:
    """The plain data of all resources, out of their envelopes; None where one can't be had."""
    try:
        documents = read("-", data).documents
        for document in documents:
            document.parse()
    except InputError:
        return None
    if any(item.is_template or item.is_sops or item.frozen for item in documents):
        return None
    return tuple(item for document in documents for item in _items(document.data))


def _items(data: Any) -> Iterator[Any]:
    if isinstance(data, dict) and data.get("kind") in ENVELOPES:
        for item in data.get("items") or []:
            yield from _items(item)
    elif data is not None:
        yield data


def meaning(data: bytes) -> list[str] | None:
    """What a stream means, whatever its form and order."""
    found = resources(data)
    return None if found is None else sorted(json.dumps(item, sort_keys=True) for item in found)


def mutated(name: str, data: bytes) -> bytes | None:
    """The stream in a form, proven to mean the same; None where the form does not apply."""
    before = meaning(data)
    if not before or not all(map(_is_portable, resources(data) or ())):
        return None
    new = FORMS[name](data)
    if new is None or new == data:
        return None
    assert meaning(new) == before, f"the form {name} changes the meaning"
    return new


def _is_portable(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_portable, value.values()))
    if isinstance(value, list):
        return all(map(_is_portable, value))
    return not isinstance(value, float) or isfinite(value)


def _random(data: bytes) -> Random:
    return Random(crc32(data))


def crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def bom(data: bytes) -> bytes:
    return data if data.startswith(BOM) else BOM + data


def no_final_newline(data: bytes) -> bytes:
    stripped = data.rstrip(b"\r\n")
    if meaning(stripped) == meaning(data):
        return stripped
    return _blocks(data, Style(has_literals=False)).rstrip(b"\n")  # the end is a block scalar


def four_spaces(data: bytes) -> bytes:
    return _blocks(data, Style(indent=4, offset=2))


def odd_steps(data: bytes) -> bytes:
    return _blocks(data, Style(indent=3, offset=1))


def indentless_lists(data: bytes) -> bytes:
    return _blocks(data, Style())


def quoted(data: bytes) -> bytes:
    return _blocks(data, Style(is_quoted=True, has_literals=False))


def flow(data: bytes) -> bytes:
    return _joined([_flow(item) + "\n" for item in resources(data) or ()])


def minified_json(data: bytes) -> bytes:
    texts = [json.dumps(item, separators=(",", ":")) for item in resources(data) or ()]
    return _joined([text + "\n" for text in texts])


def pretty_json(data: bytes) -> bytes:
    texts = [json.dumps(item, indent=2, ensure_ascii=False) for item in resources(data) or ()]
    return _joined([text + "\n" for text in texts])


def tabbed_json(data: bytes) -> bytes:
    texts = [json.dumps(item, indent="\t", ensure_ascii=False) for item in resources(data) or ()]
    return _joined([text + "\n" for text in texts])


def shuffled(data: bytes) -> bytes | None:
    found = list(resources(data) or ())
    _random(data).shuffle(found)
    return _joined([_block(item, Style()) for item in found])


def as_list(data: bytes) -> bytes:
    return _enveloped(data, "List", Style(offset=2))


def as_resource_list(data: bytes) -> bytes:
    return _enveloped(data, "ResourceList", Style())


def as_json_list(data: bytes) -> bytes:
    envelope = {"apiVersion": "v1", "kind": "List", "items": list(resources(data) or ())}
    return json.dumps(envelope, indent=4, ensure_ascii=False).encode() + b"\n"


def commented(data: bytes) -> bytes:
    """Comments and blank lines at any column, before and behind everything."""
    chance = _random(data)
    lines: list[str] = []
    for line in _blocks(data, Style(offset=2, has_literals=False)).decode().split("\n")[:-1]:
        if chance.random() < 0.2:
            note = chance.choice(NOTES)
            lines.append(chance.choice(["", " " * chance.randrange(10) + note]))
        has_tail = line != "---" and chance.random() < 0.2
        lines.append(line + (" " * chance.randrange(1, 3) + "# tail" if has_tail else ""))
    return "\n".join([*lines, "# the end", ""]).encode()


def anchored(data: bytes) -> bytes:
    """Anchors on some collections; the text can't take an edit in them."""
    chance = _random(data)
    lines = _blocks(data, Style(has_literals=False)).decode().split("\n")
    return "\n".join(
        f"{line} &anchor{number}" if line.endswith(":") and chance.random() < 0.1 else line
        for number, line in enumerate(lines)
    ).encode()


FORMS: dict[str, Form] = {
    form.__name__: form
    for form in (
        crlf, bom, no_final_newline, four_spaces, odd_steps, indentless_lists, quoted, flow,
        minified_json, pretty_json, tabbed_json, shuffled, as_list,
        as_resource_list, as_json_list, commented, anchored,
    )
}  # fmt: skip


def _enveloped(data: bytes, kind: str, style: Style) -> bytes:
    envelope = {"apiVersion": ENVELOPES[kind], "kind": kind, "items": list(resources(data) or ())}
    return _block(envelope, style).encode()


def _blocks(data: bytes, style: Style) -> bytes:
    return _joined([_block(item, style) for item in resources(data) or ()])


def _joined(texts: list[str]) -> bytes:
    return "---\n".join(texts).encode()


def _block(value: Any, style: Style) -> str:
    return "".join(f"{line}\n" for line in _lines(value, style))


def _lines(value: Any, style: Style) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _entry(f"{_scalar(key, Style())}:", item, style)
    elif isinstance(value, list) and value:
        for item in value:
            first, *rest = _lines(item, style)
            yield f"- {first}"
            yield from _moved(rest, 2)
    elif isinstance(value, str) and style.has_literals and _LITERAL.match(value):
        yield "|" if value.endswith("\n") else "|-"
        yield from _moved(value.removesuffix("\n").split("\n"), style.indent)
    else:
        yield _flow(value, style)


def _entry(key: str, value: Any, style: Style) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield key
        step = style.indent if isinstance(value, dict) else style.offset
        yield from _moved(_lines(value, style), step)
    else:
        first, *rest = _lines(value, style)
        yield f"{key} {first}"
        yield from rest


def _moved(lines: Iterator[str] | list[str], columns: int) -> Iterator[str]:
    return (" " * columns + line if line else line for line in lines)


def _flow(value: Any, style: Style = Style()) -> str:  # noqa: B008 - frozen
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{_scalar(k, style)}: {_flow(v, style)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item, style) for item in value) + "]"
    return _scalar(value, style)


def _scalar(value: Any, style: Style) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.match(value) and value.lower() not in WORDS and not style.is_quoted:
        return value
    return '"' + _ESCAPED.sub(_escape, value) + '"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return "\\" + character if character in '"\\' else f"\\u{ord(character):04x}"
