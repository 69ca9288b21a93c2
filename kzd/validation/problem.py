"""What makes an object invalid for the API server."""

from __future__ import annotations

from typing import NamedTuple

from kzd.edit import FieldPath, Severity

REQUIRED = "is required"
"""What is said of a field that is missing, maybe with the reason behind it."""


class Problem(NamedTuple):
    """
    One thing that the API server refuses, or as a warning, takes and then does not do.

    `path` is the field, which may be missing; `message` is said of it.
    """

    path: FieldPath
    message: str
    severity: Severity = "error"

    @property
    def is_missing(self) -> bool:
        """Whether the field is wrong by not being there."""
        return self.message.startswith(REQUIRED)
