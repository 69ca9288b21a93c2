"""Bounds by order statistics, held against exact sums of binomial terms."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from kzd.measure.order_statistics import (
    bound_index,
    claimable_quantile,
    confidence_reached,
    rollouts_needed,
)

QUANTILES = ("0.5", "0.8", "0.9", "0.95", "0.99")
CONFIDENCES = ("0.5", "0.9", "0.95", "0.99")


def confidence_of(n: int, k: int, quantile: str) -> Fraction:
    """P(Binomial(n, quantile) <= k - 1), term by term."""
    q = Fraction(quantile)
    return sum((comb(n, i) * q**i * (1 - q) ** (n - i) for i in range(k)), Fraction(0))


@pytest.mark.parametrize("quantile", QUANTILES)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 22, 29, 58, 59, 60, 93, 100, 130])
def test_the_index_is_the_smallest_that_is_confident_enough(n: int, quantile: str) -> None:
    reached = {k: confidence_of(n, k, quantile) for k in range(1, n + 1)}
    for confidence in CONFIDENCES:
        enough = [k for k, value in reached.items() if value >= Fraction(confidence)]

        found = bound_index(n, float(quantile), float(confidence))

        assert found == min(enough, default=None)
    assert confidence_reached(n, n, float(quantile)) == float(reached[n])
    assert confidence_reached(n, 1, float(quantile)) == float(reached[1])


def test_a_confidence_that_is_just_reached_is_enough() -> None:
    assert bound_index(2, 0.5, 0.75) == 2
    assert rollouts_needed(0.5, 0.75) == 2
    assert rollouts_needed(0.1, 0.999) == 3


@pytest.mark.parametrize(
    ("quantile", "confidence", "needed"),
    [
        (0.9, 0.9, 22),
        (0.9, 0.95, 29),
        (0.9, 0.99, 44),
        (0.95, 0.9, 45),
        (0.95, 0.95, 59),
        (0.95, 0.99, 90),
        (0.99, 0.9, 230),
        (0.99, 0.95, 299),
        (0.99, 0.99, 459),
        (0.999, 0.9, 2302),
        (0.999, 0.95, 2995),
        (0.999, 0.99, 4603),
    ],
)
def test_so_many_are_needed_and_one_fewer_is_too_few(
    quantile: float, confidence: float, needed: int
) -> None:
    assert rollouts_needed(quantile, confidence) == needed
    assert bound_index(needed, quantile, confidence) == needed
    assert bound_index(needed - 1, quantile, confidence) is None
    assert claimable_quantile(needed - 1, confidence) < quantile
    assert quantile <= claimable_quantile(needed, confidence)


@pytest.mark.parametrize(("quantile", "first"), [(0.95, 93), (0.99, 473)])
def test_the_second_largest_serves_from_here_on(quantile: float, first: int) -> None:
    assert bound_index(first - 1, quantile, 0.95) == first - 1
    assert bound_index(first, quantile, 0.95) == first - 1


def test_a_higher_quantile_or_confidence_never_has_a_lower_index() -> None:
    for n in (60, 100, 200):
        for ladder in (
            [bound_index(n, quantile, 0.9) for quantile in (0.5, 0.7, 0.9, 0.95, 0.999)],
            [bound_index(n, 0.9, confidence) for confidence in (0.5, 0.9, 0.99, 0.999, 0.9999999)],
        ):
            steps = [n + 1 if index is None else index for index in ladder]
            assert steps == sorted(steps)
            assert steps[0] < steps[-1]
