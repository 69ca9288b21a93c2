"""`kzd measure` from the command line: permissions, records that go on, streams that are gone."""

from __future__ import annotations

import builtins
import os
import sys
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd import __main__
from kzd.measure.rbac import manifests
from kzd.measure.record import line, read, whole
from tests.console import Console
from tests.fake_cluster import FakeCluster
from tests.measure.conftest import SHORT, Measuring
from tests.measure.deletions import rollout

ALL_PATHS = ("--path", "cluster-ip", "--path", "headless", "--path", "node-port")


def verbs(kind: str, *, with_churn: bool) -> set[tuple[str, str]]:
    """What a printed Role allows, as verb and resource."""
    documents = YAML(typ="safe").load_all(manifests("shop", with_churn=with_churn))
    return {
        (verb, resource)
        for document in documents
        if document["kind"] == kind
        for rule in document["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("churn", [(), ("--churn", "50")], ids=["alone", "churn"])
def test_the_role_is_what_a_run_uses(
    measure: Measuring, cluster: FakeCluster, churn: tuple[str, ...]
) -> None:
    for resource in ("configmaps", "services", "deployments", "endpointslices"):
        cluster.fail("create", resource, 0, times=1, is_after=True)

    done = measure("--namespace", "shop", *ALL_PATHS, *churn, singles=1)

    assert done.code == 0, done.err
    used = {(call.verb, call.resource) for call in cluster.calls if call.namespace}
    beside = {(call.verb, call.resource) for call in cluster.calls if not call.namespace}
    assert used == verbs("Role", with_churn=bool(churn))
    assert beside == verbs("ClusterRole", with_churn=bool(churn))


@pytest.mark.parametrize(("verb", "resource"), sorted(verbs("Role", with_churn=True)))
def test_a_permission_that_is_missing_is_named(
    measure: Measuring, cluster: FakeCluster, verb: str, resource: str
) -> None:
    if verb == "get":
        cluster.fail("create", resource, 0, times=1, is_after=True)
    cluster.forbid(verb, resource)

    done = measure("--namespace", "shop", "--churn", "50", singles=1)

    assert done.code == 3
    assert f'cannot {verb} resource "{resource}"' in done.err
    assert "`kzd measure rbac` prints the Role" in done.err
    cluster.mend()
    if cluster.left():
        assert "`kzd measure cleanup --namespace shop`" in done.err
        assert measure.cleanup("--namespace", "shop").code == 0


def test_facts_that_may_not_be_read_are_left_out(measure: Measuring, cluster: FakeCluster) -> None:
    cluster.forbid("list", "nodes")

    done = measure(rollouts=1)

    assert (done.code, read("out", done.out).deletions[0].cluster["nodes"]) == (0, None)


# --- records that go on


RECORDS = "".join(map(line, [*rollout(1), *rollout(2, series="warm-up"), *rollout(3)[:2]]))


@pytest.mark.parametrize(
    ("torn", "is_whole"),
    [("", True), ('{"record":"kzd.dev', False), ('{"arrivals":[{"path":"url"}', False)],
)
def test_a_run_goes_on_at_the_end_of_its_file(
    measure: Measuring, console: Console, torn: str, is_whole: bool
) -> None:
    console.write("records", RECORDS + torn)

    done = measure("--resume", "records", rollouts=3)

    data = (console.folder / "records").read_bytes()
    found = read("records", data)
    groups = [group for group in whole(found.deletions) if group[0].series == "rollout"]
    assert (done.code, done.out, found.notes) == (0, b"", [])
    assert data.startswith(RECORDS.encode())
    assert [group[0].of for group in groups] == [3, 2, 2], "one was there, warm-ups don't count"
    assert ("the last line is cut off" in done.err) == (not is_whole)
    assert done.err.endswith("then: kzd measure summary records > propagation.yaml\n")


def test_nothing_is_set_up_where_nothing_is_left(
    measure: Measuring, console: Console, cluster: FakeCluster
) -> None:
    console.write("records", "".join(map(line, rollout(1))))

    done = measure("--resume", "records", rollouts=1)

    assert (done.code, cluster.calls) == (0, [])
    assert done.err == "kzd: nothing is left to measure: records holds what is asked for\n"


def test_records_of_another_path_do_not_count(measure: Measuring, console: Console) -> None:
    console.write("records", "".join(map(line, rollout(1))))

    assert measure("--resume", "records", "--path", "headless", rollouts=1).code == 0
    found = whole(read("records", (console.folder / "records").read_bytes()).deletions)
    paths = [{item.path for item in group[0].arrivals} for group in found]
    assert paths == [{"cluster-ip"}, {"headless"}, {"headless"}]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--rollouts", "0", "--singles", "0"), "--rollouts: must be at least 1 with --singles 0"),
        (("--rate", "nan"), "must be a number, not 'nan'"),
        (("--churn", "nan"), "must be a number, not 'nan'"),
        (("--namespace", ""), "must be the name of a namespace, not ''"),
        (("--namespace", "Foo_"), "must be the name of a namespace, not 'Foo_'"),
        (("--host-network", "rbac"), "--host-network is no option of `measure` before `rbac`"),
        (("rbac", "--namespace", "Foo_"), "must be the name of a namespace, not 'Foo_'"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    console: Console, options: tuple[str, ...], told: str
) -> None:
    done = console.kzd("measure", *options)

    assert (done.code, done.out) == (2, b"")
    assert told in " ".join(done.err.split())


def test_a_last_line_without_its_end_of_line_counts(measure: Measuring, console: Console) -> None:
    console.write("records", "".join(map(line, rollout(1))).rstrip("\n"))

    assert measure("--resume", "records", rollouts=2).code == 0
    assert len(read("records", (console.folder / "records").read_bytes()).deletions) == 7


def test_records_that_cannot_be_read_are_refused(
    measure: Measuring, console: Console, cluster: FakeCluster
) -> None:
    console.write("records", "nonsense\n")

    assert measure("--resume", "records").err.startswith("records:1: error: must be a record")
    assert measure("--resume", "nowhere").err == (
        "nowhere: error: can't be read: No such file or directory\n"
    )
    assert cluster.calls == []


def test_a_file_that_may_only_be_read_is_refused(
    measure: Measuring, console: Console, monkeypatch: pytest.MonkeyPatch, cluster: FakeCluster
) -> None:
    console.write("records", "")

    def guarded(file: Any, mode: str = "r", *more: Any, **others: Any) -> Any:
        if mode == "r+b":
            raise PermissionError(13, "Permission denied")
        return plain(file, mode, *more, **others)

    plain = builtins.open
    monkeypatch.setattr(builtins, "open", guarded)
    done = measure("--resume", "records")

    assert (done.code, done.err) == (3, "records: error: can't be written: Permission denied\n")
    assert cluster.calls == []


# --- streams that are gone


def closed_pipe() -> Any:
    """A stream that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize("is_there", [True, False], ids=["broken", "closed"])
def test_a_stream_that_is_gone_leaves_nothing(
    measure: Measuring, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, name: str,
    is_there: bool,
) -> None:  # fmt: skip
    arguments = ["kzd", "measure", "--kubeconfig", measure.kubeconfig, *SHORT]
    monkeypatch.setattr(sys, "argv", [*arguments, "--rollouts", "1", "--singles", "0"])
    stream = closed_pipe() if is_there else None
    with monkeypatch.context() as patch:
        patch.setattr(sys, name, stream)
        code = __main__.main()
    if stream:
        stream.close()

    assert code == 3
    assert (name, is_there) == ("stdout", False) or cluster.calls


# --- getting there


def test_without_the_client_library_it_says_what_to_install(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)

    done = console.kzd("measure")

    assert (done.code, done.out) == (2, b"")
    assert "`pip install 'kzd[cluster]'`" in done.err


@pytest.mark.parametrize(
    ("text", "context", "told"),
    [
        (None, "", "is not there"),
        ("[", "", "is no kubeconfig that can be used"),
        ("just words", "", ""),
        ("apiVersion: v1\nkind: Config\n", "nowhere", ""),
    ],
)
def test_a_kubeconfig_that_leads_nowhere_is_named(
    console: Console, text: str | None, context: str, told: str
) -> None:
    if text is not None:
        console.write("config", text)

    done = console.kzd("measure", "--kubeconfig", "config", "--context", context)

    assert done.code == 2, done.err
    assert done.err.startswith("config: error: ")
    assert told in done.err
