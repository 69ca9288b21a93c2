"""The lines of an observer, and what they say together."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from kzd.measure.accounts import Account


def account(seconds: Iterable[int], sent: int = 50) -> Account:
    """An observer that sent so many requests in each of these seconds."""
    made = Account("abcde")
    target = {"path": "cluster-ip", "reused": False, "sent": sent, "failed": 1, "errors": {}}
    for second in seconds:
        made.add(json.dumps({"second": second, "targets": [target | {"pods": {}}]}))
    return made


@pytest.mark.parametrize(
    ("told", "begin", "end", "rate"),
    [
        (range(100, 121), 100.0, 120.0, 50),
        (range(100, 121), 100.4, 119.6, 50),
        (range(90, 140), 100.4, 119.6, 50),
        ([*range(100, 105), *range(115, 120)], 100.0, 120.0, 25),
        (range(100, 110), 100.0, 120.0, 25),
        ([], 100.0, 120.0, 0),
        (range(100, 121), 100.4, 100.9, 0),
        (range(100, 121), 100.4, 101.6, 0),
    ],
    ids=["all", "parts", "more", "gap", "end missing", "nothing", "no second", "no whole second"],
)
def test_a_second_that_nothing_is_told_of_counts(
    told: Iterable[int], begin: float, end: float, rate: float
) -> None:
    assert account(told).load("cluster-ip", False, begin, end).rate == rate
