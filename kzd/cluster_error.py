"""What a cluster refuses, or that it can't be reached: as an error, and what people are told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kzd.errors import KzdError

DENIED = re.compile(r"cannot \w+ resource \"([a-z]+)")
"""How the API says that a permission is missing; Source: kubernetes/kubernetes
staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go."""


class ClusterError(KzdError):
    """
    What a cluster refused, or that it can't be reached.

    `status` is HTTP's, 0 without an answer; `reason` the API's, such as `AlreadyExists`.
    """

    exit_code = 3

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@contextmanager
def explained(command: str) -> Iterator[None]:
    """Where a permission is missing, the ClusterError says which command prints the Role."""
    try:
        yield
    except ClusterError as error:
        for each in (error, *error.others):
            denied = DENIED.search(each.message)
            if denied and denied[1] == "namespaces":
                each.message += (
                    "; --namespace names one that is there, and needs no such permission"
                )
            elif denied:
                each.message += f"; `{command}` prints the Role that it needs"
        raise


def refusal(method: str, path: str, status: int, body: bytes) -> ClusterError:
    """What an answer that is an error says; the API's own words where there are some."""
    try:
        data = json.loads(body)
        data = data.get("object", data)
    except (ValueError, AttributeError):
        data = {}
    said = str(data.get("message") or body[:200].decode("utf-8", "replace").strip() or "no reason")
    message = f"{method} {path}: {said} (HTTP {status})"
    return ClusterError(message, status=status, reason=str(data.get("reason") or ""))


def short(error: Exception) -> str:
    """The cause at the end of a chain of wrapped errors, on one line."""
    cause = getattr(error, "reason", None)
    return one_line(cause if cause else error)


def one_line(error: Any) -> str:
    """What an error of a library says, on one line and without addresses of objects."""
    text = " ".join(str(error).split())
    return text.partition("object at 0x")[2].partition(": ")[2] or text
