"""`kzd retire` from the command line: plans, files, streams, and what it tells."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from kzd.commands.retire_log import Log
from kzd.long_task import IDLE_PATH, IDLE_QUERY, VERSION, version_name
from kzd.retire.current import read_manifests
from kzd.retire.item import DELETION_COST
from tests.console import ROOT, Console
from tests.fake_cluster import FakeCluster
from tests.retire.conftest import MANIFESTS, Retiring
from tests.retire.versions import (
    ONE,
    THREE,
    TWO,
    Object,
    autoscaler,
    budget,
    config,
    deployment,
    path_of,
    rendered,
    service,
)
from tests.serving import served

OLD, NEW = version_name("worker", ONE), version_name("worker", TWO)


def scene(retire: Retiring, **more: Any) -> None:
    """An old version and the current one; `more` is of the old one."""
    retire.put(deployment(ONE, now=retire.now, **more))
    retire.current(deployment(TWO, now=retire.now))


def test_an_idle_version_is_retired_with_all_that_it_has(retire: Retiring) -> None:
    now = retire.now
    old, new = config("old", now=now), config("new", now=now)
    secret = config("old", base="secrets", kind="Secret", now=now)
    vertical = autoscaler(ONE, kind="VerticalPodAutoscaler", base="vertical", target=OLD, now=now)
    retire.put(
        deployment(ONE, now=now, config=old["metadata"]["name"]),
        autoscaler(ONE, now=now), budget(ONE, now=now), vertical, old, secret,
    )  # fmt: skip
    retire.current(
        deployment(TWO, now=now, config=new["metadata"]["name"]),
        autoscaler(TWO, now=now), budget(TWO, now=now), new,
    )  # fmt: skip
    before = set(retire.cluster.objects)
    plan = retire.plan()
    assert (plan.code, set(retire.cluster.objects)) == (0, before)

    done = retire()

    assert done.code == 0, done.err
    assert done.err.startswith(plan.out.decode())
    assert retire.names("deployments") == [NEW]
    assert retire.names("horizontalpodautoscalers") == [f"worker-scaler-{TWO}"]
    assert retire.names("poddisruptionbudgets") == [f"worker-budget-{TWO}"]
    assert retire.names("verticalpodautoscalers") == []
    assert retire.names("configmaps") == [new["metadata"]["name"]]
    assert retire.names("secrets") == []
    writes = [(call.verb, call.resource) for call in retire.cluster.calls if call.verb != "list"]
    assert [item for item in writes if item[0] != "get"] == [
        ("delete", "horizontalpodautoscalers"), ("patch", "deployments/scale"),
        ("delete", "deployments"), ("delete", "verticalpodautoscalers"),
        ("delete", "poddisruptionbudgets"), ("delete", "configmaps"), ("delete", "secrets"),
    ]  # fmt: skip


def test_the_plan_is_for_people(retire: Retiring) -> None:
    scene(retire)
    retire.put(autoscaler(ONE, now=retire.now), budget(ONE, now=retire.now))
    done = retire.plan()

    assert (
        done.out.decode()
        == f"""\
worker of shop in shop: 2 versions, 4 Pods
  {NEW}: 1 h old, 2 replicas
    current: the manifests hold it
  {OLD}: 1 h old, 2 replicas, idle (idle endpoint: 2 of 2 Pods idle)
    retire: it is idle
    - delete HorizontalPodAutoscaler/worker-scaler-{ONE}: it would undo the scaling
    - scale Deployment/{OLD} to 0: its Pods end as they would in a rollout
    - wait for Deployment/{OLD}: 2 Pods to end, each in its own grace period
    - delete Deployment/{OLD}: nothing of it runs any more
    - delete PodDisruptionBudget/worker-budget-{ONE}: it is of {OLD} alone
