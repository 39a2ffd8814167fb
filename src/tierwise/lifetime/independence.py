"""The gate before Gamma-Gamma: whether spend per order goes with the number of orders.

Gamma-Gamma takes the two as independent. Where those who buy often also spend more per
order, it pulls their spend towards that of the rest and undervalues the best customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import ndtri

from tierwise.errors import DataError
from tierwise.lifetime.estimate import Estimate

Array = NDArray[np.float64]

LARGEST_HARMLESS = 0.3
"""Correlation from which independence fails: Cohen's (1988) medium effect.

Size decides, not significance: of 100,000 customers .01 is significant, and changes
nothing. In simulated firms like CDNOW whose buying and spending go together, a rank
correlation of .2 makes Gamma-Gamma understate the best fifth of customers by about 2%,
.3 by about 3% (see the test of this gate). The textbook case that it was published on
(CDNOW) stands at Pearson .11, Spearman .21, of which .04 comes about even under
independence: the mean of few skewed orders lies more often below its expectation than
the mean of many.
"""

LARGEST_MISJUDGED = 0.5
"""Share of total spend, either way, that independence may miss: ranks do not see the few
customers who make up most of the money."""

WORTH_A_NOTE = 0.1
"""Correlation from which a verdict of "holds" says what was seen: Cohen's small effect."""


class Verdict(Enum):
    """What the gate says."""

    HOLDS = "holds"
    FAILS = "fails"
    TOO_FEW = "too few"


@dataclass(frozen=True, slots=True)
class Independence:
    """How far orders and spend per order go together, and what follows."""

    pearson: Estimate  # linear correlation, -1..1; one large spender may move it
    spearman: Estimate  # correlation of ranks, -1..1
    customers: int  # with at least one order counted
    misjudged_share: float  # of total spend, 0..1: total over orders x mean of means, less 1
    verdict: Verdict
    words: str  # what was found and what to do


def independence(x: ArrayLike, mean_spend: ArrayLike, level: float = 0.95) -> Independence:
    """Judge by the size of the correlation between `x` orders and `mean_spend` per order.

    Both (customers,), customers without orders left out. Fails from a correlation of
    LARGEST_HARMLESS by ranks, or by amounts when the ranks do not contradict; too few
    where the interval is so wide that no correlation and a harmful one look alike.
    Intervals by Fisher's z; for ranks with the variance of Bonett & Wright 2000. Raises
    DataError for arrays that do not fit or hold missing values.
    """
    orders, spend = np.asarray(x, dtype=float), np.asarray(mean_spend, dtype=float)
    if orders.shape != spend.shape or orders.ndim != 1:
        raise DataError("Orders and spend differ in length.", "Give one of each per customer.")
    if not (np.isfinite(orders).all() and np.isfinite(spend).all()):
        raise DataError("Orders or spend are missing for some customers.", "Leave them out.")
    n = orders.size
    if n < 4 or np.ptp(orders) == 0 or np.ptp(spend) == 0:
        nothing = Estimate(float("nan"), -1.0, 1.0, level)
        return Independence(nothing, nothing, n, 0.0, Verdict.TOO_FEW, _words_few(n))
    linear = float(stats.pearsonr(orders, spend).statistic)
    ranked = float(stats.spearmanr(orders, spend).statistic)
    pearson = _interval(linear, 1 / (n - 3), level)
    spearman = _interval(ranked, (1 + ranked**2 / 2) / (n - 3), level)
    misjudged = _misjudged(orders, spend)
    others = np.arange(n) != int(np.argmax(orders * spend))
    # One large customer alone must not shut the gate for all.
    verdict = _verdict(pearson, spearman, _misjudged(orders[others], spend[others]))
    words = _words(verdict, spearman, n, misjudged)
    return Independence(pearson, spearman, n, misjudged, verdict, words)


def _misjudged(orders: Array, spend: Array) -> float:
    naive = float(orders.mean() * spend.mean())
    return float((orders * spend).mean()) / naive - 1 if naive > 0 else float("nan")


def _interval(r: float, variance: float, level: float) -> Estimate:
    if abs(r) > 1 - 1e-12:
        return Estimate(r, r, r, level)
    z, reach = np.arctanh(r), float(ndtri(0.5 + level / 2)) * np.sqrt(variance)
    return Estimate(r, float(np.tanh(z - reach)), float(np.tanh(z + reach)), level)


def _verdict(pearson: Estimate, spearman: Estimate, misjudged: float) -> Verdict:
    harmless = LARGEST_HARMLESS
    if abs(misjudged) > LARGEST_MISJUDGED:
        return Verdict.FAILS
    if spearman.low <= 0 <= spearman.high and max(-spearman.low, spearman.high) >= harmless:
        return Verdict.TOO_FEW
    amounts_agree = abs(pearson.value) >= harmless and (
        abs(spearman.value) >= WORTH_A_NOTE and pearson.value * spearman.value > 0
    )
    return Verdict.FAILS if abs(spearman.value) >= harmless or amounts_agree else Verdict.HOLDS


def _words(verdict: Verdict, spearman: Estimate, n: int, misjudged: float) -> str:
    r = f"{spearman.value:+.2f} ({spearman.low:+.2f} to {spearman.high:+.2f})"
    direction = "more" if spearman.value > 0 else "less"
    if verdict is Verdict.TOO_FEW:
        return _words_few(n)
    if verdict is Verdict.HOLDS and abs(spearman.value) < WORTH_A_NOTE:
        return f"Spend per order does not go with the number of orders: rank correlation {r}."
    seen = (
        f"Customers who order more often spend {direction} per order: rank correlation {r};"
        f" taking the two as independent misses total spend by {misjudged:+z.0%}."
    )
    if verdict is Verdict.HOLDS:
        return (
            f"{seen} Small enough for Gamma-Gamma: expect the best fifth to be off by about 2%,"
            " and what is expected of customers without a repeat order to be off by more."
        )
    return (
        f"{seen} Too much for Gamma-Gamma on all customers at once: the profit-per-order model"
        " suits, or groups of order frequency, cut with --where."
    )


def _words_few(n: int) -> str:
    return (
        f"{n:,} customers are too few, or too alike, to tell whether spend goes with frequency:"
        " use the mean spend of all customers pooled, or say that independence is assumed."
    )
