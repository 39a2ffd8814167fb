"""Retention value: what a customer who stays is worth against having to find a new one.

The margin that is kept and the cost of winning a replacement that is avoided.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError, MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import Lens
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.ranking import LABELS, counted
from tierwise.value.shares import Rows
from tierwise.value.slices import LEVEL


def acquisition(customers: ir.Table | None) -> ir.Table:
    """One row: `n`, `cost`, `cost_low`, `cost_high`: mean cost of winning a customer, 95% interval.

    Of all customers whose cost is known, as a sample of what winning one costs;
    normal approximation. The interval is null for a single customer. Raises
    MissingDataError where no column tells the cost.
    """
    if customers is None or "acquisition_cost" not in customers.columns:
        raise MissingDataError(
            "What winning a customer costs is unknown.",
            "Map acquisition_cost in [sources.customers].",
        )
    cost = customers.acquisition_cost.cast("float64")
    one = customers.aggregate(n=cost.count(), mean=cost.mean(), spread=cost.std(how="sample"))
    half = one.spread / one.n.cast("float64").sqrt() * NormalDist().inv_cdf(0.5 + LEVEL / 2)
    return one.select(
        "n",
        cost=one["mean"].cast(SUM_TYPE),
        cost_low=(one["mean"] - half).cast(SUM_TYPE),
        cost_high=(one["mean"] + half).cast(SUM_TYPE),
    )


def trailing(summary: ir.Table, measure: Lens) -> ir.Table:
    """Margin kept, as the window's own: `customer_id`, `value`, `low`, `high`."""
    table = counted(summary, measure)
    value = table[measure].cast(SUM_TYPE)
    return table.select("customer_id", value=value, low=value, high=value)


def expression(kept: ir.Table, customers: ir.Table | None) -> ir.Table:
    """One row a customer, most valuable to keep first.

    `kept` has one row a customer with `customer_id`, `value`, `low`, `high`: expected
    lifetime value where a model gives one, else `trailing`. `value` here is that
    margin plus the mean cost of winning a customer; the interval adds both ends,
    as if both were wrong in the same direction.
    """
    # A model's values are floating point; money is decimal.
    money = {name: kept[name].cast(SUM_TYPE) for name in ("value", "low", "high")}
    table = kept.mutate(**money).cross_join(acquisition(customers))
    return table.select(
        "customer_id",
        "n",
        "cost",
        "cost_low",
        "cost_high",
        margin_kept=table.value,
        value=(table.value + table["cost"]).cast(SUM_TYPE),
        low=(table.low + table.cost_low).cast(SUM_TYPE),
        high=(table.high + table.cost_high).cast(SUM_TYPE),
    ).order_by(ibis.desc("value", nulls_first=False), ibis.asc("customer_id"))


def totals(found: ir.Table) -> ir.Table:
    """One row over all customers of `expression`, for the figures of the answer."""
    return found.aggregate(
        customers=found.count(),
        unknown=found.value.isnull().sum(),
        losing=(found.margin_kept < 0).sum(),
        margin_kept=found.margin_kept.sum().cast(SUM_TYPE),
        n=found.n.max(),
        cost=found["cost"].max(),
        cost_low=found.cost_low.max(),
        cost_high=found.cost_high.max(),
    )


def answer(
    context: Context, total: dict[str, Any], rows: Rows, kept_label: str, names: dict[str, str]
) -> Answer:
    """The cost of a new customer, the margin at stake, and whom it is most worth to keep.

    `total` is the row of `totals`, `rows` the first of `expression`; `kept_label`
    says what margin kept is, such as `LABELS[measure]`.
    """
    if not total["customers"]:
        raise EmptyWindowError("There is nobody to keep in this window.", "Widen --window.")
    if not total["n"]:
        raise MissingDataError(
            "What winning a customer costs is known of nobody.",
            "Fill acquisition_cost in [sources.customers].",
        )
    return Answer(
        kind="retention",
        title="What keeping a customer is worth",
        context=context,
        figures=_figures(total),
        grids=(_grid(rows, names),),
        notes=(
            f"Retention value is {kept_label} plus the mean cost of winning a customer.",
            *(
                ("Where margin kept is below zero, a new customer may be the better one.",)
                if total["losing"]
                else ()
            ),
        ),
    )


def _figures(total: dict[str, Any]) -> tuple[Figure, ...]:
    low, high = total["cost_low"], total["cost_high"]
    return (
        Figure(
            "acquisition_cost",
            "Winning a customer costs",
            total["cost"],
            Unit.MONEY,
            low=None if low is None else float(low),
            high=None if high is None else float(high),
            note=f"mean of {total['n']:,}",
        ),
        Figure("customers_kept", "Customers", total["customers"], Unit.COUNT),
        Figure("margin_kept", "Margin kept", total["margin_kept"], Unit.MONEY),
        Figure(
            "replacement_cost",
            "Replacing all would cost",
            total["cost"] * total["customers"],
            Unit.MONEY,
        ),
        Figure("customers_losing", "Kept at a loss", total["losing"], Unit.COUNT),
        Figure("customers_unknown", "Margin unknown", total["unknown"], Unit.COUNT),
    )


def label_of(measure: Lens) -> str:
    """What margin kept is called when it is that of the window."""
    return f"{LABELS[measure]} of the window"


def _grid(rows: Rows, names: dict[str, str]) -> Grid:
    shown = tuple(
        {
            **{column.name: row.get(column.name) for column in _COLUMNS},
            "name": names.get(row["customer_id"], ""),
            "opens": f"customer:{row['customer_id']}",
        }
        for row in rows
    )
    return Grid("retention", "Most valuable to keep first", _COLUMNS, shown, "opens")


_COLUMNS = (
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("margin_kept", "Margin kept", Unit.MONEY),
    Column("cost", "Cost of a new one", Unit.MONEY),
    Column("value", "Retention value", Unit.MONEY),
    Column("low", "from", Unit.MONEY),
    Column("high", "to", Unit.MONEY),
)
