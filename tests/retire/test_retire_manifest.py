"""`kzd retire manifest`: a CronJob that may do what it does, and nothing more."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd.long_task import IDLE_READINESS, version_name
from kzd.retire.current import RENDERED_AT
from tests.fake_cluster import FakeCluster
from tests.retire.conftest import MANIFESTS, Retiring
from tests.retire.versions import ONE, TWO, Object, autoscaler, budget, config, deployment, rendered

OLD, NEW = version_name("worker", ONE), version_name("worker", TWO)


def printed(retire: Retiring, *options: str) -> dict[str, Object]:
    """The manifests by their kinds."""
    given = ("-f", MANIFESTS, "--image", "registry.example.com/kzd:1.0", *options)
    done = retire.console.kzd("retire", "manifest", *given)
    assert done.code == 0, done.err
    return {item["kind"]: item for item in YAML(typ="safe").load_all(done.out)}


def allowed(role: Object) -> set[tuple[str, str]]:
    """What a Role allows, as verb and resource."""
    return {
        (verb, resource)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def arguments(made: dict[str, Object]) -> list[str]:
    template = made["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    found = template["spec"]["containers"][0]["args"]
    assert isinstance(found, list)
    return found


def current(retire: Retiring, *more: Object) -> None:
    retire.current(deployment(TWO, now=retire.now), *more)


def run(retire: Retiring, made: dict[str, Object]) -> Any:
    """Run what the CronJob runs."""
    retire.put(made["ConfigMap"])
    return retire.console.kzd(*arguments(made), *retire.where)


def test_what_it_prints_retires(retire: Retiring) -> None:
    retire.put(deployment(ONE, now=retire.now))
    current(retire)
    made = printed(retire, "--min-age", "30m")
    done = run(retire, made)

    assert done.code == 0, done.out
    assert retire.names("deployments") == [NEW]
    assert json.loads(done.out.splitlines()[-1])["event"] == "finished"


@pytest.mark.parametrize("options", [(), ("--scale-down",), ("--direct",)])
def test_the_role_is_what_a_run_uses(
    retire: Retiring, cluster: FakeCluster, options: tuple[str, ...]
) -> None:
    now = retire.now
    copies = [config("old", now=now), config("old", kind="Secret", now=now)]
    said = {IDLE_READINESS: "ready"} if "--direct" in options else None
    retire.put(
        deployment(ONE, now=now, annotations=said), *copies,
        autoscaler(ONE, now=now), budget(ONE, now=now),
        autoscaler(ONE, kind="ScaledObject", base="keda", target=OLD, now=now),
        autoscaler(ONE, kind="VerticalPodAutoscaler", base="vertical", target=OLD, now=now),
        deployment(ONE, base="half", now=now),
    )  # fmt: skip
    current(retire, config("new", kind="Secret", now=now))
    retire.put(deployment(TWO, base="half", now=now))
    manifests = [deployment(TWO, now=now), deployment(TWO, base="half", now=now)]
    retire.console.write(MANIFESTS, rendered(*manifests, config("new", kind="Secret", now=now)))
    cluster.nodes.busy = {f"{version_name('half', ONE)}-6d5f8-0"}
    made = printed(retire, *options)
    cluster.calls.clear()
    done = run(retire, made)

    assert done.code == 0, done.out
    used = {(call.verb, call.resource) for call in cluster.calls}
    assert used == allowed(made["Role"])


@pytest.mark.parametrize("has_secret", [False, True])
def test_without_copies_of_secrets_in_the_manifests_none_may_be_read(
    retire: Retiring, has_secret: bool
) -> None:
    """So with `longTask.config: report`."""
    plain = config("password", kind="Secret", now=retire.now, name="shop", labels={"app": "shop"})
    current(retire, *[plain] * has_secret)

    assert all(resource != "secrets" for _, resource in allowed(printed(retire)["Role"]))


def test_the_options_are_handed_on(retire: Retiring) -> None:
    current(retire)
    token = str(retire.console.write("token", "secret"))
    made = printed(
        retire, "--max-versions", "3", "--prometheus", "http://prometheus:9090",
        "--prometheus-token", token, "--max-age", "7d", "--force-after", "30d", "--direct",
    )  # fmt: skip

    assert set(made) == {"ServiceAccount", "Role", "RoleBinding", "ConfigMap", "CronJob"}
    assert {item["metadata"]["namespace"] for item in made.values()} == {"shop"}
    assert arguments(made) == [
        "retire", "apply", "--yes", "--configmap", "kzd-retire", "--namespace", "shop",
        "--format", "json", "--instance-label", "kzd.dev/instance",
        "--prometheus", "http://prometheus:9090", "--prometheus-token", token,
        "--min-age", "600s", "--max-age", "604800s", "--max-versions", "3",
        "--force-after", "2592000s", "--direct",
    ]  # fmt: skip
    assert run(retire, made).code == 0


def test_each_app_of_a_namespace_may_have_its_own(retire: Retiring) -> None:
    retire.put(deployment(ONE, now=retire.now), deployment(ONE, base="other", now=retire.now))
    current(retire)
    first = printed(retire, "--name", "123")
    retire.current(deployment(TWO, base="other", now=retire.now))
    second = printed(retire, "--name", "retire-other")
    retire.put(first["ConfigMap"], second["ConfigMap"])

    assert {item["metadata"]["name"] for item in first.values()} == {"123"}
    assert first["RoleBinding"]["roleRef"]["name"] == "123"
    assert first["RoleBinding"]["subjects"][0]["name"] == "123"
    template = first["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    assert template["spec"]["serviceAccountName"] == "123"
    assert retire.console.kzd(*arguments(first), *retire.where).code == 0
    assert retire.names("deployments") == sorted(
        [NEW, version_name("other", ONE), version_name("other", TWO)]
    )
    assert retire.console.kzd(*arguments(second), *retire.where).code == 0
    assert retire.names("deployments") == sorted([NEW, version_name("other", TWO)])


@pytest.mark.parametrize("name", ["", "A", "a.b", "a_b", "-a", "a" * 53])
def test_a_name_that_no_cronjob_may_have_is_refused(retire: Retiring, name: str) -> None:
    given = ("-f", MANIFESTS, "--image", "kzd", "--name", name)
    done = retire.console.kzd("retire", "manifest", *given)

    assert done.code == 2
    assert "must be a DNS label of at most 52 characters" in done.err


def test_the_configmap_holds_no_more_than_what_has_to_be_known(retire: Retiring) -> None:
    secret = config("password", kind="Secret", now=retire.now)
    current(retire, secret)
    text = printed(retire)["ConfigMap"]["data"]["manifests.json"]
    items = json.loads(text)["items"]

    assert "password" not in text
    assert [item["kind"] for item in items] == ["Deployment", "Secret"]
    said = datetime.fromisoformat(items[0]["metadata"]["annotations"][RENDERED_AT])
    assert abs((datetime.now(UTC) - said).total_seconds()) < 60


def test_what_came_after_the_configmap_is_kept(retire: Retiring) -> None:
    """A ConfigMap that was not applied with the manifests does not know the newest version."""
    current(retire)
    made = printed(retire)
    text = made["ConfigMap"]["data"]["manifests.json"]
    said = json.loads(text)["items"][0]["metadata"]["annotations"][RENDERED_AT]
    made["ConfigMap"]["data"]["manifests.json"] = text.replace(said, "2026-01-01T00:00:00+00:00")
    retire.put(deployment(ONE, now=retire.now))
    done = run(retire, made)

    assert b"it is newer than the manifests" in done.out
    assert OLD in retire.names("deployments")


def test_a_clock_that_is_ahead_where_manifests_are_rendered_stops_it(retire: Retiring) -> None:
    """What is newer than the ConfigMap would seem to be older until that time has come."""
    current(retire)
    made = printed(retire)
    text = made["ConfigMap"]["data"]["manifests.json"]
    said = json.loads(text)["items"][0]["metadata"]["annotations"][RENDERED_AT]
    soon = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%S+00:00}"
    made["ConfigMap"]["data"]["manifests.json"] = text.replace(said, soon)
    retire.put(deployment(ONE, now=retire.now))
    done = run(retire, made)

    assert done.code == 3
    assert "the clock where they were rendered is ahead" in done.err
    assert OLD in retire.names("deployments")


def test_the_configmap_is_read_before_each_step(retire: Retiring, cluster: FakeCluster) -> None:
    retire.put(deployment(ONE, now=retire.now), autoscaler(ONE, now=retire.now))
    current(retire)
    made = printed(retire)
    retire.console.write(MANIFESTS, rendered(deployment(ONE, now=retire.now)))
    back = printed(retire)["ConfigMap"]
    cluster.on("delete", "horizontalpodautoscalers", lambda: retire.put(back))
    done = run(retire, made)

    assert b"the manifests hold it" in done.out
    assert retire.names("deployments") == sorted([OLD, NEW])


@pytest.mark.parametrize("data", [None, {}, {"manifests.json": ""}, {"manifests.json": "{}"}])
def test_a_configmap_without_what_is_current_stops_it(
    retire: Retiring, data: dict[str, str] | None
) -> None:
    retire.put(deployment(ONE, now=retire.now))
    current(retire)
    made = printed(retire)
    made["ConfigMap"]["data"] = data
    done = run(retire, made)

    assert done.code == 3
    assert "ConfigMap/kzd-retire" in done.err
    assert OLD in retire.names("deployments")


def test_the_configmap_holds_what_says_no_namespace_and_other_deployments(
    retire: Retiring,
) -> None:
    copy = config("password", kind="Secret", now=retire.now)
    copy["metadata"]["namespace"] = None
    plain = deployment(ONE, now=retire.now, name="plain", labels={})
    retire.console.write(MANIFESTS, rendered(deployment(TWO, now=retire.now), copy, plain))
    made = printed(retire)
    items = json.loads(made["ConfigMap"]["data"]["manifests.json"])["items"]

    assert [(item["kind"], item["metadata"]["name"]) for item in items] == [
        ("Deployment", NEW), ("Deployment", "plain"), ("Secret", copy["metadata"]["name"]),
    ]  # fmt: skip
    assert ("list", "secrets") in allowed(made["Role"])


def test_a_run_that_hangs_does_not_keep_the_next_ones_waiting(retire: Retiring) -> None:
    current(retire)
    job = printed(retire)["CronJob"]["spec"]

    assert job["concurrencyPolicy"] == "Forbid"
    assert job["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 3600


def test_each_namespace_has_its_own(retire: Retiring) -> None:
    other = deployment(TWO, now=retire.now)
    other["metadata"]["namespace"] = "123"
    retire.console.write(MANIFESTS, rendered(deployment(TWO, now=retire.now), other))
    given = ("-f", MANIFESTS, "--image", "kzd")
    out = retire.console.kzd("retire", "manifest", *given).out
    found = [item["metadata"]["namespace"] for item in YAML(typ="safe").load_all(out)]

    assert found == ["123"] * 5 + ["shop"] * 5


def test_the_namespace_has_to_be_said(retire: Retiring) -> None:
    """Nobody is asked for it: what it prints may be for any cluster."""
    made = deployment(TWO, now=retire.now, namespace=None)
    retire.console.write(MANIFESTS, rendered(made))
    given = ("retire", "manifest", "-f", MANIFESTS, "--image", "kzd")
    done = retire.console.kzd(*given)

    assert done.code == 3
    assert "says no namespace; --namespace names the one that it is applied to" in done.err
    assert retire.console.kzd(*given, "--namespace", "shop").code == 0


@pytest.mark.parametrize(
    "options",
    [("--schedule", "foo"), ("--schedule", "* * * *"), ("--schedule", "* * * * * *"),
     ("--schedule", ""), ("--schedule", "@"), ("--schedule", '* * * * "'),
     ("--image", "not an image"), ("--image", ""), ("--image", "kzd\n")],
)  # fmt: skip
def test_what_the_api_would_refuse_is_told_at_once(
    retire: Retiring, options: tuple[str, str]
) -> None:
    current(retire)
    given = ("retire", "manifest", "-f", MANIFESTS, "--image", "kzd", *options)
    done = retire.console.kzd(*given)

    assert (done.code, done.out) == (2, b"")
    assert f"Invalid value for '{options[0]}': must " in done.err


@pytest.mark.parametrize("schedule", ["@hourly", "@every 15m", "0,30 8-18/2 ? JAN-MAR MON-FRI"])
def test_a_schedule_is_as_it_was_given(retire: Retiring, schedule: str) -> None:
    current(retire)

    assert printed(retire, "--schedule", schedule)["CronJob"]["spec"]["schedule"] == schedule
