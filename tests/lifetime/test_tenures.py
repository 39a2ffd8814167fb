"""Counts at risk and lost at each renewal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.errors import DataError
from tierwise.lifetime.tenures import (
    pooled_tenures,
    tenures_from_contracts,
    tenures_from_counts,
    tenures_from_survivors,
)

contracts = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=40)


def naive(pairs: list[tuple[int, bool]], t: int) -> tuple[int, int]:
    """At risk and lost at renewal t, contract by contract."""
    return sum(s >= t for s, _ in pairs), sum(s == t and gone for s, gone in pairs)


@given(contracts)
@settings(max_examples=50, deadline=None)
def test_counts_are_those_of_the_contracts_one_by_one(pairs):
    """At risk at t are those who got that far; lost at t those who ended there."""
    found = tenures_from_contracts([s for s, _ in pairs], [gone for _, gone in pairs])
    for t, at_risk, lost in zip(found.renewals, found.at_risk, found.lost, strict=True):
        assert (at_risk, lost) == naive(pairs, int(t))
    assert (found.kept >= 0).all()


@given(contracts, contracts)
@settings(max_examples=30, deadline=None)
def test_pooling_cohorts_is_counting_them_together(one, other):
    """Two cohorts of different length pooled equal all contracts at once."""
    apart = [tenures_from_contracts(*zip(*pairs, strict=True)) for pairs in (one, other)]
    together = tenures_from_contracts(*zip(*(one + other), strict=True))
    found = pooled_tenures(apart)
    np.testing.assert_array_equal(found.at_risk, together.at_risk)
    np.testing.assert_array_equal(found.lost, together.lost)


def test_a_cohorts_survivors_are_its_losses():
    """1000, 631, 468: 369 of 1,000 lost at the first renewal, 163 of 631 at the second."""
    found = tenures_from_survivors([1000, 631, 468])
    by_counts = tenures_from_counts([1, 2, 2], [369, 163, 0], [0, 0, 468])
    assert found.at_risk.tolist() == by_counts.at_risk.tolist() == [1000, 631]
    assert found.lost.tolist() == by_counts.lost.tolist() == [369, 163]


def test_contracts_that_came_late_were_not_at_risk_before():
    """One that entered at tenure 2 says nothing about the first two renewals."""
    found = tenures_from_contracts([3, 4], [True, False], entered=[2, 0])
    assert found.at_risk.tolist() == [1, 1, 2, 1]
    assert found.lost.tolist() == [0, 0, 1, 0]


def test_contracts_without_a_renewal_yet_count_nowhere():
    """A new contract at tenure 0 is at risk at no renewal."""
    found = tenures_from_contracts([0, 0], [False, False])
    assert found.at_risk.size == 0


@pytest.mark.parametrize(
    ("tenure", "lost", "alive"),
    [
        ([1.5], [1], [0]),
        ([-1], [1], [0]),
        ([np.nan], [1], [0]),
        ([1], [-1], [0]),
        ([1], [1], [np.nan]),
        ([0], [1], [0]),
        ([1, 2], [1], [0]),
    ],
)
def test_impossible_counts_are_refused(tenure, lost, alive):
    """Half renewals, negative counts and contracts lost before any renewal are errors."""
    with pytest.raises(DataError):
        tenures_from_counts(tenure, lost, alive)


def test_impossible_entries_and_survivors_are_refused():
    """Nobody enters after the end, is lost on entry, or rises from the dead."""
    with pytest.raises(DataError, match="after they had ended"):
        tenures_from_contracts([2], [False], entered=[3])
    with pytest.raises(DataError, match="came under observation"):
        tenures_from_contracts([2], [True], entered=[2])
    for survivors in ([10], [10, 11], [10, -1], [[10, 9]]):
        with pytest.raises(DataError):
            tenures_from_survivors(survivors)
