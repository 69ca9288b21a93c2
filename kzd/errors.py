"""
What can go wrong, as exceptions that carry data; their text is made in `kzd.report`.

    KzdError                     exit code
    ├── ConfigError              2   usage, configuration or an annotation is wrong
    ├── InputError               3   bytes that are not readable manifests
    ├── OutputError              3   a file that can't be written
    └── SelfCheckFailed          4   a bug in kzd: its output would not mean what was meant

Nothing has been written when one of them is raised.
"""

from __future__ import annotations


class KzdError(Exception):
    """
    The base of all; `message` says what must be true, `exit_code` what the process returns.

    `field` is for people; `path` leads to it in the resource that it belongs to.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        file: str = "",
        line: int = 0,
        column: int = 0,
        field: str = "",
        path: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        self.others: tuple[KzdError, ...] = ()
        """What else is wrong, where a run looks on."""
        self.path = path

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (place, "error", self.field, self.message) if part)


class ConfigError(KzdError):
    """Usage or configuration; `file` names the source, `field` the option's path in it."""

    exit_code = 2


class InputError(KzdError):
    """Input that can't be read; `line` and `column` count from 1, 0 where unknown."""

    exit_code = 3


class OutputError(KzdError):
    """Output that can't be written."""

    exit_code = 3


class SelfCheckFailed(KzdError):
    """A bug in kzd, found by its own guard before anything was written."""

    exit_code = 4
