"""What must hold of two versions that are applied one after the other, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from kzd import pipeline, transforms
from kzd.cluster.selection import label_selector_matches
from kzd.config.configuration import Config
from kzd.errors import InputError
from kzd.flow.bundle import Source
from kzd.long_task import BASE, INSTANCE, PRUNE_GUARDS, VERSION, version_hash, version_name
from kzd.text.document import read
from kzd.value import mapping
from tests.case import CASES, TODAY, Case, cases

LONG = [case for case in cases() if case.folder.parent.name == "long_task"]
EXAMPLE = CASES / "long_task" / "example"
RENAMED = {
    "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ScaledObject",
    "VerticalPodAutoscaler",
}  # fmt: skip
COPIED = {"ConfigMap", "Secret"}
OTHER_IMAGE = (b"/transcode:1.0", b"/transcode:2.0")

Object = dict[str, Any]
every_case = pytest.mark.parametrize("case", LONG, ids=lambda case: case.folder.name)


def objects(data: bytes) -> list[Object]:
    found = []
    for document in read("-", data).documents:
        document.parse()
        found += [item for _, item in document.resources]
    return found


def key(item: Object) -> tuple[str, str]:
    return item["kind"], mapping(item.get("metadata")).get("name", "")


def labels(item: Object) -> Object:
    return mapping(mapping(item.get("metadata")).get("labels"))


def versions(data: bytes) -> list[Object]:
    """The objects of a version: named by their base and it."""
    return [item for item in objects(data) if isinstance(labels(item).get(VERSION), str)]


def rendered(case: Case, data: bytes | None = None) -> bytes:
    return case.run(data).files[0].data


def pod_labels(item: Object) -> Object:
    return mapping(item["spec"]["template"]["metadata"]["labels"])


@every_case
def test_only_what_is_of_a_version_has_another_name(case: Case) -> None:
    old, new = objects(case.source.data), objects(rendered(case))
    known, kept = set(map(key, old)), set(map(key, new))
    gone = {
        (item["kind"], labels(item).get(BASE, key(item)[1]))
        for item in old
        if key(item) not in kept
    }
    come = {(item["kind"], labels(item)[BASE]) for item in new if key(item) not in known}

    assert {kind for kind, _ in gone} <= RENAMED
    assert gone <= come
    assert {kind for kind, _ in come - gone} <= COPIED | {"PodDisruptionBudget"}


@every_case
def test_what_is_new_has_its_name_from_base_and_version(case: Case) -> None:
    before = {key(item) for item in objects(case.source.data)}
    for item in objects(rendered(case)):
        if key(item) in before:
            continue
        found = labels(item)
        name = version_name(found[BASE], found[VERSION])
        assert item["metadata"]["name"] == name
        assert found[INSTANCE]
        if item["kind"] == "Deployment":
            assert version_hash(item["spec"]["template"]) == found[VERSION]


@every_case
def test_each_object_of_a_version_is_guarded_unless_the_owner_decided_otherwise(case: Case) -> None:
    for item in versions(rendered(case)):
        annotations = item["metadata"]["annotations"]
        for guard, word in PRUNE_GUARDS.items():
            decided = "decided_otherwise" in case.folder.name
            assert decided or word in annotations[guard].split(",")


@every_case
def test_two_versions_share_no_name_and_no_pod(case: Case) -> None:
    one = versions(rendered(case))
    other = versions(rendered(case, case.source.data.replace(*OTHER_IMAGE)))
    changed = [item for item in other if item["kind"] in RENAMED]

    if OTHER_IMAGE[0] in case.source.data:
        assert not {key(item) for item in one if item["kind"] in RENAMED} & set(map(key, changed))
        for item in one:
            selector = mapping(item.get("spec")).get("selector")
            for new in changed if selector else ():
                if new["kind"] == "Deployment":
                    assert not label_selector_matches(selector, pod_labels(new))
    for item in (*one, *other):
        if item["kind"] == "Deployment":
            assert label_selector_matches(item["spec"]["selector"], pod_labels(item))


def test_the_cases_make_versions() -> None:
    assert sum(bool(versions(rendered(case))) for case in LONG) > 40


def names(data: bytes) -> list[str]:
    return sorted(name for _, name in map(key, versions(by_default(data))))


def by_default(data: bytes) -> bytes:
    config = Config.default(transforms.load())
    return pipeline.run([Source("-", data)], config, today=TODAY).files[0].data


def test_the_host_makes_no_difference() -> None:
    """Helm 3 sends a stream with its comments, Helm 4 with its annotation, kustomize and kpt a
    ResourceList with theirs."""
    given = (EXAMPLE / "input.yaml").read_bytes()
    texts = given.decode().split("---\n")
    helm3 = "".join(f"---\n# Source: app/templates/{n}.yaml\n{t}" for n, t in enumerate(texts))
    files = ("postrenderer.helm.sh/postrender-filename", "config.kubernetes.io/path")
    marked = [
        [text.replace("  name: ", "  namespace: media\n  name: ", 1) for text in texts],
        [_annotated(text, f"{files[0]}: app/{n}.yaml") for n, text in enumerate(texts)],
        [_annotated(text, f"{files[1]}: {n}.yaml") for n, text in enumerate(texts)],
    ]
    plain, helm4, kpt = ("---\n".join(item) for item in marked)
    lists = [
        f"apiVersion: {version}\nkind: {kind}\nitems:\n"
        + "".join("- " + text.replace("\n", "\n  ").rstrip(" ") for text in items)
        for version, kind, items in (
            ("v1", "List", texts), ("config.kubernetes.io/v1", "ResourceList", marked[2])
        )
    ]  # fmt: skip

    expected = names(given)
    assert len(expected) == 3
    for text in (helm3, plain, helm4, kpt, *lists):
        assert names(text.encode()) == expected


def _annotated(text: str, annotation: str) -> str:
    if "  annotations:\n" in text:
        return text.replace("  annotations:\n", f"  annotations:\n    {annotation}\n", 1)
    return text.replace("metadata:\n", f"metadata:\n  annotations:\n    {annotation}\n", 1)


BROKEN = b"---\nkind: Lease\nspec: [\n"


def test_an_input_that_speaks_of_long_tasks_is_read_whole() -> None:
    """Anything may name what gets another name."""
    given = (EXAMPLE / "input.yaml").read_bytes()

    with pytest.raises(InputError):
        names(given + BROKEN)


def test_other_inputs_are_not() -> None:
    given = (EXAMPLE / "input.yaml").read_bytes().replace(b"kzd.dev/long-task", b"note")

    assert by_default(given + BROKEN).endswith(BROKEN)


def test_a_part_that_can_t_be_edited_keeps_all_of_it_away() -> None:
    """Wherever the anchor stands; a name without its selector would end tasks."""
    given = (EXAMPLE / "input.yaml").read_text()
    case = Case(EXAMPLE)
    lines = given.split("\n")
    refused = 0
    for number, line in enumerate(lines):
        if not line.endswith(":") or line.startswith("#"):
            continue
        end = next((at for at in range(number, len(lines)) if lines[at] == "---"), len(lines) - 1)
        after = [*lines[number + 1 : end], "also: *shared", *lines[end:]]
        data = "\n".join([*lines[:number], f"{line} &shared", *after]).encode()
        output = case.run(data)
        is_refused = any(result.action == "refusal" for result in output.results)
        assert (output.files[0].data == data) is is_refused, line
        refused += is_refused
    assert refused > 8


def test_an_annotation_is_seen_whose_slash_json_escapes() -> None:
    """In JSON, `/` may be `\\/`: what only long tasks need is read then too."""
    given = (EXAMPLE / "input.yaml").read_bytes()
    escaped = given.replace(b"kzd.dev/long-task:", b'"kzd.dev\\/long-task":')

    assert escaped != given
    assert names(escaped) == names(given)


OVERLAY = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- {}\n{}"
IMAGES = "images:\n- name: example.com/transcode\n"


@pytest.mark.parametrize(
    ("kustomizations", "is_left_alone"),
    [
        ({"base/kustomization.yaml": ("app.yaml", "")}, False),
        ({"base/kustomization.yaml": ("app.yaml", "namespace: media\n")}, False),
        ({"base/kustomization.yaml": ("app.yaml", IMAGES)}, True),
        ({"kustomization.yaml": ("base", IMAGES)}, True),
        ({"prod/kustomization.yaml": ("../base", IMAGES)}, True),
        ({"prod/kustomization.yaml": ("../other", IMAGES)}, False),
        ({"prod/kustomization.yaml": ("../bases", IMAGES)}, False),
        (
            {
                "base/kustomization.yaml": ("app.yaml", ""),
                "eu/kustomization.yaml": ("../prod", IMAGES),
                "prod/kustomization.yaml": ("../base/", ""),
            },
            True,
        ),
    ],
)
def test_what_kustomize_changes_later_is_left_alone(
    kustomizations: dict[str, tuple[str, str]], is_left_alone: bool
) -> None:
    """Wherever it stands: under a name that is final, another image would end tasks."""
    app = Source("base/app.yaml", (EXAMPLE / "input.yaml").read_bytes())
    told = [Source(name, OVERLAY.format(*given).encode()) for name, given in kustomizations.items()]
    done = pipeline.run([app, *told], Config.default(transforms.load()), today=TODAY)

    assert (not versions(done.files[0].data)) is is_left_alone
