"""Old versions on a real cluster, where what applies a new one deletes what it does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import Cluster
from tests.cluster.versions import ONLY, SPACE, Space, assert_survived, space_of
from tests.hosts.conftest import Done
from tests.hosts.helms import CHART, HELM3, HELM4, Helm

pytestmark = pytest.mark.cluster

README = Path(__file__).parents[2] / "README.md"
PRUNE = ("--prune", "-l", "app=transcode")
GROUPS = ("apps/v1/Deployment", "core/v1/ConfigMap", "autoscaling/v2/HorizontalPodAutoscaler")
ALLOWED = [f"--prune-allowlist={group}" for group in GROUPS]
APPLY_SET = ("--prune", "--applyset", "transcode")


@pytest.fixture
def space(cluster: Cluster, tmp_path: Path) -> Iterator[Space]:
    with space_of(cluster, tmp_path) as made:
        yield made


def hidden(space: Space, verb: str) -> None:
    """Run the README's command that hides old versions, `kubectl annotate` or `kubectl label`."""
    command = rf"^kubectl ({verb} [^#\n]*-l kzd\.dev/version [^#\n]*)"
    (arguments,) = re.findall(command, README.read_text(encoding="utf-8"), re.MULTILINE)
    space.kubectl(*arguments.split())


FLAGS = pytest.mark.parametrize(
    ("verb", "flags"),
    [("annotate", (*PRUNE, *ALLOWED)), ("label", APPLY_SET)],
    ids=["prune", "applyset"],
)


@FLAGS
def test_an_old_version_that_was_hidden_survives_kubectl(
    space: Space, verb: str, flags: tuple[str, ...]
) -> None:
    hidden(space, verb)
    space.apply("1", *flags)
    before = space.there()
    hidden(space, verb)
    space.apply("2", *flags)
    both = space.there()

    assert_survived(dict(before), both)
    hidden(space, verb)
    space.apply("1", *flags)
    assert {name: uid for name, uid in space.there().items() if name != ONLY} == both


@FLAGS
def test_kubectl_deletes_an_old_version_that_was_not_hidden(
    space: Space, verb: str, flags: tuple[str, ...]
) -> None:
    space.apply("1", *flags)
    before = space.there()
    space.apply("2", *flags)

    left = before.keys() & space.there().keys()
    assert {name for name in left if not name.startswith("Pod/")} == set()


@pytest.mark.parametrize("helm", [HELM3, HELM4], ids=lambda helm: helm.name)
def test_an_old_version_survives_upgrades_by_helm(space: Space, helm: Helm) -> None:
    chart(space, "1")
    helmed(space, helm, "install", "eu", "chart", "--wait")
    before = space.there()
    chart(space, "2")
    helmed(space, helm, "upgrade", "eu", "chart", "--wait")
    both = space.there()

    assert_survived(dict(before), both)
    chart(space, "1")
    helmed(space, helm, "upgrade", "eu", "chart", "--wait")
    back = space.there()
    assert {name: back.get(name) for name in both} == both

    done = helm.run(space.hosts, "rollback", "eu", "2", "-n", SPACE, by="", **space.variables)
    assert (done.code == 0) is (helm.version > 3), done.told
    if helm.version == 3:
        assert re.search(r'no \w+ with the name "(transcode|codecs)-\w+" found', done.told)
    assert {name: space.there().get(name) for name in both} == both

    helmed(space, helm, "uninstall", "eu", by="")
    assert space.there().items() >= both.items()


def helmed(space: Space, helm: Helm, *arguments: str, by: str = "kzd") -> Done:
    """Run Helm in the namespace."""
    done = helm.run(space.hosts, *arguments, "-n", SPACE, by=by, **space.variables)
    assert done.code == 0, done.told
    return done


def chart(space: Space, tag: str) -> None:
    space.hosts.write("chart/Chart.yaml", CHART.format("transcode"))
    space.hosts.write("chart/templates/all.yaml", space.manifests(tag))
