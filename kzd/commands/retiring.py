"""One run of `kzd retire` as the command line asks for it: manifests, a plan, its end."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

from kzd.cluster_error import ClusterError, explain
from kzd.commands import files
from kzd.commands.answer import Answer
from kzd.commands.retire import LIMIT_NAMES
from kzd.commands.terminal import INTERRUPTED, is_terminal
from kzd.errors import ConfigError, InputError
from kzd.flow.bundle import Source
from kzd.report.text import note, printable
from kzd.result import STDIN

if TYPE_CHECKING:
    from kzd.kube_api import KubeApi
    from kzd.retire.current import Wanted
    from kzd.retire.executing import Sight
    from kzd.retire.plan import Limits, Plan


MANIFEST = "kzd retire manifest"


class Manifests:
    """The manifests that say what is current, read again each time: they may change meanwhile."""

    def __init__(self, options: dict[str, Any], api: KubeApi | None = None) -> None:
        self._names: tuple[str, ...] = options["names"]
        self._configmap: str = options.get("configmap", "")
        self._namespace: str = options["namespace"]
        self._instance: str = options["instance_label"]
        self._api = api
        self._sources: list[Source] = []
        self._wanted: Wanted | None = None
        self._streams: dict[str, tuple[Source, float]] = {}
        if bool(self._names) == bool(self._configmap):
            other = " or --configmap" if "configmap" in options else ""
            raise ConfigError(f"must name the rendered manifests: -f{other}", field="-f")
        if self._configmap and not self._namespace:
            raise ConfigError("must say where the ConfigMap is", field="--namespace")

    def __call__(self) -> Wanted:
        from kzd.retire.current import read_manifests

        sources, seconds = self._of_cluster() if self._configmap else self._of_files()
        if self._wanted is None or sources != self._sources:
            self._sources = sources
            self._wanted = read_manifests(
                sources, namespace=self._namespace, instance=self._instance
            )
        return self._wanted._replace(age_seconds=seconds)

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

        assert self._api is not None
        name, text = read_configmap(self._api, self._namespace, self._configmap)
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


def planned(options: dict[str, Any]) -> Answer:
    """The answer of `kzd retire plan`."""
    from kzd.retire.plan_file import to_json

    api = _connect(options)
    made = _plan(Manifests(options, api), api, options)
    out = to_json(made) if options["format"] == "json" else _told(made)
    return Answer(out.encode("utf-8", "backslashreplace"), "", int(made.asks))


def applied(options: dict[str, Any]) -> Answer:
    """The answer of `kzd retire apply`, after all that it did."""
    from kzd.commands.retire_log import Log
    from kzd.retire.executing import carry_out

    api = _connect(options)
    made, sight = _made(options, api)
    log = Log(sys.stdout if options["format"] == "json" else sys.stderr, options["format"])
    log.plan(made, _told(made))
    if not made.changes:
        log.end([])
        return Answer(b"", "", int(made.asks))
    if not _is_confirmed(options):
        return Answer(b"", note("nothing was done"), INTERRUPTED)
    try:
        waiting = carry_out(api, made, sight, tell=log, wait_seconds=options["wait_seconds"])
    except ClusterError as error:
        log.end([], "it failed")
        explain(error, MANIFEST)
        raise
    except KeyboardInterrupt:
        log.end([], "interrupted; the next run goes on")
        raise
    except Exception:
        log.end([], "it failed")
        raise
    log.end(waiting)
    return Answer(b"", "", int(log.asks))


def _made(options: dict[str, Any], api: KubeApi) -> tuple[Plan, Sight]:
    """The plan, read or made, and how to look whether it still holds."""
    from kzd.retire.executing import Sight
    from kzd.retire.plan_file import from_json

    manifests = Manifests(options, api)
    sight = Sight(manifests, _shown(api), _judge(api, options), options["instance_label"])
    name = options["plan_file"]
    if not name:
        return _plan(manifests, api, options), sight
    (item,) = files.read_all([name], None)
    made = from_json(name, item.data)
    moment = made.made_at.astimezone(UTC)
    told = f"a plan of {moment:%Y-%m-%d %H:%M:%S} UTC; before each step all is looked at again"
    return made._replace(notes=(*made.notes, told)), sight


def _plan(manifests: Manifests, api: KubeApi, options: dict[str, Any]) -> Plan:
    from kzd.retire.planner import plan

    wanted = manifests()
    try:
        shown = [_shown(api)(namespace) for namespace in wanted.namespaces]
    except ClusterError as error:
        explain(error, MANIFEST)
        raise
    return plan(wanted, shown, _limits(options), _judge(api, options))


def _limits(options: dict[str, Any]) -> Limits:
    from kzd.retire.plan import Limits

    return Limits(**{name: options[name] for name in LIMIT_NAMES})


def _shown(api: KubeApi) -> Any:
    from kzd.retire.looking import look

    return partial(look, api)


def _judge(api: KubeApi, options: dict[str, Any]) -> Any:
    from kzd.retire.asking import Asking
    from kzd.retire.idleness import evidence_of

    ask = Asking(
        api, options["prometheus"], _token(options["prometheus_token"]),
        is_direct=options["is_direct"],
    )  # fmt: skip
    return lambda version: evidence_of(version, ask)


def _token(name: str) -> str:
    if not name:
        return ""
    try:
        with open(name, encoding="ascii") as file:
            (token,) = file.read().split()
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=name) from None
    except ValueError:
        raise ConfigError("must hold a token: one word of ASCII", file=name) from None
    return token


def _connect(options: dict[str, Any]) -> KubeApi:
    from kzd.kubeconfig import connect

    return connect(options["kubeconfig"], options["context"])


def _is_confirmed(options: dict[str, Any]) -> bool:
    import click

    if options["is_confirmed"]:
        return True
    if not is_terminal(sys.stdin) or sys.stdin is None or STDIN in options["names"]:
        raise ConfigError("nobody can be asked here; --yes does what the plan says", field="--yes")
    try:
        return click.confirm("Do this?", err=True)
    except click.Abort:
        return False


def _told(made: Plan) -> str:
    from kzd.retire.telling import told

    return "".join(f"{printable(line)}\n" for line in told(made).splitlines())


def manifest(options: dict[str, Any]) -> Answer:
    """The answer of `kzd retire manifest`."""
    from kzd.retire.manifest import manifests

    text = manifests(Manifests(options)(), _limits(options), options)
    told = note("apply it with the manifests, each time and before them: what it says counts")
    return Answer(text.encode(), told, 0)
