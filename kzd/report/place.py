"""What CI tells results apart by: the rule, the file in its repository, and a fingerprint."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from os.path import abspath, dirname, exists, join, normpath, relpath

from kzd.edit import spelled
from kzd.result import STDIN, Result

MARK = ".git"


def rule(result: Result) -> str:
    """The transform that spoke; for what none said, the action."""
    return result.tags.get("transform") or result.action


def file(result: Result) -> str:
    """
    The result's file as its repository names it: slashes, from the top, without `./`.

    What a host calls a file that is not here stays as it is, and so does what lies elsewhere;
    `-` stands for standard input, and where there is no file.
    """
    name = result.file or STDIN
    if name == STDIN or not exists(name):
        return name
    path = relpath(name, _repository())
    return normpath(name) if path.startswith(os.pardir) else path.replace(os.sep, "/")


def fingerprints(results: Sequence[Result]) -> list[str]:
    """
    A fingerprint of each result: of its rule, file, object and field, and of no line or value.

    Results that have all of these in common are counted, since CI shows one of a fingerprint only.
    """
    seen: Counter[str] = Counter()
    found = []
    for result in results:
        about = "\0".join([rule(result), file(result), *_object(result)])
        seen[about] += 1
        found.append(_digest(f"{about}\0{seen[about]}"))
    return found


def _digest(about: str) -> str:
    return sha256(about.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _object(result: Result) -> list[str]:
    # Without the version of its API: an upgrade is no reason to call a finding a new one.
    reference = result.resource_ref or {}
    named = [reference.get(key, "") for key in ("kind", "namespace", "name")]
    return [*named, spelled(result.field_path)]


def _repository() -> str:
    """The top of the repository that the working directory is in, else the working directory."""
    here = folder = abspath(os.curdir)
    while not exists(join(folder, MARK)):
        if folder == dirname(folder):
            return here
        folder = dirname(folder)
    return folder
