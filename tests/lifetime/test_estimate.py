"""Intervals by parameter draws."""

import numpy as np
import pytest

from tierwise.errors import UsageError
from tierwise.lifetime import contract, sbg
from tierwise.lifetime.estimate import Estimate, by_draws
from tierwise.lifetime.tenures import tenures_from_survivors

FIT = sbg.fit(tenures_from_survivors([1000, 631, 468, 382, 326, 289, 262, 241]))


def test_a_parameters_drawn_interval_is_its_own():
    """Quantiles of 20,000 draws come within 3% of the interval from the covariance."""
    band = by_draws(FIT, np.array, np.random.default_rng(1), size=20_000)
    own = np.array(FIT.interval(0.9))
    np.testing.assert_allclose(band.value, FIT.theta)
    np.testing.assert_allclose(np.stack([band.low, band.high], axis=1), own, rtol=0.03)


def test_a_curve_gets_a_band_around_it():
    """Survival over 12 renewals: 1 without doubt at the start, then wider than nothing."""
    band = by_draws(
        FIT,
        lambda theta: contract.survival(sbg.SBG(*theta), np.arange(13)),
        np.random.default_rng(2),
    )
    assert band.low[0] == band.high[0] == 1
    assert (band.low[1:] < band.value[1:]).all()
    assert (band.value[1:] < band.high[1:]).all()


def test_infinite_draws_stay_infinite():
    """Lifetimes that are infinite for some draws have an infinite end, not NaN."""
    mixed = by_draws(
        FIT,
        lambda theta: np.array([np.inf if theta[0] > FIT.theta[0] else theta[0]]),
        np.random.default_rng(3),
    )
    assert np.isfinite(mixed.low[0])
    assert mixed.high[0] == np.inf


def test_the_same_generator_gives_the_same_interval():
    """Nothing but the generator that is passed in is random."""
    first, second = (by_draws(FIT, np.array, np.random.default_rng(4), 50) for _ in range(2))
    np.testing.assert_array_equal(first.low, second.low)


@pytest.mark.parametrize(("size", "level"), [(1, 0.9), (100, 0.0), (100, 1.0)])
def test_impossible_intervals_are_refused(size: int, level: float):
    """One draw has no spread, and no interval has a level of 0 or 1."""
    with pytest.raises(UsageError):
        by_draws(FIT, np.array, np.random.default_rng(5), size, level)


def test_estimates_scale_with_their_intervals():
    """52 weeks of a weekly rate: value and both ends times 52."""
    assert Estimate(0.1, 0.05, 0.2, 0.9).scaled(52) == Estimate(5.2, 2.6, 10.4, 0.9)
