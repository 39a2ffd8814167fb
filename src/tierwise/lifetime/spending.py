"""Which model says what an order is worth: Gamma-Gamma behind its gate, or one that takes loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tierwise.errors import FitError, RefusedError
from tierwise.lifetime import gamma_gamma, profit_per_order
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.fit import Fit
from tierwise.lifetime.independence import Independence, Verdict, independence
from tierwise.lifetime.order_terms import (
    GammaGammaOrders,
    OrderModel,
    OwnOrders,
    PooledOrders,
    ProfitPerOrderOrders,
)
from tierwise.settings import SpendModelName

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about orders; arrays per repeat buyer or per customer, money as floats."""

    x: Array  # repeat purchases of each spend cell, shape (cells,)
    mean_spend: Array  # per repeat purchase, same shape
    n: Array  # customers of the cell
    orders: Array  # purchases of each customer, the first included, shape (customers,)
    mean_value: Array  # value of one through the lens, same shape
    squares: Array  # sum of squares about it
    kept: float  # value over spend before returns, of all customers
    by_line: bool  # the value follows from the lines alone, not from cost to serve


@dataclass(frozen=True, slots=True)
class Spending:
    """The model that was chosen, and why."""

    orders: OrderModel
    gate: Independence | None  # None where there was nobody to test
    fit: Fit | None  # of Gamma-Gamma
    losses: bool  # orders may bring less than nothing
    notes: tuple[str, ...]


def choose(wanted: SpendModelName, seen: Evidence) -> Spending:
    """The model that was asked for, or the best that the data allow.

    Raises RefusedError when Gamma-Gamma was asked for by name but the lens takes
    cost to serve, or returns and costs leave nothing; FitError when it has no maximum.
    """
    gate = _gate(seen)
    if wanted is SpendModelName.GAMMA_GAMMA:
        return _gamma_gamma(seen, gate)
    if wanted is SpendModelName.PROFIT_PER_ORDER:
        return _profit_per_order(seen, gate, ())
    if why := _against_gamma_gamma(seen, gate):
        return _profit_per_order(seen, gate, (why,))
    try:
        found = _gamma_gamma(seen, gate)
    except FitError as error:
        return _profit_per_order(seen, gate, (error.message,))
    if found.fit is not None and found.fit.theta[1] <= 1:
        return _profit_per_order(seen, gate, (_NO_MEAN,))
    return found


_NO_MEAN = (
    "Under Gamma-Gamma customers would spend so unequally that the mean of a new one has no end"
    " (q is 1 or less), so value is taken per order."
)
_TOO_UNEQUAL = (
    "Customers' orders differ too much for one mean to be a guide to all (one customer makes up"
    " much of the spread), so each customer's own mean is taken as it is."
)


def _gate(seen: Evidence) -> Independence | None:
    if not seen.n.size:
        return None
    times = seen.n.astype(np.int64)
    return independence(np.repeat(seen.x, times), np.repeat(seen.mean_spend, times))


def _against_gamma_gamma(seen: Evidence, gate: Independence | None) -> str:
    """Why Gamma-Gamma is not used; empty when nothing speaks against it."""
    if gate is None:
        return "Nobody paid for a repeat order, so Gamma-Gamma has nothing to learn from."
    if not seen.by_line:
        return "Cost to serve differs from customer to customer, so value is taken per order."
    if seen.kept <= 0:
        return "After returns and costs nothing is left of what customers spend."
    return gate.words if gate.verdict is Verdict.FAILS else ""


def _gamma_gamma(seen: Evidence, gate: Independence | None) -> Spending:
    if gate is None or not seen.by_line or seen.kept <= 0:
        raise RefusedError(
            _against_gamma_gamma(seen, gate), 'Set spend = "profit_per_order" or "auto".'
        )
    fit = gamma_gamma.fit(gamma_gamma.spend_cells(seen.x, seen.mean_spend, seen.n))
    notes = () if gate.verdict is Verdict.HOLDS else (gate.words,)
    return Spending(GammaGammaOrders(fit.theta, seen.kept), gate, fit, False, notes)


def _profit_per_order(
    seen: Evidence, gate: Independence | None, notes: tuple[str, ...]
) -> Spending:
    stats = profit_per_order.order_statistics(seen.orders, seen.mean_value, seen.squares)
    try:
        model = profit_per_order.fit(stats)
    except FitError as error:
        return Spending(_mean_of_all(seen), gate, None, True, (*notes, error.message))
    if model.warning:
        return _own_means(seen, gate, (*notes, _TOO_UNEQUAL))
    return Spending(ProfitPerOrderOrders(model), gate, None, True, notes)


def _own_means(seen: Evidence, gate: Independence | None, notes: tuple[str, ...]) -> Spending:
    """No shrinkage; the spread of orders from customers with three of them or more."""
    enough = (seen.orders >= 3) & (seen.mean_value != 0)
    spread = seen.squares[enough] / (seen.orders[enough] - 1) / seen.mean_value[enough] ** 2
    relative = float(np.median(spread)) if spread.size else 1.0
    return Spending(OwnOrders(relative), gate, None, True, notes)


def _mean_of_all(seen: Evidence) -> PooledOrders:
    """One mean for everybody; its doubt from the differences between customers."""
    mean = float(np.average(seen.mean_value, weights=seen.orders))
    apart = float(seen.mean_value.std(ddof=1)) if seen.mean_value.size > 1 else 0.0
    error = apart / np.sqrt(seen.mean_value.size)
    return PooledOrders(Estimate(mean, mean - error, mean + error, 0.68), apart**2)
