"""The fall-back where a model has too little to learn from: one figure for all customers.

What is pooled says nothing about who buys more, spends more or has left. It is the same
for every customer but for the time ahead, and the words say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import chdtri

from tierwise.errors import DataError
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.tenures import Tenures

Array = NDArray[np.float64]

REPEAT_BUYERS_NEEDED = 50
"""Repeat buyers below which purchases and spend are pooled instead of modelled."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Estimates that are the same for every customer."""

    rate_per_week: Estimate  # repeat orders per customer and week
    spend_per_order: Estimate  # money; NaN without any repeat order
    customers: int
    repeat_buyers: int  # customers with at least one repeat order
    words: str  # what this is and is not

    def expected_orders(self, weeks: float) -> Estimate:
        """Orders of any one customer over so many weeks, on average."""
        return self.rate_per_week.scaled(weeks)


def pooled(x: ArrayLike, weeks: ArrayLike, mean_spend: ArrayLike, level: float = 0.9) -> Pooled:
    """Pool `x` repeat orders over `weeks` observed and their `mean_spend`, each (customers,).

    Spend of customers without repeat orders is not looked at. Raises DataError for arrays
    that do not fit, negative or missing values, or no time observed at all.
    """
    orders, exposure, spend = (np.asarray(v, dtype=float) for v in (x, weeks, mean_spend))
    if not orders.shape == exposure.shape == spend.shape or orders.ndim != 1:
        raise DataError("Orders, weeks and spend differ in length.", "Give one per customer.")
    repeat = orders > 0
    if not (np.all(orders >= 0) and np.all(exposure >= 0) and np.isfinite(spend[repeat]).all()):
        raise DataError("Orders, weeks or spend are missing or negative.", "Check the customers.")
    rate = event_rate(float(orders.sum()), float(exposure.sum()), level)
    per_order = _spend_per_order(orders[repeat], spend[repeat], level)
    buyers = int(repeat.sum())
    return Pooled(rate, per_order, orders.size, buyers, words(buyers, orders.size))


def event_rate(events: float, exposure: float, level: float = 0.9) -> Estimate:
    """Events per unit of exposure with the exact Poisson interval (Garwood 1936).

    Raises DataError for negative events or no exposure.
    """
    if not (events >= 0 and exposure > 0):
        raise DataError(
            f"{events:,.0f} events over an exposure of {exposure:,.2f} give no rate.",
            "Observe customers for longer than a day.",
        )
    tail = (1 - level) / 2
    low = float(chdtri(2 * events, 1 - tail)) / 2 if events > 0 else 0.0
    high = float(chdtri(2 * events + 2, tail)) / 2
    return Estimate(events / exposure, low / exposure, high / exposure, level)


def constant_retention(tenures: Tenures, level: float = 0.9) -> Estimate:
    """One retention rate for all renewals, with the exact binomial interval.

    The fall-back for contracts when sBG or BdW cannot be fitted (Clopper & Pearson
    1934). Raises DataError when no contract has faced a renewal.
    """
    faced, kept = round(float(tenures.at_risk.sum())), round(float(tenures.kept.sum()))
    if faced < 1:
        raise DataError("No contract has faced a renewal.", "Wait for the first renewals.")
    ends = stats.binomtest(kept, faced).proportion_ci(level, method="exact")
    return Estimate(kept / faced, float(ends.low), float(ends.high), level)


def _spend_per_order(orders: Array, spend: Array, level: float) -> Estimate:
    """Total spend over orders, its interval from the differences between customers."""
    if orders.size == 0:
        return Estimate(float("nan"), float("-inf"), float("inf"), level)
    value = float(orders @ spend / orders.sum())
    if orders.size == 1:
        return Estimate(value, float("-inf"), float("inf"), level)
    n = orders.size
    # A ratio of two means: linearised, so that orders of one customer count as one piece.
    pieces = orders * (spend - value)
    error = float(np.sqrt(n / (n - 1) * np.sum(pieces**2))) / float(orders.sum())
    reach = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    return Estimate(value, value - reach, value + reach, level)


def words(repeat_buyers: int, customers: int) -> str:
    """What pooled estimates are and are not."""
    few = (
        f"only {repeat_buyers:,} of {customers:,} customers bought again"
        f" (a model needs {REPEAT_BUYERS_NEEDED})"
        if repeat_buyers < REPEAT_BUYERS_NEEDED
        else "no model was used"
    )
    return (
        f"Pooled over all customers, since {few}: every customer gets the same expected orders"
        " per week and the same spend per order. Who is still active, and who is worth more"
        " than others, cannot be told. The interval of the rate is that of the average; single"
        " customers differ by more."
    )
