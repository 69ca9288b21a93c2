"""What a run tells beside the rules' answers: exemptions that keep nothing back, and copies."""

from __future__ import annotations

import pytest

from kzd import pipeline, transforms
from kzd.config.configuration import Config
from kzd.config.source import choose
from kzd.flow.bundle import Source
from kzd.result import Result
from tests.case import TODAY
from tests.manifests import CONFIGURATION, DEPLOYMENT, EDIT, SERVICE, WEB

ROLLING = ("rolling-update",)
OVERRIDE = CONFIGURATION + "spec:\n  overrides:\n  - match: {kind: Deployment}\n    exempt: "


def told(
    action: str, *sources: Source, config: str = "", only: tuple[str, ...] = ROLLING
) -> list[Result]:
    named = Source("kzd.yaml", config.encode()) if config else None
    output = pipeline.run(
        sources,
        lambda bundle: choose(bundle, transforms.load(), named=named),
        today=TODAY,
        only=only,
    )
    return [result for result in output.results if result.action == action]


def source(text: str, name: str = "web.yaml") -> Source:
    return Source(name, text.encode())


def exempt(name: str, text: str = WEB) -> Source:
    annotation = f"metadata:\n  annotations:\n    exempt.kzd.dev/{name}: a reason\n"
    head, mark, tail = text.rpartition("kind: Deployment\nmetadata:\n")
    return source(head + mark.removesuffix("metadata:\n") + annotation + tail)


def test_an_exemption_that_keeps_an_edit_back_is_at_work() -> None:
    assert told("exemption", exempt("rolling-update")) == []


def test_an_exemption_that_keeps_nothing_back_is_told() -> None:
    (result,) = told("exemption", exempt("rolling-update", WEB + EDIT))

    assert result.message == "the exemption from rolling-update changes nothing; it can go"
    assert (result.severity, result.line) == ("warning", 15)


def test_of_a_transform_that_did_not_run_nothing_is_known() -> None:
    idle = exempt("pod-disruption-budget", WEB.replace("replicas: 3", "replicas: 1"))

    assert told("exemption", idle) == []
    assert len(told("exemption", idle, only=("pod-disruption-budget",))) == 1


def test_an_exemption_from_all_is_idle_where_all_ran_and_none_had_a_say() -> None:
    idle = exempt("all", DEPLOYMENT)
    platform = exempt("all").data.replace(
        b"  annotations", b"  namespace: kube-system\n  annotations"
    )

    assert told("exemption", exempt("all"), only=()) == []
    assert told("exemption", idle, only=()) == []  # `service-in-input` is kept back
    (result,) = told("exemption", Source("web.yaml", platform), only=())
    assert result.message == "the exemption from all transforms changes nothing; it can go"
    assert told("exemption", Source("web.yaml", platform)) == []


@pytest.mark.parametrize(
    ("texts", "idle"),
    [
        ((WEB,), False),
        ((WEB + EDIT,), True),
        ((WEB + EDIT, WEB), False),
        ((WEB, WEB + EDIT), False),
    ],
)
def test_an_exemption_by_override_is_idle_when_it_is_for_every_resource(
    texts: tuple[str, ...], idle: bool
) -> None:
    sources = [
        source(text.replace("web", f"web{place}"), f"{place}.yaml")
        for place, text in enumerate(texts)
    ]

    found = told("configuration", *sources, config=OVERRIDE + "{rollingUpdate: a reason}\n")

    assert [(item.severity, item.line) for item in found] == ([("info", 8)] if idle else [])


def copies(*names: str, text: str = SERVICE) -> list[Result]:
    return [
        result
        for result in told("input", *(source(text, name) for name in names))
        if result.severity == "warning"
    ]


def test_copies_are_told_once() -> None:
    assert copies("a.yaml") == []
    (two,) = copies("a.yaml", "b.yaml")
    assert two.message.startswith("is in a.yaml and b.yaml; each copy is judged")
    (five,) = copies("a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml")
    assert five.message.startswith("is in a.yaml, b.yaml, c.yaml and 2 more files; each copy")
    (both,) = copies("a.yaml", "b.yaml", text=WEB)
    assert "b.yaml, and 1 other resource is in several files too; each copy" in both.message
    (three,) = copies("a.yaml", "b.yaml", text=WEB + "---\n" + SERVICE.replace("web", "x"))
    assert ", and 2 other resources are in several files too; each copy" in three.message


def test_copies_in_one_file_are_no_bases_and_overlays() -> None:
    assert copies("a.yaml", text=f"{SERVICE}---\n{SERVICE}") == []


def test_what_only_a_check_reads_changes_no_decision() -> None:
    elsewhere = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: elsewhere}\n"
    workload = DEPLOYMENT.replace("  name: web\n", "  name: web\n  namespace: shop\n", 1)
    sources = [source(f"{SERVICE}---\n{workload}---\n{elsewhere}")]
    rendered, checked = (
        pipeline.run(
            sources, Config.default(transforms.load()), today=TODAY, checks_everything=reads
        )
        for reads in (False, True)
    )

    assert [review.role.name for review in rendered.reviews] == ["serving"]
    assert checked.files == rendered.files


def test_copies_of_what_no_decision_rests_on_are_not_told() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    sources = [source(text, "a.yaml"), source(text, "b.yaml")]

    assert (
        pipeline.run(
            sources, Config.default(transforms.load()), today=TODAY, checks_everything=True
        ).results
        == []
    )