2 versions: 1 current, 1 to retire
"""
    )


def test_the_plan_is_by_base_and_namespace(retire: Retiring) -> None:
    for base in ("worker", "mailer"):
        retire.put(deployment(ONE, base=base, now=retire.now))
    retire.current(*(deployment(TWO, base=base, now=retire.now) for base in ("worker", "mailer")))
    lines = retire.plan().out.decode().splitlines()

    assert [line for line in lines if line[0] != " "] == [
        "mailer of shop in shop: 2 versions, 4 Pods",
        "worker of shop in shop: 2 versions, 4 Pods",
        "4 versions: 2 current, 2 to retire",
    ]


def test_nothing_but_apply_changes_anything(retire: Retiring, cluster: FakeCluster) -> None:
    scene(retire)
    plan = retire.plan()
    printed = retire.console.kzd("retire", "manifest", "-f", MANIFESTS, "--image", "kzd")

    assert (plan.code, printed.code) == (0, 0)
    assert {call.verb for call in cluster.calls} == {"list", "get"}


def test_pods_take_their_time_and_the_next_run_goes_on(retire: Retiring) -> None:
    scene(retire)
    retire.cluster.nodes.lingers = True
    first = retire("--wait", "0.1s")

    assert first.code == 0
    assert f"waiting Deployment/{OLD}: its Pods have not ended yet" in first.err
    assert retire.cluster.objects[f"/apis/apps/v1/namespaces/shop/deployments/{OLD}"]
    retire.cluster.nodes.finish()

    assert "0 replicas already" in retire.plan().out.decode()
    assert retire().code == 0
    assert retire.names("deployments") == [NEW]


def test_the_autoscaler_of_a_scaledobject_that_is_gone_is_waited_for(retire: Retiring) -> None:
    """KEDA's own goes a moment after the ScaledObject."""
    owner = {"kind": "ScaledObject", "uid": "gone", "controller": True}
    left = autoscaler(ONE, now=retire.now, name="keda", labels={}, ownerReferences=[owner])
    scene(retire)
    retire.put(left)
    kept = retire("--wait", "0s")

    assert kept.code == 0
    assert f"waiting Deployment/{OLD}" in kept.err
    assert retire.names("deployments") == sorted([OLD, NEW])

    collected = partial(retire.cluster.drop, path_of(left))
    retire.cluster.on("list", "horizontalpodautoscalers", collected, nth=3)

    assert retire("--wait", "5s").code == 0
    assert retire.names("deployments") == [NEW]


def test_while_one_version_ends_the_next_is_begun(retire: Retiring) -> None:
    scene(retire)
    retire.put(deployment(THREE, now=retire.now))
    retire.cluster.nodes.lingers = True
    retire("--wait", "0s")

    items = retire.cluster.collection("/apis/apps/v1/namespaces/shop/deployments")
    assert sorted(item["spec"]["replicas"] for item in items) == [0, 0, 2]


def test_idle_pods_end_and_busy_ones_go_on(retire: Retiring) -> None:
    scene(retire, replicas=3)
    retire.put(autoscaler(ONE, now=retire.now))
    retire.cluster.nodes.busy = {f"{OLD}-6d5f8-0"}
    done = retire("--scale-down")

    assert done.code == 0, done.err
    assert [name for name in retire.names("pods") if ONE in name] == [f"{OLD}-6d5f8-0"]
    assert retire.names("horizontalpodautoscalers") == []
    pod = retire.cluster.objects[f"/api/v1/namespaces/shop/pods/{OLD}-6d5f8-0"]
    assert DELETION_COST not in pod["metadata"].get("annotations", {})


def test_idle_pods_are_marked_after_one_look(retire: Retiring, cluster: FakeCluster) -> None:
    """Dozens of them, each with a look at everything and a pause, would never come to the end."""
    number = 25
    scene(retire, replicas=number)
    cluster.nodes.busy = {f"{OLD}-6d5f8-0"}
    done = retire("--scale-down")

    assert done.code == 0, done.err
    assert [name for name in retire.names("pods") if ONE in name] == [f"{OLD}-6d5f8-0"]
    calls = [(call.verb, call.resource) for call in cluster.calls]
    assert calls.count(("patch", "pods")) == number - 1
    assert calls.count(("list", "deployments")) == 5, "a plan, marks, a scale, a last look, a sweep"


def test_one_look_waits_for_all_versions(retire: Retiring, cluster: FakeCluster) -> None:
    bases = [f"worker{number}" for number in range(5)]
    for base in bases:
        retire.put(deployment(ONE, base=base, now=retire.now))
    retire.current(*(deployment(TWO, base=base, now=retire.now) for base in bases))
    cluster.nodes.lingers = True
    cluster.on("list", "secrets", cluster.nodes.finish, nth=4)  # a plan and three looks
    done = retire()

    assert done.code == 0, done.err
    assert len(retire.names("deployments")) == len(bases)
    looks = [call.resource for call in cluster.calls].count("deployments") - len(bases)
    alone = ("to scale it", "to see that it waits", "to delete it", "to see that it is gone")
    assert looks == 1 + 3 + len(alone) * len(bases) + 1, "a plan, three looks, a sweep"


def test_force_ends_busy_versions_of_that_age_and_no_other(
    retire: Retiring, cluster: FakeCluster
) -> None:
    scene(retire, age=9000)
    retire.put(deployment(THREE, now=retire.now))
    cluster.nodes.busy = set(retire.names("pods"))
    assert retire("--force-after", "2h").code == 0
    ended, cluster.nodes.killed = cluster.nodes.killed, []

    assert retire.names("deployments") == sorted([NEW, version_name("worker", THREE)])
    assert ended == [f"{OLD}-6d5f8-0", f"{OLD}-6d5f8-1"]


