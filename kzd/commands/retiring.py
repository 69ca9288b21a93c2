"""One run of `kzd retire` as the command line asks for it: a plan, and its end."""

from __future__ import annotations

import sys
from datetime import UTC
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from kzd.cluster_error import explained
from kzd.commands import files
from kzd.commands.answer import Answer
from kzd.commands.retire import LIMIT_NAMES
from kzd.commands.retire_manifests import Manifests
from kzd.commands.terminal import INTERRUPTED, is_terminal
from kzd.errors import ConfigError
from kzd.report.text import note, printable
from kzd.result import STDIN

if TYPE_CHECKING:
    from kzd.kube_api import KubeApi
    from kzd.retire.current import Wanted
    from kzd.retire.plan import Limits, Plan


MANIFEST = "kzd retire manifest"


def planned(options: dict[str, Any]) -> Answer:
    """The answer of `kzd retire plan`."""
    from kzd.retire.plan_file import to_json

    _, wanted, api = _opened(options)
    made = _plan(wanted, api, options)
    out = to_json(made) if options["format"] == "json" else _told(made)
    return Answer(out.encode("utf-8", "backslashreplace"), "", int(made.asks))


def applied(options: dict[str, Any]) -> Answer:
    """The answer of `kzd retire apply`, after all that it did."""
    from kzd.commands.retire_log import Log
    from kzd.retire.executing import Sight, carry_out

    manifests, wanted, api = _opened(options)
    made = _read_plan(options["plan_file"]) or _plan(wanted, api, options)
    sight = Sight(manifests, _shown(api), _judge(api, options), options["instance_label"])
    log = Log(sys.stdout if options["format"] == "json" else sys.stderr, options["format"])
    log.plan(made, _told(made))
    if not made.changes:
        log.end([])
        return Answer(b"", "", int(made.asks))
    if not _is_confirmed(options):
        return Answer(b"", note("nothing was done"), INTERRUPTED)
    try:
        with explained(MANIFEST):
            waiting = carry_out(api, made, sight, tell=log, wait_seconds=options["wait_seconds"])
    except KeyboardInterrupt:
        log.end([], "interrupted; the next run goes on")
        raise
    except Exception:
        log.end([], "it failed")
        raise
    log.end(waiting)
    return Answer(b"", "", int(log.asks))


def _opened(options: dict[str, Any]) -> tuple[Manifests, Wanted, KubeApi]:
    """The manifests, what they say, and the cluster, which comes last: it may ask to log in."""
    cluster = cache(partial(_connect, options))
    manifests = Manifests(options, cluster)
    return manifests, manifests(), cluster()


def _read_plan(name: str) -> Plan | None:
    from kzd.retire.plan_file import from_json

    if not name:
        return None
    (item,) = files.read_all([name], None)
    made = from_json(name, item.data)
    moment = made.made_at.astimezone(UTC)
    told = f"a plan of {moment:%Y-%m-%d %H:%M:%S} UTC; before each step all is looked at again"
    return made._replace(notes=(*made.notes, told))


def _plan(wanted: Wanted, api: KubeApi, options: dict[str, Any]) -> Plan:
    from kzd.retire.planner import plan

    with explained(MANIFEST):
        shown = [_shown(api)(namespace) for namespace in wanted.namespaces]
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
