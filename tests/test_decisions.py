"""What the engine lets a transform do, whatever the transform says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kzd import pipeline, transforms
from kzd.config.configuration import Config
from kzd.edit import Create, Edit, Finding, Together, path
from kzd.errors import SelfCheckFailed
from kzd.pipeline import Output, Source
from kzd.transform import OptionSet, Transform
from tests.case import TODAY

GRACE = path("spec.template.spec.terminationGracePeriodSeconds")
STRATEGY = path("spec.strategy")
REPLICAS = path("spec.replicas")
TEXT = b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  strategy: &strategy {}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 40
      containers:
      - name: web
        image: example.com/web:1
"""

Decisions = list[Edit | Create | Finding | Together]
Deciding = Callable[[Decisions], Callable[..., Output]]


@pytest.fixture
def deciding(monkeypatch: pytest.MonkeyPatch) -> Deciding:
    """A run in which the only transform decides what it is given."""

    def prepared(decisions: Decisions) -> Callable[..., Output]:
        def decide(*_: Any) -> Iterator[Edit | Create | Finding | Together]:
            yield from decisions

        stub = Transform("stub", ("Deployment",), (), (), (), (), False, False, OptionSet, decide)
        monkeypatch.setattr(transforms, "load", lambda: (stub,))
        return lambda **options: pipeline.run(
            [Source("-", TEXT)], Config.default(transforms.load()), today=TODAY, **options
        )

    return prepared


def actions(output: Output) -> list[str]:
    return [result.action for result in output.results]


@pytest.mark.parametrize(
    "edit",
    [
        Edit(REPLICAS, 3, "more is better"),
        Edit(GRACE, 30, "it may be shorter", replaces="raised"),
        Edit(GRACE, 40, "it is the same", replaces="raised"),
        Edit(GRACE, 60, "it may be longer"),
    ],
)
def test_what_is_set_is_not_overridden(deciding: Deciding, edit: Edit) -> None:
    with pytest.raises(SelfCheckFailed, match="would override what is set"):
        deciding([edit])()


def test_a_declared_raise_may_grow(deciding: Deciding) -> None:
    output = deciding([Edit(GRACE, 60, "the sleep uses it up", replaces="raised")])()

    assert actions(output) == ["edit"]
    assert b"terminationGracePeriodSeconds: 60\n" in output.files[0].data


def test_a_declared_name_may_give_way_to_another(deciding: Deciding) -> None:
    image = path("spec.template.spec.containers[0].image")
    output = deciding([Edit(image, "example.com/web:2", "so", replaces="renamed")])()

    assert b'        image: "example.com/web:2"\n' in output.files[0].data


@pytest.mark.parametrize("value", ["example.com/web:1,2", "example.com/web:1,"])
def test_a_declared_list_may_get_more_words(deciding: Deciding, value: str) -> None:
    image = path("spec.template.spec.containers[0].image")
    output = deciding([Edit(image, value, "so", replaces="extended")])()

    assert value.encode() in output.files[0].data


@pytest.mark.parametrize(
    "edit",
    [
        Edit(path("metadata.name"), "web", "the same", replaces="renamed"),
        Edit(path("metadata"), "web", "no name", replaces="renamed"),
        Edit(path("metadata.name"), "website", "another", replaces="extended"),
        Edit(REPLICAS, "3", "a number is no name", replaces="renamed"),
    ],
)
def test_what_a_declaration_does_not_say_stays(deciding: Deciding, edit: Edit) -> None:
    with pytest.raises(SelfCheckFailed, match="would override what is set"):
        deciding([edit])()


READY = Edit(path("spec.minReadySeconds"), 10, "it may help")
ANCHORED = Edit((*STRATEGY, "type"), "RollingUpdate", "it is the default")
BUDGET = Create({"apiVersion": "v1", "kind": "Budget", "metadata": {"name": "new"}}, "it may help")


def test_of_decisions_that_need_each_other_all_are_made(deciding: Deciding) -> None:
    output = deciding([Together((BUDGET, READY), "they belong together")])()

    assert sorted(actions(output)) == ["create", "edit"]
    assert b"kind: Budget" in output.files[0].data


@pytest.mark.parametrize("others", [(READY,), (BUDGET,), (READY, BUDGET)])
def test_of_decisions_that_need_each_other_none_is_made(
    deciding: Deciding, others: tuple[Edit | Create, ...]
) -> None:
    output = deciding([Together((*others, ANCHORED), "they belong together")])()

    assert actions(output) == ["refusal"]
    assert "they belong together" in output.results[0].message
    assert output.files[0].data == TEXT


def test_what_is_created_twice_alike_is_there_once(deciding: Deciding) -> None:
    output = deciding([BUDGET, BUDGET])()

    assert actions(output) == ["create"]
    assert output.files[0].data.count(b"kind: Budget") == 1


def test_an_unsafe_edit_is_only_proposed(deciding: Deciding) -> None:
    edit = Edit(path("spec.minReadySeconds"), 10, "it may help", safety="unsafe")

    proposed, taken = deciding([edit])(), deciding([edit])(unsafe=True)
    assert (actions(proposed), proposed.files[0].data) == (["proposal"], TEXT)
    assert actions(taken) == ["edit"]
    assert b"  minReadySeconds: 10\n" in taken.files[0].data


def test_what_the_text_can_not_take_is_refused_and_the_rest_happens(deciding: Deciding) -> None:
    output = deciding(
        [
            Edit((*STRATEGY, "type"), "RollingUpdate", "it is the default"),
            Edit(path("spec.minReadySeconds"), 10, "it may help"),
        ]
    )()

    assert sorted(actions(output)) == ["edit", "refusal"]
    assert b"strategy: &strategy {}\n" in output.files[0].data


def test_an_edit_waits_for_what_it_needs(deciding: Deciding) -> None:
    """It would do harm alone, so a refusal of the one keeps the other away."""
    output = deciding([Edit(path("spec.minReadySeconds"), 10, "it may help", needs=(STRATEGY,))])()

    assert actions(output) == ["refusal"]
    assert output.files[0].data == TEXT


def test_an_invalid_edit_is_a_bug(deciding: Deciding) -> None:
    with pytest.raises(SelfCheckFailed, match="would not be valid"):
        deciding([Edit(path("spec.minReadySeconds"), "soon", "it may help")])()


def test_later_transforms_see_what_is_edited(deciding: Deciding) -> None:
    """A second edit of the same field would override the first."""
    edit = Edit(path("spec.minReadySeconds"), 10, "it may help")

    with pytest.raises(SelfCheckFailed, match="would override what is set"):
        deciding([edit, edit])()


@pytest.mark.parametrize(
    ("api_version", "kind", "roles"),
    [
        ("apps/v1beta1", "StatefulSet", ["not ours"]),
        ("extensions/v1beta1", "DaemonSet", ["not ours"]),
        ("batch/v1", "Job", ["not ours"]),
        ("example.com/v1", "Deployment", []),
    ],
)
def test_workloads_of_old_apis_are_reviewed_and_look_alikes_are_not(
    api_version: str, kind: str, roles: list[str]
) -> None:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web}}\n"
    output = pipeline.run(
        [Source("-", text.encode())], Config.default(transforms.load()), today=TODAY
    )

    assert [review.role.name for review in output.reviews] == roles
