"""From cells and orders to what each customer is worth, with intervals, in the engine.

Purchases are scored once per distinct history, orders by closed formulas per
customer, and both are put together as expressions: nothing per customer is held
in Python. The sum of N orders has the moments of `order_value.sum_moments`; its
quantiles come from a mixture of nothing at all (P(N = 0), kept exactly) and a
distribution with the right mean and variance: lognormal, or normal where losses
are possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import poisson

from tierwise.lifetime import posterior
from tierwise.lifetime.cells import Cells, Matrix, Vector
from tierwise.lifetime.histories import HISTORY, number
from tierwise.lifetime.models import PurchaseModel
from tierwise.lifetime.order_terms import OrderModel, OrderTerms

Columns = Mapping[str, npt.NDArray[np.float64]]

PARTS = ("near", "ever")
"""Within the horizon, and without end."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the future is asked."""

    horizon_weeks: float  # of the nearer part
    discount_per_week: float  # continuous
    level: float  # of the intervals, 0..1


def cell_scores(
    model: PurchaseModel,
    theta: tuple[float, ...],
    draws: Matrix,
    cells: Cells,
    asked: Asked,
    generator: np.random.Generator,
) -> dict[str, npt.NDArray[np.float64]]:
    """Columns of one row a cell, each of shape (cells,): history, expectations, ranges.

    `draws` are parameters, shape (draws, parameters). `near_*` is of the horizon,
    `ever_*` without end; `*_count_*` moments of discounted purchases.
    """
    question = posterior.Question(asked.horizon_weeks, asked.discount_per_week, np.inf, asked.level)
    scores = posterior.score(model, theta, draws, cells, question)
    near = posterior.forecast(model, draws, cells, question, generator)
    ever = posterior.forecast_remaining(model, draws, cells, asked.discount_per_week, generator)
    today = model.discounted_purchases(theta, cells, asked.horizon_weeks, asked.discount_per_week)
    bought = scores.purchases.value
    factor = np.where(bought > 0, today / np.where(bought > 0, bought, 1.0), 1.0)
    return {
        "x": cells.x,
        "t_x_days": cells.t_x_days,
        "T_days": cells.T_days,
        "p_active": scores.p_active.value,
        "p_active_low": scores.p_active.low,
        "p_active_high": scores.p_active.high,
        "purchases": bought,
        "purchases_low": near.low,
        "purchases_high": near.high,
        **_part("near", near.p_none, today, near.sd * factor, asked.level),
        "near_low": near.low * factor,
        "near_high": near.high * factor,
        **_part("ever", ever.p_none, scores.discounted.value, ever.sd, asked.level),
    }


def expectations(
    model: PurchaseModel, theta: tuple[float, ...], cells: Cells, asked: Asked
) -> dict[str, npt.NDArray[np.float64]]:
    """Only what is expected of each cell, without ranges: history and `near_mean`, (cells,)."""
    mean = model.discounted_purchases(theta, cells, asked.horizon_weeks, asked.discount_per_week)
    active = model.p_active(theta, cells)
    history = {"x": cells.x, "t_x_days": cells.t_x_days, "T_days": cells.T_days}
    return {**history, "p_active": active, "near_mean": mean}


def expected_values(histories: ir.Table, cell_table: ir.Table, orders: OrderModel) -> ir.Table:
    """One row a customer with `p_active`, `purchases` (discounted), `order_value`, `near_value`.

    `cell_table` as `expectations`: for long lists whose intervals nobody asks for.
    """
    table = _beside(histories, cell_table)
    mean = orders.terms(table).mean
    return table.select(
        "customer_id",
        "p_active",
        purchases=table.near_mean,
        order_value=mean,
        near_value=table.near_mean * mean,
    )


def _beside(histories: ir.Table, cell_table: ir.Table) -> ir.Table:
    """Customers with the columns of their cell, matched by one number instead of three."""
    kept = cell_table.mutate(__cell=number(cell_table)).drop(*HISTORY)
    return histories.mutate(__cell=number(histories)).join(kept, "__cell")


def pooled_scores(cells: Cells, rate_per_week: float, asked: Asked) -> dict[str, Vector]:
    """The same columns where all customers buy at one rate: who is active cannot be told.

    Purchases are Poisson. What lies beyond the horizon is unknown (NaN): at one
    rate for ever nobody would leave.
    """
    unknown = np.full(cells.size, np.nan)
    bought = np.full(cells.size, rate_per_week * asked.horizon_weeks)
    delay = -np.expm1(-asked.discount_per_week * asked.horizon_weeks)
    factor = delay / (asked.discount_per_week * asked.horizon_weeks)
    tails = ((1 - asked.level) / 2, (1 + asked.level) / 2)
    low, high = (poisson.ppf(tail, bought) for tail in tails)
    return {
        "x": cells.x,
        "t_x_days": cells.t_x_days,
        "T_days": cells.T_days,
        **dict.fromkeys(("p_active", "p_active_low", "p_active_high"), unknown),
        "purchases": bought,
        "purchases_low": low,
        "purchases_high": high,
        **_part("near", np.exp(-bought), bought * factor, np.sqrt(bought) * factor, asked.level),
        "near_low": low * factor,
        "near_high": high * factor,
        **_part("ever", unknown, unknown, unknown, asked.level),
    }


