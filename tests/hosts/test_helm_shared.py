"""The shared shop through Helm: the bytes that were measured once, and what comes of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hosts.conftest import Hosts
from tests.hosts.helms import HELM3, HELM4, Helm, named

SHARED = Path(os.environ.get("KZD_SHARED", "")) / "hosts"

pytestmark = pytest.mark.skipif(
    not (SHARED / "app" / "chart").is_dir(),
    reason="KZD_SHARED names no folder with hosts/app/chart",
)

both = pytest.mark.parametrize("helm", [HELM3, HELM4], ids=lambda helm: helm.name)


@both
def test_what_helm_sends_is_what_was_captured(hosts: Hosts, helm: Helm) -> None:
    by = helm.stand_in(hosts, "exec tee given\n")
    done = helm.run(hosts, "template", "eu", str(SHARED / "app" / "chart"), by=by)

    captured = (SHARED / "captured" / f"{helm.name}.yaml").read_bytes()
    assert done.code == 0, done.err
    assert (hosts.folder / "given").read_bytes() == captured


@both
def test_the_shop_gets_its_edits_and_a_budget_beside_them(hosts: Hosts, helm: Helm) -> None:
    chart = str(SHARED / "app" / "chart")
    done = helm.run(hosts, "template", "eu", chart, "-s", "templates/deployment.yaml")
    kinds = [part.split("\nkind: ")[1].split("\n")[0] for part in named(done.out)]
    (deployment,) = named(done.out, "kind: Deployment")

    assert sorted(kinds) == ["Deployment", "PodDisruptionBudget"]
    assert " ".join(deployment.split()).endswith(
        "readinessProbe: httpGet: {path: /ready, port: http} "
        "lifecycle: preStop: sleep: seconds: 15 terminationGracePeriodSeconds: 45"
    )
    for kept in ('"yes"', "'12e03'", "# also the name that", '"0x1F"', "# not a comment"):
        assert kept in deployment