def test_a_limit_asks_for_a_decision_by_its_exit_code(retire: Retiring) -> None:
    scene(retire)
    retire.cluster.nodes.busy = set(retire.names("pods"))
    plan, done = retire.plan("--max-age", "30m"), retire("--max-age", "30m")

    assert (plan.code, done.code) == (1, 1)
    assert "decide: it is busy, and it is older than --max-age (1800 s)" in (plan.out.decode())
    assert retire.names("deployments") == sorted([OLD, NEW])


def asleep(retire: Retiring) -> None:
    """The current version loses its replicas, as one that was half retired before a rollback."""
    path = f"/apis/apps/v1/namespaces/shop/deployments/{NEW}"
    retire.cluster.objects[path]["spec"]["replicas"] = 0
    retire.cluster.nodes.created("deployments", path)


def test_a_current_version_that_nothing_starts_asks_for_a_decision(retire: Retiring) -> None:
    scene(retire)
    retire.put(autoscaler(TWO, now=retire.now))
    asleep(retire)
    plan, done = retire.plan(), retire("--format", "json")
    lines = [json.loads(line) for line in done.out.splitlines()]

    assert (plan.code, done.code) == (1, 1)
    assert f"decide: the current version, {NEW}, has 0 replicas and" in plan.out.decode()
    assert lines[1]["action"] == "decide"
    assert f"kubectl scale deployment {NEW} --replicas 2" in lines[1]["because"]
    assert (lines[-1]["event"], lines[-1]["toDecide"]) == ("finished", 1)
    assert retire.names("deployments") == sorted([OLD, NEW])


def test_a_decision_that_comes_up_meanwhile_is_asked_for(
    retire: Retiring, cluster: FakeCluster
) -> None:
    scene(retire)
    retire.put(autoscaler(ONE, now=retire.now))
    cluster.on("delete", "horizontalpodautoscalers", lambda: asleep(retire))
    done = retire()

    assert (done.code, done.err.rpartition(", ")[2]) == (1, "1 to decide about\n")
    assert "has 0 replicas and nothing scales it" in done.err
    assert [name for name in retire.names("pods") if ONE in name]


def test_a_version_that_keda_starts_from_0_takes_over(retire: Retiring) -> None:
    scene(retire)
    keda = autoscaler(TWO, kind="ScaledObject", now=retire.now)
    keda["spec"]["minReplicaCount"] = 0
    retire.put(keda)
    asleep(retire)

    assert retire().code == 0
    assert retire.names("deployments") == [NEW]


def test_a_service_of_the_cluster_keeps_what_it_selects(retire: Retiring) -> None:
    scene(retire)
    retire.put(service({VERSION: ONE}, "current"))

    assert "Service/current selects it and not the current version" in retire().err
    assert OLD in retire.names("deployments")


def test_a_budget_from_before_the_first_version_is_seen(retire: Retiring) -> None:
    """It has no label of a version."""
    scene(retire)
    old = budget(ONE, shared=True, now=retire.now, name="worker", labels={})
    retire.put(budget(TWO, now=retire.now), old)

    assert "a Pod of two budgets can't be evicted" in retire.plan().out.decode()


# --- what is current


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must hold what `kzd` renders: no Deployment has the label kzd.dev/version"),
        ("kind: Service\napiVersion: v1\nmetadata: {name: web}\n", "must hold what `kzd` renders"),
        ("{", "rendered.yaml"),
    ],
)
def test_without_versions_in_the_manifests_nothing_is_asked(
    retire: Retiring, cluster: FakeCluster, text: str, told: str
) -> None:
    scene(retire)
    retire.console.write(MANIFESTS, text)
    done = retire()

    assert done.code == 3
    assert told in done.err
    assert cluster.calls == []


def test_without_manifests_nothing_is_asked(retire: Retiring, cluster: FakeCluster) -> None:
    done = retire.console.kzd("retire", "apply", "--yes", *retire.where)

    assert (done.code, cluster.calls) == (2, [])
    told = "-f: must name the manifests as rendered, unless --configmap says what is current"
    assert done.err == f"kzd: error: {told}\n"


def test_manifests_and_a_configmap_are_one_too_many(retire: Retiring) -> None:
    done = retire("--configmap", "kzd-retire")

    assert done.code == 2
    assert done.err == "kzd: error: --configmap: says what is current, and -f does; give one\n"


