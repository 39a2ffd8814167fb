"""What a referred customer is worth beside one that had to be sold to.

The difference in mean value at the same tenure, and the cost of sale that was
avoided (Schmitt, Skiera & Van den Bulte 2011, Journal of Marketing 75(1), compare
the same two). It is what was observed: who is referred was not drawn by lot.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores import tenure
from tierwise.scores.comparison import (
    Comparison,
    Stratum,
    cell_of,
    compare,
    moments,
    the_flagged,
)
from tierwise.settings import Lens
from tierwise.units import Unit
from tierwise.value.ranking import LABELS, counted
from tierwise.value.shares import Rows

MEASURES = ("value", "acquisition_cost", "net")
"""Value in the window, cost of winning the customer, and value less that cost."""


def expression(
    summary: ir.Table, customers: ir.Table | None, edges: ir.Table, measure: Lens, as_of: date
) -> ir.Table:
    """One row a year of tenure: n, mean and variance of each measure, referred and others.

    `edges` are those of `referral.edges`; a customer is referred when one counts.
    """
    table = tenure.since(counted(summary, measure), customers)
    table = table.mutate(value=table[measure].cast("float64"))
    brought = edges.filter(edges.left_out.isnull()).select(customer_id="referred_id").distinct()
    flagged = table.semi_join(brought, "customer_id").select("customer_id", referred=True)
    table = table.left_join(flagged, "customer_id").drop("customer_id_right")
    table = _with_cost(table, customers)
    table = table.mutate(years=tenure.years(table, as_of), referred=table.referred.fill_null(False))
    parts: dict[str, ir.Scalar] = {}
    for name in MEASURES:
        parts |= moments(f"referred_{name}", table[name], table.referred)
        parts |= moments(f"others_{name}", table[name], ~table.referred)
    return table.group_by("years").aggregate(**parts).order_by("years")


def _with_cost(table: ir.Table, customers: ir.Table | None) -> ir.Table:
    if customers is None or "acquisition_cost" not in customers.columns:
        unknown = ibis.null("float64")
        return table.mutate(acquisition_cost=unknown, net=unknown)
    cost = customers.select(
        "customer_id", acquisition_cost=customers.acquisition_cost.cast("float64")
    )
    joined = table.left_join(cost, "customer_id").drop("customer_id_right")
    return joined.mutate(net=joined.value - joined.acquisition_cost)


def answer(context: Context, rows: Rows, measure: Lens, min_group: int) -> Answer:
    """The two differences and their sum, each with its interval; or that there are too few.

    Raises MissingDataError where nobody was referred.
    """
    if not any(row["referred_value_n"] for row in rows):
        raise MissingDataError(
            "No customer of this window was referred.", "Widen --window or add [sources.referrals]."
        )
    value, cost, net = (compare(_strata(rows, name), the_flagged) for name in MEASURES)
    enough = value is not None and min(value.n_flagged, value.n_others) >= min_group
    known = enough and cost is not None and min(cost.n_flagged, cost.n_others) >= min_group
    figures = [
        Figure("referred", "Referred customers", _count(rows, "referred_value_n"), Unit.COUNT),
        Figure("others", "Others", _count(rows, "others_value_n"), Unit.COUNT),
    ]
    if enough and value is not None:
        figures += _of_value(value)
    if known and cost is not None and net is not None:
        figures += _of_cost(cost, net)
    return Answer(
        kind="referred",
        title="What a referred customer is worth",
        context=context,
        figures=tuple(figures),
        grids=(Grid("tenures", "By years as a customer", _COLUMNS, tuple(map(_row, rows))),),
        notes=_notes(value, enough, known, measure, min_group),
    )


def _strata(rows: Rows, name: str) -> list[Stratum]:
    return [
        Stratum(cell_of(row, f"referred_{name}"), cell_of(row, f"others_{name}"))
        for row in rows
        if row["years"] is not None
    ]


def _count(rows: Rows, name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)


def _of_value(found: Comparison) -> list[Figure]:
    return [
        Figure("mean_referred", "Mean value, referred", found.mean_flagged, Unit.MONEY),
        Figure("mean_others", "Others at the same tenure", found.mean_others, Unit.MONEY),
        Figure(
            "value_difference",
            "Difference in value",
            found.difference,
            Unit.MONEY,
            low=found.low,
            high=found.high,
        ),
    ]


def _of_cost(cost: Comparison, net: Comparison) -> list[Figure]:
    return [
        Figure(
            "cost_of_sale_avoided",
            "Cost of sale avoided",
            -cost.difference,
            Unit.MONEY,
            low=-cost.high,
            high=-cost.low,
        ),
        Figure(
            "referred_advantage",
            "A referred customer rather than another",
            net.difference,
            Unit.MONEY,
            low=net.low,
            high=net.high,
            note="value less cost of sale",
        ),
    ]


def _notes(
    value: Comparison | None, enough: bool, known: bool, measure: Lens, min_group: int
) -> tuple[str, ...]:
    if not enough:
        return (
            f"Too few to say: at least {min_group} referred customers and as many others of the"
            " same tenure are needed.",
        )
    notes = [
        f"Value is {LABELS[measure]} of the window. Compared within years as a customer, weighed"
        " as the referred are; 95% interval after Welch.",
        "An association: who refers and who is referred was not drawn by lot.",
    ]
    if value is not None and value.left_out:
        notes.append(f"{value.left_out:,} referred customers have nobody of their tenure beside.")
    if not known:
        notes.append("What winning them cost is known for too few: map acquisition_cost.")
    return tuple(notes)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    years = row["years"]
    label = "(not known)" if years is None else f"{years}" if years < tenure.YEARS else f"{years}+"
    return {"years": label} | {name: row[name] for name in _SHOWN}


_SHOWN = (
    "referred_value_n",
    "others_value_n",
    "referred_value_mean",
    "others_value_mean",
    "referred_acquisition_cost_mean",
    "others_acquisition_cost_mean",
)
_COLUMNS = (
    Column("years", "Years a customer"),
    Column("referred_value_n", "Referred", Unit.COUNT),
    Column("others_value_n", "Others", Unit.COUNT),
    Column("referred_value_mean", "Value, referred", Unit.MONEY),
    Column("others_value_mean", "Value, others", Unit.MONEY),
    Column("referred_acquisition_cost_mean", "Cost of sale, referred", Unit.MONEY),
    Column("others_acquisition_cost_mean", "Cost of sale, others", Unit.MONEY),
)
