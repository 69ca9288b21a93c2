"""What holds for every transform and every input; a new transform is taken in by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from traceback import extract_tb
from typing import Any, NamedTuple
from zlib import crc32

import pytest

from kzd import pipeline, transforms
from kzd.config.configuration import Config
from kzd.config.source import choose
from kzd.errors import ConfigError, InputError
from kzd.flow.bundle import Bundle, Source
from kzd.pipeline import Output
from kzd.transform import Transform
from kzd.validation.schema import NEWEST, OLDEST, Field, fields, kinds
from tests.case import TODAY, Case, cases
from tests.corpus_run import WHY_SKIPPED, corpus, files
from tests.forms import FORMS, mutated
from tests.proof import Proof

VERSIONS = range(OLDEST, NEWEST + 1)
FORMS_OF_A_CASE = 7
FORMS_OF_A_FILE = 2
CASES = "cases/"
CUSTOM_KINDS = (
    "Rollout", "ScaledJob", "ScaledObject", "StackSet", "TemporalWorkerDeployment",
    "VerticalPodAutoscaler", "WorkerDeployment",
)  # fmt: skip
UNCHECKED_KINDS = {"Secret"}
"""Kinds without a schema: what is created is a copy of what came in."""


class Text(NamedTuple):
    """One input and how it is run: a case as it says, or a file with the default configuration."""

    name: str
    data: bytes
    case: Case | None = None

    def run(self, data: bytes, **more: Any) -> Output:
        if self.case:
            return self.case.run(data, **more)
        options = {"unsafe": self.seed % 2 == 0} | more
        return pipeline.run([Source("input.yaml", data)], self.config, today=TODAY, **options)

    def with_all(self, config: Callable[[Bundle], Config]) -> Callable[[bytes], Output]:
        """A run with all transforms at once, whichever the case is about."""
        namespace = self.case.options.get("namespace") if self.case else None
        return lambda data: pipeline.run(
            [Source("input.yaml", data)], config, today=TODAY, namespace=namespace
        )

    def config(self, bundle: Bundle) -> Config:
        return self.case.config(bundle) if self.case else choose(bundle, transforms.load())

    @property
    def seed(self) -> int:
        return crc32(self.name.encode())


@cache
def texts(group: str) -> list[Text]:
    """The cases of one transform, or the files of one repository."""
    if group.startswith(CASES):
        module = group.removeprefix(CASES)
        return [Text(case.id, case.source.data, case) for case in cases()
                if case.folder.parent.name == module]  # fmt: skip
    folder = corpus()
    assert folder is not None
    return [Text(name, data) for name, data in files(folder).items() if group_of(name) == group]


def group_of(name: str) -> str:
    return "/".join(name.split("/")[:2])


def groups() -> list[str]:
    folder = corpus()
    found = {CASES + case.folder.parent.name for case in cases()}
    return sorted(found | {group_of(name) for name in (files(folder) if folder else {})})


@cache
def ran(text: Text) -> Proof | None:
    """What comes of a text; None where kzd refuses to read it."""
    return proof_of(text.data, text.run)


def proof_of(data: bytes, run: Callable[[bytes], Output]) -> Proof | None:
    try:
        return Proof(data, run(data))
    except (InputError, ConfigError):
        return None


def faults(group: str, check: Callable[[Text, Proof], list[str]]) -> str:
    """What a check finds in the texts of a group, a line each; a crash is a fault too."""
    found = []
    for text in texts(group):
        try:
            proof = ran(text)
            told = check(text, proof) if proof else []
        except Exception as error:
            told = [f"{error!r} in {extract_tb(error.__traceback__)[-1]}"]
        found += [f"{text.name}: {fault}" for fault in told]
    return "\n".join(found)


every_group = pytest.mark.parametrize("group", groups())
every_transform = pytest.mark.parametrize(
    "transform", transforms.load(), ids=lambda transform: transform.name
)


@pytest.mark.skipif(corpus() is None, reason=WHY_SKIPPED)
def test_the_corpus_is_among_the_texts() -> None:
    assert sum(len(texts(group)) for group in groups() if not group.startswith(CASES)) == 884


@every_group
def test_a_second_run_changes_nothing(group: str) -> None:
    assert faults(group, lambda text, proof: proof.unfixed(text.run)) == ""


@every_group
def test_only_unset_fields_and_declared_raises_change(group: str) -> None:
    assert faults(group, lambda _, proof: proof.undeclared()) == ""


@every_group
def test_untouched_lines_stay(group: str) -> None:
    assert faults(group, lambda _, proof: proof.rewritten()) == ""


@every_group
def test_without_decisions_the_bytes_are_the_same(group: str) -> None:
    def check(text: Text, proof: Proof) -> list[str]:
        is_same = proof.after == text.data or b"ResourceList" in text.data
        is_changed = any(item.action in ("edit", "create") for item in proof.output.results)
        return [] if is_same or is_changed else ["bytes differ"]

    assert faults(group, check) == ""


@every_group
def test_tags_are_documented(group: str) -> None:
    assert faults(group, lambda _, proof: proof.mistagged()) == ""


@every_group
def test_valid_before_is_valid_after(group: str) -> None:
    """In every version, with kubelets up to three versions older."""

    def check(text: Text, _: Proof) -> list[str]:
        return [fault for minor in VERSIONS for fault in at(text, minor)]

    def at(text: Text, minor: int) -> list[str]:
        kubelet = max(OLDEST, minor - text.seed % 4)

        def config(bundle: Bundle) -> Config:
            return text.config(bundle).with_versions(f"1.{minor}", f"1.{kubelet}")

        proof = proof_of(text.data, text.with_all(config))
        return proof.invalid(minor, kubelet) if proof else []

    assert faults(group, check) == ""


@pytest.mark.parametrize("group", [group for group in groups() if group.startswith(CASES)])
def test_all_transforms_together_keep_the_contract(group: str) -> None:
    def check(text: Text, _: Proof) -> list[str]:
        run = text.with_all(text.config)
        proof = proof_of(text.data, run)
        return broken(proof, run) if proof else []

    assert faults(group, check) == ""


def broken(proof: Proof, run: Callable[[bytes], Output]) -> list[str]:
    return [*proof.unfixed(run), *proof.undeclared(), *proof.rewritten(), *proof.mistagged()]


@every_group
def test_other_forms_of_a_text_keep_the_contract(group: str) -> None:
    """Whatever its form, the same is decided, and no form of it is rewritten."""

    def check(text: Text, proof: Proof) -> list[str]:
        return [fault for name in forms_of(text) for fault in in_form(name, text, proof)]

    def in_form(name: str, text: Text, proof: Proof) -> list[str]:
        data = mutated(name, text.data)
        if data is None:
            return []
        new = Proof(data, text.run(data))
        return [f"{name}: {fault}" for fault in broken(new, text.run) + proof.differs(new)]

    assert faults(group, check) == ""


def forms_of(text: Text) -> list[str]:
    """Some for each text, other ones for the next."""
    names = list(FORMS)
    number = FORMS_OF_A_CASE if text.case else FORMS_OF_A_FILE
    return [names[(text.seed + step * 2) % len(names)] for step in range(number)]


@every_group
def test_order_does_not_matter(group: str) -> None:
    def check(text: Text, proof: Proof) -> list[str]:
        data = mutated("shuffled", text.data)
        return proof.differs(Proof(data, text.run(data))) if data else []

    assert faults(group, check) == ""


@every_transform
def test_declared_paths_exist_in_the_schema(transform: Transform) -> None:
    unknown = [
        f"{kind}: {declared}"
        for kind in {*transform.kinds, *(item.partition(": ")[0] for item in transform.writes)}
        for declared in transform.writes_to(kind)
        if kind not in CUSTOM_KINDS and not is_in_schema(kind, declared)
    ]

    assert unknown == []


def is_in_schema(kind: str, declared: str) -> bool:
    """Whether the newest version knows a field path of a kind, `[]` being any element."""
    found = [field.type for _, name, field in kinds() if name == kind and is_newest(field)]
    return any(leads(definition, declared) for definition in found)


def leads(definition: str, declared: str) -> bool:
    for step in declared.removesuffix("{}").split("."):
        name = step.removesuffix("[]")
        found = [field.type for field in fields(definition) if field.name == name]
        if not found or step.endswith("[]") != found[-1].startswith("["):
            return False
        definition = found[-1].strip("[]")
    return True


def is_newest(field: Field) -> bool:
    return field.last == NEWEST


@every_transform
def test_created_kinds_are_in_the_schema(transform: Transform) -> None:
    assert set(transform.creates) - UNCHECKED_KINDS <= {
        name for _, name, field in kinds() if is_newest(field)
    }


@every_transform
def test_options_are_documented(transform: Transform) -> None:
    bad = [
        name
        for name, option in transform.options.options.items()
        if not option.sentence[:1].isupper() or not option.sentence.endswith(".")
    ]

    assert bad == []


@every_transform
def test_docstring_is_a_page(transform: Transform) -> None:
    lines = transform.docstring.split("\n")

    assert len(lines[0]) < 72
    assert lines[0].endswith(".")
    assert lines[1:2] == [""]
    assert any(line.startswith("Source: https://") for line in lines)
    if transform.writes or transform.creates:
        assert any(line.startswith("Left alone: ") for line in lines)


def test_no_two_transforms_write_the_same_path() -> None:
    written = [(declared, item.name) for item in transforms.load() for declared in item.writes]
    fights = [
        (one, other)
        for one in written
        for other in written
        if one != other and f"{other[0]}.".startswith(f"{one[0]}.")
    ]

    assert fights == []
