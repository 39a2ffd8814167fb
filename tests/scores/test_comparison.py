"""Groups compared within strata, against SciPy's Welch test and by hand."""

from statistics import fmean, variance

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tierwise.scores.comparison import Cell, Stratum, compare, everybody, half_width, the_flagged

values = st.lists(st.integers(-500, 500).map(lambda n: n / 4), min_size=2, max_size=8)


def cell(numbers):
    """A cell of plain numbers."""
    numbers = list(numbers)
    return Cell(
        len(numbers),
        fmean(numbers) if numbers else 0,
        variance(numbers) if len(numbers) > 1 else 0,
    )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(values, values)
def test_one_stratum_is_welch(one, two):
    """With a single stratum the interval is that of SciPy's Welch test."""
    found = compare([Stratum(cell(one), cell(two))], everybody)
    assert found is not None
    assert found.difference == pytest.approx(fmean(one) - fmean(two), abs=1e-9)
    if not variance(one) * variance(two):
        return  # SciPy warns of groups that do not vary
    peer = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((peer.low, peer.high), rel=1e-9, abs=1e-9)


def test_strata_take_out_what_they_hold():
    """By hand: in each stratum flagged spend 10 more; the raw means say the opposite."""
    strata = [
        Stratum(cell([110] * 9), cell([100] * 1 + [100])),
        Stratum(cell([1010, 1010]), cell([1000] * 20)),
    ]
    found = compare(strata, everybody)
    assert found is not None
    assert (found.difference, found.low, found.high) == pytest.approx((10, 10, 10))
    share = 11 / 33
    assert found.mean_others == pytest.approx(share * 100 + (1 - share) * 1000)
    weighed = compare(strata, the_flagged)
    assert weighed is not None
    assert weighed.mean_flagged == pytest.approx((9 * 110 + 2 * 1010) / 11)


def test_strata_with_one_side_are_left_out():
    """Whoever has nobody to be compared with is counted, not compared."""
    strata = [
        Stratum(cell([1, 2, 3]), cell([4, 5])),
        Stratum(cell([9, 9]), cell([7])),
        Stratum(cell([]), cell([1, 2])),
    ]
    found = compare(strata, the_flagged)
    assert found is not None
    assert (found.n_flagged, found.n_others, found.left_out) == (3, 2, 2)
    assert compare(strata[1:], the_flagged) is None
    assert compare([], the_flagged) is None


def test_ratio_is_none_where_a_mean_is_not_positive():
    """More by a share of nothing, or of a loss, means nothing."""
    found = compare([Stratum(cell([1, 2]), cell([-1, 0]))], everybody)
    assert found is not None
    assert (found.ratio, found.ratio_low, found.ratio_high) == (None, None, None)


def test_intervals_cover_the_truth_as_often_as_they_say():
    """Of 400 samples from two normal groups in two strata, about 95% hold the true figures.

    380 expected; 4 standard deviations of a binomial are 17.4.
    """
    rng = np.random.default_rng(1)
    covered = covered_ratio = 0
    for _ in range(400):
        strata = [
            Stratum(cell(rng.normal(12 * size, 2, 40)), cell(rng.normal(10 * size, 4, 60)))
            for size in (1, 3)
        ]
        found = compare(strata, everybody)
        assert found is not None
        assert found.ratio_low is not None
        covered += found.low <= 4 <= found.high
        covered_ratio += found.ratio_low <= 1.2 <= found.ratio_high
    assert abs(covered - 380) <= 17.4
    assert abs(covered_ratio - 380) <= 17.4


def test_half_width_of_nothing_that_varies_is_zero():
    """Values that are all the same have an interval of no width."""
    assert half_width([(1.0, cell([5, 5, 5]))]) == 0
