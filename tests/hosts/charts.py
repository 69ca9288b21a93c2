"""Real charts through each host's envelope, with kzd in it and with `cat`, or nothing, instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from kzd.hosts.helm import PLUGIN, PLUGINS
from tests.corpus_run import Rendered, all_rendered, corpus
from tests.hosts.conftest import Done, Hosts

MAXIMUM_BYTES = 60_000

FILE, RESULTS = "chart.yaml", "results"
HOOK = b"helm.sh/hook"
EMPTY = {"kustomization.yaml": "resources:\n"}
RENAMED = "namespace: other\nnamePrefix: blue-\nnameSuffix: -green\n"
FUNCTIONS = "--enable-alpha-plugins --enable-exec"
HELM_CHART = "apiVersion: v2\nname: chart\nversion: 0.1.0\n"
HELM_TEMPLATE = f'{{{{ .Files.Get "{FILE}" }}}}\n'


class Envelope(NamedTuple):
    """
    A way to call kzd, named by its program and what else tells it from others.

    `render` hands out the stream, without kzd where it is told so.
    """

    name: str
    render: Callable[[Hosts, str, bool], Done]

    @property
    def program(self) -> str:
        """The host."""
        return self.name.partition(" ")[0]


class Seen(NamedTuple):
    """What a host handed out of one chart, without kzd and with it; `folder` is for more of it."""

    chart: str
    before: Done
    after: Done
    folder: Path


def charts() -> list[Rendered]:
    """
    Those of the corpus that kzd changes, up to a size: of each repository the one that shows most.

    That is one for which kzd creates something, one with hooks, or the one with the most edits.
    """
    folder = corpus()
    assert folder is not None
    fit = [item for item in all_rendered(folder / "rendered") if len(item.data) <= MAXIMUM_BYTES]
    most = {
        item.name.partition("/")[0]: item for item in sorted(fit, key=_shown) if item.acted("edit")
    }
    return list(most.values())


def _shown(chart: Rendered) -> tuple[int, bool, int]:
    return len(chart.acted("create")), HOOK in chart.data, len(chart.acted("edit"))


def seen(envelope: Envelope, folder: Path, chart: Rendered) -> Seen:
    """One chart through one host, without kzd and with it."""
    below, text = folder / chart.name, chart.data.decode()
    before = passed(envelope, below / "before", text, with_kzd=False)
    return Seen(chart.name, before, passed(envelope, below / "after", text), below)


def passed(envelope: Envelope, folder: Path, text: str, *, with_kzd: bool = True) -> Done:
    """A stream through one host, in a new folder; skips the test where the host is missing."""
    folder.mkdir(parents=True)
    hosts = Hosts(folder)
    hosts.program(envelope.program)
    return envelope.render(hosts, text, with_kzd)


def program(with_kzd: bool) -> str:
    """What a host calls: kzd, or a filter that changes nothing."""
    return "kzd" if with_kzd else "cat"


def pipe(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """`kzd < FILE`."""
    hosts.write(FILE, text)
    return hosts.shell(f"{program(with_kzd)} < {FILE}")


def check(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """`kzd check --format json`."""
    hosts.write(FILE, text)
    return hosts.shell(f"kzd check --format json < {FILE}")


@cache
def made(command: str) -> Mapping[str, str]:
    """The files that a command makes below a folder `app` which holds a kustomization."""
    with TemporaryDirectory() as folder:
        hosts = Hosts(Path(folder))
        kustomization = hosts.write("app/kustomization.yaml", "")
        done = hosts.shell(command, KUSTOMIZE_PLUGIN_HOME=str(kustomization.parent))
        assert done.code == 0, done.told
        kustomization.write_text(done.out)
        files = [file for file in kustomization.parent.rglob("*") if file.is_file()]
        return {str(file.relative_to(kustomization.parent)): file.read_text() for file in files}


def kustomization(
    hosts: Hosts, name: str, resources: Mapping[str, str], *, kzd: Mapping[str, str] = EMPTY,
    more: str = "",
) -> None:  # fmt: skip
    """Write a kustomization of files, and of other kustomizations, whose text is empty."""
    for file, content in kzd.items():
        hosts.write(f"{name}/{file}", content)
    lines = "".join(f"- {resource}\n" for resource in resources)
    text = kzd["kustomization.yaml"].replace("resources:\n", f"resources:\n{lines}")
    hosts.write(f"{name}/kustomization.yaml", text + more)
    for file, content in resources.items():
        if content:
            hosts.write(f"{name}/{file}", content)


def kustomize(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """The exec function and its guard."""
    kustomization(hosts, "app", {FILE: text}, kzd=_function(with_kzd))
    return hosts.shell(f"kustomize build {FUNCTIONS} app")


def _function(with_kzd: bool) -> Mapping[str, str]:
    return made("kzd init kustomize app") if with_kzd else EMPTY


def kubectl(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """The plugin that kubectl finds by the transformer's kind, and its guard."""
    files = made("kzd init kustomize --plugin app") if with_kzd else EMPTY
    kustomization(hosts, "app", {FILE: text}, kzd=files)
    for name, content in made("kzd init kustomize-plugin").items():
        hosts.write(f"plugins/{name}", content).chmod(0o755)
    return hosts.shell(
        "kubectl kustomize --enable-alpha-plugins app",
        KUSTOMIZE_PLUGIN_HOME=str(hosts.folder / "plugins"),
    )