@pytest.mark.parametrize(
    ("files", "told"),
    [((), "-f: must name the manifests"), (("-f", "gone.yaml"), "gone.yaml: error: can't be read")],
)
@pytest.mark.parametrize("command", [("plan",), ("apply",), ("manifest", "--image", "kzd")])
def test_what_is_wrong_with_the_manifests_is_told_before_who_is_asked(
    console: Console, files: tuple[str, ...], told: str, command: tuple[str, ...]
) -> None:
    where = ("--kubeconfig", "nowhere") if command[0] != "manifest" else ()

    assert told in console.kzd("retire", *command, *files, *where).err


def unnamed(**metadata: Any) -> Object:
    made = deployment(TWO)
    made["metadata"] |= metadata
    return made


@pytest.mark.parametrize(
    ("context", "options", "is_there"),
    [
        ("shop", (), True),
        ("other", ("--namespace", "shop"), True),
        ("other", (), False),
        ("", (), False),
    ],
)
def test_where_manifests_say_no_namespace_it_is_that_of_the_context(
    retire: Retiring, context: str, options: tuple[str, ...], is_there: bool
) -> None:
    scene(retire)
    retire.console.write(MANIFESTS, rendered(unnamed(namespace=None)))
    text = retire.cluster.kubeconfig
    named = text.replace("user: nobody}", f"user: nobody, namespace: {context}}}")
    retire.console.write("kubeconfig", named if context else text)
    plan = retire.plan(*options).out.decode()
    done = retire(*options)

    assert done.code == 0, done.err
    assert ("worker of shop in shop" in plan) == is_there
    assert retire.names("deployments") == ([NEW] if is_there else sorted([OLD, NEW]))


def test_in_a_namespace_without_the_current_version_it_is_named(retire: Retiring) -> None:
    scene(retire)
    retire.console.write(MANIFESTS, rendered(unnamed(namespace=None)))
    where = ("--namespace", "default")
    told = f"the current version, {NEW}, is not in namespace 'default'"
    plan, done = retire.plan(*where), retire(*where)
    lines = [json.loads(line) for line in retire(*where, "--format", "json").out.splitlines()]

    assert (plan.code, done.code) == (0, 0)
    assert plan.out.decode() == f"note: {told}\n0 versions: nothing to do\n"
    assert f"note: {told}\n" in done.err
    assert [(line["event"], line["because"]) for line in lines[:-1]] == [("noted", told)]
    assert "note:" not in retire.plan("--namespace", "shop").out.decode()


def test_an_owner_has_to_be_said(retire: Retiring) -> None:
    scene(retire)
    retire.console.write(MANIFESTS, rendered(unnamed(labels={VERSION: TWO})))

    assert "has no label kzd.dev/instance, which says whose version it is" in retire().err


def test_another_label_may_say_the_owner(retire: Retiring) -> None:
    label = "app.kubernetes.io/instance"
    one, two = (deployment(version, now=retire.now) for version in (ONE, TWO))
    for item in (one, two):
        labels = item["metadata"]["labels"]
        labels[label] = labels.pop("kzd.dev/instance")
    retire.put(one)
    retire.current(two)

    assert retire("--instance-label", label).code == 0
    assert retire.names("deployments") == [NEW]


def test_manifests_come_through_a_pipe(retire: Retiring) -> None:
    scene(retire)
    data = (retire.console.folder / MANIFESTS).read_bytes()
    given = ("retire", "apply", "-f", "-", *retire.where, "--yes")

    assert retire.console.kzd(*given, data=data).code == 0
    assert retire.names("deployments") == [NEW]


TEMPLATE = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name }}}\n"


@pytest.mark.parametrize("name", [MANIFESTS, "chart/templates/web.yaml"])
def test_a_template_says_nothing_of_what_is_current(retire: Retiring, name: str) -> None:
    scene(retire)
    text = (retire.console.folder / MANIFESTS).read_text()
    retire.console.write(name, text + TEMPLATE)
    given = ("retire", "apply", "-f", name.partition("/")[0], *retire.where, "--yes")
    done = retire.console.kzd(*given)

    assert done.code == 3
    assert f"{name}:2:1: error: is a template; what is current is in what it renders" in done.err
    assert retire.names("deployments") == sorted([OLD, NEW])


def test_files_of_the_future_have_no_age(retire: Retiring) -> None:
    """By it a version that is newer than they are would seem to be older."""
    scene(retire)
    soon = time.time() + 7200
    os.utime(retire.console.folder / MANIFESTS, (soon, soon))
    done = retire()

    assert done.code == 3
    assert "rendered.yaml: error: was changed in the future, by this machine's clock" in done.err
    assert retire.names("deployments") == sorted([OLD, NEW])


