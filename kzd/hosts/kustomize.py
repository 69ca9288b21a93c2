"""
What a kustomization needs to call kzd: the function, and the guard that notices its absence.

kustomize passes over an exec function in silence unless it is called with `--enable-exec`, and
kubectl always does.  So a sentinel, a resource that is never applied, goes through the function
with the rest.  Whatever a function has answered carries an annotation of kustomize's function
runner; the guard behind it removes that annotation from the sentinel, which fails where there is
none, and then the sentinel itself, which fails where the answer came without it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from kzd.errors import ConfigError, OutputError
from kzd.hosts.kustomization import NAMES, documents, kustomization_in, listed

FUNCTION, GUARD, SENTINEL = (
    "zero-downtime.yaml",
    "zero-downtime-guard.yaml",
    "zero-downtime-sentinel.yaml",
)

ENTRIES = {"resources": (SENTINEL,), "transformers": (FUNCTION, GUARD)}
"""What a kustomization lists, in this order."""

SENTINEL_TEXT = """\
# Goes through the function with the rest; the guard takes it out again. It is never applied.
apiVersion: guard.kzd.dev/v1
kind: Sentinel
metadata:
  name: zero-downtime-sentinel
  annotations:
    config.kubernetes.io/local-config: "true"
"""

RESET = """\
# A function that ran before this one must not count for it.
apiVersion: builtin
kind: PatchTransformer
metadata:
  name: zero-downtime-has-not-run
patch: |-
  apiVersion: guard.kzd.dev/v1
  kind: Sentinel
  metadata:
    name: zero-downtime-sentinel
    annotations:
      config.kubernetes.io/path: null
      internal.config.kubernetes.io/path: null
---
"""

CONFIGURATION = """\
apiVersion: kzd.dev/v1alpha1
kind: ZeroDowntime
metadata:
  name: zero-downtime
{function}spec: {{}}
"""

ANNOTATION = """\
  annotations:
    config.kubernetes.io/function: |
      {kind}:
        {key}: {value}
"""

HAS_RUN = """\
# Fails with "Unable to remove nonexistent key" where the function was passed over: call
# `kustomize build` with --enable-alpha-plugins --enable-exec. kubectl has no --enable-exec.
apiVersion: builtin
kind: PatchTransformer
metadata:
  name: zero-downtime-has-run
target:
  kind: Sentinel
  name: zero-downtime-sentinel
patch: |-
  - op: remove
    path: /metadata/annotations/internal.config.kubernetes.io~1path
---
"""

HAS_ANSWERED = """\
# Fails with "no resource matches" where resources are missing in the answer.
apiVersion: builtin
kind: PatchTransformer
metadata:
  name: zero-downtime-has-answered
patch: |-
  apiVersion: guard.kzd.dev/v1
  kind: Sentinel
  metadata:
    name: zero-downtime-sentinel
  $patch: delete
"""

PLUGIN = os.path.join("kzd.dev", "v1alpha1", "zerodowntime", "ZeroDowntime")
PLUGIN_TEXT = """\
#!/bin/sh
# kustomize and kubectl call this with the file of a ZeroDowntime, then its `argsOneLiner`.
exec kzd --config "$@"
"""
HOME = "KUSTOMIZE_PLUGIN_HOME"


class Written(NamedTuple):
    """The paths of files that were written, and of those that were there already."""

    new: list[str]
    kept: list[str]


def files(*, image: str = "", is_plugin: bool = False) -> dict[str, str]:
    """
    The files by their names: the transformer, the guard, the sentinel.

    The transformer runs an executable, or a container of `image`; `is_plugin` where kustomize
    finds the program in its plugin directory by the transformer's kind.
    """
    if is_plugin:
        return {
            FUNCTION: CONFIGURATION.format(function=""),
            GUARD: HAS_ANSWERED,
            SENTINEL: SENTINEL_TEXT,
        }
    kind, key, value = ("container", "image", image) if image else ("exec", "path", "kzd")
    function = ANNOTATION.format(kind=kind, key=key, value=value)
    return {
        FUNCTION: RESET + CONFIGURATION.format(function=function),
        GUARD: HAS_RUN + HAS_ANSWERED,
        SENTINEL: SENTINEL_TEXT,
    }


def lines(kustomization: str | None = None) -> str:
    """The lines that a kustomization needs; of one at a path, those that it does not hold yet."""
    held = documents(kustomization)[:1] if kustomization else []
    text = ""
    for field, names in ENTRIES.items():
        there = [entry for item in held for entry in listed(item, field)]
        missing = [name for name in names if name not in there]
        text += "".join([f"{field}:\n", *(f"- {name}\n" for name in missing)] if missing else [])
    return text


def write(folder: str, texts: Mapping[str, str]) -> tuple[str, Written]:
    """
    Write files beside a kustomization, whose path comes back with theirs.

    Raises a KzdError, and then none is written.
    """
    kustomization = kustomization_in(folder)
    if kustomization is None:
        raise ConfigError(
            f"must hold a {NAMES[0]}; `--print` shows the files all the same", file=folder
        )
    beside = os.path.dirname(kustomization)
    written = write_new({os.path.join(beside, name): text for name, text in texts.items()})
    return kustomization, written


def plugin_home(environment: Mapping[str, str]) -> str:
    """
    The directory where kustomize looks for plugins: the first of its candidates that is there.

    Where none is, the one that it looks at first.  Raises ConfigError where there is no home.
    """
    if environment.get(HOME):
        return environment[HOME]
    home = environment.get("HOME", "")
    config = environment.get("XDG_CONFIG_HOME") or (home and os.path.join(home, ".config"))
    if not config:
        raise ConfigError(f"set {HOME} to the directory for plugins; there is no HOME")
    found = [
        os.path.join(folder, "kustomize", "plugin")
        for folder in (config, os.path.join(home, ".config"), home)
    ]
    return next(filter(os.path.isdir, found), found[0])


def write_plugin(home: str) -> Written:
    """Write the executable plugin below kustomize's plugin directory; raises a KzdError."""
    return write_new({os.path.join(home, PLUGIN): PLUGIN_TEXT}, mode=0o755)


def write_new(texts: Mapping[str, str], mode: int = 0o644) -> Written:
    """
    Write files that are not there yet, by their paths; raises a KzdError.

    One that holds something else stays, and then nothing is written.
    """
    written = Written([], [])
    try:
        for path, text in texts.items():
            if not os.path.lexists(path):
                written.new.append(path)
                continue
            with open(path, "rb") as file:
                if file.read() != text.encode():
                    raise ConfigError(
                        "is there already, with other text, and stays; remove it to get a new one",
                        file=path,
                    )
            written.kept.append(path)
        for path in written.new:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "x", encoding="utf-8", newline="\n") as file:
                file.write(texts[path])
            os.chmod(path, mode)
    except OSError as error:
        raise OutputError(
            f"can't be written: {error.strerror}", file=error.filename or ""
        ) from error
    return written
