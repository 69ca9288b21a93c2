"""The schemas of Kubernetes: they read in every version, and mean what jsonschema reads in them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from kzd.edit import spelled
from kzd.validation import schema
from kzd.validation.validate import NEWEST, OLDEST, problems
from tests.mutants import OBJECTS, Mutator

ROOT = Path(__file__).parent.parent
MUTANTS = 1600
VERSIONS = range(OLDEST, NEWEST + 1)


def load_make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", ROOT / "schemas" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make"] = module
    spec.loader.exec_module(module)
    return module


make = load_make()
TEXT = make.FILE.read_text()


def name_of(data: dict[str, Any]) -> str:
    return f"{data['apiVersion']}:{data['kind']}"


def is_known(data: dict[str, Any], minor: int) -> bool:
    return minor == 25 or data["apiVersion"] != "autoscaling/v2beta2"


@pytest.mark.parametrize("minor", VERSIONS)
def test_own_checker_and_jsonschema_give_the_same_verdict(minor: int) -> None:
    definitions = make.read(TEXT, minor)
    random = Random(minor)
    mutator = Mutator(definitions, random)
    objects = [data for data in OBJECTS if is_known(data, minor)]
    schemas = {name_of(data): make.json_schema(TEXT, minor, name_of(data)) for data in objects}
    reference = {name: jsonschema.Draft202012Validator(schema) for name, schema in schemas.items()}
    verdicts: Counter[bool] = Counter()
    while min(verdicts[True], verdicts[False]) < MUTANTS // 2:
        valid = random.choice(objects)
        name = name_of(valid)
        mutant = mutator.mutant(valid, definitions["kinds"][name].type)

        expected = reference[name].is_valid(mutant)

        assert (problems(mutant, minor) == []) == expected, (mutant, problems(mutant, minor))
        verdicts[expected] += 1


@pytest.mark.parametrize("minor", VERSIONS)
@pytest.mark.parametrize("data", OBJECTS, ids=name_of)
def test_an_object_of_every_kind_is_valid(data: dict[str, Any], minor: int) -> None:
    found = [f"{spelled(problem.path)}: {problem.message}" for problem in problems(data, minor)]

    gone = "apiVersion: must be 'autoscaling/v2': 'autoscaling/v2beta2' was removed in Kubernetes"
    assert found == ([] if is_known(data, minor) else [f"{gone} 1.26"])


def test_there_is_an_object_of_every_kind() -> None:
    assert {name_of(data) for data in OBJECTS} == {field.name for field in schema.fields("kinds")}


@pytest.mark.parametrize("minor", VERSIONS)
def test_every_definition_reads_in_every_version(minor: int) -> None:
    for name, fields in make.read(TEXT, minor).items():
        own = {
            field.name: (field.type, field.is_required)
            for field in schema.fields(name)
            if field.first <= minor <= field.last
        }
        assert own == {key: (field.type, field.required) for key, field in fields.items()}
        for kind, _ in own.values():
            if schema.is_definition(kind.strip("[]{}")):
                assert list(schema.fields(kind.strip("[]{}")))


def test_the_script_and_kzd_agree_on_the_versions() -> None:
    assert (make.OLDEST, make.NEWEST) == (OLDEST, NEWEST)


def test_the_file_stays_small() -> None:
    assert len(TEXT) < 60_000


if importlib.util.find_spec("kubernetes_validate"):  # only where the schemas are made anew

    def test_the_file_is_what_the_package_gives() -> None:
        versions = {minor: make.trimmed(minor) for minor in VERSIONS}

        assert make.text_of(versions) == TEXT


@pytest.mark.parametrize("place", ["kzd/schemas", "schemas"], ids=["wheel", "checkout"])
def test_the_file_is_found(tmp_path: Path, place: str) -> None:
    shutil.copytree(ROOT / "kzd", tmp_path / "kzd", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", tmp_path / place)
    code = (
        "from kzd.validation.validate import problems\n"
        "print(problems({'apiVersion': 'apps/v1', 'kind': 'Deployment'}, 37)[0].message)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert (done.stdout, done.stderr) == ("is required\n", "")
