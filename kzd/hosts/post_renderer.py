"""Helm 4 hides what a post-renderer writes to standard error, so an error is told on stdout."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import basename, join

from kzd.errors import InputError
from kzd.text.document import read
from kzd.value import mapping, sequence, text

TYPE = "postrenderer/"


def hides_errors(environment: Mapping[str, str]) -> bool:
    """
    Whether Helm 4 reads what this process prints, by the plugin that it names.

    Its command must be kzd: whatever else a plugin starts inherits the variable, and would take
    a text on stdout with exit code 0 for manifests.  Helm 3 sets it for plugins of its own.
    """
    try:
        with open(join(environment["HELM_PLUGIN_DIR"], "plugin.yaml"), "rb") as file:
            document, *_ = read(file.name, file.read()).documents
        document.parse()
    except (KeyError, OSError, ValueError, InputError):
        return False
    plugin = mapping(document.data)
    commands = sequence(mapping(plugin.get("runtimeConfig")).get("platformCommand"))
    programs = {basename(text(mapping(item).get("command")) or "") for item in commands}
    return (text(plugin.get("type")) or "").startswith(TYPE) and programs == {"kzd"}


def scalar(told: str, exit_code: int) -> bytes:
    r"""
    What is told as one YAML string: no manifest, so Helm stops and shows it.

    >>> scalar("web.yaml:3: error: bad\n", 2)
    b'|\n  web.yaml:3: error: bad\n'
    """
    lines = told.strip().splitlines() or [f"kzd: error: failed with exit code {exit_code}"]
    text = "".join(f"  {line}\n" for line in lines)
    return f"|\n{text}".encode("utf-8", "backslashreplace")
