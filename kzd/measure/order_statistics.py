"""
What n independent values say about a quantile, whatever their distribution.

The k-th smallest of n values is at least the q-quantile unless k or more of them lie below it, so
with probability P(Binomial(n, q) <= k - 1).  Quantiles and confidences are between 0 and 1, both
excluded, and mean the decimal number that they are written as; sums are exact.

Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd edition, chapter 7.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from math import log


def bound_index(n: int, quantile: float, confidence: float, unknown: int = 0) -> int | None:
    """
    The smallest k for which the k-th smallest of n values is an upper bound of the quantile, with
    at least this confidence; None where even the largest is not.

    `unknown` more values are there, each of which may be larger than all others; where they are
    the most, nothing is said.

    >>> bound_index(59, 0.95, 0.95), bound_index(93, 0.95, 0.95), bound_index(58, 0.95, 0.95)
    (59, 92, None)
    >>> bound_index(92, 0.95, 0.95, unknown=1), bound_index(91, 0.95, 0.95, unknown=1)
    (92, None)
    """
    share = _exact(quantile)
    if unknown > n:
        return None
    doubt = (1 - _exact(confidence)) * share.denominator ** (n + unknown)
    weak = (k for k, tail in _tails(n + unknown, share) if tail > doubt)
    found = next(weak, 0) + 1
    return found if found <= n else None


def confidence_reached(n: int, k: int, quantile: float) -> float:
    """
    The confidence with which the k-th smallest of n values is a bound of the quantile.

    >>> round(confidence_reached(60, 60, 0.95), 4)
    0.9539
    """
    share = _exact(quantile)
    tail = next(tail for index, tail in _tails(n, share) if index == k)
    return float(1 - Fraction(tail, share.denominator**n))


def rollouts_needed(quantile: float, confidence: float, unknown: int = 0) -> int:
    """
    How many values are needed for the largest of them to be a bound, beside `unknown` ones.

    >>> rollouts_needed(0.95, 0.95), rollouts_needed(0.99, 0.95), rollouts_needed(0.95, 0.95, 1)
    (59, 299, 92)
    """
    share, doubt = _exact(quantile), 1 - _exact(confidence)
    n = max(1, int(log(doubt) / log(share)))
    while share**n > doubt:
        n += 1
    if not unknown:
        return n
    few, enough = n, 2 * max(n, unknown)
    while bound_index(enough, quantile, confidence, unknown) is None:
        few, enough = enough, 2 * enough
    candidates = range(few, enough)
    return few + bisect_left(
        candidates, 1, key=lambda k: bound_index(k, quantile, confidence, unknown) is not None
    )


def claimable_quantile(n: int, confidence: float) -> float:
    """
    The highest quantile that the largest of n values is a bound of.

    >>> round(claimable_quantile(20, 0.95), 3)
    0.861
    """
    return float((1 - confidence) ** (1 / n))


def _tails(n: int, share: Fraction) -> Iterator[tuple[int, int]]:
    """Each k from n down to 1 with P(Binomial(n, share) >= k), in parts of denominator ** n."""
    inside, outside = share.numerator, share.denominator - share.numerator
    term = inside**n
    total = 0
    for k in range(n, 0, -1):
        total += term
        yield k, total
        term = term * k * outside // ((n - k + 1) * inside)


def _exact(number: float) -> Fraction:
    return Fraction(repr(number))
