"""`kzd retire` from the command line: one version after the other, and nothing else."""

from __future__ import annotations

from tests.retire.conftest import Retiring
from tests.retire.versions import ONE, TWO, autoscaler, budget, config, deployment


def test_an_idle_version_is_retired_and_nothing_else(retire: Retiring) -> None:
    now = retire.now
    old, new = config("old", now=now), config("new", now=now)
    retire.put(
        deployment(ONE, now=now, config=old["metadata"]["name"]),
        autoscaler(ONE, now=now), budget(ONE, now=now), old,
    )  # fmt: skip
    retire.current(
        deployment(TWO, now=now, config=new["metadata"]["name"]),
        autoscaler(TWO, now=now), budget(TWO, now=now), new,
    )  # fmt: skip

    plan = retire.plan()
    assert plan.code == 0, plan.err
    print(plan.out.decode())
    done = retire()
    print(done.err)

    assert done.code == 0
    assert retire.names("deployments") == [f"worker-{TWO}"]
    assert retire.names("horizontalpodautoscalers") == [f"worker-scaler-{TWO}"]
    assert retire.names("poddisruptionbudgets") == [f"worker-budget-{TWO}"]
    assert retire.names("configmaps") == [new["metadata"]["name"]]
