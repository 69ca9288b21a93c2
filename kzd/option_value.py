"""Values for options: read from YAML's types or from strings, by what the option says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from kzd.transform import Option

_INTEGER = r"[+-]?[0-9]{1,18}"
_NUMBER = r"[+-]?[0-9]+(\.[0-9]+)?"
_WORDS = {"true": True, "false": False}
SHOWN_CHARACTERS = 40

DNS_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""What names a namespace, for one.  Source: RFC 1123."""


class Unfit(Exception):
    """A value that an option does not take; the text says what it does take."""


def camel(name: str) -> str:
    """
    The spelling of a Python or a transform's name in YAML.

    >>> camel("pre-stop-sleep"), camel("max_grace_seconds")
    ('preStopSleep', 'maxGraceSeconds')
    """
    first, *rest = re.split("[-_]", name)
    return first + "".join(word.capitalize() for word in rest)


def typed(option: Option, value: Any) -> Any:
    """
    The value for an option of plain data from YAML; raises Unfit.

    None stays None where the option may be unset.
    """
    kind = option.kind
    if value is None and option.is_optional:
        return None
    fits = {
        "bool": isinstance(value, bool),
        "int": _is_number(value) and value == int(value),
        "float": _is_number(value),
        "str": isinstance(value, str),
        "list[str]": _is_words(value),
    }
    if not fits[kind]:
        raise Unfit(f"must be {allowed(option)}, not {shown(value)}{_hint(kind, value)}")
    if kind in ("int", "float"):
        value = int(value) if kind == "int" else float(value)
    if kind == "list[str]":
        value = tuple(value)
    return _in_range(option, value)


def typed_text(option: Option, text: Any) -> Any:
    """
    The value for an option of an annotation's or a ConfigMap's string; raises Unfit.

    >>> typed_text(Option(1, "", type="int"), "08")
    8
    """
    return typed(option, _meant(option.kind, text) if isinstance(text, str) else text)


def _meant(kind: str, text: str) -> Any:
    """What a string says in a type; the string itself where it does not say anything in it."""
    word = text.strip()
    if kind == "bool":
        return _WORDS.get(word, text)
    if kind == "int":
        return int(word) if re.fullmatch(_INTEGER, word) else text
    if kind == "float":
        return float(word) if re.fullmatch(_NUMBER, word) else text
    if kind == "list[str]":
        return [item.strip() for item in text.split(",") if item.strip()]
    return text


def allowed(option: Option) -> str:
    """What an option takes, as a message says it."""
    if option.choices:
        return "one of " + listed(option.choices)
    if option.form:
        return option.form[1]
    what = {
        "bool": "true or false",
        "int": "a whole number",
        "float": "a number",
        "str": "a string",
        "list[str]": "a list of strings",
    }[option.kind]
    if option.minimum is not None and option.maximum is not None:
        return f"{what} from {option.minimum:g} to {option.maximum:g}"
    if option.minimum is not None:
        return f"{what} of at least {option.minimum:g}"
    return what if option.maximum is None else f"{what} of at most {option.maximum:g}"


def listed(words: Iterable[str]) -> str:
    """Words in backquotes, with commas between."""
    return ", ".join(f"`{word}`" for word in words)


def nearest(word: Any, known: Iterable[str]) -> str:
    """The question whether the nearest of the known words was meant, empty where none is near."""
    from difflib import get_close_matches  # only where something is wrong: it costs start-up

    lower = {name.lower(): name for name in known}
    near = get_close_matches(str(word).lower(), lower, 1, 0.6)
    return f"; did you mean `{lower[near[0]]}`?" if near else ""


def unknown(word: Any, known: Iterable[str]) -> str:
    """What is wrong with a key that is none of the known ones."""
    known = list(known)
    return f"is not known{nearest(word, known)}; allowed: {listed(known)}".replace("?;", "?")


def shown(value: Any) -> str:
    """A value as messages show it: its kind where it is a collection, cut where it is long."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[:SHOWN_CHARACTERS] + "…"
    return f"'{text}'" if isinstance(value, str) else text


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) <= sys.float_info.max


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _hint(kind: str, value: Any) -> str:
    if kind == "str" and _is_number(value):
        return "; put it into quotes"
    if isinstance(value, str) and not isinstance(_meant(kind, value), str | list):
        return "; leave out the quotes"
    return ""


def _in_range(option: Option, value: Any) -> Any:
    too_small = option.minimum is not None and value is not None and value < option.minimum
    too_large = option.maximum is not None and value is not None and value > option.maximum
    if too_small or too_large:
        raise Unfit(f"must be {allowed(option)}, not {value:g}")
    if option.choices and value not in option.choices:
        question = nearest(value, option.choices)
        raise Unfit(f"must be {allowed(option)}, not {shown(value)}{question}")
    if option.form and value is not None and not re.fullmatch(option.form[0], value):
        raise Unfit(f"must be {allowed(option)}, not {shown(value)}")
    return value
