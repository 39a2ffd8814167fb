"""Activity-based cost to serve that reconciles to the ledger.

Costs that name a customer are that customer's. Costs with a driver are shared
out in proportion to the customer's quantity of it. Service costs follow
time-driven activity-based costing (Kaplan & Anderson 2004, Harvard Business
Review 82(11)): contacts are charged at the agents' hourly cost, and what the
ledger holds beyond that is unused capacity, which no customer caused. Overhead
and drivers nobody used stay unallocated, and are shown.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from tierwise.units import SUM_TYPE
from tierwise.value.windows import between

DRIVERS = ("order", "contact", "delivery", "return", "visit")
"""Drivers that have a quantity per customer; `overhead` has none."""

COST_COLUMNS = ("cost_direct", *(f"cost_{driver}" for driver in DRIVERS))

_PARTS = 10_000
"""Parts of one visit that are told apart."""

Quantities = dict[str, ir.IntegerValue]


def direct(costs: ir.Table, start: date | None, as_of: date) -> ir.Table:
    """One row a customer named in the ledger: the cost, and the visits in ten-thousandths.

    Part of a visit counts for a part: whole numbers alone make shares exact.
    """
    named = costs.filter(between(costs, "cost_date", start, as_of) & costs.customer_id.notnull())
    visits = _visits(named) if {"driver", "driver_qty"} <= set(costs.columns) else ibis.literal(0)
    return named.group_by("customer_id").aggregate(
        cost_direct=named.amount.sum().cast(SUM_TYPE),
        visits=visits.sum().cast("int64") if isinstance(visits, ir.Column) else visits,
    )


def _visits(named: ir.Table) -> ir.IntegerColumn:
    quantity = (named.driver == "visit").ifelse(named.driver_qty.fill_null(0), 0)
    return (quantity * _PARTS).round().cast("int64")


def pools(costs: ir.Table, start: date | None, as_of: date) -> ir.Table:
    """One row: the amount of each driver that names no customer, `pool_<driver>`."""
    driver = costs.driver if "driver" in costs.columns else ibis.literal("overhead")
    inside = between(costs, "cost_date", start, as_of)
    if "customer_id" in costs.columns:
        inside = inside & costs.customer_id.isnull()
    return costs.aggregate(
        **{
            f"pool_{name}": costs.amount.sum(where=inside & (driver == name))
            .cast(SUM_TYPE)
            .fill_null(ibis.literal(0).cast(SUM_TYPE))
            for name in DRIVERS
        }
    )


def quantities(customers: ir.Table) -> Quantities:
    """What each driver is measured by: whole numbers, so that shares are exact."""
    seconds = customers.handled_s.fill_null(0)
    return {
        "order": customers.orders.fill_null(0),
        "delivery": customers.purchases.fill_null(0),
        "return": customers.return_lines.fill_null(0),
        "visit": customers.visits.fill_null(0),
        "contact": ibis.ifelse(
            customers.all_handled_s > 0, seconds, customers.contacts.fill_null(0)
        ),
    }


def share_out(pool: ir.Value, quantity: ir.IntegerValue, order: ir.Value) -> ir.DecimalValue:
    """Share `pool` out by `quantity`: parts have four places and add up to the pool exactly.

    Each part is the difference of two rounded running totals, so what one
    customer's rounding leaves over the next one takes; no part is off by more
    than one unit of the last place. Exact for pools below 10^12. Null where nobody has a quantity.
    """
    running = quantity.sum().over(order_by=order, rows=(None, 0))
    total = quantity.sum().over().nullif(0).cast("float64")
    until = (pool.cast("float64") * running.cast("float64") / total).cast(SUM_TYPE)
    before = (pool.cast("float64") * (running - quantity).cast("float64") / total).cast(SUM_TYPE)
    return until - before


def contact_cost(customers: ir.Table, pool: ir.Value) -> ir.Value:
    """Cost of contacts: at the agents' rates, capped by what the ledger paid for service.

    Without rates the ledger's amount is shared out by time (else by count);
    without a ledger amount the rates stand alone.
    """
    order = customers.customer_id
    standard = customers.contact_cost
    units = (standard.cast("float64") * 10_000).round().cast("int64").fill_null(0)
    all_standard = standard.sum().over()
    by_rate = ibis.ifelse(
        (pool == 0) | (all_standard <= pool), standard, share_out(pool, units, order)
    )
    by_time = share_out(pool, quantities(customers)["contact"], order)
    return ibis.ifelse(units.sum().over() > 0, by_rate, by_time)


def allocated(customers: ir.Table, pool_row: ir.Table | None) -> ir.Table:
    """Add one cost column a driver and `cost_to_serve`.

    `customers` has one row a customer with `customer_id`, `orders`, `purchases`,
    `return_lines`, `contacts`, `handled_s`, `contact_cost`, `visits` and
    `cost_direct`; nulls count as none.
    """
    joined = customers if pool_row is None else customers.cross_join(pool_row)
    joined = joined.mutate(all_handled_s=joined.handled_s.sum().over().fill_null(0))
    zero = ibis.literal(0).cast(SUM_TYPE)
    pool = {d: zero if pool_row is None else joined[f"pool_{d}"] for d in DRIVERS}
    amount = quantities(joined)
    parts = {
        f"cost_{d}": share_out(pool[d], amount[d], joined.customer_id)
        for d in DRIVERS
        if d != "contact"
    }
    parts["cost_contact"] = contact_cost(joined, pool["contact"])
    parts["cost_direct"] = joined.cost_direct
    costed = joined.mutate(**{n: v.cast(SUM_TYPE).fill_null(zero) for n, v in parts.items()})
    total = sum((costed[name] for name in COST_COLUMNS[1:]), costed[COST_COLUMNS[0]])
    return costed.mutate(cost_to_serve=total.cast(SUM_TYPE)).drop(
        "all_handled_s", *(f"pool_{d}" for d in DRIVERS if pool_row is not None)
    )


def ledger(costs: ir.Table, start: date | None, as_of: date) -> ir.Table:
    """One row a driver: what the ledger holds, named customers apart from the pool."""
    inside = costs.filter(between(costs, "cost_date", start, as_of))
    driver = inside.driver if "driver" in costs.columns else ibis.literal("overhead")
    named = inside.customer_id.notnull() if "customer_id" in costs.columns else ibis.literal(False)
    booked = inside.mutate(driver=named.ifelse("direct", driver.fill_null("overhead")))
    return (
        booked.group_by("driver")
        .aggregate(ledger=booked.amount.sum().cast(SUM_TYPE), entries=booked.count())
        .order_by("driver")
    )
