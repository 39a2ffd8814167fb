"""How long a customer has been one, so that old and new are not compared with each other."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

YEARS = 5
"""Whole years of tenure from which on all count as the same."""

DAYS_A_YEAR = 365.25


def since(summary: ir.Table, customers: ir.Table | None) -> ir.Table:
    """Add `since`: the day the record was made or of the first order, whichever came first.

    Null for a customer with neither. Order lines rarely go back as far as customers do.
    """
    first = summary.first_order_at.date()
    if customers is None or "created_on" not in customers.columns:
        return summary.mutate(since=first)
    made = customers.select("customer_id", "created_on")
    joined = summary.left_join(made, "customer_id").drop("customer_id_right")
    earliest = ibis.least(joined.created_on.fill_null(first), first.fill_null(joined.created_on))
    return joined.mutate(since=earliest).drop("created_on")


def years(table: ir.Table, as_of: date) -> ir.IntegerValue:
    """Whole years since `since`, at most `YEARS`; null where it is unknown."""
    days = ibis.literal(as_of).delta(table.since, unit="day")
    whole = (days / DAYS_A_YEAR).floor().cast("int64")
    # `least` would pass over a null.
    return ibis.ifelse(whole > YEARS, YEARS, whole)


def quartile(table: ir.Table) -> ir.IntegerValue:
    """0 for the quarter of customers who came first, to 3 for those who came last."""
    order = [ibis.asc(table.since), ibis.asc(table.customer_id)]
    return ibis.ntile(4).over(order_by=order).cast("int64")
