"""Resources with a value of another type somewhere: kzd does not fall over them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from kzd import pipeline, transforms
from kzd.config.source import choose
from kzd.edit import FieldPath
from kzd.errors import ConfigError, InputError
from kzd.flow.bundle import Source
from tests.case import TODAY, cases
from tests.forms import resources

ODD: tuple[Any, ...] = (
    None, [], {}, "", "x", "30", "${X}", 0, 1, -1, 1.5, True, [None], [1], ["x"], [[]], [{}],
    {"a": 1},
)  # fmt: skip
ROUNDS = 4


def paths(data: Any, above: FieldPath = ()) -> Iterator[FieldPath]:
    """The field paths of all values below."""
    for step in data if isinstance(data, dict) else range(len(data)):
        yield (*above, step)
        if isinstance(data[step], dict | list):
            yield from paths(data[step], (*above, step))


def spoiled(documents: Sequence[Any], chance: Random) -> bytes:
    """The documents, one or two of whose values are odd."""
    documents = list(deepcopy(documents))
    for _ in range(chance.randrange(1, 3)):
        path = chance.choice(list(paths(documents)))
        holder: Any = documents
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = deepcopy(chance.choice(ODD))
    indent = chance.choice((None, 1))
    return "\n---\n".join(json.dumps(item, indent=indent) for item in documents).encode()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_odd_values_are_told_or_left_alone(case: Any) -> None:
    documents = resources(case.source.data)
    if not documents:
        return
    for seed in range(ROUNDS):
        chance = Random(f"{case.id} {seed}")
        data = spoiled(documents, chance)
        with suppress(InputError, ConfigError):
            pipeline.run(
                [Source("-", data)],
                lambda bundle: choose(bundle, transforms.load(), named=None),
                today=TODAY,
                unsafe=chance.random() < 0.5,
                checks_everything=chance.random() < 0.5,
            )
