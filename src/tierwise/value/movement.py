"""Movement between deciles of value from one window to the next."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.ranking import LABELS, Measure, counted
from tierwise.value.shares import Rows

DECILES = 10


def deciles(summary: ir.Table, measure: Measure) -> ir.Table:
    """Customers with their decile, 1 the best; equal values go by customer_id."""
    base = counted(summary, measure)
    base = base.select("customer_id", value=base[measure].cast(SUM_TYPE))
    order = [ibis.desc("value"), ibis.asc("customer_id")]
    return base.mutate(decile=ibis.ntile(DECILES).over(order_by=order) + 1)


def expression(before: ir.Table, now: ir.Table, measure: Measure) -> ir.Table:
    """One row a pair (decile before, decile now); null before: new, null now: gone."""
    old = deciles(before, measure).rename(from_decile="decile", old_value="value")
    new = deciles(now, measure).rename(to_decile="decile", new_value="value")
    both = old.outer_join(new, "customer_id")
    return (
        both.group_by("from_decile", "to_decile")
        .aggregate(
            customers=both.count(),
            before=both.old_value.sum(),
            now=both.new_value.sum(),
        )
        .order_by("from_decile", "to_decile")
    )


def answer(context: Context, rows: Rows, measure: Measure) -> Answer:
    """The movement table: rows are where customers were, columns where they are."""
    cell = {(row["from_decile"], row["to_decile"]): int(row["customers"]) for row in rows}
    starts = [*range(1, DECILES + 1), None]
    table = tuple(
        {
            "from_decile": "not there" if start is None else f"decile {start}",
            **{f"to_{end}": cell.get((start, end), 0) for end in range(1, DECILES + 1)},
            "left": cell.get((start, None), 0),
        }
        for start in starts
    )
    columns = (
        Column("from_decile", "Window before"),
        *(Column(f"to_{end}", f"now {end}", Unit.COUNT) for end in range(1, DECILES + 1)),
        Column("left", "gone", Unit.COUNT),
    )
    return Answer(
        kind="movement",
        title=f"Movement between deciles of {LABELS[measure]}",
        context=context,
        figures=_figures(cell),
        grids=(
            Grid("deciles", "From the window before to this one; decile 1 is best", columns, table),
        ),
        extra={"cells": [dict(row) for row in rows]},
    )


def _figures(cell: dict[tuple[int | None, int | None], int]) -> tuple[Figure, ...]:
    both = {pair: count for pair, count in cell.items() if None not in pair}
    total = sum(both.values())
    if not total:
        return ()
    same = sum(count for (a, b), count in both.items() if a == b)
    best = {b: count for (a, b), count in cell.items() if a == 1}
    return (
        Figure("in_both", "Customers in both windows", total, Unit.COUNT),
        Figure("same_decile", "stayed in their decile", same / total, Unit.SHARE),
        Figure(
            "best_kept",
            "of the best tenth are still there",
            best.get(1, 0) / sum(best.values()),
            Unit.SHARE,
        )
        if best
        else Figure("best_kept", "of the best tenth are still there", None, Unit.SHARE),
    )
