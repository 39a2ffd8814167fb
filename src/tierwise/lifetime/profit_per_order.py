"""Profit per order, losses allowed: a customer's mean shrunken towards all customers'.

Orders of a customer are spread about the customer's true mean with variance sigma^2 (the
same for all), true means about mu with variance tau^2. With normal distributions the
posterior is closed; without them it is still the best linear predictor, but its intervals
are too narrow in the tails. The variances are fitted by REML: Searle, Casella & McCulloch
1992, Variance Components, ch. 6; the predictor is their ch. 7.

Heavy tails: one enormous order raises sigma^2 for everybody and so shrinks everybody
more. `largest_share` tells how much of sigma^2 one customer makes up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import ndtri

from tierwise.errors import DataError, FitError
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.order_value import OrderValue

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class OrderStatistics:
    """All that the model needs of each customer; each array has shape (customers,)."""

    x: Array  # orders, 1 or more
    mean: Array  # profit per order, money, may be negative
    squares: Array  # sum of squared distances of the orders from `mean`, money squared


@dataclass(frozen=True, slots=True)
class ProfitPerOrder:
    """The model as fitted."""

    mean: float  # mu: expected profit per order of a customer not yet seen, money
    mean_variance: float  # of the estimate of mu, money squared
    between: float  # tau^2: variance of customers' true means, money squared
    within: float  # sigma^2: variance of a customer's orders, money squared
    customers: int
    orders: int
    largest_share: float  # of the squares within customers that is one customer's, 0..1

    def mean_interval(self, level: float = 0.9) -> Estimate:
        """The mean mu with its normal interval."""
        reach = float(ndtri(0.5 + level / 2)) * float(np.sqrt(self.mean_variance))
        return Estimate(self.mean, self.mean - reach, self.mean + reach, level)

    @property
    def warning(self) -> str:
        """What to know about heavy tails; empty when no customer stands out."""
        if self.largest_share < max(0.2, 10 / self.customers):
            return ""
        return (
            f"One customer makes up {self.largest_share:.0%} of the spread between orders, so all"
            " customers are pulled further towards the mean than their own orders call for. Look"
            " at that customer's orders; value it on its own if they are right."
        )


def order_statistics(x: ArrayLike, mean: ArrayLike, squares: ArrayLike) -> OrderStatistics:
    """Check per-customer orders, mean profit and squares about that mean, each (customers,).

    Raises DataError for arrays that do not fit, x below 1, missing values, negative
    squares, or squares where there is one order only.
    """
    stats = OrderStatistics(
        *(np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, mean, squares))
    )
    if not stats.x.shape == stats.mean.shape == stats.squares.shape:
        raise DataError("Orders, means and squares differ in length.", "Give one per customer.")
    bad = ~((stats.x >= 1) & np.isfinite(stats.x + stats.mean) & (stats.squares >= 0))
    # An engine's variance of one value may leave a rounding behind.
    tolerance = 1e-9 * (1 + stats.mean**2)
    bad |= ~np.isfinite(stats.squares) | ((stats.x == 1) & (stats.squares > tolerance))
    if np.any(bad):
        raise DataError(
            f"{int(bad.sum()):,} of {bad.size:,} customers have no orders, missing profit, or"
            " impossible squares.",
            "Give orders of 1 or more, and the sum of squared distances from the mean.",
        )
    return stats


def fit(stats: OrderStatistics) -> ProfitPerOrder:
    """Restricted maximum likelihood of mu, tau^2 and sigma^2, counts per customer unequal.

    With orders of a customer all alike sigma^2 is 0 and nobody is shrunken; with means no
    further apart than chance makes them tau^2 is 0 and everybody is. Raises FitError for
    less than two customers, and when nobody has two orders.
    """
    n, orders = stats.x.size, float(stats.x.sum())
    if n < 2 or orders == n:
        raise FitError(
            f"{n:,} customers with {orders:,.0f} orders: "
            + ("one customer" if n < 2 else "one order each")
            + " cannot tell the spread between customers from that between orders.",
            "Use the mean profit per order of all customers pooled.",
        )
    scale = float(stats.squares.sum() + np.sum(stats.x * (stats.mean - stats.mean.mean()) ** 2))
    if scale == 0:
        return ProfitPerOrder(float(stats.mean[0]), 0.0, 0.0, 0.0, n, int(orders), 0.0)
    if stats.squares.sum() <= 1e-14 * scale:
        between = float(stats.mean.var(ddof=1))
        mean = float(stats.mean.mean())
        return ProfitPerOrder(mean, between / n, between, 0.0, n, int(orders), 0.0)
    groups = _by_count(stats)
    share = _best_share(groups)
    mean, total, information = _profile(share, groups)
    largest = float(stats.squares.max() / stats.squares.sum())
    between, within = share * total, (1 - share) * total
    return ProfitPerOrder(mean, total / information, between, within, n, int(orders), largest)


def order_value(model: ProfitPerOrder, x: ArrayLike, mean: ArrayLike) -> OrderValue:
    """Moments of a customer's future order given x orders of mean profit m, (customers,).

    The true mean is expected at mu + w (m - mu), w = tau^2 / (tau^2 + sigma^2 / x); its
    variance is (1 - w) tau^2 and (1 - w)^2 times that of the estimate of mu. `x` may be
    0: the customer not yet seen.
    """
    orders = np.asarray(x, dtype=float)
    seen = np.where(orders > 0, np.asarray(mean, dtype=float), model.mean)
    signal = orders * model.between
    whole = signal + model.within
    weight = np.where(whole > 0, signal / np.where(whole > 0, whole, 1.0), 0.0)
    rest = 1 - weight
    return OrderValue(
        mean=model.mean + weight * (seen - model.mean),
        variance_of_mean=rest * model.between + rest**2 * model.mean_variance,
        variance_of_order=np.full(orders.shape, model.within),
    )


def restricted_log_likelihood(share: float, stats: OrderStatistics) -> float:
    """REML at tau^2 = share of the total variance, mu and the total at their best.

    `share` in 0..1 is the intraclass correlation; constants are left out.
    """
    return _restricted(share, _by_count(stats))


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Customers with equally many orders weigh alike, so the likelihood needs no more."""

    x: Array  # orders per customer, distinct
    n: Array  # customers with so many
    mean: Array  # of their means
    squares: Array  # of their means about that mean
    within: float  # squares within all customers

    @property
    def orders(self) -> float:
        return float(self.x @ self.n)


