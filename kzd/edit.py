"""All that a transform may say: Edit, Create and Finding; Together, where one needs the other."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal, NamedTuple

FieldPath = tuple[str | int, ...]
Severity = Literal["error", "warning", "info"]
Safety = Literal["safe", "unsafe"]
Replacement = Literal["", "raised", "renamed", "extended"]
"""A number may be raised; a name give way to another; a list of words, with commas between, get
more of them."""

_STEP = r"([^.\[\]]+)|\[(\d+)\]|\[([^\]]+)\]"


@cache
def path(text: str) -> FieldPath:
    """
    The field path that `text` spells.

    >>> path("spec.containers[0].lifecycle")
    ('spec', 'containers', 0, 'lifecycle')
    >>> path("metadata.annotations[kzd.dev/serving]")
    ('metadata', 'annotations', 'kzd.dev/serving')
    """
    if "[" not in text:  # nearly all are constants of modules, and count at start-up
        return tuple(text.split(".")) if text else ()
    found = re.findall(_STEP, text)
    return tuple(int(index) if index else (word or key) for word, index, key in found)


def spelled(field_path: FieldPath) -> str:
    """
    The text of a field path, as Kubernetes' own messages spell it.

    >>> spelled(("metadata", "annotations", "kzd.dev/serving"))
    'metadata.annotations[kzd.dev/serving]'
    """
    text = ""
    for step in field_path:
        if isinstance(step, int) or "." in step:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def set_at(data: Any, field_path: FieldPath, value: Any) -> None:
    """Set a field of plain data, creating mappings on the way."""
    for step in field_path[:-1]:
        if isinstance(step, str) and data.get(step) is None:
            data[step] = {}
        data = data[step]
    data[field_path[-1]] = value


class Edit(NamedTuple):
    """
    Set one unset field of the resource to `value` (plain data), creating mappings on the way.

    `because` is one sentence without a full stop; `arithmetic` says how a number came about and
    `source` where its terms are from.  An unsafe edit is only proposed unless asked for.
    `replaces` declares the exceptions: what may be set already, and how it may change.  `needs` are
    fields that must be able to take an edit too, since this one alone would do harm.  `about` is
    the resource meant, where that is another one than the transform looks at.
    """

    path: FieldPath
    value: Any
    because: str
    arithmetic: str = ""
    source: str = ""
    safety: Safety = "safe"
    replaces: Replacement = ""
    needs: tuple[FieldPath, ...] = ()
    about: Any = None


class Create(NamedTuple):
    """Add `resource` (plain data) right after the one that the transform looks at, or `about`."""

    resource: dict[str, Any]
    because: str
    source: str = ""
    about: Any = None


class Together(NamedTuple):
    """
    Edits and creates of which each alone would do harm: all are made, or none.

    Where `stops`, none is an error, and no manifests come out.
    """

    decisions: tuple[Edit | Create, ...]
    because: str
    stops: bool = False


class Finding(NamedTuple):
    """
    What kzd saw and did not change.

    `message` says what is there and what would be right; `proposed` is the value that would be.
    `about` is the resource meant, where that is another one than the transform looks at.  `note` is
    what several findings share, said once in a run beside whatever else is told.  Where it `stops`,
    no manifests come out: the owner's own annotation asks for what can't be.
    """

    path: FieldPath
    message: str
    severity: Severity = "info"
    proposed: Any = None
    about: Any = None
    note: str = ""
    stops: bool = False
