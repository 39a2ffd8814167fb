"""One row a customer: the table that every question about value starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.units import SUM_TYPE
from tierwise.value import cost_to_serve, orders, service

SUMMARY_TABLES = ("order_lines", "contacts", "agents", "costs")
"""Canonical tables that the summary is made of."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A column that order lines, contacts or the ledger give of a customer."""

    name: str
    kind: str  # type at rest
    none_is_zero: bool = False  # a customer whom the part does not know has none of it


_GATHERED = (
    *(Gathered(name, "int64", True) for name in ("orders", "purchases", "lines", "return_lines")),
    *(
        Gathered(name, SUM_TYPE)
        for name in ("revenue", "revenue_before_returns", "discount", "goods_cost")
    ),
    Gathered("first_order_at", "timestamp(6)"),
    Gathered("last_order_at", "timestamp(6)"),
    Gathered("contacts", "int64", True),
    Gathered("handled_s", "int64", True),
    Gathered("contact_cost", SUM_TYPE, True),
    Gathered("visits", "int64", True),
    Gathered("cost_direct", SUM_TYPE, True),
)


def summarise(
    tables: Mapping[str, ir.Table], start: date | None, as_of: date, *, costs_known: bool = True
) -> ir.Table:
    """Return one row a customer who ever ordered, called, or is named in the ledger.

    `tables` are canonical tables by name; only `order_lines`, `contacts`,
    `agents` and `costs` are looked at, each may be absent. Amounts and counts
    are of the window `start`..`as_of`; `first_order_at` and `last_order_at` of
    all history. `agent_minutes`, `cost_to_serve`, `gross_profit` and `profit`
    are null where nothing is known, never zero. `costs_known=False` leaves cost
    to serve and profit out, for cuts of the lines that costs cannot follow.
    """
    parts = _parts(tables, start, as_of, costs_known)
    if not parts:
        raise MissingDataError(
            "There are no order lines, contacts or costs, so nothing can be said about value.",
            "Add [sources.order_lines], or [sources.contracts] with monthly_amount.",
        )
    costed = costs_known and _cost_is_known(tables)
    if not costed:
        alone = len(parts) == 1 and "order_lines" in tables
        found = _unknown_costs(_with_absent(parts[0]) if alone else _joined(parts))
        found = _with_profit(found)
        return found if costs_known else found.mutate(profit=ibis.null(SUM_TYPE))
    joined = _joined(parts)
    pool_row = cost_to_serve.pools(tables["costs"], start, as_of) if "costs" in tables else None
    return _with_profit(cost_to_serve.allocated(joined, pool_row))


def _cost_is_known(tables: Mapping[str, ir.Table]) -> bool:
    contacts = tables.get("contacts")
    return "costs" in tables or (
        contacts is not None and service.has_rates(contacts, tables.get("agents"))
    )


def _parts(
    tables: Mapping[str, ir.Table], start: date | None, as_of: date, costs_known: bool
) -> list[ir.Table]:
    parts = []
    if "order_lines" in tables:
        parts.append(orders.by_customer(tables["order_lines"], start, as_of))
    if "contacts" in tables and costs_known:
        agents = tables.get("agents")
        parts.append(service.by_customer(tables["contacts"], agents, start, as_of))
    if "costs" in tables and costs_known and "customer_id" in tables["costs"].columns:
        parts.append(cost_to_serve.direct(tables["costs"], start, as_of))
    return parts


def _joined(parts: list[ir.Table]) -> ir.Table:
    """Outer-join the parts; what no part tells is null, what a part lacks of a customer is zero."""
    spine = reduce(lambda a, b: a.union(b, distinct=True), (p.select("customer_id") for p in parts))
    joined = reduce(
        lambda a, b: a.left_join(b, "customer_id").drop("customer_id_right"), parts, spine
    )
    zeros = {c.name: c.kind for c in _GATHERED if c.none_is_zero and c.name in joined.columns}
    filled = {n: joined[n].fill_null(ibis.literal(0).cast(kind)) for n, kind in zeros.items()}
    return _with_absent(joined.mutate(**filled))


def _with_absent(table: ir.Table) -> ir.Table:
    """Add the columns that no part gave, unknown for everybody."""
    absent = {c.name: ibis.null(c.kind) for c in _GATHERED if c.name not in table.columns}
    return table.mutate(**absent) if absent else table


def _unknown_costs(table: ir.Table) -> ir.Table:
    unknown = dict.fromkeys((*cost_to_serve.COST_COLUMNS, "cost_to_serve"))
    return table.mutate(**{name: ibis.null(SUM_TYPE) for name in unknown})


def _with_profit(table: ir.Table) -> ir.Table:
    zero = ibis.literal(0).cast(SUM_TYPE)
    revenue = table.revenue.fill_null(zero)
    # A customer without a line in the window has no goods cost, which is zero and not unknown.
    goods = ibis.ifelse(table.lines.fill_null(0) == 0, zero, table.goods_cost)
    gross = (revenue - goods).cast(SUM_TYPE)
    filled = table.mutate(
        revenue=revenue,
        revenue_before_returns=table.revenue_before_returns.fill_null(zero),
        gross_profit=gross,
        profit=(gross - table.cost_to_serve.fill_null(zero)).cast(SUM_TYPE),
        agent_minutes=table.handled_s / 60.0,
    )
    return filled.select(*COLUMNS)


COLUMNS = (
    "customer_id",
    "orders",
    "purchases",
    "lines",
    "return_lines",
    "revenue",
    "revenue_before_returns",
    "discount",
    "goods_cost",
    "gross_profit",
    *cost_to_serve.COST_COLUMNS,
    "cost_to_serve",
    "profit",
    "contacts",
    "agent_minutes",
    "first_order_at",
    "last_order_at",
)
"""Columns of the summary, in the order they are written."""
