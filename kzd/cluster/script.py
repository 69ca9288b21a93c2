"""Shell scripts in commands: which simple commands one holds, and how they are joined."""

from __future__ import annotations

import re
from itertools import dropwhile
from typing import NamedTuple

SHELLS = frozenset(["sh", "bash", "ash", "dash", "zsh", "ksh"])
RESERVED = frozenset(["{", "!", "if", "then", "elif", "else", "while", "until", "do", "time"])
PIPES = ("|", "|&")
HARMLESS = frozenset(["true", ":", "[", "test", "echo"])
"""Programs that do nothing lasting, such as loops ask between two waits."""
CLOSING = frozenset(["}", "fi", "done", "esac"])

# Compiled when first asked for: most runs meet no script at all.
_MASKED = (
    r"""(?s)\\\n|'[^']*'|"(?:\\.|[^"\\])*"|\\.|`[^`]*`|\$\((?:[^()]|\([^()]*\))*\)"""
    r"|(?<!\S)\#[^\n]*"
)
_OPERATOR = r"(&&|\|\||\|&?|;;?|\n|[()]|(?<![<>])&(?!>))"
_REDIRECTION = r"(?:(?<!\d)\d+)?(?:&>>?|>>|[<>]&|<<<?-?|<>|>\||[<>])\s*\S*"
_ASSIGNMENT = r"(?s)\w+\+?=.*"
_QUOTES = "['\"`]"


class Command(NamedTuple):
    """
    A simple command: its words, without assignments, redirections and reserved words, and the
    operators around it.  What was quoted or substituted is the word `_`.
    """

    words: tuple[str, ...]
    before: str
    after: str
    is_closing: bool

    @property
    def program(self) -> str:
        """The base name of what it runs."""
        return _base(self.words[0])

    @property
    def is_piped(self) -> bool:
        """Whether a pipe leads to it or away from it."""
        return self.before in PIPES or self.after in PIPES


def script_of(arguments: list[str]) -> tuple[str, str] | None:
    """
    The shell and the text of a `sh -c` call; None for anything else.

    >>> script_of(["/bin/bash", "-eo", "pipefail", "-c", "serve | tee log"])
    ('bash', 'serve | tee log')
    >>> script_of(["sh", "start.sh", "-c"]), script_of(["tini", "--", "sh", "-c", "serve"])
    (None, None)
    """
    rest = list(arguments)
    while rest and ("=" in rest[0] or _base(rest[0]) in ("env", "busybox")):
        rest.pop(0)
    shell = _base(rest.pop(0)) if rest else ""
    if shell not in SHELLS:
        return None
    has_script = False
    while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
        option = rest.pop(0)
        is_short = not option.startswith("--")
        has_script = has_script or (is_short and option[0] == "-" and "c" in option)
        if is_short and "o" in option and rest:
            rest.pop(0)
    return (shell, rest[0]) if has_script and rest else None


def commands(script: str) -> list[Command]:
    """
    The simple commands of a script, in order; none where its quotes don't pair.

    >>> [(item.words, item.after) for item in commands("cd /app && A=1 serve 2>&1 | tee x")]
    [(('cd', '/app'), '&&'), (('serve',), '|'), (('tee', 'x'), '')]
    """
    text = re.sub(_MASKED, _mask, script)
    if re.search(_QUOTES, text):
        return []
    found: list[Command] = []
    before = ""
    pieces = [*re.split(_OPERATOR, text), ""]
    for piece, after in zip(pieces[::2], pieces[1::2], strict=True):
        words = re.sub(_REDIRECTION, " ", piece).split()
        is_closing = bool(words) and words[0] in CLOSING
        words = [*dropwhile(_is_no_program, words)]
        if words:
            found.append(Command(tuple(words), before, after, is_closing))
        if words or after.strip() or not before:
            before = after
    return found


def _is_no_program(word: str) -> bool:
    return word in RESERVED or re.fullmatch(_ASSIGNMENT, word) is not None


def _base(word: str) -> str:
    return word.rpartition("/")[2]


def _mask(match: re.Match[str]) -> str:
    if match[0] == "\\\n":
        return " "
    return "" if match[0].startswith("#") else "_"
