"""Dependency: what is at risk when the best customers leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.ranking import (
    LABELS,
    Measure,
    goods_notes,
    ranked,
    require_customers,
    require_positive,
)
from tierwise.value.shares import Rows, share, whole_sum

SINGLE = 10
"""Customers that are listed one by one."""


def expression(summary: ir.Table, measure: Measure, top_n: Sequence[int]) -> ir.Table:
    """The best customers with running revenue and profit, and totals of the firm."""
    table = ranked(summary, measure)
    value = table.value.cast("float64")
    until = ibis.window(order_by=ibis.asc("rank"), rows=(None, 0))
    table = table.mutate(
        revenue_total=table.revenue.sum().over().cast(SUM_TYPE),
        revenue_until=table.revenue.sum().over(until).cast(SUM_TYPE),
        profit_total=whole_sum(table.profit).over().cast(SUM_TYPE),
        profit_until=whole_sum(table.profit).over(until).cast(SUM_TYPE),
        uncosted=table.gross_profit.isnull().sum().over(),
        squares=(value * value).sum().over(),
    )
    rank = table["rank"]
    wanted = (rank <= SINGLE) | rank.isin([*top_n, 0])
    columns = ("rank", "customer_id", "revenue", "profit", "value", "n", "total", "unknown")
    totals = (
        "revenue_total",
        "profit_total",
        "revenue_until",
        "profit_until",
        "squares",
        "uncosted",
    )
    return table.filter(wanted).select(*columns, *totals).order_by("rank")


def answer(
    context: Context, rows: Rows, measure: Measure, top_n: Sequence[int], names: dict[str, str]
) -> Answer:
    """Revenue and profit at risk, customer by customer and list by list."""
    first = require_customers(rows, measure)
    require_positive(first["total"], measure, context.currency)
    by_rank = {int(row["rank"]): row for row in rows}
    best = [by_rank[k] for k in sorted({*top_n, 1, 5, 10}) if k in by_rank]
    single = tuple(_one(by_rank[k], names) for k in range(1, SINGLE + 1) if k in by_rank)
    return Answer(
        kind="dependency",
        title="Dependency on the best customers",
        context=context,
        figures=_figures(first, measure),
        grids=(
            Grid("leaving", "If all of the best leave", _LISTS, tuple(map(_list, best)), "opens"),
            Grid("largest", "If one leaves", _SINGLE, single, "opens"),
        ),
        notes=goods_notes(int(first["uncosted"]), int(first["n"])),
    )


def _figures(first: dict[str, Any], measure: Measure) -> tuple[Figure, ...]:
    total = float(first["total"])
    return (
        Figure(
            "largest_share",
            "Largest customer",
            share(first["value"], total),
            Unit.SHARE,
            opens="rank:1-1",
        ),
        Figure(
            "effective_customers",
            "Effective number of customers",
            total * total / first["squares"],
            Unit.RATIO,
            note=f"so many equal customers would concentrate {LABELS[measure]} as much"
            " (1 / Herfindahl)",
        ),
    )


def _list(row: dict[str, Any]) -> dict[str, Any]:
    rank = int(row["rank"])
    return {
        "label": f"top {rank:,}" if rank > 1 else "the largest",
        "customers": rank,
        "revenue": row["revenue_until"],
        "revenue_share": share(row["revenue_until"], row["revenue_total"]),
        "profit": row["profit_until"],
        "profit_share": share(row["profit_until"], row["profit_total"]),
        "opens": f"rank:1-{rank}",
    }


def _one(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "rank": row["rank"],
        "customer_id": row["customer_id"],
        "name": names.get(row["customer_id"], ""),
        "revenue": row["revenue"],
        "revenue_share": share(row["revenue"], row["revenue_total"]),
        "profit": row["profit"],
        "profit_share": share(row["profit"], row["profit_total"]),
        "opens": f"customer:{row['customer_id']}",
    }


_MONEY = (
    Column("revenue", "Revenue at risk", Unit.MONEY),
    Column("revenue_share", "of revenue", Unit.SHARE),
    Column("profit", "Profit at risk", Unit.MONEY),
    Column("profit_share", "of profit", Unit.SHARE),
)
_LISTS = (Column("label", "Who leaves"), Column("customers", "Customers", Unit.COUNT), *_MONEY)
_SINGLE = (
    Column("rank", "Rank", Unit.RANK),
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    *_MONEY,
)
