"""Rates and horizons: an annual rate is one, however it is sliced."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.errors import UsageError
from tierwise.lifetime import discounting

rates = st.floats(0, 3)


def test_fifteen_percent_a_year_is_the_rate_of_the_literature():
    """Fader, Hardie & Lee 2005 (JMR 42) use .0027 a week for 15% a year."""
    assert discounting.weekly_rate(0.15) == pytest.approx(0.0027, abs=0.00005)


def test_a_year_of_weeks_discounts_by_the_annual_rate():
    """One unit in 365.25 days is worth 1 / 1.10 at 10%."""
    weekly = discounting.weekly_rate(0.10)
    factor = discounting.discount_factors(weekly, [0, discounting.WEEKS_PER_YEAR])
    np.testing.assert_allclose(factor, [1, 1 / 1.10], rtol=1e-14)


@given(rates)
@settings(max_examples=50, deadline=None)
def test_weekly_and_annual_rates_are_each_others_inverse(rate: float):
    """Going to weeks and back changes nothing."""
    back = discounting.annual_rate(discounting.weekly_rate(rate))
    assert back == pytest.approx(rate, abs=1e-12)


@given(rates, st.integers(1, 53))
@settings(max_examples=50, deadline=None)
def test_rates_per_period_compound_to_the_annual_rate(rate: float, periods: int):
    """Twelve months at the monthly rate are one year at the annual one."""
    compounded = (1 + discounting.rate_per_period(rate, periods)) ** periods
    assert compounded == pytest.approx(1 + rate, rel=1e-12)


def test_twelve_months_are_one_year():
    """A month is a twelfth of 365.25 days: 4.348 weeks."""
    assert discounting.weeks_in_months(1) == pytest.approx(365.25 / 7 / 12, rel=1e-15)
    assert discounting.months_in_weeks(discounting.weeks_in_months(18)) == pytest.approx(18)


@pytest.mark.parametrize("rate", [-0.01, math.nan, math.inf])
def test_impossible_rates_are_refused(rate: float):
    """A rate below zero, missing or infinite is a mistake, not a figure."""
    with pytest.raises(UsageError):
        discounting.weekly_rate(rate)
    with pytest.raises(UsageError):
        discounting.annual_rate(rate)
    with pytest.raises(UsageError):
        discounting.discount_factors(rate, [1.0])
    with pytest.raises(UsageError):
        discounting.rate_per_period(rate, 12)


@pytest.mark.parametrize("periods", [0, -1, math.nan])
def test_impossible_periods_are_refused(periods: float):
    """There are no zero periods in a year."""
    with pytest.raises(UsageError):
        discounting.rate_per_period(0.1, periods)
