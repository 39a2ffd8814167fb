"""Discounting and horizons: an annual rate and calendar months as weeks.

One convention everywhere: a year has 365.25 days, a week 7, a month is a twelfth
of a year. So a year is 52.18 weeks, not 52, and twelve months are one year.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierwise.errors import UsageError

WEEKS_PER_YEAR = 365.25 / 7
WEEKS_PER_MONTH = WEEKS_PER_YEAR / 12


def weekly_rate(annual_rate: float) -> float:
    """The continuous rate per week that grows to `annual_rate` (.10 is 10%) in a year.

    Raises UsageError for a rate below zero or not finite.

    >>> round(weekly_rate(0.15), 5)
    0.00268
    """
    return math.log1p(_rate(annual_rate)) / WEEKS_PER_YEAR


def annual_rate(weekly_rate: float) -> float:
    """The annual rate behind a continuous weekly one: the inverse of `weekly_rate`."""
    return math.expm1(_rate(weekly_rate) * WEEKS_PER_YEAR)


def rate_per_period(annual_rate: float, periods_per_year: float) -> float:
    """The rate that compounds to `annual_rate` over so many periods: 12 for months.

    Raises UsageError for a rate below zero or periods that are not positive.

    >>> round(rate_per_period(0.10, 12), 6)
    0.007974
    """
    if not (math.isfinite(periods_per_year) and periods_per_year > 0):
        raise UsageError(
            f"{periods_per_year} periods per year is not a positive number.",
            "Give 1 for yearly contracts, 12 for monthly ones.",
        )
    return math.expm1(math.log1p(_rate(annual_rate)) / periods_per_year)


def discount_factors(weekly_rate: float, weeks: ArrayLike) -> NDArray[np.float64]:
    """What one unit of money received after so many weeks is worth today, 0..1."""
    factors: NDArray[np.float64] = np.exp(-_rate(weekly_rate) * np.asarray(weeks, dtype=float))
    return factors


def weeks_in_months(months: float) -> float:
    """Calendar months as weeks; a month is a twelfth of 365.25 days.

    >>> round(weeks_in_months(12), 3)
    52.179
    """
    return months * WEEKS_PER_MONTH


def months_in_weeks(weeks: float) -> float:
    """Weeks as calendar months: the inverse of `weeks_in_months`."""
    return weeks / WEEKS_PER_MONTH


def _rate(rate: float) -> float:
    if not (math.isfinite(rate) and rate >= 0):
        raise UsageError(
            f"A discount rate of {rate} is not a number from 0 up.",
            "Give a share: 0.10 for 10% a year.",
        )
    return rate
