"""The manifests that say what is current: files, standard input, or a ConfigMap of the cluster."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from kzd.commands import files
from kzd.errors import ConfigError, InputError
from kzd.flow.bundle import Source
from kzd.result import STDIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from kzd.kube_api import KubeApi
    from kzd.retire.current import Wanted


class Manifests:
    """
    The manifests that say what is current, read again each time: they may change meanwhile.

    `cluster` tells the namespace where nothing else does, once they are read.
    """

    def __init__(
        self, options: dict[str, Any], cluster: Callable[[], KubeApi] | None = None
    ) -> None:
        self._names: tuple[str, ...] = options["names"]
        self._configmap: str = options.get("configmap", "")
        self._namespace: str = options["namespace"]
        self._instance: str = options["instance_label"]
        self._cluster = cluster
        self._sources: list[Source] = []
        self._wanted: Wanted | None = None
        self._streams: dict[str, tuple[Source, float]] = {}
        if self._names and self._configmap:
            raise ConfigError("says what is current, and -f does; give one", field="--configmap")
        if not self._names and not self._configmap:
            other = ", unless --configmap says what is current" if "configmap" in options else ""
            raise ConfigError(f"must name the manifests as rendered{other}", field="-f")

    def __call__(self) -> Wanted:
        from kzd.retire.current import read_manifests

        sources, seconds = self._of_cluster() if self._configmap else self._of_files()
        if self._wanted is None or sources != self._sources:
            self._sources = sources
            self._wanted = read_manifests(sources, namespace=self._space, instance=self._instance)
        return self._wanted._replace(age_seconds=seconds)

    def _space(self) -> str:
        """The namespace where manifests say none, empty where nobody knows."""
        if self._namespace or self._cluster is None:
            return self._namespace
        return self._cluster().namespace

    def _of_files(self) -> tuple[list[Source], float]:
        """The files, and the age of the oldest."""
        found = [self._streamed(name) for name in self._names if _is_stream(name)]
        names = [name for name in self._names if not _is_stream(name)]
        for item in files.read_all(names, None):
            source = Source(item.name, item.data, unreadable=item.unreadable)
            found.append((source, _seconds_since_change(item)))
        return [source for source, _ in found], max([0.0, *(seconds for _, seconds in found)])

    def _streamed(self, name: str) -> tuple[Source, float]:
        """What can be read only once, and how long ago it was."""
        if name not in self._streams:
            stdin = sys.stdin.buffer if sys.stdin else None
            (item,) = files.read_all([name], stdin)
            self._streams[name] = Source(name, item.data), time.monotonic()
        source, since = self._streams[name]
        return source, time.monotonic() - since

    def _of_cluster(self) -> tuple[list[Source], float]:
        from kzd.retire.manifest import read_configmap

        assert self._cluster is not None
        name, text = read_configmap(self._cluster(), self._space(), self._configmap)
        return [Source(name, text)], 0.0


def _is_stream(name: str) -> bool:
    """Whether it is a pipe, such as standard input."""
    is_file = os.path.isfile(name) or os.path.isdir(name)
    return name == STDIN or (os.path.exists(name) and not is_file)


def _seconds_since_change(item: files.Input) -> float:
    """How old a file is; raises InputError where it says a time that is still to come."""
    from kzd.retire.current import CLOCK_SECONDS

    try:
        seconds = time.time() - os.stat(item.target).st_mtime
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=item.name) from None
    if seconds < -CLOCK_SECONDS:
        message = "was changed in the future, by this machine's clock, so its age is unknown"
        raise InputError(message, file=item.name)
    return seconds
