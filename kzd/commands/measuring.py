"""One run of `kzd measure` as the command line asks for it: its plan, its records, its end."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kzd.commands import files
from kzd.commands.answer import Answer
from kzd.commands.progress import Bar
from kzd.errors import ConfigError, OutputError
from kzd.report import text

if TYPE_CHECKING:
    from kzd.kube_api import KubeApi
    from kzd.measure.plan import Plan
    from kzd.measure.record import Deletion


def records(names: Sequence[str]) -> tuple[list[Deletion], list[str]]:
    """The records of all files, and what reading them had to tell."""
    from kzd.measure.record import latest, read

    deletions: list[Deletion] = []
    notes: list[str] = []
    stdin = sys.stdin.buffer if sys.stdin else None
    for item in files.read_all(names, stdin):
        found = read(item.name, item.data)
        deletions += found.deletions
        notes += found.notes
    return latest(deletions), notes


def run(options: dict[str, Any]) -> Answer:
    """Measure as the options of `kzd measure` say; the records go out as they come."""
    from kzd.cluster_error import explained
    from kzd.kubeconfig import connect
    from kzd.measure.collect import collect
    from kzd.measure.plan import is_left
    from kzd.measure.rbac import COMMAND

    kubeconfig, context = options.pop("kubeconfig"), options.pop("context")
    resume = options.pop("resume")
    plan = _plan(options)
    done, notes = _done(resume, plan)
    if not is_left(plan, done):
        told = f"nothing is left to measure: {resume} holds what is asked for"
        return Answer(b"", "".join(map(text.note, [*notes, told])), 0)
    api: KubeApi = connect(kubeconfig, context)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has one of them
            signal.signal(getattr(signal, name), _interrupt)
    with explained(COMMAND), Bar(sys.stderr) as bar, _Output(resume) as output:
        for note in notes:
            bar.tell(note)
        collect(api, plan, write=output.write, tell=bar.tell, show=bar.show, done=done)
    then = f"then: kzd measure summary {resume or 'FILE'} > propagation.yaml"
    return Answer(b"", text.note(then), 0)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _plan(options: dict[str, Any]) -> Plan:
    from kzd.measure.plan import CLUSTER_PATHS, MAXIMUM_REPORTS, Plan, reports

    url = options["url"]
    if url and not re.match(r"https?://[^/\s]+", url):
        raise ConfigError(f"must be http:// or https://, not '{url}'", field="--url")
    if not options["observers"] and not url:
        raise ConfigError("must be at least 1 without --url: nobody would ask", field="--observers")
    if not options["rollouts"] and not options["singles"]:
        raise ConfigError("must be at least 1 with --singles 0", field="--rollouts")
    default = CLUSTER_PATHS[:1] if options["observers"] else ()
    plan = Plan(**options | {"paths": options["paths"] or default})
    if reports(plan) > MAXIMUM_REPORTS:
        raise ConfigError(
            f"must be fewer for {len(plan.paths)} paths: a Pod's last words hold "
            f"{MAXIMUM_REPORTS} figures, not {reports(plan)}",
            field="--observers",
        )
    return plan


def _done(resume: str, plan: Plan) -> tuple[dict[str, int], list[str]]:
    """How many of each series a file holds over the plan's paths, and what there is to tell."""
    if not resume:
        return {}, []
    from kzd.measure.plan import all_paths
    from kzd.measure.record import WARM_UP, read, whole

    try:
        with open(resume, "rb") as file:
            found = read(resume, file.read())
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=resume) from None
    done: dict[str, int] = {}
    for deletions in whole(found.deletions):
        series = deletions[0].series
        paths = {item.path for deletion in deletions for item in deletion.arrivals}
        if series != WARM_UP and paths.issuperset(all_paths(plan)):
            done[series] = done.get(series, 0) + 1
    return done, found.notes


class _Output:
    """Where records go: standard output, or the end of a file, whose torn line is mended."""

    def __init__(self, name: str) -> None:
        self._is_file, self._name = bool(name), name or "standard output"
        if not name and sys.stdout is None:
            raise OutputError("can't be written: it is closed", file=self._name)
        try:
            self._file = open(name, "r+b") if name else sys.stdout.buffer  # noqa: SIM115
        except OSError as error:
            raise self._unwritable(error) from None
        if name:
            self._mend()

    def __enter__(self) -> _Output:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_file:
            self._file.close()

    def _mend(self) -> None:
        data = self._file.read()
        end = data.rfind(b"\n") + 1
        try:
            json.loads(data[end:])
            self._file.write(b"\n")
        except ValueError:
            self._file.seek(end)
            self._file.truncate()

    def write(self, deletions: Sequence[Deletion]) -> None:
        """Write the records of one rolling update at once, so that an interrupt tears none."""
        from kzd.measure.record import line

        try:
            self._file.write("".join(map(line, deletions)).encode())
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(f"can't be written: {error.strerror}", file=self._name)
