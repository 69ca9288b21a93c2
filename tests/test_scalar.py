"""Scalars by the rules of Kubernetes' own reader, and written so that every reader agrees."""

from __future__ import annotations

import json
from math import inf
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd.text.compose import compose
from kzd.text.scalar import WORDS, is_plain, key_text, resolved, without_surrogates, written

VALUES: dict[str, Any] = {
    "0755": 493, "+0755": 493, "-0755": -493, "0o755": 493, "0O7": 7, "-0o7": -7,
    "08": 8.0, "09.5": 9.5, "0": 0, "00": 0, "-0": 0, "+1": 1,
    "1_000": 1000, "1__0": 10, "1_": 1, "_1": "_1", "0_7": 7, "0x1F": 31, "0X1f": 31, "0b11": 3,
    "0x": "0x", "0b2": "0b2", "0o8": "0o8", "1e3": 1000.0, "1E+3": 1000.0, ".5e3": 500.0, ".5": 0.5,
    ".5_": ".5_", "5.": 5.0, "-.5": -0.5, "1.5_0": 1.5, "30.0": 30.0, "1e400": "1e400",
    "yes": True, "on": True, "y": True, "Y": True, "True": True, "TRUE": True, "tRue": "tRue",
    "no": False, "off": False, "n": False, "N": False, "OFF": False, "false": False,
    "~": None, "null": None, "Null": None, "NULL": None, "": None, "nULL": "nULL",
    "12:30:45": "12:30:45", "1:30": "1:30", "2020-01-01": "2020-01-01",
    "2020-01-01T00:00:00Z": "2020-01-01T00:00:00Z", "=": "=", "<<": "<<", "-": "-", ".": ".",
    "+": "+",
    ".inf": ".inf", "-.inf": "-.inf", ".nan": ".nan", "inf": "inf", "Infinity": "Infinity",
    "18446744073709551615": 18446744073709551615, "18446744073709551616": 18446744073709551616.0,
    "-9223372036854775808": -9223372036854775808, "-9223372036854775809": -9223372036854775808.0,
    "0xFFFFFFFFFFFFFFFF": 18446744073709551615, "0x1FFFFFFFFFFFFFFFF": "0x1FFFFFFFFFFFFFFFF",
    "0777777777777777777777777": 777777777777777777777777.0,
    "٣": "٣", "1٣": "1٣", "1²": "1²", "web": "web", "80/tcp": "80/tcp", "1.2.3": "1.2.3",
    "25%": "25%",
}  # fmt: skip


@pytest.mark.parametrize("plain", VALUES)
def test_a_plain_scalar_is_what_kubernetes_reads(plain: str) -> None:
    value = resolved(plain)

    assert (type(value), value) == (type(VALUES[plain]), VALUES[plain])


@pytest.mark.parametrize("digits", [400, 5_000, 1_000_000])
def test_endless_digits_are_text(digits: int) -> None:
    for plain in ("9" * digits, "-" + "9" * digits, "0x" + "f" * digits, "1" * digits + ".5"):
        assert resolved(plain) == plain


KEYS = {
    "8080": "8080", "0x10": "16", "010": "8", "1_0": "10", "yes": "true", "n": "false", "~": None,
    "": None, "null": None, "web": "web", "1.50": "1.5", "1e3": "1000", "0.1": "0.1", "-0.0": "-0",
    "1e5": "100000", "1e6": "1e+06", "1234567.0": "1.234567e+06", "1e21": "1e+21",
    "0.0001": "0.0001",
    "0.00001": "1e-05", "123456789.0": "1.2345679e+08", "1e39": ".inf", "-1e39": "-.inf",
    "1e-50": "0",
    "12:30": "12:30", "<<": "<<", ".inf": ".inf",
}  # fmt: skip


@pytest.mark.parametrize("plain", KEYS)
def test_a_key_is_the_text_that_json_gets(plain: str) -> None:
    assert key_text(plain) == KEYS[plain]


READERS = {
    "Kubernetes": None,
    "YAML 1.2": (1, 2),
    "YAML 1.1": (1, 1),
}
TEXTS = [
    *VALUES, *(word.upper() for word in WORDS), *(word.title() for word in WORDS),
    "0o17", "1e3", "08", "1:30", "190:20:30", ".NaN", ".Inf", "nan", "+.inf", "0b1", "0x_1",
    "6.8523e+5",
    "685_230.15", "2001-12-14t21:59:43.10-05:00", "!x", "&x", "*x", "%x", "@x", "`x", "- x", "? x",
    ": x",
    "x: y", "x:", "x #y", "#x", "[", "{", "]", "}", ",", "|", ">", "'", '"', " x", "x ", "a\nb",
    "a\tb",
    "é", "😀", "\u2028", "\x85", "\u00a0", "\x00", "\x7f", "\ufeff", "/ready", "http", "app/name",
    "a b", "---", "...",
    "25%", "0%", "100m", "1Gi", "nginx:1.25", "kzd.dev/x", "a_b", "A-b.c", "/", "true.x",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("reader", READERS)
def test_a_written_text_is_that_text_to_every_reader(reader: str, text: str) -> None:
    new = written(text)
    if READERS[reader] is None:
        assert compose(f"key: {new}\n").data == {"key": text}
    else:
        yaml = YAML(typ="safe", pure=True)
        yaml.version = READERS[reader]
        assert yaml.load(f"key: {new}\n")["key"] == text
    assert not new.startswith('"') or json.loads(new) == text


@pytest.mark.parametrize(
    "text", ["/ready", "http", "25%", "app.kubernetes.io/name", "a_b", "A-b.c"]
)
def test_what_needs_no_quotes_gets_none(text: str) -> None:
    assert is_plain(text)
    assert written(text) == text
    assert written(text, is_json=True) == f'"{text}"'


@pytest.mark.parametrize("text", ["nan", "Inf", "INFINITY", "y", "off", "Null", "true", "1Gi", ""])
def test_what_any_program_may_take_for_more_is_quoted(text: str) -> None:
    assert written(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("value", "expected"),
    [(30, "30"), (True, "true"), (False, "false"), (None, "null"), (1.5, "1.5")],
)
def test_other_values(value: Any, expected: str) -> None:
    assert written(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\ud83d\ude00", "😀"), ("a\ud83db", "a\ufffdb"), ("\ude00", "\ufffd"), ("é😀", "é😀")],
)
def test_escaped_pairs_are_one_character(text: str, expected: str) -> None:
    assert without_surrogates(text) == expected


def test_no_value_is_infinite() -> None:
    assert all(value not in (inf, -inf) for value in map(resolved, VALUES))