def renamed_beside(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """The function where kustomize renames everything: it sees new names, and old references."""
    kustomization(hosts, "app", {FILE: text}, kzd=_function(with_kzd), more=RENAMED)
    return hosts.shell(f"kustomize build {FUNCTIONS} app")


def renamed_above(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """The function in a base; an overlay renames what comes out of it."""
    kustomization(hosts, "base", {FILE: text}, kzd=_function(with_kzd))
    kustomization(hosts, "app", {"../base": ""}, more=RENAMED)
    return hosts.shell(f"kustomize build {FUNCTIONS} app")


def renamed_twice(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """The function in an overlay that renames what its base has renamed."""
    kustomization(hosts, "base", {FILE: text}, more=RENAMED)
    kustomization(hosts, "app", {"../base": ""}, kzd=_function(with_kzd), more=RENAMED)
    return hosts.shell(f"kustomize build {FUNCTIONS} app")


def chart(hosts: Hosts, text: str) -> None:
    """Write a Helm chart whose only template prints the file, braces and all."""
    hosts.write("chart/Chart.yaml", HELM_CHART)
    hosts.write(f"chart/{FILE}", text)
    hosts.write(f"chart/templates/{FILE}", HELM_TEMPLATE)


def helm3(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """The program as a post-renderer."""
    chart(hosts, text)
    return hosts.shell(f"helm3 template shop chart --post-renderer {program(with_kzd)}")


def helm4(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """The plugin as a post-renderer; Helm itself takes empty annotations off behind any."""
    chart(hosts, text)
    plugin = Path(PLUGINS, PLUGIN).read_text().replace(": kzd", f": {program(with_kzd)}")
    hosts.write(f"plugins/{program(with_kzd)}/plugin.yaml", plugin)
    call = f"helm4 template shop chart --post-renderer {program(with_kzd)}"
    return hosts.shell(call, HELM_PLUGINS=str(hosts.folder / "plugins"))


def kpt(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """An executable over a package; what it tells lands in the folder `results`."""
    hosts.write(f"app/{FILE}", text)
    call = f"kpt fn eval app --exec {program(with_kzd)} --results-dir {RESULTS}"
    return _package(hosts, hosts.shell(call))


def kpt_pipe(hosts: Hosts, text: str, with_kzd: bool) -> Done:
    """`kpt fn source DIR | kzd | kpt fn sink NEW`."""
    hosts.write(f"source/{FILE}", text)
    sink = f"{program(with_kzd)} | kpt fn sink app"
    return _package(hosts, hosts.shell(f"set -o pipefail; kpt fn source source | {sink}"))


def _package(hosts: Hosts, done: Done) -> Done:
    """The only file of a package in the place of what kpt printed."""
    files = list((hosts.folder / "app").glob("**/*"))
    assert [file.name for file in files] == [FILE], done.told
    return Done(done.code, files[0].read_text(), done.told)


PIPE = Envelope("bash", pipe)
CHECK = Envelope("bash check", check)
KPT = Envelope("kpt", kpt)
ENVELOPES = [
    Envelope("kustomize", kustomize),
    Envelope("kubectl", kubectl),
    Envelope("helm3", helm3),
    Envelope("helm4", helm4),
    KPT,
    Envelope("kpt fn source", kpt_pipe),
]
RENAMING = [
    Envelope("kustomize renames beside it", renamed_beside),
    Envelope("kustomize renames above it", renamed_above),
    Envelope("kustomize renames twice", renamed_twice),
]
