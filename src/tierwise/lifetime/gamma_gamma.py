"""Gamma-Gamma: what an order of each customer brings, shrunken towards all customers.

Orders of a customer are Gamma(p, rate nu), rates are Gamma(q, rate gamma) across
customers, and neither depends on how often the customer buys: see `independence`.
Fader & Hardie, The Gamma-Gamma model of monetary value, note 025 (2013), after
Colombo & Jiang 1999. They count an order as a day with purchases, and leave out the
first one; so does the known answer on CDNOW.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, gammaln, polygamma

from tierwise.errors import DataError, FitError, RefusedError
from tierwise.lifetime import profile
from tierwise.lifetime.arguments import positive_parameters
from tierwise.lifetime.fit import Fit, Objective, in_logs, maximise
from tierwise.lifetime.order_value import OrderValue

Array = NDArray[np.float64]

NAME = "Gamma-Gamma"
PARAMETERS = ("p", "q", "gamma")
STARTS = ((2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (0.8, 1.5, 1.0), (20.0, 10.0, 0.5))
"""Where the search begins, with money scaled so that the mean order is 1."""


@dataclass(frozen=True, slots=True, eq=False)
class SpendCells:
    """Customers by number of orders and mean spend; the first three arrays are (cells,)."""

    x: Array  # orders, 1 or more
    mean_spend: Array  # per order, money, above 0
    n: Array  # customers who share the two

    # Gamma functions are taken once per value of this table.
    x_values: Array  # distinct x, ascending
    n_by_x: Array  # customers at each of x_values

    @property
    def customers(self) -> int:
        """Customers in all cells."""
        return int(self.n_by_x.sum())


def spend_cells(x: ArrayLike, mean_spend: ArrayLike, n: ArrayLike | None = None) -> SpendCells:
    """Check the spend of customers, one by one or in cells with their number `n`.

    `x` (cells,) orders; `mean_spend` (cells,) money. Raises DataError for arrays that
    do not fit or x below 1, RefusedError when a mean spend is zero or negative: free
    orders and refunds have no place under a gamma distribution.
    """
    orders = np.atleast_1d(np.asarray(x, dtype=float))
    spend = np.atleast_1d(np.asarray(mean_spend, dtype=float))
    counts = np.ones_like(orders) if n is None else np.atleast_1d(np.asarray(n, dtype=float))
    if not orders.shape == spend.shape == counts.shape or orders.ndim != 1:
        raise DataError(
            f"Orders, spend and counts differ in length: {orders.shape}, {spend.shape},"
            f" {counts.shape}.",
            "Give one entry of each per customer or cell.",
        )
    bad = ~((orders >= 1) & np.isfinite(orders) & np.isfinite(spend) & (counts > 0))
    if np.any(bad):
        raise DataError(
            f"{int(bad.sum()):,} of {bad.size:,} cells have no orders, no customers or no spend.",
            "Leave out customers without orders: Gamma-Gamma learns from those who have some.",
        )
    _refuse_zero(spend, counts)
    x_values, place = np.unique(orders, return_inverse=True)
    n_by_x = np.bincount(place, counts).astype(np.float64)
    return SpendCells(orders, spend, counts, x_values, n_by_x)


def log_likelihood(
    theta: Sequence[float], cells: SpendCells
) -> tuple[float, Array, NDArray[np.float64]]:
    """Log-likelihood, gradient and Hessian by p, q, gamma, all customers together.

    The density of the mean spend given x, note 025 eq. (1a), with its constants.
    """
    p, q, gamma = positive_parameters(theta, PARAMETERS)
    x, n, orders, sharing = cells.x, cells.n, cells.x_values, cells.n_by_x
    total, shape = x * cells.mean_spend, p * orders + q
    log_own, log_prior = -np.log1p(gamma / total), -np.log1p(total / gamma)
    own = _total(n, x * log_own)
    prior = _total(n, log_prior)
    inverse = _total(n, (p * x + q) / (gamma + total))
    counts = gammaln(shape) - gammaln(p * orders) - gammaln(q)
    value = sharing @ counts + q * prior + p * own - _total(n, np.log(cells.mean_spend))
    gradient = np.array(
        [
            sharing @ (orders * (digamma(shape) - digamma(p * orders))) + own,
            sharing @ (digamma(shape) - digamma(q)) + prior,
            cells.customers * q / gamma - inverse,
        ]
    )
    return float(value), gradient, _hessian(p, q, gamma, cells)


def _hessian(p: float, q: float, gamma: float, cells: SpendCells) -> NDArray[np.float64]:
    x, n, orders, sharing = cells.x, cells.n, cells.x_values, cells.n_by_x
    rate = gamma + x * cells.mean_spend
    bend = polygamma(1, p * orders + q)
    pp = sharing @ (orders**2 * (bend - polygamma(1, p * orders)))
    pq = sharing @ (orders * bend)
    pg = -_total(n, x / rate)
    qq = sharing @ (bend - polygamma(1, q))
    qg = cells.customers / gamma - _total(n, 1 / rate)
    gg = _total(n, (p * x + q) / rate**2) - cells.customers * q / gamma**2
    return np.array([[pp, pq, pg], [pq, qq, qg], [pg, qg, gg]])


def _total(n: Array, values: Array) -> float:
    """Sum over customers. Not by BLAS: its threads wait for each other on busy processors."""
    return float(np.einsum("i,i->", n, values))


def fit(cells: SpendCells) -> Fit:
    """Maximum likelihood of p, q, gamma (gamma in money).

    Raises FitError when nobody has two orders (the spread within customers cannot be
    told from that between them), when all mean spends are equal, or when the
    likelihood has no maximum.
    """
    if not np.any(cells.x > 1):
        raise FitError(
            f"None of {cells.customers:,} customers has two orders, so how much the orders of one"
            " customer differ cannot be seen.",
            "Use the mean spend of all customers pooled.",
        )
    if np.ptp(cells.mean_spend) == 0:
        raise FitError(
            f"All {cells.customers:,} customers spend {cells.mean_spend[0]:,.2f} on every order.",
            "There is nothing to model: use that amount.",
        )
    # Scaled to a mean of 1 the search is the same in cents, dollars and yen.
    scale = float(np.average(cells.mean_spend, weights=cells.n))
    scaled = replace(cells, mean_spend=cells.mean_spend / scale)

    found = maximise(NAME, PARAMETERS, _objective(scaled), STARTS, cells.customers)
    p, q, gamma = found.theta
    return replace(
        found,
        theta=(p, q, gamma * scale),
        log_likelihood=found.log_likelihood - cells.customers * float(np.log(scale)),
    )


def profile_interval(
    fitted: Fit, cells: SpendCells, level: float = 0.9
) -> tuple[tuple[float, float], ...]:
    """Ends for p, q and gamma from the likelihood of the fitted cells: see `profile`."""
    return profile.profile_interval(fitted, _objective(cells), level)


def _objective(cells: SpendCells) -> Objective:
    def objective(logs: Array) -> tuple[float, Array, NDArray[np.float64]]:
        theta = np.exp(logs)
        value, gradient, hessian = log_likelihood(theta.tolist(), cells)
        return value, *in_logs(theta.tolist(), gradient, hessian)

    return objective


def rate_posterior(
    theta: Sequence[float], x: ArrayLike, mean_spend: ArrayLike
) -> tuple[Array, Array]:
    """Shape and rate of the gamma posterior of each customer's nu: p x + q, gamma + x m.

    `x` (customers,) orders, 0 for a customer with none seen, whose spend is not
    looked at. Raises RefusedError for a mean spend of zero or less where x is not 0.
    """
    p, q, gamma = positive_parameters(theta, PARAMETERS)
    orders = np.asarray(x, dtype=float)
    spend = np.where(orders > 0, np.asarray(mean_spend, dtype=float), 0.0)
    _refuse_zero(spend[orders > 0], np.ones(int(np.count_nonzero(orders > 0))))
    return p * orders + q, gamma + orders * spend


def order_value(theta: Sequence[float], x: ArrayLike, mean_spend: ArrayLike) -> OrderValue:
    """Moments of a customer's future order given x orders of mean m, each (customers,).

    With nu ~ Gamma(A, B), A = p x + q, B = gamma + x m, the true mean is p / nu: its
    expectation p B / (A - 1) is note 025 eq. (5) and exists for A > 1, its variance
    (p B)^2 / ((A-1)^2 (A-2)) and the expected variance of single orders
    p B^2 / ((A-1)(A-2)) exist for A > 2. What does not exist is infinite. Raises
    RefusedError as `rate_posterior`.
    """
    p = positive_parameters(theta, PARAMETERS)[0]
    shape, rate = rate_posterior(theta, x, mean_spend)
    first = np.where(shape > 1, shape - 1, np.nan)
    second = np.where(shape > 2, shape - 2, np.nan)
    mean = p * rate / first
    return OrderValue(
        mean=np.where(shape > 1, mean, np.inf),
        variance_of_mean=np.where(shape > 2, mean**2 / second, np.inf),
        variance_of_order=np.where(shape > 2, mean * rate / second, np.inf),
    )


def simulate(
    theta: Sequence[float], x: ArrayLike, generator: np.random.Generator
) -> tuple[Array, Array]:
    """True means and observed mean spends of customers with `x` orders, each (customers,)."""
    p, q, gamma = positive_parameters(theta, PARAMETERS)
    orders = np.asarray(x, dtype=float)
    nu = generator.gamma(q, 1 / gamma, orders.shape)
    return p / nu, generator.gamma(p * orders) / (nu * orders)


def _refuse_zero(spend: Array, n: Array) -> None:
    bad = ~(spend > 0)
    if np.any(bad):
        raise RefusedError(
            f"{n[bad].sum():,.0f} of {n.sum():,.0f} customers have a mean spend of zero or less"
            f" (lowest {spend[bad].min():,.2f}); Gamma-Gamma takes spend above zero only.",
            "Use the profit-per-order model, which takes free orders, refunds and losses.",
        )
