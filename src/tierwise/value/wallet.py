"""Share of wallet: what customers buy here of what they buy from everybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.shares import Rows, share, total, whole_sum


def expression(summary: ir.Table, wallets: ir.Table) -> ir.Table:
    """Each customer's newest estimates beside the revenue of the window, largest gap first.

    The newest of each category counts, and categories add up; estimates without
    a category are one category.
    """
    kept = _added_up(_newest(wallets))
    spent = summary.select("customer_id", "revenue")
    joined = kept.left_join(spent, "customer_id").drop("customer_id_right")
    joined = joined.mutate(revenue=joined.revenue.fill_null(Decimal(0)))
    gap = joined.wallet_amount - joined.revenue
    return joined.mutate(gap=gap).order_by(ibis.desc("gap"), ibis.asc("customer_id"))


def _newest(wallets: ir.Table) -> ir.Table:
    """The newest estimate of each customer and category."""
    keys = [c for c in ("customer_id", "category") if c in wallets.columns]
    newest_first = [ibis.desc("asked_on"), ibis.desc("wallet_amount")]
    order = ibis.window(group_by=keys, order_by=newest_first)
    ordered = wallets.mutate(nth=ibis.row_number().over(order))
    return ordered.filter(ordered.nth == 0)


def _added_up(newest: ir.Table) -> ir.Table:
    """One row a customer: estimates of all categories, an interval where each has one."""
    ends = {c: whole_sum(newest[c]) for c in ("low_amount", "high_amount") if c in newest.columns}
    if "source" in newest.columns:
        one = newest.source.nunique() <= 1
        ends["source"] = one.ifelse(newest.source.max(), "several")
    return newest.group_by("customer_id").aggregate(
        asked_on=newest.asked_on.min(),
        categories=newest.count(),
        wallet_amount=newest.wallet_amount.sum(),
        **ends,
    )


def answer(context: Context, rows: Rows, names: dict[str, str]) -> Answer:
    """Share of wallet per customer with the interval that its source gave."""
    if not rows:
        raise MissingDataError("No wallet estimates are known.", "Add [sources.wallets].")
    spent = sum(row["revenue"] for row in rows)
    wallet = sum(row["wallet_amount"] for row in rows)
    low, high = (
        total(rows, end) if end in rows[0] else None for end in ("low_amount", "high_amount")
    )
    return Answer(
        kind="wallet",
        title="Share of wallet",
        context=context,
        figures=(
            Figure("customers_asked", "Customers with an estimate", len(rows), Unit.COUNT),
            Figure(
                "share_of_wallet",
                "Our share of what they spend",
                share(spent, wallet),
                Unit.SHARE,
                low=share(spent, high),
                high=share(spent, low),
                note="by the low and high estimates",
            ),
            Figure("gap", "What others get", wallet - spent, Unit.MONEY),
        ),
        grids=(
            Grid(
                "wallets",
                "Largest gaps first",
                _COLUMNS,
                tuple(_row(r, names) for r in rows),
                "opens",
            ),
        ),
        notes=(
            "Estimates by whom the source column names. Wallets are yearly: use a 12-month window.",
        ),
    )


def _row(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "customer_id": row["customer_id"],
        "name": names.get(row["customer_id"], ""),
        "revenue": row["revenue"],
        "categories": int(row["categories"]),
        "wallet": row["wallet_amount"],
        "share": share(row["revenue"], row["wallet_amount"]),
        "share_low": share(row["revenue"], row.get("high_amount")),
        "share_high": share(row["revenue"], row.get("low_amount")),
        "gap": row["gap"],
        "asked_on": row["asked_on"],
        "source": row.get("source") or "",
        "opens": f"customer:{row['customer_id']}",
    }


_COLUMNS = (
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("revenue", "Bought here", Unit.MONEY),
    Column("categories", "Categories", Unit.COUNT, "Estimates that were added up"),
    Column("wallet", "Bought from all", Unit.MONEY, "Estimate"),
    Column("share", "Our share", Unit.SHARE),
    Column("share_low", "from", Unit.SHARE),
    Column("share_high", "to", Unit.SHARE),
    Column("gap", "Others get", Unit.MONEY),
    Column("asked_on", "Estimated on", Unit.DATE, "The oldest of the estimates added up"),
    Column("source", "Source"),
)
