"""Gross margin and discount leakage, customer by customer."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.concentration import Rows
from tierwise.value.ranking import SUM, ranked


def expression(summary: ir.Table, measure: str, limit: int) -> ir.Table:
    """Customers by discount beyond the firm's own rate, largest first, with the firm's totals.

    Discount rate = discount / (sales + discount), sales before returns. Leakage
    is what a customer was given beyond the firm's rate: it ranks where to look,
    it does not say that the discount was wrong.
    """
    table = ranked(summary, measure)
    sales = table.revenue_before_returns.cast("float64")
    given = table.discount.cast("float64")
    table = table.mutate(
        list_sales=sales + given.fill_null(0),
        all_discount=given.sum().over(),
        all_list=(sales + given.fill_null(0)).sum().over(),
        all_revenue=table.revenue.sum().over().cast(SUM),
        all_gross=table.gross_profit.sum().over().cast(SUM),
        all_goods=table.goods_cost.sum().over().cast(SUM),
    )
    rate = table.all_discount / table.all_list.nullif(0)
    table = table.mutate(excess_discount=table.discount.cast("float64") - rate * table.list_sales)
    leak = ibis.ifelse(table.excess_discount > 0, table.excess_discount, 0).sum().over()
    table = table.mutate(all_leakage=leak)
    columns = (
        "rank",
        "customer_id",
        "revenue",
        "goods_cost",
        "gross_profit",
        "discount",
        "list_sales",
    )
    totals = (
        "excess_discount",
        "all_discount",
        "all_list",
        "all_revenue",
        "all_gross",
        "all_goods",
        "all_leakage",
        "n",
    )
    order = [ibis.desc("excess_discount", nulls_first=False), ibis.asc("rank")]
    return table.select(*columns, *totals).order_by(order).limit(limit)


def answer(context: Context, rows: Rows, names: dict[str, str]) -> Answer:
    """Margin and leakage of the firm and of the customers where most of it goes."""
    if not rows:
        raise MissingDataError(
            "No customer ordered in this window.", "Widen --window or change --as-of."
        )
    first = rows[0]
    if first["all_goods"] is None and first["all_discount"] is None:
        raise MissingDataError(
            "Neither cost of goods nor discounts are known.",
            "Map unit_cost or total_cost, and discount_amount, in [sources.order_lines].",
        )
    return Answer(
        kind="margins",
        title="Gross margin and discount leakage",
        context=context,
        figures=_figures(first),
        grids=(
            Grid(
                "discounts",
                "Customers with the most discount beyond the firm's rate",
                _COLUMNS,
                tuple(_row(row, names) for row in rows),
                "opens",
            ),
        ),
        notes=() if first["all_goods"] is not None else ("Cost of goods is unknown: no margins.",),
    )


def _ratio(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if part is not None and whole and whole > 0 else None


def _figures(first: dict[str, Any]) -> tuple[Figure, ...]:
    known = first["all_goods"] is not None
    gross = first["all_gross"] if known else None
    leakage = first["all_leakage"] if first["all_discount"] is not None else None
    every = f"rank:1-{first['n']}"
    return (
        Figure("revenue", "Revenue", first["all_revenue"], Unit.MONEY, opens=every),
        Figure("gross_profit", "Gross profit", gross, Unit.MONEY, opens=every),
        Figure("gross_margin", "Gross margin", _ratio(gross, first["all_revenue"]), Unit.SHARE),
        Figure("discount", "Discounts given", first["all_discount"], Unit.MONEY, opens=every),
        Figure(
            "discount_rate",
            "Discount rate",
            _ratio(first["all_discount"], first["all_list"]),
            Unit.SHARE,
        ),
        Figure("leakage", "Given beyond the firm's own rate", leakage, Unit.MONEY),
    )


def _row(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    known = row["goods_cost"] is not None
    return {
        "rank": row["rank"],
        "customer_id": row["customer_id"],
        "name": names.get(row["customer_id"], ""),
        "revenue": row["revenue"],
        "goods_cost": row["goods_cost"],
        "gross_profit": row["gross_profit"] if known else None,
        "gross_margin": _ratio(row["gross_profit"], row["revenue"]) if known else None,
        "discount": row["discount"],
        "discount_rate": _ratio(row["discount"], row["list_sales"]),
        "excess_discount": row["excess_discount"],
        "opens": f"customer:{row['customer_id']}",
    }


_COLUMNS = (
    Column("rank", "Rank", Unit.RANK),
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("revenue", "Revenue", Unit.MONEY),
    Column("goods_cost", "Cost of goods", Unit.MONEY),
    Column("gross_profit", "Gross profit", Unit.MONEY),
    Column("gross_margin", "Gross margin", Unit.SHARE),
    Column("discount", "Discount", Unit.MONEY),
    Column("discount_rate", "Discount rate", Unit.SHARE),
    Column(
        "excess_discount",
        "Beyond the firm's rate",
        Unit.MONEY,
        "Discount less the firm's rate times list sales",
    ),
)
