"""Share of wallet: what customers buy here of what they buy from everybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.concentration import Rows


def expression(summary: ir.Table, wallets: ir.Table) -> ir.Table:
    """The newest estimate of each customer beside the revenue of the window, largest gap first."""
    order = ibis.window(
        group_by="customer_id", order_by=[ibis.desc("asked_on"), ibis.desc("wallet_amount")]
    )
    newest = wallets.mutate(nth=ibis.row_number().over(order))
    newest = newest.filter(newest.nth == 0)
    optional = [
        c for c in ("low_amount", "high_amount", "category", "source") if c in wallets.columns
    ]
    kept = newest.select("customer_id", "asked_on", "wallet_amount", *optional)
    spent = summary.select("customer_id", "revenue")
    joined = kept.left_join(spent, "customer_id").drop("customer_id_right")
    joined = joined.mutate(revenue=joined.revenue.fill_null(Decimal(0)))
    gap = joined.wallet_amount - joined.revenue
    return joined.mutate(gap=gap).order_by(ibis.desc("gap"), ibis.asc("customer_id"))


def answer(context: Context, rows: Rows, names: dict[str, str]) -> Answer:
    """Share of wallet per customer with the interval that its source gave."""
    if not rows:
        raise MissingDataError("No wallet estimates are known.", "Add [sources.wallets].")
    spent = sum(row["revenue"] for row in rows)
    wallet = sum(row["wallet_amount"] for row in rows)
    low, high = _total(rows, "low_amount"), _total(rows, "high_amount")
    return Answer(
        kind="wallet",
        title="Share of wallet",
        context=context,
        figures=(
            Figure("customers_asked", "Customers with an estimate", len(rows), Unit.COUNT),
            Figure(
                "share_of_wallet",
                "Our share of what they spend",
                _share(spent, wallet),
                Unit.SHARE,
                low=_share(spent, high),
                high=_share(spent, low),
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


def _total(rows: Rows, column: str) -> Any:
    values = [row.get(column) for row in rows]
    return None if any(value is None for value in values) else sum(values)


def _share(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None


def _row(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "customer_id": row["customer_id"],
        "name": names.get(row["customer_id"], ""),
        "revenue": row["revenue"],
        "wallet": row["wallet_amount"],
        "share": _share(row["revenue"], row["wallet_amount"]),
        "share_low": _share(row["revenue"], row.get("high_amount")),
        "share_high": _share(row["revenue"], row.get("low_amount")),
        "gap": row["gap"],
        "asked_on": row["asked_on"],
        "source": row.get("source") or "",
        "opens": f"customer:{row['customer_id']}",
    }


_COLUMNS = (
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("revenue", "Bought here", Unit.MONEY),
    Column("wallet", "Bought from all", Unit.MONEY, "Estimate"),
    Column("share", "Our share", Unit.SHARE),
    Column("share_low", "from", Unit.SHARE),
    Column("share_high", "to", Unit.SHARE),
    Column("gap", "Others get", Unit.MONEY),
    Column("asked_on", "Estimated on", Unit.DATE),
    Column("source", "Source"),
)
