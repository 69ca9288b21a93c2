"""
Scalars as Kubernetes' own reader takes them: YAML 1.1 with Go's extensions.

Source: `resolve` behind sigs.k8s.io/yaml; other readers differ on `0755`, `yes` and `1e3`.
"""

from __future__ import annotations

import json
import re
from typing import Any

WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

_MAY_MEAN_MORE = frozenset("~yYnNtTfFoO.+-0123456789")
_INTEGER = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*|[0-9]+%")
_READ_OTHERWISE = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|nan|inf|infinity")
_INT64_LIMIT = 1 << 64


def resolved(plain: str) -> Any:
    """
    The value of a plain scalar.

    `.inf` and `.nan` stay strings: JSON has none, so Kubernetes refuses them anyway.

    >>> resolved("0755"), resolved("yes"), resolved("1_000"), resolved("1e3"), resolved("08")
    (493, True, 1000, 1000.0, 8.0)
    >>> resolved("12:30"), resolved("2020-01-01"), resolved("web")
    ('12:30', '2020-01-01', 'web')
    """
    if plain in WORDS:
        return WORDS[plain]
    if plain[0] not in _MAY_MEAN_MORE:
        return plain
    digits = plain.replace("_", "")
    match = _INTEGER.fullmatch(digits)
    if match:
        return _integer(match[1], match[2], plain)
    return float(digits) if _FLOAT.fullmatch(digits) else plain


def _integer(sign: str, digits: str, plain: str) -> Any:
    head = digits[:2].lower()
    if head in ("0x", "0b", "0o"):
        value = int(digits, 0)
    else:
        value = int(digits, 8 if digits[0] == "0" else 10)
    if value >= _INT64_LIMIT:
        return float(value) if digits[0] != "0" else plain
    return -value if sign == "-" else value


def key_text(plain: str) -> str | None:
    """
    The text that a plain scalar is as a key, since JSON's keys are strings; None for null.

    >>> key_text("8080"), key_text("yes"), key_text("0x10"), key_text("~")
    ('8080', 'true', '16', None)
    """
    if plain and plain[0] not in _MAY_MEAN_MORE and plain not in WORDS:
        return plain
    value = resolved(plain)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if value == int(value) else repr(value)


CACHED_CHARACTERS = 64
CACHED_SCALARS = 100_000

scalars: dict[str, Any] = {}
keys: dict[str, str | None] = {}


def cached_scalar(plain: str) -> Any:
    """The value of a plain scalar, remembered in `scalars`: one object for equal ones."""
    value = resolved(plain)
    if len(plain) <= CACHED_CHARACTERS and len(scalars) < CACHED_SCALARS:
        scalars[plain] = value
    return value


def cached_key(plain: str) -> str | None:
    """The text of a plain key, remembered in `keys`."""
    value = key_text(plain)
    if len(plain) <= CACHED_CHARACTERS and len(keys) < CACHED_SCALARS:
        keys[plain] = value
    return value


def written(value: Any, *, is_json: bool = False) -> str:
    """
    A scalar as every reader takes it for the same value.

    >>> written("/ready"), written("yes"), written("25%"), written(True), written("1e3")
    ('/ready', '"yes"', '25%', 'true', '"1e3"')
    """
    if isinstance(value, str) and not is_json and is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def is_plain(text: str) -> bool:
    """Whether every reader takes the bare text for the same string."""
    return bool(_PLAIN.fullmatch(text)) and not _READ_OTHERWISE.fullmatch(text)
