"""Customers in order of what they are worth through a declared lens."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError, MissingDataError, RefusedError, UsageError
from tierwise.settings import Lens
from tierwise.units import SUM_TYPE, number_of


class Demand(StrEnum):
    """What customers are put in order by that is not worth: how much they ask for."""

    CONTACTS = "contacts"


Measure = Lens | Demand
"""What concentration can be asked of."""

MEASURES: tuple[Measure, ...] = (*Lens, *Demand)

LABELS: Mapping[str, str] = {
    Lens.REVENUE: "revenue",
    Lens.REVENUE_BEFORE_RETURNS: "revenue before returns",
    Lens.GROSS_PROFIT: "gross profit",
    Lens.PROFIT: "profit after cost to serve",
    Demand.CONTACTS: "contacts",
}

NEEDS_COST = "Map unit_cost or total_cost in [sources.order_lines], or rank by --lens revenue."
"""What to do where a lens that the reader can change needs the cost of goods."""

ALWAYS_NEEDS_COST = (
    "Map unit_cost or total_cost in [sources.order_lines]; this is about profit, whatever"
    " --lens says."
)
"""The same for questions that are about profit through every lens."""


def measure_of(name: str) -> Measure:
    """The measure of a name; UsageError lists those that there are."""
    found = next((measure for measure in MEASURES if measure == name), None)
    if found is None:
        raise UsageError(f'There is no measure "{name}".', f"Known: {', '.join(MEASURES)}.")
    return found


def counted(summary: ir.Table, measure: Measure) -> ir.Table:
    """Keep the customers that the measure is about.

    Revenue and gross profit: who had a line in the window. Revenue before
    returns: who had a positive one. Profit: those, and whoever caused cost.
    Contacts: who called.
    """
    ordered = summary.lines > 0
    keep: dict[Measure, ir.BooleanValue] = {
        Lens.REVENUE: ordered,
        Lens.REVENUE_BEFORE_RETURNS: summary.purchases > 0,
        Lens.GROSS_PROFIT: ordered,
        Lens.PROFIT: ordered | (summary.cost_to_serve.fill_null(Decimal(0)) != 0),
        Demand.CONTACTS: summary.contacts > 0,
    }
    return summary.filter(keep[measure])


def ranked(summary: ir.Table, measure: Measure) -> ir.Table:
    """Add `value`, `rank`, `cumulative`, and the totals `n`, `total`, `rank_weighted`.

    Rank 1 is the best customer; equal values go by customer_id, so that every
    run and every engine gives the same order. `rank_weighted` is the sum of
    rank times value, from which the Gini coefficient follows.
    """
    base = counted(summary, measure)
    base = base.mutate(value=base[measure].cast(SUM_TYPE))
    order = [ibis.desc("value"), ibis.asc("customer_id")]
    base = base.mutate(rank=ibis.row_number().over(order_by=order) + 1)
    return base.mutate(
        cumulative=base.value.sum().over(order_by=ibis.asc("rank"), rows=(None, 0)).cast(SUM_TYPE),
        n=base.count().over(),
        total=base.value.sum().over().cast(SUM_TYPE),
        unknown=base.value.isnull().sum().over(),
        rank_weighted=(base["rank"].cast("float64") * base.value.cast("float64")).sum().over(),
    )


def known_rank(table: ir.Table) -> ir.IntegerValue:
    """The rank of what `ranked` gives; null where somebody's value is unknown.

    One unknown value leaves everybody's place open, not its own alone.
    """
    place: ir.IntegerValue = (table.unknown == 0).ifelse(table["rank"], None)
    return place


def rank_notes(unknown: int | None, measure: Measure) -> tuple[str, ...]:
    """Says why ranks are left out, where some value is unknown."""
    if not unknown:
        return ()
    value = LABELS[measure].capitalize()
    return (f"{value} is unknown for {number_of(unknown, 'customer')}, so no rank is shown.",)


def goods_notes(uncosted: int, customers: int) -> tuple[str, ...]:
    """Says for how many customers of how many profit is unknown, and what that leaves out."""
    if not uncosted:
        return ()
    return (
        f"Cost of goods is unknown for {uncosted:,} of {customers:,} customers: profit is left"
        " out wherever they take part, never guessed.",
    )


def gini(n: int, total: float, rank_weighted: float) -> float:
    """Gini coefficient of n values from their total and the sum of rank times value (best first).

    Negative values are counted as they are, so with returns it may pass 1.
    """
    return 2 * ((n + 1) * total - rank_weighted) / (n * total) - (n + 1) / n


def require_customers(
    rows: list[dict[str, Any]], measure: Measure, remedy: str = NEEDS_COST
) -> dict[str, Any]:
    """Return the first row; MissingDataError when there is nobody to rank or value is unknown."""
    if not rows:
        raise EmptyWindowError(
            f"No customer has any {LABELS[measure]} in this window.",
            "Widen --window, choose another --as-of, or remove the slice.",
            "contacts" if measure is Demand.CONTACTS else "order_lines",
        )
    require_known(rows[0], measure, remedy)
    return rows[0]


def require_known(counts: dict[str, Any], measure: Measure, remedy: str = NEEDS_COST) -> None:
    """MissingDataError with `remedy` when the value of some of the `n` customers is unknown."""
    if counts["unknown"]:
        if counts["unknown"] == counts["n"]:
            raise MissingDataError(
                f"The cost of goods is unknown, and so is {LABELS[measure]}.", remedy
            )
        raise MissingDataError(
            f"{LABELS[measure].capitalize()} is unknown for {counts['unknown']:,} of"
            f" {number_of(counts['n'], 'customer')}: some of their lines have no cost.",
            remedy,
        )


def require_positive(total: Decimal, measure: Measure, currency: str) -> None:
    """RefusedError where shares would be shares of nothing or of a loss."""
    if total > 0:
        return
    state = "zero" if total == 0 else f"a loss of {-total:,.2f} {currency}"
    other = "revenue_before_returns" if measure is Lens.REVENUE else "revenue"
    raise RefusedError(
        f"Total {LABELS[measure]} is {state}, so shares of it would mislead and are not shown.",
        f"Look at amounts instead: tierwise value bands, or rank by --lens {other}.",
    )
