"""From YAML text to a tape, by the C parser, with the pure one for a second opinion."""

from __future__ import annotations

import re

from kzd.text.composer import Composer
from kzd.text.parser import (
    HAS_C_PARSER,
    Unreadable,
    YAMLError,
    fast_events,
    pure_events,
    unreadable,
)
from kzd.text.tape import Tape

LATE_MARK = "(?m)^\ufeff"
MAXIMUM_SECOND_OPINION = 250_000
"""Characters that the pure parser is asked about; it takes seconds for more."""


def compose(text: str) -> Tape:
    """The tape of a text without byte order mark; raises Unreadable."""
    if not text.isascii() and (mark := re.search(LATE_MARK, text)):
        raise Unreadable("must have a byte order mark at its start only", mark.start())
    try:
        if not HAS_C_PARSER:
            return Composer(text, is_pure=True).run(pure_events(text))
        return Composer(text, is_pure=False).run(fast_events(text))
    except YAMLError as error:
        first = unreadable(error, text)
    if not HAS_C_PARSER or len(text) > MAXIMUM_SECOND_OPINION or "\t" in text:
        raise first
    try:
        return Composer(text, is_pure=True).run(pure_events(text))
    except (YAMLError, Unreadable):
        raise first from None
