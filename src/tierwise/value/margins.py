"""Gross margin and discount leakage, customer by customer."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError, MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.members import cut_notes
from tierwise.value.ranking import Measure, goods_notes, known_rank, rank_notes, ranked
from tierwise.value.shares import Rows, share, whole_sum


def expression(summary: ir.Table, measure: Measure, limit: int) -> ir.Table:
    """Customers by discount beyond the firm's own rate, largest first, with the firm's totals.

    Discount rate = discount / (sales + discount), sales before returns. Leakage
    is what a customer was given beyond the firm's rate: it ranks where to look,
    it does not say that the discount was wrong.
    """
    table = _with_totals(ranked(summary, measure))
    rate = table.all_discount / table.all_list.nullif(0)
    table = table.mutate(excess_discount=table.discount.cast("float64") - rate * table.list_sales)
    leak = ibis.ifelse(table.excess_discount > 0, table.excess_discount, 0).sum().over()
    table = table.mutate(all_leakage=leak, rank=known_rank(table))
    order = [ibis.desc("excess_discount", nulls_first=False), ibis.asc("rank")]
    return table.select(*_OWN, *_TOTALS).order_by(order).limit(limit)


_OWN = (
    "rank",
    "customer_id",
    "revenue",
    "goods_cost",
    "gross_profit",
    "discount",
    "list_sales",
    "excess_discount",
)
_TOTALS = (
    "all_discount",
    "all_list",
    "all_revenue",
    "all_gross",
    "known_gross",
    "known_revenue",
    "uncosted",
    "unknown",
    "all_goods",
    "all_leakage",
    "n",
)


def _with_totals(table: ir.Table) -> ir.Table:
    """Each customer's sales before discount, beside sums over all of them."""
    sales = table.revenue_before_returns.cast("float64")
    given = table.discount.cast("float64")
    return table.mutate(
        list_sales=sales + given.fill_null(0),
        all_discount=given.sum().over(),
        all_list=(sales + given.fill_null(0)).sum().over(),
        all_revenue=table.revenue.sum().over().cast(SUM_TYPE),
        all_gross=whole_sum(table.gross_profit).over().cast(SUM_TYPE),
        known_gross=table.gross_profit.sum().over().cast(SUM_TYPE),
        known_revenue=table.revenue.sum(where=table.gross_profit.notnull()).over().cast(SUM_TYPE),
        all_goods=table.goods_cost.sum().over().cast(SUM_TYPE),
        uncosted=table.gross_profit.isnull().sum().over(),
    )


def answer(context: Context, rows: Rows, measure: Measure, names: dict[str, str]) -> Answer:
    """Margin and leakage of the firm and of the customers where most of it goes."""
    if not rows:
        raise EmptyWindowError(
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
        notes=(
            *_notes(first, measure),
            *cut_notes(len(rows), int(first["n"]), "customers"),
        ),
    )


def _notes(first: dict[str, Any], measure: Measure) -> tuple[str, ...]:
    unknown = rank_notes(first["unknown"], measure)
    if first["all_goods"] is None:
        return ("Cost of goods is unknown: no margins.", *unknown)
    return (*goods_notes(int(first["uncosted"]), int(first["n"])), *unknown)


def _figures(first: dict[str, Any]) -> tuple[Figure, ...]:
    gross = first["all_gross"] if first["all_goods"] is not None else None
    leakage = first["all_leakage"] if first["all_discount"] is not None else None
    every = "" if first["unknown"] else f"rank:1-{first['n']}"
    return (
        Figure("revenue", "Revenue", first["all_revenue"], Unit.MONEY, opens=every),
        Figure("gross_profit", "Gross profit", gross, Unit.MONEY, opens=every),
        Figure("gross_margin", "Gross margin", share(gross, first["all_revenue"]), Unit.SHARE),
        *_known_margin(first),
        Figure("discount", "Discounts given", first["all_discount"], Unit.MONEY, opens=every),
        Figure(
            "discount_rate",
            "Discount rate",
            share(first["all_discount"], first["all_list"]),
            Unit.SHARE,
        ),
        Figure("leakage", "Given beyond the firm's own rate", leakage, Unit.MONEY),
    )


def _known_margin(first: dict[str, Any]) -> tuple[Figure, ...]:
    """Where some cost is unknown: the margin of the customers whose cost is known."""
    if first["all_goods"] is None or not first["uncosted"]:
        return ()
    known = int(first["n"]) - int(first["uncosted"])
    margin = share(first["known_gross"], first["known_revenue"])
    label = f"Gross margin of the {known:,} customers whose cost is known"
    return (Figure("gross_margin_where_known", label, margin, Unit.SHARE),)


def _row(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "rank": row["rank"],
        "customer_id": row["customer_id"],
        "name": names.get(row["customer_id"], ""),
        "revenue": row["revenue"],
        "goods_cost": row["goods_cost"],
        "gross_profit": row["gross_profit"],
        "gross_margin": share(row["gross_profit"], row["revenue"]),
        "discount": row["discount"],
        "discount_rate": share(row["discount"], row["list_sales"]),
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
