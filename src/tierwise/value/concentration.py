"""Concentration: how few customers bring how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.ranking import (
    LABELS,
    Demand,
    Measure,
    gini,
    ranked,
    require_customers,
    require_positive,
)
from tierwise.value.shares import Rows, share, top_count, top_rank

POINTS = 200
"""Points of the curve that are kept for drawing; figures never use it."""


def expression(
    summary: ir.Table,
    measure: Measure,
    top_n: Sequence[int],
    top_shares: Sequence[float],
    amount_shares: Sequence[float],
) -> ir.Table:
    """The ranks that were asked for and about 200 points of the curve, in one execution."""
    table = ranked(summary, measure)
    n, rank = table.n, table["rank"]
    exact = [rank == k for k in top_n]
    shares = [rank == top_rank(p, n) for p in top_shares]
    reached = [_crosses(table, part) for part in amount_shares]
    curve = (rank * POINTS // n) != ((rank - 1) * POINTS // n)
    picked = table.filter(ibis.or_(*exact, *shares, *reached, curve, rank == n, rank == 1))
    columns = (
        "rank",
        "customer_id",
        "value",
        "cumulative",
        "n",
        "total",
        "unknown",
        "rank_weighted",
    )
    return picked.select(*columns).order_by("rank")


def _crosses(table: ir.Table, part: float) -> ir.BooleanValue:
    """True at the first customer whose addition brings the cumulative sum to `part` of all."""
    goal = table.total.cast("float64") * part - 1e-6
    cumulative = table.cumulative.cast("float64")
    return (cumulative >= goal) & (cumulative - table.value.cast("float64") < goal)


def answer(
    context: Context,
    rows: Rows,
    measure: Measure,
    top_n: Sequence[int],
    top_shares: Sequence[float],
    amount_shares: Sequence[float],
) -> Answer:
    """Read the concentration table, the Gini coefficient and the curve off the picked rows."""
    if measure is Demand.CONTACTS:
        rows = [_whole(row) for row in rows]
    first = require_customers(rows, measure)
    n, total = int(first["n"]), first["total"]
    require_positive(total, measure, context.currency)
    at = {int(row["rank"]): row for row in rows}
    unit = Unit.COUNT if measure is Demand.CONTACTS else Unit.MONEY
    return Answer(
        kind="concentration",
        title=f"Concentration of {LABELS[measure]}",
        context=context,
        figures=_figures(at, n, total, first["rank_weighted"], measure, unit),
        grids=(
            _top_grid(at, _lists(top_n, top_shares, n), total, unit),
            _needed_grid(rows, amount_shares, n, total, measure),
        ),
        notes=("One customer: concentration says nothing.",) if n == 1 else (),
        extra={"measure": measure, "lorenz": _curve(rows, n, total)},
    )


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Contacts are ranked as decimals like money, and shown as the counts they are."""
    return row | {name: int(row[name]) for name in ("value", "cumulative", "total")}


def _figures(
    at: dict[int, dict[str, Any]], n: int, total: Any, weighted: float, measure: Measure, unit: Unit
) -> tuple[Figure, ...]:
    fifth = at.get(top_count(0.2, n))
    figures = [
        Figure("total", f"Total {LABELS[measure]}", total, unit, opens=f"rank:1-{n}"),
        Figure("counted", "Customers counted", n, Unit.COUNT, opens=f"rank:1-{n}"),
        Figure(
            "gini",
            "Gini coefficient",
            gini(n, float(total), weighted),
            Unit.RATIO,
            note="0: all equal; 1: one customer has everything",
        ),
        Figure(
            "largest_share",
            "Largest customer",
            share(at[1]["value"], total),
            Unit.SHARE,
            opens="rank:1-1",
        ),
    ]
    if fifth:
        best = share(fifth["cumulative"], total)
        opens = f"rank:1-{fifth['rank']}"
        figures.append(
            Figure("top_fifth_share", "Best 20% of customers", best, Unit.SHARE, opens=opens)
        )
    return tuple(figures)


def _lists(top_n: Sequence[int], top_shares: Sequence[float], n: int) -> list[tuple[int, str]]:
    """Length and name of each list, shortest first; lists longer than the firm become one."""
    named = [(k, f"top {k:,}") if k < n else (n, f"all {n:,}") for k in top_n]
    named += [(top_count(p, n), f"top {p * 100:.3g}%") for p in top_shares]
    return sorted(dict.fromkeys(named), key=lambda list_: list_[0])


def _top_grid(
    at: dict[int, dict[str, Any]], lists: list[tuple[int, str]], total: Any, unit: Unit
) -> Grid:
    n = int(at[1]["n"])
    rows = tuple(
        {
            "label": label,
            "customers": k,
            "share_of_customers": k / n,
            "amount": at[k]["cumulative"],
            "share": share(at[k]["cumulative"], total),
            "opens": f"rank:1-{k}",
        }
        for k, label in lists
    )
    columns = (
        Column("label", "List"),
        Column("customers", "Customers", Unit.COUNT),
        Column("share_of_customers", "of all customers", Unit.SHARE),
        Column("amount", "Amount", unit),
        Column("share", "of the total", Unit.SHARE),
    )
    return Grid("top", "The best customers and their share", columns, rows, "opens")


def _needed_grid(
    rows: Rows, amount_shares: Sequence[float], n: int, total: Any, measure: Measure
) -> Grid:
    found = []
    for part in amount_shares:
        goal = float(total) * part - 1e-6
        rank = next(int(row["rank"]) for row in rows if float(row["cumulative"]) >= goal)
        found.append(
            {
                "share": part,
                "customers": rank,
                "share_of_customers": rank / n,
                "opens": f"rank:1-{rank}",
            }
        )
    columns = (
        Column("share", f"of {LABELS[measure]}", Unit.SHARE),
        Column("customers", "Customers", Unit.COUNT),
        Column("share_of_customers", "of all customers", Unit.SHARE),
    )
    return Grid("needed", "How few customers bring how much", columns, tuple(found), "opens")


def _curve(rows: Rows, n: int, total: Any) -> list[dict[str, Any]]:
    start = [{"rank": 0, "share_of_customers": 0.0, "share": 0.0, "amount": 0}]
    return start + [
        {
            "rank": row["rank"],
            "share_of_customers": row["rank"] / n,
            "share": share(row["cumulative"], total),
            "amount": row["cumulative"],
        }
        for row in rows
    ]
