"""
What Helm needs to call kzd: version 3 runs a program, version 4 only a plugin.

Where Helm 3 meets a post-renderer of Helm 4 in its plugin directory, it loads no plugin at all,
and commands of its plugins are gone.  So kzd's plugin never goes where a Helm 3 looks.
"""

from __future__ import annotations

import os
from shlex import quote
from shutil import which
from typing import Any

from kzd.errors import ConfigError, InputError, OutputError
from kzd.hosts.program import Program, entries, named_like, program_at, run
from kzd.text.document import read
from kzd.value import mapping

PLUGINS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "helm_plugins")
"""The directory that holds kzd's plugin and nothing else, an entry for HELM_PLUGINS."""

NAME = "kzd"
PLUGIN = os.path.join(NAME, "plugin.yaml")
OLDEST = 3
"""The first major version of Helm that knows post-renderers."""
FIRST_WITH_PLUGINS = 4
"""The first major version whose post-renderers are plugins."""


def helm(name: str) -> Program:
    """The Helm of a name or path; raises ConfigError where it is none that kzd can serve."""
    path = which(name)
    if path is None:
        raise ConfigError(f"'{name}' is no program on the PATH; `--helm` names the Helm to set up")
    found = program_at("helm", path)
    if found.major < OLDEST:
        said = f"its version is {found.version}" if found.version else "it does not say its version"
        raise ConfigError(f"must be Helm {OLDEST} or newer; {said}", file=path)
    return found


def takes_plugins(program: Program) -> bool:
    """Whether `--post-renderer` of this Helm means a plugin, not a program."""
    return program.major >= FIRST_WITH_PLUGINS


def call(program: Program) -> str:
    """How this program is typed: by its name where the PATH leads to it, else by its path."""
    name = os.path.basename(program.path)
    return quote(name if which(name) == program.path else program.path)


def install(program: Program) -> str:
    """
    Copy kzd's plugin into the first plugin directory of a Helm 4; what was done, for people.

    Raises ConfigError where a Helm 3 looks there too, or where another plugin has the name;
    OutputError where it can't be written.
    """
    folder = next(iter(_directories(program)), "")
    if not folder:
        raise ConfigError("`helm env HELM_PLUGINS` names no plugin directory", file=program.path)
    _refuse_where_helm_3_looks(folder, program)
    _refuse_a_second(folder)
    path = os.path.join(folder, PLUGIN)
    new, old = _contents(os.path.join(PLUGINS, PLUGIN)), _present(path)
    if new == old:
        return f"{path} is there already"
    if old is not None and (_is_elsewhere(folder) or not _differ_by_version(old, new)):
        raise ConfigError("is there already, and not what kzd writes; remove it first", file=path)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(new)
    except OSError as error:
        raise OutputError(f"can't be written: {error.strerror}", file=path) from error
    return f"wrote {path}" if old is None else f"updated {path}"


def _directories(program: Program) -> list[str]:
    """The plugin directories of a Helm; those that are no full path are none that can be meant."""
    done = run(program.path, "env", "HELM_PLUGINS")
    said = done.out.strip().splitlines()[-1:] if done.code == 0 else []
    return [path for line in said for path in line.split(os.pathsep) if os.path.isabs(path)]


def _refuse_where_helm_3_looks(folder: str, program: Program) -> None:
    for path in named_like("helm"):
        other = program_at("helm", path)
        if takes_plugins(other):
            continue
        folders = _directories(other) if other.major else []
        if not folders:
            why = f"may be where {path} looks for plugins too, which does not say, and a Helm 3"
        elif os.path.realpath(folder) in map(os.path.realpath, folders):
            why = f"is where Helm {other.version} ({path}) looks for plugins too, and it"
        else:
            continue
        name = call(program)
        raise ConfigError(
            f"{why} loads none "
            "where it meets one for Helm 4; nothing was written, and nothing has to be: "
            f'HELM_PLUGINS="$({name} env HELM_PLUGINS):$(kzd init helm --directory)" '
            f"{name} ... --post-renderer kzd",
            file=folder,
        )


def _refuse_a_second(folder: str) -> None:
    """Helm loads no plugin where two of one directory have the same name."""
    for entry in entries(folder):
        path = os.path.join(folder, entry, "plugin.yaml")
        if entry != NAME and _name_in(path) == NAME:
            raise ConfigError(f"is named '{NAME}', and Helm takes one of a name only", file=path)


def _name_in(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return str(_without_version(file.read())[0].get("name"))
    except (OSError, InputError, IndexError):
        return ""


def _contents(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _present(path: str) -> bytes | None:
    """What the plugin of this name says, nothing where it can't be read; None without one."""
    if not os.path.lexists(os.path.dirname(path)):
        return None
    try:
        return _contents(path)
    except OSError:
        return b""


def _is_elsewhere(folder: str) -> bool:
    """Whether `helm plugin install` has made the plugin a link to somebody's directory."""
    return os.path.realpath(os.path.join(folder, PLUGIN)) != os.path.join(
        os.path.realpath(folder), PLUGIN
    )


def _differ_by_version(old: bytes, new: bytes) -> bool:
    """Whether two plugins say the same but for comments and their version."""
    try:
        return _without_version(old) == _without_version(new)
    except InputError:
        return False


def _without_version(plugin: bytes) -> list[dict[str, Any]]:
    documents = read("", plugin).documents
    for document in documents:
        document.parse()
    return [mapping(document.data) | {"version": ""} for document in documents]
