"""
Scalars as Kubernetes' own reader takes them: YAML 1.1 with Go's extensions.

Source: `resolve` behind sigs.k8s.io/yaml; other readers differ on `0755`, `yes` and `1e3`.
"""

from __future__ import annotations

import re
from math import inf, isfinite
from struct import pack, unpack
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
_MUST_BE_ESCAPED = "[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]"
_READ_OTHERWISE = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|nan|inf|infinity")
_FLOAT32_LIMIT = 3.4028235677973366e38
_MAXIMUM_DIGITS = 400
_INTEGERS = range(-(1 << 63), 1 << 64)


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
    digits = plain if plain[0] == "." else plain.replace("_", "")
    match = _INTEGER.fullmatch(digits)
    if match:
        return _integer(match[1], match[2], plain)
    return _number(digits, plain)


def _number(digits: str, plain: str) -> Any:
    """A decimal number; text where it is none, or larger than any."""
    value = float(digits) if _FLOAT.fullmatch(digits) else inf
    return value if isfinite(value) else plain


def _integer(sign: str, digits: str, plain: str) -> Any:
    if len(digits) > _MAXIMUM_DIGITS:
        return _number(sign + digits, plain)
    if digits[:2].lower() in ("0x", "0b", "0o"):
        value = int(digits, 0)
    else:
        value = int(digits, 8 if digits[0] == "0" else 10)
    value = -value if sign == "-" else value
    return value if value in _INTEGERS else _number(sign + digits, plain)


def key_text(plain: str) -> str | None:
    """
    The text that a plain scalar is as a key, since JSON's keys are strings; None for null.

    >>> key_text("8080"), key_text("yes"), key_text("0x10"), key_text("1.50"), key_text("~")
    ('8080', 'true', '16', '1.5', None)
    """
    if plain and plain[0] not in _MAY_MEAN_MORE and plain not in WORDS:
        return plain
    return key_of(resolved(plain))


def key_of(value: Any) -> str | None:
    """The text that a scalar's value is as a key; None for null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _shortest(value)


def _shortest(value: float) -> str:
    """A number in the fewest digits that 32 bits need, as Go writes a key."""
    if abs(value) > _FLOAT32_LIMIT:
        return ".inf" if value > 0 else "-.inf"
    (single,) = unpack("f", pack("f", value))
    digits = next(
        n for n in range(9) if unpack("f", pack("f", float(f"{single:.{n}e}")))[0] == single
    )
    text = f"{single:.{digits}e}"
    exponent = int(text.partition("e")[2])
    return text if not -5 < exponent < 6 else f"{single:.{max(0, digits - exponent)}f}"


def without_surrogates(text: str) -> str:
    r"""
    The text with each escaped pair as the one character it means in JSON.

    >>> without_surrogates("\ud83d\ude00") == "\U0001f600"
    True
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


CACHED_CHARACTERS = 64
CACHED_SCALARS = 100_000

scalars: dict[str, Any] = {}
plain_keys: dict[str, str] = {}
"""Keys seen that mean their own text, each as the one object for all equal ones."""


def cached_scalar(plain: str) -> Any:
    """The value of a plain scalar, remembered in `scalars`: one object for equal ones."""
    value = resolved(plain)
    if len(plain) <= CACHED_CHARACTERS and len(scalars) < CACHED_SCALARS:
        scalars[plain] = value
    return value


def cached_key(plain: str) -> str | None:
    """The text of a plain key other than `<<`, remembered in `plain_keys` where it is the same."""
    value = key_text(plain)
    if value == plain and len(plain) <= CACHED_CHARACTERS and len(plain_keys) < CACHED_SCALARS:
        plain_keys[plain] = plain
    return value


def written(value: Any, *, is_json: bool = False) -> str:
    """
    A scalar as every reader takes it for the same value.

    >>> written("/ready"), written("yes"), written("25%"), written(True), written("1e3")
    ('/ready', '"yes"', '25%', 'true', '"1e3"')
    """
    if isinstance(value, str) and not is_json and is_plain(value):
        return value
    if isinstance(value, int):
        return str(value).lower()
    from json import dumps  # only where quotes are needed: it costs start-up

    return re.sub(_MUST_BE_ESCAPED, _escaped, dumps(value, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def is_plain(text: str) -> bool:
    """Whether every reader takes the bare text for the same string."""
    return bool(_PLAIN.fullmatch(text)) and not _READ_OTHERWISE.fullmatch(text)
