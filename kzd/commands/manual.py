"""The rules' pages, as `kzd explain` prints them: the generated reference, cut by rule."""

from __future__ import annotations

import os.path
from collections.abc import Sequence

REFERENCE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "transforms", "README.md")
HEADING = "\n## "


def _sections() -> dict[str, str]:
    with open(REFERENCE, encoding="utf-8") as file:
        _, *parts = file.read().split(HEADING)
    return {part.partition("\n")[0].strip("`"): part.partition("\n")[2].strip() for part in parts}


def pages(names: Sequence[str]) -> bytes:
    """The pages of transforms."""
    found = _sections()
    return "\n".join(f"{name}\n\n{found[name]}\n" for name in names).encode()


def contents() -> bytes:
    """All transforms, each with the first line of its page."""
    found = _sections()
    width = max(map(len, found))
    lines = [f"{name:{width}}  {text.partition(chr(10))[0]}\n" for name, text in found.items()]
    return "".join([*lines, "\n`kzd explain TRANSFORM` prints its page.\n"]).encode()
