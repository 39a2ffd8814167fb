"""How lists of customers end: cut where they are long, and opening only what is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tierwise.results import Answer, Grid
from tierwise.workflows.look import Look

_CUSTOMER = "customer:"


def named(look: Look, customer_ids: Iterable[str]) -> dict[str, str]:
    """Names of some customers, where they have any; also of those outside the slice."""
    return look.whole.names([{"customer_id": customer_id} for customer_id in customer_ids])


def finished(look: Look, answer: Answer, limit: int | None = None) -> Answer:
    """Cut lists to `limit` rows and say so; rows of customers the build has no page of open none.

    A prospect may be strategic, or bring others, before it has ordered anything.
    """
    cut = tuple(_cut(grid, limit) for grid in answer.grids)
    notes = tuple(
        f"The first {limit:,} of {len(grid.rows):,} are listed; --limit shows more."
        for grid in answer.grids
        if limit is not None and grid.opens and len(grid.rows) > limit
    )
    known = _known(look, cut)
    grids = tuple(_opening(grid, known) for grid in cut)
    return replace(answer, grids=grids, notes=(*answer.notes, *notes))


def _cut(grid: Grid, limit: int | None) -> Grid:
    return replace(grid, rows=grid.rows[:limit]) if grid.opens else grid


def _known(look: Look, grids: Iterable[Grid]) -> frozenset[str]:
    """Of the customers that rows open, those the build has a page of."""
    asked = {row[grid.opens] for grid in grids if grid.opens for row in grid.rows}
    ids = [text.removeprefix(_CUSTOMER) for text in asked if text.startswith(_CUSTOMER)]
    if not ids:
        return frozenset()
    summary = look.whole.summary
    found = summary.filter(summary.customer_id.isin(ids)).select("customer_id")
    return frozenset(f"{_CUSTOMER}{row['customer_id']}" for row in look.rows(found))


def _opening(grid: Grid, known: frozenset[str]) -> Grid:
    def row(given: Any) -> dict[str, Any]:
        opens = given[grid.opens]
        return {**given, grid.opens: opens if opens in known else ""}

    return replace(grid, rows=tuple(row(given) for given in grid.rows)) if grid.opens else grid