def _part(
    name: str, p_none: Vector, mean: Vector, sd: Vector, level: float
) -> dict[str, npt.NDArray[np.float64]]:
    """Moments of a discounted count, and where the ends of the interval lie among the buyers.

    `low_below`, `low_above` (and those of high) are standard normal quantiles of
    the end within those who buy, should their sums lie below zero or above; NaN
    where the end falls on nobody of them.
    """
    columns = {f"{name}_p_none": p_none, f"{name}_mean": mean, f"{name}_variance": sd**2}
    some = np.where(p_none < 1, 1 - p_none, np.nan)
    for end, tail in (("low", (1 - level) / 2), ("high", (1 + level) / 2)):
        columns[f"{name}_{end}_below"] = _normal(tail / some)
        columns[f"{name}_{end}_above"] = _normal((tail - p_none) / some)
    return columns


def _normal(probability: Vector) -> Vector:
    inside = (probability > 0) & (probability < 1)
    return np.where(inside, ndtri(np.where(inside, probability, 0.5)), np.nan)


def scored(
    histories: ir.Table, cell_table: ir.Table, orders: OrderModel, level: float, *, losses: bool
) -> ir.Table:
    """One row a customer: P(active), purchases, what an order brings, value near and ever.

    `histories` as `tierwise.lifetime.histories`, `cell_table` as `cell_scores`, at the same
    `level`. With `losses` customers may bring less than nothing. Money columns are floating
    point: `order_value`, and `near_value`, `ever_value` with `_low`, `_high` and `_sd`.
    """
    keep = [name for name in cell_table.columns if name not in HISTORY]
    table = _beside(histories, cell_table).select(*histories.columns, *keep)
    terms = orders.terms(table)
    table = table.mutate(
        order_value=terms.mean,
        __of_mean=terms.variance_of_mean,
        __of_order=terms.variance_of_order,
    )
    values: dict[str, ir.Value] = {}
    for part in PARTS:
        values |= {name: _finite(value) for name, value in _value(table, part, losses).items()}
    values |= {name: _finite(value) for name, value in _near_ends(table, level, losses).items()}
    values |= {name: _finite(table[name]) for name in ("p_active", "p_active_low", "p_active_high")}
    plain = [name for name in keep if not name.startswith((*PARTS, "p_active"))]
    buys = 1 - table.near_p_none
    return table.mutate(**values, p_buys=buys).select(
        *histories.columns, *plain, "p_buys", "order_value", *values
    )


def _value(table: ir.Table, part: str, losses: bool) -> dict[str, ir.Value]:
    """Expected value, its spread, and the ends of the interval of a sum without end."""
    count, spread = table[f"{part}_mean"], table[f"{part}_variance"]
    order = OrderTerms(table.order_value, table["__of_mean"], table["__of_order"])
    mean = count * order.mean
    variance = (
        count * order.variance_of_order
        + spread * (order.mean * order.mean + order.variance_of_mean)
        + count * count * order.variance_of_mean
    )
    some = (1 - table[f"{part}_p_none"]).nullif(0.0)
    among = mean / some
    apart = ibis.greatest((variance + mean * mean) / some - among * among, 0.0)
    ends = {
        f"{part}_value_{end}": _end(table, f"{part}_{end}", among, apart, losses)
        for end in ("low", "high")
    }
    return {f"{part}_value": mean, **ends, f"{part}_value_sd": variance.sqrt()}


def _near_ends(table: ir.Table, level: float, losses: bool) -> dict[str, ir.Value]:
    """Ends of the value within the horizon from those of the purchases and of the order value.

    The distances of a product's ends from its mean are those of its factors, added in
    squares: Zou & Donner 2008, Statistics in Medicine 27(10), their recovery of variances. The
    purchases of one who may leave are far from symmetric, which a mean and a variance forget.
    """
    z, order, count = float(ndtri((1 + level) / 2)), table.order_value, table.near_mean
    mean = count * order
    found: dict[str, ir.Value] = {}
    for end, other, sign in (("low", "high", -1), ("high", "low", 1)):
        bought = (order < 0).ifelse(table[f"near_{other}"], table[f"near_{end}"])
        # Of orders that may lose, many that bring nothing in sum spread more than few do.
        many = table.near_high if losses else bought
        doubt = many * table["__of_order"] + many * many * table["__of_mean"]
        apart = (order * (bought - count)) ** 2 + z * z * doubt
        reached = mean + sign * apart.sqrt()
        least = ibis.least(mean, 0.0)  # more than all is not taken back
        found[f"near_value_{end}"] = reached if losses else ibis.greatest(reached, least)
    return found


def _end(table: ir.Table, name: str, mean: ir.Value, variance: ir.Value, losses: bool) -> ir.Value:
    """One end: among the sums below zero, at zero (nobody buys), or among those above."""
    below, above = (_finite(table[f"{name}_{side}"]) for side in ("below", "above"))
    sd = variance.sqrt()
    lower, upper = mean + below * sd, mean + above * sd
    even = ibis.cases((lower < 0, lower), (upper > 0, upper), else_=0.0)
    if losses:
        return even
    relative = (1 + variance / (mean * mean).nullif(0.0)).ln()
    skewed = (
        ibis.greatest(mean, 0.0).nullif(0.0).ln() - relative / 2 + above * relative.sqrt()
    ).exp()
    return (mean < 0).ifelse(even, skewed.fill_null(0.0))


def _finite(column: ir.Value) -> ir.Value:
    return ibis.ifelse(column.isnan(), None, column)
