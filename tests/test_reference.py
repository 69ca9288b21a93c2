"""What is generated is what is committed, and nothing is left out of it."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from kzd import reference, transforms
from kzd.option_value import camel
from kzd.settings import SECTIONS
from kzd.transform import Transform
from kzd.transforms.order import ORDER
from tests.case import MODULES, ROOT

HEADING = re.compile(r"^## `(.+)`$", re.MULTILINE)
ROW = re.compile(r"^\| \[`(.+?)`\]", re.MULTILINE)


def test_generated_files_are_committed() -> None:
    stale = [
        str(file.relative_to(ROOT))
        for file, text in reference.generated(reference.found()).items()
        if not file.exists() or file.read_bytes() != text.encode()
    ]

    assert stale == [], "run `python -m kzd.reference`"


def test_every_module_is_a_transform_of_its_name() -> None:
    found = {name: getattr(import_module(f"kzd.transforms.{name}"), name, None) for name in MODULES}

    wrong = [
        name
        for name, item in found.items()
        if not isinstance(item, Transform) or item.module != name
    ]
    assert wrong == []


def test_the_registry_holds_every_module() -> None:
    assert sorted(ORDER) == MODULES


def test_each_comes_after_those_it_names() -> None:
    places = {item.name: place for place, item in enumerate(transforms.load())}

    wrong = {
        item.name: [name for name in item.after if places[name] > places[item.name]]
        for item in transforms.load()
    }
    assert {name: early for name, early in wrong.items() if early} == {}


def test_every_transform_has_its_page_and_no_page_is_left_over() -> None:
    pages = HEADING.findall((ROOT / "kzd" / "transforms" / "README.md").read_text())

    assert pages == [item.name for item in transforms.load()]


def table_of_the_readme(name: str) -> str:
    _, _, rest = (ROOT / "README.md").read_text().partition(f"<!-- {name} -->")
    return rest.partition(f"<!-- /{name} -->")[0]


def test_every_transform_has_its_row_in_the_readme() -> None:
    table = table_of_the_readme("transforms")

    assert sorted(ROW.findall(table)) == sorted(item.name for item in transforms.load())


def test_the_readme_says_first_what_changes_manifests() -> None:
    told = re.findall(r"^\| \[.*?\| (\w+) \|", table_of_the_readme("transforms"), re.MULTILINE)

    assert set(told) == {"sets", "adds", "tells"}
    assert "tells" not in told[: -told.count("tells")]


def test_every_setting_has_its_row_in_the_readme() -> None:
    table = table_of_the_readme("settings")

    assert re.findall(r"^\| `(.+?)`", table, re.MULTILINE) == [
        f"{name}.{camel(option)}"
        for name, section in SECTIONS.items()
        for option in section.options
    ] + [f"{name}.{item}" for name, section in SECTIONS.items() for item in section.documents]


def test_ci_runs_the_readme_s_test_command() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)

    assert [len(block.splitlines()) for block in blocks[:2]] == [1, 1]
    assert blocks[1].strip() in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize(
    ("after", "message"),
    [
        ({"a": ("b",), "b": ("a",)}, "cycle"),
        ({"a": ("c",)}, "do not exist"),
    ],
)
def test_an_order_that_can_not_be_is_refused(
    after: dict[str, tuple[str, ...]], message: str
) -> None:
    some = transforms.load()[0]

    with pytest.raises(ValueError, match=message):
        reference.in_order(some._replace(name=name, after=names) for name, names in after.items())
