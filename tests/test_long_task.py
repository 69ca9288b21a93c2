"""The names of long tasks: hashes that must never change, and what makes no difference to them."""

from __future__ import annotations

import doctest
import re
from typing import Any

import pytest

from kzd import long_task
from kzd.long_task import (
    MAXIMUM_NAME,
    SAFE_ALPHABET,
    VERSION,
    content_hash,
    version_hash,
    version_name,
)
from kzd.option_value import Unfit, typed_text
from kzd.retire.item import Item
from kzd.retire.pod_idleness import by_annotation, by_endpoint
from kzd.text.compose import compose
from kzd.transforms.long_task import Options
from kzd.versions import patterns

CONTAINERS = [{"name": "web", "image": "example/web:1.0"}]
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": CONTAINERS, "terminationGracePeriodSeconds": 30},
}
PLAIN = "b5d5s2qg8w9"
TERM = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}


def with_metadata(**metadata: Any) -> dict[str, Any]:
    return TEMPLATE | {"metadata": TEMPLATE["metadata"] | metadata}


def with_spec(**spec: Any) -> dict[str, Any]:
    return TEMPLATE | {"spec": TEMPLATE["spec"] | spec}


@pytest.mark.parametrize(
    ("template", "version"),
    [
        (TEMPLATE, PLAIN),
        ({"spec": {"containers": CONTAINERS}}, "bcbrqt5x22s"),
        (with_spec(containers=[{"name": "web", "image": "example/web:1.1"}]), "bkzqfmtvrsb"),
        (with_metadata(annotations={"note": "ü \u2028 \"quoted\""}), "bdt2gmmcg4s"),
        (with_spec(terminationGracePeriodSeconds=0.5), "b26bv4nc2ld"),
        (with_spec(topologySpreadConstraints=[TERM]), "b6tk9kxz9ww"),
    ],
)  # fmt: skip
def test_hashes_are_pinned(template: dict[str, Any], version: str) -> None:
    """A hash that changes is a new version of every long task, everywhere."""
    assert version_hash(template) == version


@pytest.mark.parametrize(
    "same",
    [
        {"spec": TEMPLATE["spec"], "metadata": TEMPLATE["metadata"]},
        with_metadata(creationTimestamp=None, annotations={}),
        with_metadata(annotations={"kubectl.kubernetes.io/restartedAt": "2026-11-28T10:00:00Z"}),
        with_metadata(labels={"app": "web", VERSION: "bcdfghjklmn"}),
        with_spec(terminationGracePeriodSeconds=30.0, volumes=None),
    ],
    ids=["order", "unset", "volatile", "its own version", "a number's style"],
)
def test_what_makes_no_other_version(same: dict[str, Any]) -> None:
    assert version_hash(same) == PLAIN


@pytest.mark.parametrize(
    "selector",
    [{"matchLabels": {"app": "web"}}, {"matchExpressions": [{"key": "a"}]}, {"matchLabels": {}}],
)
def test_a_version_among_the_terms_makes_no_other_version(selector: dict[str, Any]) -> None:
    pairs = selector.get("matchLabels", {}) | {VERSION: "bcdfghjklmn"}
    terms = [{"labelSelector": selector}, {"labelSelector": selector | {"matchLabels": pairs}}]
    one, other = (with_spec(topologySpreadConstraints=[term]) for term in terms)

    assert version_hash(one) == version_hash(other)


@pytest.mark.parametrize(
    "other",
    [
        with_metadata(labels={"app": "web", "kzd.dev/instance": "shop"}),
        with_metadata(annotations={VERSION: "bcdfghjklmn"}),
        with_metadata(annotations={"kzd.dev/serving": "true"}),
        with_spec(topologySpreadConstraints=[{"labelSelector": {}}]),
        with_spec(topologySpreadConstraints=[{}]),
        with_spec(terminationGracePeriodSeconds="30"),
        with_spec(volumes=[]),
    ],
)
def test_what_the_api_takes_for_another_template_is_another_version(other: dict[str, Any]) -> None:
    assert version_hash(other) != PLAIN


def test_an_empty_selector_is_not_an_unset_one() -> None:
    every, none = with_spec(terms=[{"labelSelector": {}}]), with_spec(terms=[{}])

    assert version_hash(every) != version_hash(none)


def test_styles_of_yaml_make_no_difference() -> None:
    block = (
        "metadata:\n  labels:\n    app: web\nspec:\n  containers:\n  - image: 'i'\n    name: web\n"
    )
    flow = (
        '{"spec": {"containers": [{"name": "web", "image": "i"}]}, metadata: {labels: {app: web}}}'
    )

    assert version_hash(compose(block).data) == version_hash(compose(flow).data)


def test_a_hash_is_of_the_safe_alphabet_behind_the_letter_of_its_making() -> None:
    assert re.fullmatch(f"b[{SAFE_ALPHABET}]{{10}}", content_hash({}))


DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
BASES = ["web", "a" * 34, "a" * 35, "a" * 63, "a.b-" * 20 + "c", "x" * 27 + "-." + "y" * 30]


@pytest.mark.parametrize("base", BASES)
def test_names_are_short_and_valid(base: str) -> None:
    name = version_name(base, PLAIN)

    assert len(name) <= MAXIMUM_NAME
    assert re.fullmatch(f"{DNS_LABEL}(\\.{DNS_LABEL})*", name)
    assert name.endswith(f"-{PLAIN}")


def test_long_bases_that_begin_alike_have_different_names() -> None:
    one, other = ("transcoder-of-the-department-of-pictures-" + end for end in ("small", "large"))

    assert version_name(one, PLAIN) != version_name(other, PLAIN)


@pytest.mark.parametrize(
    "said",
    ["/idle", ":8080/idle", ":http/idle?of=films", "idle", ":8080", "", "http://x/idle", "/a b"],
)
def test_an_endpoint_that_can_be_said_can_be_asked(said: str) -> None:
    """What is taken when manifests are rendered is understood when versions are retired."""
    ports = [{"name": "http", "containerPort": 8080}]
    pod = Item("Pod", {"spec": {"containers": [{"ports": ports}]}, "status": {"phase": "Running"}})
    answer = by_endpoint(pod, said, lambda *_: (204, ""))

    assert takes("idle_path", said) is (answer[0] == "idle")


@pytest.mark.parametrize("said", ["example.com/tasks=0", "tasks=", "foo", "=0", ""])
def test_an_annotation_that_can_be_said_can_be_compared(said: str) -> None:
    name, _, value = said.partition("=")
    pod = Item("Pod", {"metadata": {"annotations": {name: value} if name else {}}})

    assert takes("idle_annotation", said) is (by_annotation(pod, said)[0] == "idle")


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [("true", True), ("4h", True), ("1h30m", True), ("1.5h", True),
     ("soon", False), ("4", False), ("false", False), ("", False)],
)  # fmt: skip
def test_karpenter_is_told_what_it_takes(said: str, is_taken: bool) -> None:
    assert takes("do_not_disrupt", said) is is_taken


def takes(option: str, said: str) -> bool:
    try:
        return bool(typed_text(Options.options[option], said) == said)
    except Unfit:
        return False


def test_the_docstrings_are_true() -> None:
    assert doctest.testmod(long_task).failed == 0
    assert doctest.testmod(patterns).failed == 0
