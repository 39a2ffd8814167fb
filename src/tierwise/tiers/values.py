"""What customers are tiered by: one value a customer, and the order that follows from it."""

from __future__ import annotations

from decimal import Decimal

import ibis
import ibis.expr.types as ir

from tierwise.settings import Lens
from tierwise.units import SUM_TYPE
from tierwise.value.ranking import counted

EXACT = "decimal(38, 8)"


def of_window(summary: ir.Table, lens: Lens) -> ir.Table:
    """One row a customer of the summary: `customer_id`, `value` of the window.

    Everybody known has a tier: who had nothing in the window is worth zero there.
    Null where the lens counts a customer whose cost is unknown.
    """
    known = counted(summary, lens).select("customer_id", value=summary_value(summary, lens))
    others = summary.anti_join(known, "customer_id").select(
        "customer_id", value=ibis.literal(Decimal(0)).cast(SUM_TYPE)
    )
    return known.union(others)


def summary_value(summary: ir.Table, lens: Lens) -> ir.Value:
    """The lens's column of the summary as an exact sum."""
    return summary[lens].cast(SUM_TYPE)


def of_expectation(summary: ir.Table, ahead: ir.Table, column: str) -> ir.Table:
    """The same by what is expected: `ahead` has `customer_id` and `column`; none is zero.

    Rounded to a ten-thousandth, so that the order does not hang on the last bit of a float.
    """
    expected = ahead.select("customer_id", value=ahead[column].cast(SUM_TYPE))
    joined = summary.select("customer_id").left_join(expected, "customer_id")
    return joined.select("customer_id", value=joined.value.fill_null(Decimal(0)).cast(SUM_TYPE))


def total(column: ir.Value) -> ir.Value:
    """Sum of a floating-point column that comes out alike whatever the order of the rows."""
    return column.cast(EXACT).sum().cast("float64")


def mean(column: ir.Value) -> ir.Value:
    """The same of its mean; null where nothing is known."""
    return total(column) / column.count().nullif(0)


def in_order(values: ir.Table) -> ir.Table:
    """Add `rank` (1 is the best), `earned` (value above zero) and its `cumulative` sum.

    Equal values go by customer_id, so that every run and every engine gives one order.
    """
    table = values.mutate(earned=ibis.greatest(values.value, Decimal(0)).cast(SUM_TYPE))
    order = [ibis.desc("value"), ibis.asc("customer_id")]
    # One order for both: the engine sorts once.
    return table.mutate(
        rank=ibis.row_number().over(order_by=order) + 1,
        cumulative=table.earned.sum().over(order_by=order, rows=(None, 0)).cast(SUM_TYPE),
    )
