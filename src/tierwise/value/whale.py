"""The whale curve: cumulative profit from the best customer to the worst.

Kaplan & Narayanan 2001 (Journal of Cost Management 15(5)) report that the most
profitable 15 to 20 percent of customers often earn 150 to 300 percent of the
profit, and that the rest lose the excess again.
"""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.concentration import POINTS
from tierwise.value.ranking import ALWAYS_NEEDS_COST, LABELS, Measure, ranked, require_customers
from tierwise.value.shares import Rows, share


def expression(summary: ir.Table, measure: Measure) -> ir.Table:
    """About 200 points of the curve with its peak, in one execution.

    The peak stands at the last customer whose value is positive: adding anybody
    after it lowers the cumulative sum.
    """
    table = ranked(summary, measure)
    n, rank = table.n, table["rank"]
    earning = (table.value > 0).sum().over()
    losing = (table.value < 0).sum().over()
    lost = table.value.sum(where=table.value < 0).over()
    table = table.mutate(at_peak=earning, loss_makers=losing, destroyed=lost)
    curve = (rank * POINTS // n) != ((rank - 1) * POINTS // n)
    picked = table.filter(curve | (rank == table.at_peak) | (rank == n) | (rank == 1))
    columns = (
        "rank",
        "value",
        "cumulative",
        "n",
        "total",
        "unknown",
        "at_peak",
        "loss_makers",
        "destroyed",
    )
    return picked.select(*columns).order_by("rank")


def answer(context: Context, rows: Rows, measure: Measure) -> Answer:
    """Read total, peak and destroyed profit off the curve.

    Shares are of the total; where that is not positive they are None and a note
    says why.
    """
    first = require_customers(rows, measure, ALWAYS_NEEDS_COST)
    n, total, at_peak = int(first["n"]), first["total"], int(first["at_peak"])
    peak = next((row["cumulative"] for row in rows if row["rank"] == at_peak), total * 0)
    return Answer(
        kind="whale",
        title=f"Whale curve of {LABELS[measure]}",
        context=context,
        figures=_figures(first, n, total, at_peak, peak),
        grids=(_steps(rows, n, total),),
        notes=_notes(n, total, at_peak, peak, measure),
        extra={"measure": measure, "curve": _curve(rows, n, total)},
    )


def _figures(
    first: dict[str, Any], n: int, total: Any, at_peak: int, peak: Any
) -> tuple[Figure, ...]:
    losers = int(first["loss_makers"])
    lost = -(first["destroyed"] or total * 0)
    return (
        Figure("total_profit", "Profit of all customers", total, Unit.MONEY, opens=f"rank:1-{n}"),
        Figure("peak_profit", "Profit at the peak", peak, Unit.MONEY, opens=f"rank:1-{at_peak}"),
        Figure("peak_share", "Peak as share of the total", share(peak, total), Unit.SHARE),
        Figure(
            "customers_at_peak",
            "Customers up to the peak",
            at_peak,
            Unit.COUNT,
            opens=f"rank:1-{at_peak}",
        ),
        Figure(
            "share_of_customers_at_peak", "Share of customers up to it", at_peak / n, Unit.SHARE
        ),
        Figure("loss_makers", "Customers that lose money", losers, Unit.COUNT, opens="loss-makers"),
        Figure("profit_destroyed", "Lost on them", lost, Unit.MONEY, opens="loss-makers"),
    )


def _notes(n: int, total: Any, at_peak: int, peak: Any, measure: Measure) -> tuple[str, ...]:
    if total <= 0:
        return (
            f"Total {LABELS[measure]} is not positive, so shares of it are not shown; amounts are.",
        )
    reached, customers = float(peak / total), at_peak / n
    if reached >= 1 and customers <= 0.2:
        return ("Within the published band: up to 20% of customers earn 100% of profit or more.",)
    return (
        f"Outside the published band (15-20% of customers earn 100% of profit or more): here the"
        f" peak of {reached:.1%} is reached with {customers:.1%} of customers.",
    )


def _steps(rows: Rows, n: int, total: Any) -> Grid:
    marks = {max(1, round(n * step / 10)) for step in range(1, 11)}
    steps = tuple(
        {
            "rank": row["rank"],
            "share_of_customers": row["rank"] / n,
            "cumulative": row["cumulative"],
            "share": share(row["cumulative"], total),
            "opens": f"rank:1-{row['rank']}",
        }
        for row in rows
        if row["rank"] in marks or row["rank"] == row["at_peak"]
    )
    columns = (
        Column("rank", "Best customers", Unit.COUNT),
        Column("share_of_customers", "of all customers", Unit.SHARE),
        Column("cumulative", "Cumulative profit", Unit.MONEY),
        Column("share", "of the total", Unit.SHARE),
    )
    return Grid("steps", "Cumulative profit, best customers first", columns, steps, "opens")


def _curve(rows: Rows, n: int, total: Any) -> list[dict[str, Any]]:
    start = [
        {"rank": 0, "share_of_customers": 0.0, "cumulative": 0, "share": 0.0 if total > 0 else None}
    ]
    return start + [
        {
            "rank": row["rank"],
            "share_of_customers": row["rank"] / n,
            "cumulative": row["cumulative"],
            "share": share(row["cumulative"], total),
        }
        for row in rows
    ]
