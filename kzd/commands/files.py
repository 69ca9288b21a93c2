"""Files: finding and reading them, and replacing them whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from stat import S_IMODE
from typing import BinaryIO, NamedTuple

from kzd.errors import ConfigError, InputError, KzdError, OutputError
from kzd.result import STDIN

SUFFIXES = (".yaml", ".yml", ".json")
NEW_MODE = 0o644


class Input(NamedTuple):
    """
    A file that was read, by the name it goes by in messages; standard input is `-`.

    `target` is the file behind all links, `relative` its place below an output directory.
    `unreadable` says why a file met while walking has no data.
    """

    name: str
    target: str
    relative: str
    data: bytes
    is_walked: bool
    unreadable: str = ""


def read_all(
    arguments: Sequence[str],
    stdin: BinaryIO | None,
    *,
    exclude: Sequence[str] = (),
    output: str = "",
) -> list[Input]:
    """
    Read files, directories and `-` in the order given; raises InputError.

    `stdin` is None where it is closed.  Directories are walked but for the one that takes the
    output.  A file that is met again, by whatever name, is not read again.
    """
    inputs: list[Input] = []
    seen: set[str] = set()
    for argument in arguments:
        if argument == STDIN:
            found = [(STDIN, STDIN, False)]
        elif os.path.isdir(argument):
            skipped = os.path.realpath(output) if output else ""
            found = [
                (os.path.normpath(path), os.path.relpath(path, argument), True)
                for path in walk(argument, exclude, skipped)
            ]
        else:
            found = [(argument, _below(argument), False)]
        for name, relative, is_walked in found:
            target = STDIN if name == STDIN else os.path.realpath(name)
            if target not in seen:
                seen.add(target)
                inputs.append(_input(Input(name, target, relative, b"", is_walked), stdin))
    return inputs


def _input(found: Input, stdin: BinaryIO | None) -> Input:
    """With its data; raises InputError, unless it was met while walking."""
    try:
        if found.name == STDIN:
            if stdin is None:
                raise InputError("can't be read: it is closed", file=STDIN)
            return found._replace(data=stdin.read())
        with open(found.name, "rb") as file:
            return found._replace(data=file.read())
    except OSError as error:
        message = f"can't be read: {error.strerror}"
        if found.is_walked:
            return found._replace(unreadable=message)
        raise InputError(message, file=found.name) from error


def walk(directory: str, exclude: Sequence[str], skipped: str = "") -> Iterator[str]:
    """
    The manifests below a directory, sorted; hidden ones and linked directories are passed over.

    A glob in `exclude` with a slash is for the path below the directory, without one for any
    name on the way.
    """
    pending = [directory]
    while pending:
        folder = pending.pop()
        if os.path.isdir(folder):
            if folder == directory or _is_entered(folder, skipped):
                names = sorted(_listed(folder), reverse=True)
                paths = [os.path.join(folder, name) for name in names if name[0] != "."]
                pending += [path for path in paths if not _is_excluded(path, directory, exclude)]
        elif folder.endswith(SUFFIXES) and not _is_special(folder):
            yield folder


def _is_special(path: str) -> bool:
    """Whether it is a pipe, a socket or a device; reading one might never end."""
    return os.path.exists(path) and not os.path.isfile(path)


def _is_entered(folder: str, skipped: str) -> bool:
    return not os.path.islink(folder) and os.path.realpath(folder) != skipped


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=folder) from error


def _is_excluded(path: str, directory: str, exclude: Sequence[str]) -> bool:
    relative = os.path.relpath(path, directory).replace(os.sep, "/")
    return any(
        fnmatchcase(relative if "/" in pattern.rstrip("/") else os.path.basename(path),
                    pattern.rstrip("/").removeprefix("./"))
        for pattern in exclude
    )  # fmt: skip


def _below(name: str) -> str:
    """Where a named file goes in an output directory: its path, unless that leads elsewhere."""
    path = os.path.normpath(name)
    leaves = os.path.isabs(path) or path.split(os.sep)[0] == os.pardir
    return os.path.basename(path) if leaves else path


def write_below(directory: str, contents: Sequence[tuple[Input, bytes]]) -> None:
    """Write all files below a directory, under their relative paths; raises a KzdError."""
    places: dict[str, Input] = {}
    sources = {item.target for item, _ in contents}
    for item, _ in contents:
        if item.target == STDIN:
            raise ConfigError("standard input has no name; `--output` needs files")
        place = os.path.realpath(os.path.join(directory, item.relative))
        if place in places:
            other = places[place].name
            raise ConfigError(f"would be written to the same file as '{other}'", file=item.name)
        if place in sources:
            raise ConfigError("would be overwritten; `--in-place` does that", file=item.name)
        places[place] = item
    for place in places:
        _make_directory(os.path.dirname(place))
    _write(
        (place, data, _mode(item.target))
        for place, (item, data) in zip(places, contents, strict=True)
    )


def _make_directory(directory: str) -> None:
    try:
        os.makedirs(directory, exist_ok=True)
    except OSError as error:
        raise _failed(directory, error) from error


def replace(contents: Iterable[tuple[Input, bytes]]) -> None:
    """
    Replace the files whose data differs; raises a KzdError.

    Each keeps its mode, and its owner where permitted; a link stays a link to the file that is
    replaced.  Whatever happens, each file is whole: the old one or the new one.
    """
    changed = []
    for item, new in contents:
        if item.target == STDIN:
            raise ConfigError("standard input can't be replaced; `--in-place` needs files")
        if new != item.data:
            if not os.path.isfile(item.target):
                raise ConfigError("is no regular file, so it can't be replaced", file=item.name)
            changed.append((item.target, new, _mode(item.target)))
    _write(changed)


def _mode(target: str) -> int:
    """The mode of a file; that of a new one where it is a pipe."""
    return S_IMODE(os.stat(target).st_mode) if os.path.isfile(target) else NEW_MODE


def _write(contents: Iterable[tuple[str, bytes, int]]) -> None:
    """Write beside each file first, then rename: nothing is touched before all is on disk."""
    ready: list[tuple[str, str]] = []
    done = 0
    try:
        for target, data, mode in contents:
            ready.append((_written_beside(target, data, mode), target))
        for temporary, target in ready:
            os.replace(temporary, target)
            done += 1
    except OSError as error:
        target = ready[done][1] if done < len(ready) else error.filename or ""
        raise _failed(target, error, f"; {done} of {len(ready)} files were written") from error
    finally:
        for temporary, _ in ready[done:]:
            with suppress(OSError):
                os.unlink(temporary)
    for folder in {os.path.dirname(target) for _, target in ready}:
        _flush(folder)


def _written_beside(target: str, data: bytes, mode: int) -> str:
    folder, name = os.path.split(target)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:99]}.", suffix=".kzd", dir=folder)
    except OSError as error:
        raise _failed(target, error) from error
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        if os.path.exists(target) and hasattr(os, "chown"):
            _keep_owner(target, temporary)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            raise _failed(target, error) from error
        raise
    return temporary


def _keep_owner(target: str, temporary: str) -> None:
    status = os.stat(target)
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.chown(temporary, status.st_uid, status.st_gid)


def _flush(folder: str) -> None:
    with suppress(OSError):  # some file systems can't; the renames hold all the same
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _failed(target: str, error: OSError, more: str = "") -> KzdError:
    return OutputError(f"can't be written: {error.strerror}{more}", file=target)
