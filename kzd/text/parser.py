"""
The YAML library: events with their marks, by the C parser or the pure one.

The only module that knows the library.  Its C parser is ten times faster; the pure one stands in
where the extra is missing, and as a second opinion on what the C parser refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

__all__ = [
    "HAS_C_PARSER",
    "AliasEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "Unreadable",
    "YAMLError",
    "fast_events",
    "pure_events",
    "unreadable",
]

_parser: Any = YAML(typ="safe").Parser
HAS_C_PARSER = _parser.__module__ != "ruamel.yaml.parser"
"""Whether the fast parser is installed."""


UNENDED = "found unexpected end of stream"
UNFIT = "found character that cannot start any token"
READ_OTHERWISE = "\x85\u2028\u2029"


class Unreadable(Exception):
    """Text that is no YAML as Kubernetes reads it; `index` is the character where it shows."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


def fast_events(text: str) -> Iterator[Any]:
    """The events of the C parser; raises YAMLError while they are read."""
    return iter(_parser(text).get_event, None)


def pure_events(text: str) -> Iterator[Any]:
    """The events of the pure parser; raises YAMLError or Unreadable while they are read."""
    for character in READ_OTHERWISE:
        index = text.find(character)
        if index >= 0:
            what = f"U+{ord(character):04X}, which the slow parser takes for something else"
            raise Unreadable(f"is not YAML that kzd can read: {what}", index)
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except (ValueError, IndexError, TypeError, RecursionError) as error:
        raise YAMLError(str(error)) from None  # what the library should have said itself


def unreadable(error: YAMLError, text: str) -> Unreadable:
    """The library's error with the character where it shows."""
    context = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or context
    problem = (error.problem if isinstance(error, MarkedYAMLError) else "") or ""
    problem = problem or str(error).partition("\n")[0] or "it breaks off"
    if problem == UNENDED and context is not None:
        mark, problem = context, "the quotes that open here are never closed"
    index = min(mark.index, len(text)) if mark is not None else 0
    if text[index : index + 1] == "\t" and problem == UNFIT:
        problem = "a tab must not indent"
    return Unreadable(f"is not YAML: {problem}", index)