def test_a_directory_holds_what_is_current_beside_other_files(retire: Retiring) -> None:
    scene(retire)
    text = (retire.console.folder / MANIFESTS).read_text()
    others = {"values.yaml": "a: 1\n", "empty.yaml": "", "README.md": "{{", "list.json": "[1]"}
    for name, content in {"rendered.yaml": text, **others}.items():
        retire.console.write(f"out/{name}", content)
    given = ("retire", "apply", "-f", "out", *retire.where, "--yes")

    assert retire.console.kzd(*given).code == 0
    assert retire.names("deployments") == [NEW]


def test_a_broken_file_in_a_directory_stops_it(retire: Retiring) -> None:
    scene(retire)
    text = (retire.console.folder / MANIFESTS).read_text()
    retire.console.write("out/rendered.yaml", text)
    retire.console.write("out/values.yaml", "a: [\n")
    given = ("retire", "apply", "-f", "out", *retire.where, "--yes")

    assert "out/values.yaml:2:1: error: is not YAML" in retire.console.kzd(*given).err
    assert retire.names("deployments") == sorted([OLD, NEW])


def test_items_of_a_list_are_current(retire: Retiring) -> None:
    scene(retire)
    live = {"apiVersion": "v1", "kind": "List", "items": [deployment(TWO, now=retire.now)]}
    retire.console.write(MANIFESTS, json.dumps(live))

    assert retire().code == 0
    assert retire.names("deployments") == [NEW]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_is_a_file_is_read_once(retire: Retiring) -> None:
    """As a shell's `<(helm template ...)` is one."""
    scene(retire)
    data = (retire.console.folder / MANIFESTS).read_bytes()
    pipe = retire.console.folder / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=[data], daemon=True)
    writer.start()
    done = retire.console.kzd("retire", "apply", "-f", "pipe", *retire.where, "--yes")
    writer.join(5)

    assert done.code == 0, done.err
    assert retire.names("deployments") == [NEW]


@pytest.mark.parametrize("name", ["a/../b", "Shop", "x" * 64])
def test_a_namespace_is_one_that_can_be(retire: Retiring, cluster: FakeCluster, name: str) -> None:
    retire.console.write(MANIFESTS, rendered(unnamed(namespace=name)))
    said = retire()
    retire.console.write(MANIFESTS, rendered(unnamed(namespace=None)))
    given = retire("--namespace", name)

    assert (said.code, given.code) == (3, 2)
    assert f"'{name}' can't be the name of a namespace" in said.err
    assert f"must be the name of a namespace, not '{name}'" in given.err
    assert cluster.calls == []


def test_a_version_has_a_name(retire: Retiring) -> None:
    retire.console.write(MANIFESTS, rendered(unnamed(name=["worker"])))

    assert "Deployment/: has no name" in retire().err


