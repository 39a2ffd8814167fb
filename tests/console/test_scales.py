"""Axes have round ticks, and reach as far as what they show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.console.parts.scales import reach, ticks_around, ticks_within


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 1.002, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-1268, 2657, [-2000, -1000, 0, 1000, 2000, 3000]),
        (0, 33_000, [0, 10_000, 20_000, 30_000, 40_000]),
        (0, 0.28, [0, 0.1, 0.2, 0.3]),
        (0, 0, [0, 1]),
    ],
)
def test_ticks_are_round_and_hold_what_is_shown(low: float, high: float, ticks: list[float]):
    assert ticks_around(low, high) == ticks


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_ticks_hold_both_ends_nearly_and_zero(one: float, other: float):
    low, high = sorted((one, other))
    ticks = ticks_around(low, high)
    slack = 0.031 * (max(high, 0) - min(low, 0)) + 1e-9
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 0 in ticks
    assert 2 <= len(ticks) <= 8


def test_counts_have_no_ticks_in_between():
    assert ticks_around(0, 2, least=1.0) == [0, 1, 2]


@pytest.mark.parametrize(
    ("last", "ticks"),
    [(4372, [0, 1000, 2000, 3000, 4000]), (5000, [0, 1000, 2000, 3000, 4000, 5000]), (1, [0, 1])],
)
def test_ticks_of_customers_do_not_pass_the_last_one(last: int, ticks: list[int]):
    assert ticks_within(last) == ticks


def test_stacked_bars_reach_as_far_as_their_sum():
    rows = [{"a": 2, "b": 3, "c": -4}, {"a": 1, "b": None, "c": 0}]
    assert reach(rows, ["a", "b", "c"], stacked=True) == (-4, 5)
    assert reach(rows, ["a", "b", "c"], stacked=False) == (-4, 3)
