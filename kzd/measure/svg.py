"""SVG as text: elements with everything in them escaped, and an axis' ticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from math import floor, log10

NAMESPACE = "http://www.w3.org/2000/svg"

_TURNS = "\u202a-\u202e\u2066-\u2069"
"""What makes the text after it run the other way."""

_UNFIT = re.compile(f"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[{_TURNS}]")
_STEPS = (1, 2, 5, 10)


def element(name: str, /, *content: str, **attributes: object) -> str:
    """
    An element; `content` are elements and escaped texts, `_` in an attribute's name stands for -.

    >>> element("text", text("a < b"), x=1.5, text_anchor="end", class_="axis")
    '<text x="1.5" text-anchor="end" class="axis">a &lt; b</text>'
    """
    head = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_written(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{head}>{''.join(content)}</{name}>" if content else f"<{name}{head}/>"


def text(said: str) -> str:
    """
    Text for an element or an attribute; what XML can't hold, or what turns text around, is written
    as its code point.

    >>> text("<b>"), text("bell \\a")
    ('&lt;b&gt;', 'bell \\\\u0007')
    """
    return escape(_UNFIT.sub(lambda match: f"\\u{ord(match[0]):04x}", said))


def _written(value: object) -> str:
    return f"{round(value, 2):g}" if isinstance(value, float) else str(value)


def ticks(end: float, most: int = 10) -> Iterator[float]:
    """
    Round numbers from 0 to `end`, `most` of them at the most besides 0.

    >>> list(ticks(1.3)), list(ticks(47, 6))
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2], [0.0, 10.0, 20.0, 30.0, 40.0])
    """
    power = 10.0 ** floor(log10(end / most))
    step = next(power * factor for factor in _STEPS if end / (power * factor) <= most + 1e-9)
    yield from (round(number * step, 9) for number in range(int(end / step + 1e-9) + 1))