def test_manifests_that_do_not_change_are_parsed_once(
    retire: Retiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene(retire)
    parsed: list[Any] = []

    def read(*given: Any, **more: Any) -> Any:
        parsed.append(given)
        return read_manifests(*given, **more)

    monkeypatch.setattr("kzd.retire.current.read_manifests", read)

    assert retire().code == 0
    assert len(parsed) == 1


# --- plans as files


def test_a_plan_is_carried_out_later(retire: Retiring) -> None:
    scene(retire)
    retire.put(autoscaler(ONE, now=retire.now))
    retire.console.write("plan.json", retire.plan("--format", "json").out)
    done = retire("--plan", "plan.json")

    assert done.code == 0, done.err
    assert retire.names("deployments") == [NEW]


@pytest.mark.parametrize("format", ["text", "json"])
def test_the_time_of_a_plan_is_told(retire: Retiring, format: str) -> None:
    scene(retire)
    plan = json.loads(retire.plan("--format", "json").out) | {"madeAt": "2026-11-20T11:00:00+01:00"}
    retire.console.write("plan.json", json.dumps(plan))
    done = retire("--plan", "plan.json", "--format", format)
    told = "a plan of 2026-11-20 10:00:00 UTC"

    assert retire.names("deployments") == [NEW]
    if format == "text":
        assert f"note: {told}" in done.err
    else:
        lines = [json.loads(line) for line in done.out.splitlines()]
        (note,) = (line for line in lines if line["event"] == "noted")
        assert note["because"].startswith(told)


@pytest.mark.parametrize(
    "options", [(), ("--scale-down", "--max-age", "30m", "--max-versions", "1")]
)
def test_a_plan_is_as_its_schema_says(retire: Retiring, options: tuple[str, ...]) -> None:
    scene(retire, replicas=3)
    retire.put(
        deployment(THREE, now=retire.now, creationTimestamp="yesterday"),
        config("old", now=retire.now),
    )
    retire.cluster.nodes.busy = {f"{OLD}-6d5f8-0"}
    schema = json.loads((ROOT / "schemas" / "retire-plan.json").read_text())
    plan = json.loads(retire.plan("--format", "json", *options).out)

    jsonschema.Draft7Validator(schema).validate(plan)
    assert {item["action"] for item in plan["versions"]} == (
        {"current", "decide", "scale-down"} if options else {"current", "keep"}
    )


def test_what_is_not_in_the_plan_stays(retire: Retiring) -> None:
    scene(retire)
    retire.console.write("plan.json", retire.plan("--format", "json").out)
    retire.put(deployment(THREE, now=retire.now), autoscaler(ONE, now=retire.now))
    done = retire("--plan", "plan.json")

    assert done.code == 0
    assert "is not in the plan" in done.err
    assert len(retire.names("deployments")) == 3


def test_a_plan_from_before_a_rollback_deletes_nothing(retire: Retiring) -> None:
    scene(retire)
    retire.console.write("plan.json", retire.plan("--format", "json").out)
    retire.current(deployment(ONE, now=retire.now), apply=False)

    assert "kept" in retire("--plan", "plan.json").err
    assert retire.names("deployments") == sorted([OLD, NEW])


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": "other"}', '{"format": "kzd.dev/retire-plan/v1"}',
     '{"format": "kzd.dev/retire-plan/v1", "madeAt": "x", "limits": {}, "versions": [],'
     ' "leftovers": [], "notes": []}',
     '{"format": "kzd.dev/retire-plan/v1", "madeAt": "2026-11-29T10:00:00Z", "limits": {"a": 1},'
     ' "versions": [], "leftovers": [], "notes": []}'],
)  # fmt: skip
def test_a_file_that_is_no_plan_is_refused(
    retire: Retiring, cluster: FakeCluster, text: str
) -> None:
    scene(retire)
    retire.console.write("plan.json", text)
    done = retire("--plan", "plan.json")

    assert done.code == 3
    assert done.err.startswith(
        "plan.json: error: must be a plan as `kzd retire plan --format json`"
    )
    assert cluster.calls == []


def test_a_plan_has_its_own_limits(retire: Retiring) -> None:
    done = retire("--plan", "plan.json", "--min-age", "0s")

    assert (done.code, "--plan has its own limits" in done.err) == (2, True)


# --- who is asked


def test_nobody_there_to_ask_is_an_error(retire: Retiring) -> None:
    scene(retire)
    done = retire.console.kzd("retire", "apply", "-f", MANIFESTS, *retire.where)

    assert done.code == 2
    assert "--yes does what the plan says" in done.err
    assert retire.names("deployments") == sorted([OLD, NEW])


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 130, 2), ("", 130, 2)])
def test_a_person_is_asked(retire: Retiring, answer: str, code: int, left: int) -> None:
    scene(retire)
    given = ("retire", "apply", "-f", MANIFESTS, *retire.where)
    done = retire.console.kzd(*given, data=answer, terminals="ie")

    assert done.code == code
    assert "Do this? [y/N]" in done.err
    assert len(retire.names("deployments")) == left


def test_where_nothing_is_to_do_nobody_is_asked(retire: Retiring) -> None:
    retire.current(deployment(TWO, now=retire.now))
    done = retire.console.kzd("retire", "apply", "-f", MANIFESTS, *retire.where)

    assert done.code == 0
    assert "1 version: 1 current" in done.err


# --- what programs read


def test_each_event_is_a_line_of_json(retire: Retiring) -> None:
    scene(retire)
    retire.put(autoscaler(ONE, now=retire.now))
    done = retire("--format", "json")
    lines = [json.loads(line) for line in done.out.splitlines()]

    assert done.err == ""
    assert [line["event"] for line in lines] == [
        "planned", "planned", "deleted", "scaled", "deleted", "finished",
    ]  # fmt: skip
    assert all({"time", "event", "because"} <= line.keys() for line in lines)
    assert lines[1]["evidence"].startswith("idle endpoint: 2 of 2 Pods idle")
    assert (lines[1]["base"], lines[1]["version"], lines[1]["action"]) == ("worker", ONE, "retire")
    assert (lines[2]["kind"], lines[2]["namespace"]) == ("HorizontalPodAutoscaler", "shop")
    assert [line.get("replicas") for line in lines[2:5]] == [None, 0, None]
    counts = {key: lines[-1][key] for key in ("deleted", "scaled", "kept", "waiting", "toDecide")}
    assert counts == {"deleted": 2, "scaled": 1, "kept": 0, "waiting": 0, "toDecide": 0}


