"""What a schema finds wrong with a value, in words that show no secret."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from kzd.option_value import shown
from kzd.value import SECRET_FIELDS


class Fault(NamedTuple):
    """
    What is wrong with a value: `steps` lead from it to the top, `what` says what it must be.

    `value` is named in the message where the type that is asked for can't hold a secret.
    """

    steps: list[str | int]
    what: str
    value: Any = None
    names_value: bool = False
    shows_value: bool = False

    @property
    def message(self) -> str:
        """The fault in words."""
        if not self.names_value:
            return self.what
        is_shown = self.shows_value and SECRET_FIELDS.isdisjoint(self.steps)
        value = shown(self.value) if is_shown else _type_name(self.value)
        return f"{self.what}, not {value}{_hint(self.what, self.value)}"


def _type_name(value: Any) -> str:
    if isinstance(value, str):
        return "a string"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "an integer" if isinstance(value, int) else "a number"
    return shown(value) if value is None or isinstance(value, dict | list) else "another type"


def _hint(what: str, value: Any) -> str:
    if what == "must be a string" and isinstance(value, int | float):
        return "; put it into quotes"
    if isinstance(value, str) and (
        (what == "must be an integer" and re.fullmatch(r"-?[0-9]+", value))
        or (what == "must be true or false" and value in ("true", "false"))
    ):
        return "; leave out the quotes"
    return ""
