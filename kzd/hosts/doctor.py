"""What `kzd doctor` finds: the hosts on this machine, and whether kzd works in each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, get_args

from kzd import __version__
from kzd.errors import ConfigError
from kzd.hosts import helm, kustomize, trial
from kzd.hosts.guarding import GUARD, unguarded
from kzd.hosts.program import Program, find, named_like, program_at, run

State = Literal["works", "fails", "silent", "absent", "unguarded"]

FAULTS = ("fails", "unguarded")


class Finding(NamedTuple):
    """
    One way into a host and how it stands.

    `works` and `fails` were tried.  `silent`: the host passes over kzd without a word, as it is
    made.  `absent`: not set up, which is no fault.  `unguarded`: a kustomization whose function
    may be passed over, or answers without resources.
    """

    state: State
    told: str


class Host(NamedTuple):
    """A host, named with its version and path, and what was found there."""

    name: str
    findings: list[Finding]


def examine(folder: str) -> Iterator[Host]:
    """Examine all hosts on the PATH, and the kustomizations below a directory."""
    environment = {name: value for name, value in os.environ.items() if name != "KZD_REPORT"}
    yield Host(f"kzd {__version__}", [_kzd()])
    for name in ("kustomize", "kubectl"):
        yield from _hosts(find(name), name, environment)
    helms: list[Program | None] = [program_at("helm", path) for path in named_like("helm")]
    for program in helms or [None]:
        yield from _hosts(program, "helm", environment)
    yield from _hosts(find("kpt"), "kpt", environment)
    found = [
        Finding("unguarded", f"{item.kustomization}: {item.entry}: {item.remedy}")
        for item in unguarded(folder)
    ]
    if found:
        yield Host("functions that may lose resources or be passed over in silence", found)


def _hosts(program: Program | None, name: str, environment: trial.Environment) -> Iterator[Host]:
    if program is None:
        yield Host(name, [Finding("absent", "is not on the PATH")])
        return
    shown = " ".join(part for part in (name, program.version, f"({program.path})") if part)
    yield Host(shown, list(EXAMINED[name](program, environment)))


def _kzd() -> Finding:
    found = find("kzd")
    if found is None:
        return Finding("fails", "is not on the PATH, where every host looks for it")
    if found.version != __version__:
        return Finding(
            "fails", f"on the PATH is {found.path}, version {found.version or 'unknown'}"
        )
    return Finding("works", f"on the PATH: {found.path}")


def _tried(way: str, reason: str) -> Finding:
    return Finding("fails", f"{way}: {reason}") if reason else Finding("works", way)


def _plugin(program: Program, environment: trial.Environment, command: str) -> Finding:
    way = f"plugin, with {trial.PLUGINS}"
    try:
        home = kustomize.plugin_home(environment)
    except ConfigError as error:
        return Finding("absent", f"{way}: {error.message}")
    if not os.path.lexists(os.path.join(home, kustomize.PLUGIN)):
        return Finding("absent", f"{way}: `kzd init kustomize-plugin` installs it")
    return _tried(way, trial.plugin(program, environment, command))


def _kustomize(program: Program, environment: trial.Environment) -> Iterator[Finding]:
    flags = (trial.PLUGINS, trial.EXEC)
    yield _tried(
        f"exec function, with {' '.join(flags)}",
        trial.exec_function(program, environment, "build", *flags),
    )
    yield from _silence(program, environment, "build", f"exec function, without {trial.EXEC}")
    yield _plugin(program, environment, "build")


def _kubectl(program: Program, environment: trial.Environment) -> Iterator[Finding]:
    yield _tried("`kubectl kzd`", trial.kubectl_plugin(program, environment))
    yield from _silence(program, environment, "kustomize", "exec function")
    yield _plugin(program, environment, "kustomize")


def _silence(
    program: Program, environment: trial.Environment, command: str, way: str
) -> Iterator[Finding]:
    if trial.exec_function(program, environment, command, trial.PLUGINS) == trial.PASSED_OVER:
        yield Finding("silent", f"{way}: {trial.PASSED_OVER}; {GUARD}")


def _helm(program: Program, environment: trial.Environment) -> Iterator[Finding]:
    way = "--post-renderer kzd"
    plugins = run(program.path, "plugin", "list", environment=environment)
    if plugins.code:
        yield Finding("fails", f"its own plugins: {trial.reason(plugins)}")
    is_listed = any(line.split()[:1] == ["kzd"] for line in plugins.out.splitlines())
    if helm.takes_plugins(program) and not is_listed:
        asked = f"`kzd init helm --helm {helm.call(program)}` installs it"
        yield Finding("absent", f"plugin for {way}: {asked}")
        return
    yield _tried(way, trial.post_renderer(program, environment))


def _kpt(program: Program, environment: trial.Environment) -> Iterator[Finding]:
    yield _tried("fn eval --exec kzd", trial.kpt_function(program, environment))


EXAMINED = {"kustomize": _kustomize, "kubectl": _kubectl, "helm": _helm, "kpt": _kpt}


def told(hosts: Iterable[Host]) -> str:
    """The findings for people: a paragraph a host, a line a finding."""
    width = max(map(len, get_args(State)))
    paragraphs = [
        f"{host.name}\n"
        + "".join(f"  {item.state:{width}}  {item.told}\n" for item in host.findings)
        for host in hosts
    ]
    return "\n".join(paragraphs)