def test_the_last_line_counts_what_was_done_and_not_what_the_plan_keeps(retire: Retiring) -> None:
    scene(retire)
    retire.put(deployment(THREE, now=retire.now), autoscaler(ONE, now=retire.now))
    retire.cluster.nodes.busy = {f"{version_name('worker', THREE)}-6d5f8-0"}
    first, second = retire(), retire("--max-age", "30m")

    assert "3 versions: 1 current, 1 to retire, 1 kept\n" in first.err
    assert first.err.endswith("\nkzd: 2 deleted, 1 scaled\n")
    assert retire().err.endswith("\n2 versions: 1 current, 1 kept\nkzd: nothing was done\n")
    assert second.err.endswith("1 to decide about\nkzd: 1 to decide about\n")


def test_a_version_that_became_busy_is_kept_after_all(retire: Retiring) -> None:
    scene(retire)
    busy = f"{OLD}-6d5f8-0"
    retire.cluster.on("get", "pods/proxy", lambda: retire.cluster.nodes.busy.add(busy), nth=3)

    assert retire().err.endswith("\nkzd: 1 kept after all\n")


def test_what_a_person_has_to_know_is_a_line_of_json_too(retire: Retiring) -> None:
    retire.current(deployment(TWO, now=retire.now), apply=False)
    lines = [json.loads(line) for line in retire("--format", "json").out.splitlines()]

    assert [line["event"] for line in lines] == ["noted", "finished"]
    assert lines[0]["because"] == f"the current version, {NEW}, is not in namespace 'shop'"


def test_what_a_pod_answers_does_nothing_to_a_terminal(retire: Retiring) -> None:
    scene(retire)
    retire.cluster.nodes.said = {f"{OLD}-6d5f8-0": (200, "\x1b[2Jbusy")}

    assert "\x1b" not in retire.plan().out.decode()


class Gone(io.StringIO):
    """A stream that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


@pytest.mark.parametrize("stream", [Gone(), None])
def test_a_log_that_nobody_reads_stops_nothing(stream: Gone | None) -> None:
    Log(stream, "json").end([])


@pytest.mark.parametrize(
    ("verb", "resource"),
    [("list", "deployments"), ("list", "services"), ("list", "horizontalpodautoscalers"),
     ("list", "scaledobjects"), ("list", "poddisruptionbudgets"), ("list", "pods"),
     ("delete", "deployments"), ("patch", "deployments/scale")],
)  # fmt: skip
def test_a_permission_that_is_missing_is_named(
    retire: Retiring, cluster: FakeCluster, verb: str, resource: str
) -> None:
    scene(retire)
    cluster.forbid(verb, resource)
    done = retire()

    assert done.code == 3
    assert f'cannot {verb} resource "{resource}"' in done.err
    assert "`kzd retire manifest` prints the Role that it needs" in done.err


@pytest.mark.parametrize(("status", "code"), [(429, 0), (410, 3)])
@pytest.mark.parametrize("verb", ["list", "delete"])
def test_too_many_requests_pass_and_other_refusals_do_not(
    retire: Retiring,
    cluster: FakeCluster,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    status: int,
    code: int,
) -> None:
    monkeypatch.setattr("kzd.kube_api.PATIENCE_SECONDS", 30.0)
    scene(retire)
    cluster.fail(verb, "deployments", status, times=1)

    assert retire().code == code
    assert (OLD in retire.names("deployments")) == bool(code)


def test_a_time_is_one_that_somebody_means(retire: Retiring) -> None:
    done = retire("--min-age", "9" * 400)

    assert (done.code, "must be a duration" in done.err) == (2, True)


@pytest.mark.parametrize("resource", ["secrets", "verticalpodautoscalers"])
def test_what_may_not_be_listed_stays_and_is_named(
    retire: Retiring, cluster: FakeCluster, resource: str
) -> None:
    scene(retire)
    retire.put(config("old", kind="Secret", now=retire.now))
    cluster.forbid("list", resource)
    done = retire()

    assert done.code == 0, done.err
    assert "may not be listed, so they stay" in done.err
    assert retire.names("deployments") == [NEW]
    assert len(retire.names("secrets")) == (resource == "secrets")


def test_kinds_that_are_not_installed_are_none(retire: Retiring, cluster: FakeCluster) -> None:
    scene(retire)
    cluster.absent = {"scaledobjects", "verticalpodautoscalers"}

    assert retire().code == 0
    assert retire.names("deployments") == [NEW]


@pytest.mark.parametrize("resource", ["services", "horizontalpodautoscalers", "pods"])
def test_kinds_that_every_cluster_has_are_never_none(
    retire: Retiring, cluster: FakeCluster, resource: str
) -> None:
    scene(retire)
    cluster.fail("list", resource, 404, reason="NotFound")

    assert retire().code == 3
    assert OLD in retire.names("deployments")


# --- other ways to ask


@contextmanager
def serving(status: int, answer: str) -> Iterator[tuple[int, list[Any]]]:
    """An HTTP server: its port, and the requests that came in."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with served(Handler) as address:
        yield int(address.rpartition(":")[2]), asked


