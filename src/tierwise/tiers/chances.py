"""How sure a tier is: the chance that a customer belongs to it in the window to come.

What a customer will bring is a sum of a random number of orders. Of the number: the
chance of none and the mean are the model's, the variance that of a negative binomial
with the shape of the posterior of the purchase rate, if active.
Of the orders: the moments of the order model. The sum, where there is one, is taken
for lognormal with its own mean and variance (Fenton 1960 does so for sums of orders).
A boundary of the window to come lies where as many customers are expected above it
as the rule now has above it; amounts stay amounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr

from tierwise.lifetime.cells import DAYS_PER_WEEK, Cells
from tierwise.lifetime.histories import HISTORY
from tierwise.lifetime.models import PARETO_NBD, PurchaseModel
from tierwise.lifetime.order_terms import OrderModel

Vector = npt.NDArray[np.float64]

SAMPLE = 200_000
"""Customers that boundaries of the window to come are reckoned from: every so-manieth by value."""


def counts(
    model: PurchaseModel, theta: Sequence[float], cells: Cells, weeks: float, per_week: float
) -> dict[str, npt.NDArray[Any]]:
    """Purchases of the next `weeks` by cell: columns of shape (cells,).

    `p_some`, `count_mean` and `count_variance` of N; `near_mean` and `ever_mean`
    discounted at `per_week`.
    """
    active = np.clip(model.p_active(theta, cells), 1e-12, 1.0)
    mean = model.expected_purchases(theta, cells, weeks)
    shape = theta[0] + cells.x  # r is the first parameter of every model
    if_active = mean / active
    if model is PARETO_NBD:  # who may also leave without a purchase
        none = np.exp(-shape * np.log1p(if_active / shape))
    else:  # a rate of Gamma(r + x, alpha + T) while active: Fader, Hardie & Lee 2005, eq. 8
        none = np.exp(-shape * np.log1p(weeks / (theta[1] + cells.T_days / DAYS_PER_WEEK)))
    second = if_active + if_active**2 * (1 + 1 / shape)
    return {
        **_history(cells),
        "p_active": active,
        "p_some": active * (1 - none),
        "count_mean": mean,
        "count_variance": active * second - mean**2,
        "near_mean": model.discounted_purchases(theta, cells, weeks, per_week),
        "ever_mean": model.discounted_purchases(theta, cells, np.inf, per_week),
    }


def pooled_counts(cells: Cells, rate: float, weeks: float) -> dict[str, npt.NDArray[Any]]:
    """The same where all customers buy at one rate: Poisson, and nothing known beyond."""
    mean = np.full(cells.size, rate * weeks)
    unknown = np.full(cells.size, np.nan)
    return {
        **_history(cells),
        "p_active": unknown,
        "p_some": -np.expm1(-mean),
        "count_mean": mean,
        "count_variance": mean,
        "near_mean": mean,
        "ever_mean": unknown,
    }


def _history(cells: Cells) -> dict[str, npt.NDArray[Any]]:
    return {"x": cells.x, "t_x_days": cells.t_x_days, "T_days": cells.T_days}


def ahead(histories: ir.Table, cell_table: ir.Table, orders: OrderModel) -> ir.Table:
    """One row a buyer: `p_some`, and `log_mean`, `log_sd` of the sum if there is one.

    Beside them `p_active`, `order_value`, `near_value` and `ever_value` (expected,
    discounted). `log_mean` is null where no sum above zero is expected.
    """
    keep = [name for name in cell_table.columns if name not in HISTORY]
    table = histories.join(cell_table, list(HISTORY)).select(*histories.columns, *keep)
    terms = orders.terms(table)
    table = table.mutate(
        order_value=terms.mean,
        spread=terms.variance_of_mean.fill_null(0.0),
        single=terms.variance_of_order.fill_null(0.0),
    )
    n, value = table.count_mean, table.order_value
    mean = n * value
    variance = (
        n * table.single
        + table.count_variance * (value * value + table.spread)
        + n * n * table.spread
    )
    some = table.p_some.nullif(0.0)
    among = mean / some
    second = (variance + mean * mean) / some
    ratio = ibis.greatest(second / (among * among).nullif(0.0), 1.0)
    sigma2 = ratio.ln()
    log_mean = ibis.ifelse(among > 0, among, None).ln() - sigma2 / 2
    return table.select(
        "customer_id",
        "p_some",
        "order_value",
        p_active=_finite(table.p_active),
        log_mean=log_mean,
        log_sd=ibis.greatest(sigma2.sqrt(), 1e-6),
        near_value=table.near_mean * value,
        ever_value=_finite(table.ever_mean) * value,
    )


def _finite(column: ir.Value) -> ir.Value:
    return ibis.ifelse(column.isnan(), None, column)


def sample_query(joined: ir.Table, customers: int, most: int = SAMPLE) -> ir.Table:
    """Every so-manieth customer by rank: `p_some`, `log_mean`, `log_sd`.

    `joined` has the columns of `ahead` beside `rank`.
    """
    step = max(1, -(-customers // most))
    picked = joined.filter(joined["rank"] % step == step // 2) if step > 1 else joined
    known = picked.filter(picked.log_mean.notnull())
    return known.order_by("rank").select("p_some", "log_mean", "log_sd")


def boundaries(
    sample: Mapping[str, Vector], customers: int, last_ranks: Sequence[int], most: int = SAMPLE
) -> tuple[float, ...]:
    """Values above which as many customers are expected as now stand above each cut.

    `sample` is what `sample_query` gives. 0 where fewer than that are expected to
    bring anything; infinite for a cut that nobody is above.
    """
    step = max(1, -(-customers // most))
    return tuple(_boundary(sample, last / step) for last in last_ranks)


def _boundary(sample: Mapping[str, Vector], wanted: float) -> float:
    if wanted <= 0:
        return float("inf")
    some, mean, sd = sample["p_some"], sample["log_mean"], sample["log_sd"]
    if not some.size or float(some.sum()) <= wanted:
        return 0.0

    def excess(log_value: float) -> float:
        return float(some @ ndtr((mean - log_value) / sd)) - wanted

    low, high = float((mean - 9 * sd).min()), float((mean + 9 * sd).max())
    return float(np.exp(brentq(excess, low, high, xtol=1e-9)))


def at_least(joined: ir.Table, bounds: Sequence[float]) -> dict[str, ir.Value]:
    """P(tier <= k) for each boundary: columns `p_to_1`, `p_to_2`, ...

    Zero for who is not expected to bring anything; never less for a worse tier.
    """
    found: dict[str, ir.Value] = {}
    for k, bound in enumerate(bounds, 1):
        if bound == float("inf"):
            chance: ir.Value = ibis.literal(0.0)
        elif bound <= 0:
            chance = joined.p_some
        else:
            z = (joined.log_mean - float(np.log(bound))) / joined.log_sd
            # The least of null and a number is the number: a missing sum has to be said.
            chance = joined.log_mean.isnull().ifelse(0.0, joined.p_some * normal(z))
        found[f"p_to_{k}"] = chance.fill_null(0.0)
    return found


def normal(z: ir.Value) -> ir.Value:
    """The standard normal distribution function, off by less than 1e-7.

    The engine has none. Abramowitz & Stegun 1964, formula 26.2.17.
    """
    size = ibis.least(z.abs(), 30.0)
    t = 1 / (1 + 0.2316419 * size)
    series = t * (
        0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))
    )
    tail = (size * size * -0.5).exp() * 0.3989422804014327 * series
    return (z >= 0).ifelse(1 - tail, tail)


def p_of(table: ir.Table, tier: ir.IntegerValue, tiers: int) -> ir.Value:
    """P of the tier that a column numbers, from `p_to_1` .. of the table."""
    cases = []
    for k in range(1, tiers + 1):
        upper = table[f"p_to_{k}"] if k < tiers else ibis.literal(1.0)
        lower = table[f"p_to_{k - 1}"] if k > 1 else ibis.literal(0.0)
        cases.append((tier == k, upper - lower))
    return ibis.cases(*cases, else_=None)
