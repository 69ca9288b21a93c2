"""A piece of advice."""

from __future__ import annotations

from typing import Literal, NamedTuple

DO, AVOID, KNOW = "do", "avoid", "know"
KINDS = (DO, AVOID, KNOW)


class Advice(NamedTuple):
    """
    What to do, to avoid or to know about a subject, in one sentence or two.

    `because` is the fact that it rests on, `source` where that is written.
    """

    kind: Literal["do", "avoid", "know"]
    subject: str
    text: str
    because: str
    source: str
