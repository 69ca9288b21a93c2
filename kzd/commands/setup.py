"""Setting kzd up in its hosts: `kzd init`, and `kzd doctor` to see whether it works there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from shlex import quote

import click

from kzd.commands.answer import Answer
from kzd.commands.failure import answered
from kzd.commands.terminal import emit
from kzd.hosts.kustomize import Written
from kzd.report import text

IMAGE = re.compile(r"([\w.-]+(:\d+)?/)*[\w./-]*(:[\w.-]+)?(@[\w.:+-]+)?", re.ASCII)

folder = click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False))


@click.group()
def init() -> None:
    """
    Set kzd up in a host.

    Standard output gets the lines to paste, standard error what was done and what to type.
    """


@init.command(short_help="Write the transformer and its guard for a kustomization.")
@folder
@click.option("--image", metavar="IMAGE", default="", help="Run a container of this image.")
@click.option("--plugin", is_flag=True, help="Run the plugin of `kzd init kustomize-plugin`.")
@click.option("--print", "is_printed", is_flag=True, help="Print the files; write nothing.")
def kustomize(folder: str, image: str, plugin: bool, is_printed: bool) -> int:
    """
    Write the transformer, its guard and the guard's sentinel beside a kustomization.yaml.

    Without --enable-exec kustomize passes over the function in silence; the guard makes that an
    error, and an empty answer too.  Printed are the lines for the kustomization.yaml.
    """
    from kzd.hosts import kustomize as host

    if image and plugin:
        raise click.UsageError("--image and --plugin exclude each other")
    if not IMAGE.fullmatch(image):
        raise click.UsageError("--image takes an image's name, such as example.com/kzd:1.0")
    texts = host.files(image=image, is_plugin=plugin)

    def command() -> Answer:
        if is_printed:
            named = {"kustomization.yaml": host.lines(), **texts}
            parts = [f"# {name}\n{content}" for name, content in named.items()]
            return Answer("---\n".join(parts).encode(), "", 0)
        kustomization, written = host.write(folder, texts)
        lines = host.lines(kustomization)
        out = f"# add to {kustomization}\n{lines}" if lines else ""
        held = [] if lines else [f"{kustomization} lists them already"]
        return Answer(out.encode(), _told(written, *held, *_next(folder, image, plugin)), 0)

    return _answer(command)


def _next(folder: str, image: str, plugin: bool) -> Iterator[str]:
    """What to type then; kubectl runs containers and plugins, but no executables."""
    if plugin:
        yield "then, where it is built: kzd init kustomize-plugin"
    if image or plugin:
        yield f"then: kubectl kustomize --enable-alpha-plugins {quote(folder)}"
    else:
        yield f"then: kustomize build --enable-alpha-plugins --enable-exec {quote(folder)}"


@init.command(short_help="Install the plugin that kustomize and kubectl find by its kind.")
def kustomize_plugin() -> int:
    """
    Install the plugin that `kubectl kustomize --enable-alpha-plugins` finds.

    kubectl runs no functions, but programs in kustomize's plugin directory.  `kzd init kustomize
    --plugin` writes the transformer that asks for it.
    """
    from kzd.hosts import kustomize as host

    def command() -> Answer:
        written = host.write_plugin(host.plugin_home(os.environ))
        return Answer(b"", _told(written, "then: kzd init kustomize --plugin DIR"), 0)

    return _answer(command)


@init.command(short_help="Install the plugin that Helm 4 needs; Helm 3 needs none.")
@click.option("--helm", "name", metavar="PROGRAM", help="The Helm to set up, instead of `helm`.")
@click.option(
    "--directory", "is_directory", is_flag=True, help="Print the plugin's directory; write nothing."
)
def helm(name: str | None, is_directory: bool) -> int:
    """
    Install the plugin for `helm ... --post-renderer kzd`.

    Helm 4 takes only plugins there, Helm 3 takes kzd as it is.  Refused where a Helm 3 on the
    PATH has the same plugin directory, since it would lose its own plugins.  With --directory,
    HELM_PLUGINS leads to the plugin without installing it:
    HELM_PLUGINS="$(helm env HELM_PLUGINS):$(kzd init helm --directory)".
    """
    from kzd.hosts import helm as host

    if name and is_directory:
        raise click.UsageError("--helm and --directory exclude each other")

    def command() -> Answer:
        if is_directory:
            return Answer(os.fsencode(f"{host.PLUGINS}\n"), "", 0)
        program = host.helm(name or "helm")
        typed = f"then: {host.call(program)} upgrade --install RELEASE CHART --post-renderer kzd"
        if not host.takes_plugins(program):
            done = f"Helm {program.version} needs no plugin; nothing was written"
            return Answer(b"", _notes([done, typed]), 0)
        hidden = "Helm 4 shows errors only; KZD_REPORT=FILE keeps the warnings, too"
        return Answer(b"", _notes([host.install(program), typed, hidden]), 0)

    return _answer(command)


@click.command(short_help="Show the hosts on this machine, and whether kzd works in each.")
@folder
def doctor(folder: str) -> int:
    """
    Show which hosts are on the PATH, and whether kzd works in each.

    It renders a tiny app through each, in a directory of its own, and looks through the
    kustomizations below DIR for functions that would be passed over in silence.  Exits with 1
    where something is set up and does not work, or has no guard.
    """
    from kzd.hosts import doctor as hosts

    def command() -> Answer:
        found = list(hosts.examine(folder))
        states = [finding.state for host in found for finding in host.findings]
        exit_code = int(any(state in hosts.FAULTS for state in states))
        return Answer(hosts.told(found).encode("utf-8", "backslashreplace"), "", exit_code)

    return _answer(command)


def _told(written: Written, *more: str) -> str:
    lines = [f"wrote {path}" for path in written.new]
    lines += [f"{path} is there already" for path in written.kept]
    return _notes([*lines, *more])


def _notes(lines: Iterable[str]) -> str:
    return "".join(map(text.note, lines))


def _answer(command: Callable[[], Answer]) -> int:
    return emit(answered((), command))