def _by_count(stats: OrderStatistics) -> _Groups:
    x, whose = np.unique(stats.x, return_inverse=True)
    n = np.bincount(whose).astype(np.float64)
    mean = np.bincount(whose, stats.mean) / n
    squares = np.bincount(whose, (stats.mean - mean[whose]) ** 2).astype(np.float64)
    return _Groups(x, n, mean, squares, float(stats.squares.sum()))


def _restricted(share: float, groups: _Groups) -> float:
    _, total, information = _profile(share, groups)
    customers, orders = float(groups.n.sum()), groups.orders
    spread = groups.n @ np.log(1 - share + groups.x * share)
    determinant = (orders - customers) * np.log1p(-share) + spread + np.log(information)
    return float(-0.5 * (determinant + (orders - 1) * np.log(total)))


def _profile(share: float, groups: _Groups) -> tuple[float, float, float]:
    """Best mu and total variance at this share, and the information on mu per unit of it."""
    weights = groups.x / (1 - share + groups.x * share)
    information = float(weights @ groups.n)
    mean = float(weights @ (groups.n * groups.mean)) / information
    apart = float(weights @ (groups.squares + groups.n * (groups.mean - mean) ** 2))
    total = (groups.within / (1 - share) + apart) / (groups.orders - 1)
    return mean, total, information


def _best_share(groups: _Groups) -> float:
    """The share that maximises REML: a grid finds the hill, Brent's method its top."""
    grid = np.concatenate(([0.0], np.geomspace(1e-6, 0.5, 25), 1 - np.geomspace(0.4, 1e-13, 40)))
    values = [_restricted(float(share), groups) for share in grid]
    best = int(np.argmax(values))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = minimize_scalar(
        lambda share: -_restricted(share, groups),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-10 * (high - low)},
    )
    return float(found.x) if -found.fun > values[best] else float(grid[best])
