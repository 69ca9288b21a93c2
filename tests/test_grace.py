"""The arithmetic of sleep and grace period, and what must hold for all of its numbers."""

from __future__ import annotations

from itertools import product

import pytest

from kzd.cluster.grace import LEAST_SECONDS, Numbers, numbers

TABLE = {
    "unset, and a sleep is added": ((None, 0, 15), 30, 45),
    "unset, and the owner's sleep is the longest": ((None, 20, 20), 30, 50),
    "unset, and the owner's sleep takes it all": ((None, 40, 40), 30, 70),
    "set": ((60, 0, 15), 60, 75),
    "set to the default": ((30, 0, 15), 30, 45),
    "the owner sleeps for a part": ((60, 10, 15), 50, 65),
    "the owner sleeps for longer": ((60, 20, 20), 40, 60),
    "the owner's sleep leaves 5 s": ((25, 20, 20), 5, 25),
    "the owner's sleep leaves 4 s": ((24, 20, 20), 30, 50),
    "the owner's sleep is longer than the whole": ((10, 20, 20), 30, 50),
    "less than 5 s without any sleep": ((3, 0, 15), 5, 20),
    "a configured drain": ((60, 0, 15, 90), 90, 105),
    "a shorter configured drain": ((60, 0, 15, 20), 20, 60),
    "a configured drain of less than 5 s": ((None, 0, 15, 2), 2, 30),
    "a configured drain, and the owner's sleep takes it all": ((20, 18, 18, 10), 10, 28),
    "a cap above": ((60, 0, 15, None, 75), 60, 75),
    "a cap between": ((60, 0, 15, None, 70), 60, 70),
    "a cap that is reached": ((60, 0, 15, None, 60), 60, 60),
    "a cap below": ((60, 0, 15, None, 50), 60, 60),
    "a cap below the default": ((None, 0, 15, None, 20), 30, 30),
}


@pytest.mark.parametrize("name", TABLE)
def test_numbers(name: str) -> None:
    given, drain, grace = TABLE[name]
    found = numbers(*given)

    assert (found.drain, found.grace) == (drain, grace)


def every() -> list[Numbers]:
    """What an edit may come of: an added sleep, or one of the owner that leaves too little."""
    found = [
        numbers(before, own, max(own, sleep), drain, cap)
        for before, own, sleep, drain, cap in product(
            (None, 1, 5, 24, 29, 30, 31, 45, 120, 700),
            (0, 1, 15, 24, 26, 60),
            (0, 1, 15, 30, 120),
            (None, 1, 10, 30, 90),
            (None, 10, 25, 30, 60, 600),
        )
    ]
    return [item for item in found if item.longest > item.own or item.is_used_up]


def test_no_value_is_lowered() -> None:
    assert [item for item in every() if item.grace < item.before] == []


def test_the_cap_is_never_passed() -> None:
    assert [item for item in every() if item.grows and item.grace > (item.cap or item.grace)] == []


def test_the_app_never_has_less_than_before() -> None:
    fewer = [
        item for item in every() if item.cap is None and item.said is None and item.left < item.had
    ]

    assert fewer == []


def test_the_app_gets_what_it_needs_or_the_cap_is_told() -> None:
    assert [item for item in every() if item.cap is None and item.left < item.drain] == []
    assert [item for item in every() if not item.is_capped and item.left < item.drain] == []


def test_what_is_allowed_to_sleep_is_valid_for_the_api() -> None:
    allowed = [item for item in every() if item.left >= item.least]

    assert [item for item in allowed if item.longest > item.grace] == []
    assert any(item.cap for item in allowed)


def test_a_second_run_changes_nothing() -> None:
    again = [
        (item, numbers(item.grace, item.longest, item.longest, item.said, item.cap))
        for item in every()
        if item.grows
    ]

    assert again
    assert [pair for pair in again if pair[1].is_used_up and pair[1].grows] == []


@pytest.mark.parametrize(
    ("given", "usual"),
    [((60, 0, 15), 30), ((20, 0, 15), 20), ((3, 0, 15), LEAST_SECONDS), ((60, 0, 15, 50), 50)],
)
def test_what_a_grace_period_must_leave_that_can_t_grow(given: tuple[int, ...], usual: int) -> None:
    assert numbers(*given).usual == usual


@pytest.mark.parametrize(
    ("given", "expected"),
    [((25, 20, 20), False), ((24, 20, 20), True), ((5, 1, 1), True), ((4, 0, 15), False)],
)
def test_a_grace_period_that_is_used_up(given: tuple[int, ...], expected: bool) -> None:
    assert numbers(*given).is_used_up is expected


WORDS: dict[tuple[int | None, ...], str] = {
    (None, 0, 15): "the sleep and the 30 s that an unset grace period gives an app",
    (60, 0, 15): "the sleep and the 60 s that the app had",
    (60, 0, 0): "the 60 s that the app had",
    (5, 0, 15): "the sleep and the 5 s that the app had",
    (4, 0, 15): "the sleep and the 5 s that an app needs at the least",
    (24, 20, 20): "the sleep and the 30 s that an unset grace period would give the app",
    (60, 0, 15, 60): "the sleep and the 60 s that `drainSeconds` asks for",
}


@pytest.mark.parametrize("given", WORDS)
def test_the_words_for_its_parts(given: tuple[int | None, ...]) -> None:
    assert numbers(*given).parts == WORDS[given]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((60, 0, 15), "15 s sleep + 60 s drain = 75 s"),
        ((60, 10, 15), "60 s - 10 s own sleep = 50 s drain; 15 s sleep + 50 s drain = 65 s"),
        ((60, 10, 15, 50), "15 s sleep + 50 s drain = 65 s"),
        ((24, 20, 20), "20 s sleep + 30 s drain = 50 s"),
    ],
)
def test_the_arithmetic_says_what_was_added(given: tuple[int, ...], expected: str) -> None:
    assert numbers(*given).arithmetic == expected