def sample(value: str) -> str:
    data = {"resultType": "vector", "result": [{"value": [1.5, value]}]}
    return json.dumps({"status": "success", "data": data})


@pytest.mark.parametrize(
    ("status", "answer", "is_idle"),
    [
        (200, sample("0"), True),
        (200, sample("3"), False),
        (200, "<html>", False),
        (302, sample("0"), False),
        (422, '{"status": "error", "error": "parse error"}', False),
        (503, "", False),
    ],
)
def test_prometheus_is_asked(
    retire: Retiring, console: Console, status: int, answer: str, is_idle: bool
) -> None:
    query = 'sum(tasks{deployment="$name"})'
    scene(retire, annotations={IDLE_QUERY: query})
    console.write("token", "secret\n")
    with serving(status, answer) as (port, asked):
        url = f"http://127.0.0.1:{port}/prefix/"
        done = retire("--prometheus", url, "--prometheus-token", "token")

    assert done.code == 0, done.err
    assert (OLD not in retire.names("deployments")) == is_idle
    at = urlsplit(asked[0][0])
    assert at.path == "/prefix/api/v1/query"
    assert parse_qs(at.query) == {"query": [f'sum(tasks{{deployment="{OLD}"}})']}
    assert asked[0][1]["Authorization"] == "Bearer secret"


@pytest.mark.parametrize("url", ["prometheus:9090", "file:///etc/passwd", "http:///query"])
def test_prometheus_is_asked_by_http(retire: Retiring, url: str) -> None:
    done = retire.plan("--prometheus", url)

    assert done.code == 2
    assert f"must begin with http:// or https://, not '{url}'" in done.err


@pytest.mark.parametrize("text", ["", "two words", "two\nlines", "\xe4"])
def test_a_token_is_one_word_and_never_shown(retire: Retiring, text: str) -> None:
    scene(retire)
    retire.console.write("token", text)
    done = retire.plan("--prometheus", "http://127.0.0.1:1", "--prometheus-token", "token")

    assert done.code == 2
    assert "token: error: must hold a token: one word of ASCII" in done.err
    assert not text or text not in done.err


def test_a_query_without_prometheus_is_unknown(retire: Retiring) -> None:
    scene(retire, annotations={IDLE_QUERY: "tasks"})

    assert "unknown (Prometheus: --prometheus does not name one)" in retire.plan().out.decode()
    assert "unknown (Prometheus: " in retire("--prometheus", "http://127.0.0.1:1").err
    assert OLD in retire.names("deployments")


@pytest.mark.parametrize(("answer", "is_idle"), [("idle", True), ("busy", False)])
def test_pods_are_asked_at_their_addresses(
    retire: Retiring, cluster: FakeCluster, answer: str, is_idle: bool
) -> None:
    with serving(200, answer) as (port, asked):
        scene(retire, annotations={IDLE_PATH: f":{port}/idle"})
        assert retire("--direct").code == 0

    assert asked[0][0] == "/idle"
    assert (OLD not in retire.names("deployments")) == is_idle
    assert all(call.resource != "pods/proxy" for call in cluster.calls)


def test_pods_that_do_not_answer_are_unknown(retire: Retiring) -> None:
    scene(retire, annotations={IDLE_PATH: ":1/idle"})

    assert "2 of 2 Pods unknown" in retire.plan("--direct").out.decode()


@pytest.mark.parametrize(
    "answer", [{"items": None}, {}, [], {"items": [], "metadata": {"continue": "x"}}]
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_list_that_is_not_whole_stops_it(
    retire: Retiring,
    cluster: FakeCluster,
    monkeypatch: pytest.MonkeyPatch,
    answer: Any,
    number: int,
) -> None:
    """The lists of Deployments, Services and autoscalers."""
    scene(retire)
    plain = cluster.answer
    calls = iter(range(1, 100))

    def cut(*given: Any) -> Any:
        return (200, answer) if next(calls) == number else plain(*given)

    monkeypatch.setattr(cluster, "answer", cut)
    done = retire()

    assert done.code == 3
    assert "does not answer with a whole list" in done.err
    assert OLD in retire.names("deployments")
