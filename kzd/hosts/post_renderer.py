"""Helm 4 hides what a post-renderer writes to standard error, so an error is told on stdout."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import join

from kzd.errors import InputError
from kzd.text.document import read
from kzd.value import mapping, text

TYPE = "postrenderer/"


def hides_errors(environment: Mapping[str, str]) -> bool:
    """
    Whether Helm 4 calls, by the plugin that it names.

    Helm 3 sets the same variables for plugins of its own, which may run a Helm whose
    post-renderer is kzd: a text on stdout would be installed there as if it were a manifest.
    """
    try:
        with open(join(environment["HELM_PLUGIN_DIR"], "plugin.yaml"), "rb") as file:
            document, *_ = read(file.name, file.read()).documents
        document.parse()
    except (KeyError, OSError, ValueError, InputError):
        return False
    return (text(mapping(document.data).get("type")) or "").startswith(TYPE)


def scalar(told: str, exit_code: int) -> bytes:
    r"""
    What is told as one YAML string: no manifest, so Helm stops and shows it.

    >>> scalar("web.yaml:3: error: bad\n", 2)
    b'|\n  web.yaml:3: error: bad\n'
    """
    lines = told.strip().splitlines() or [f"kzd: error: failed with exit code {exit_code}"]
    text = "".join(f"  {line}\n" for line in lines)
    return f"|\n{text}".encode("utf-8", "backslashreplace")
