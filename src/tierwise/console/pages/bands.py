"""What each rank band brings beside what it takes."""

from __future__ import annotations

from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.charts import bars
from tierwise.console.parts.columns import leading
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.errors import TierwiseError
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk

_SERIES = (
    ("revenue_share", "of revenue", "--tw-c1"),
    ("contacts_share", "of contacts", "--tw-c2"),
    ("agent_minutes_share", "of agent minutes", "--tw-c4"),
    ("cost_share", "of cost to serve", "--tw-c3"),
)

_LISTED = 10_000  # over-served customers at most; what is cut off is said below the table

_FIRST = (
    "band",
    "customers",
    "share_of_customers",
    "revenue_share",
    "profit_share",
    "contacts_share",
    "agent_minutes_share",
    "cost_share",
)


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    answer = desk.bands(view.question())
    ledger = [grid for grid in answer.grids if grid.name == "reconciliation"]
    body = stack(
        figure_row(answer.figures, answer.context, view) if answer.figures else None,
        panel(
            "What each band brings and takes",
            _chart(answer),
            hint="Share of the total, by rank of customers.",
        ),
        table(
            leading(answer.grid("bands"), *_FIRST),
            answer.context,
            view,
            hint="A row opens the customers of the band.",
        ),
        notes(answer.notes),
        *(
            table(grid, answer.context, view, hint="Charged and unallocated add up to the ledger.")
            for grid in ledger
        ),
        _over_served(desk, view),
    )
    return Content(answer.context, body)


def _over_served(desk: Desk, view: View) -> Component | None:
    """The customers who take far more than they bring; nothing where that cannot be told."""
    try:
        answer = desk.demand(view.question(), limit=_LISTED)
    except TierwiseError:
        return None
    told, *cut = answer.notes
    return stack(
        table(
            answer.grid("over_served"),
            answer.context,
            view,
            hint=f"{told} A row opens the customer.",
        ),
        notes(tuple(note for note in cut if "over-served" in note)),
    )


def _chart(answer: Answer) -> Component:
    rows = answer.to_json()["bands"]
    known = [series for series in _SERIES if any(row[series[0]] is not None for row in rows)]
    return bars(
        "band-shares",
        rows,
        key="band",
        series=known,
        unit=Unit.SHARE,
        axis="Share of the total",
        x_axis="Rank of customers",
        describes="Share of revenue, contacts, agent minutes and cost by rank band.",
        options={"extra": [{"label": "Customers", "name": "customers", "unit": "count"}]},
    )


PAGE = Page("/value/bands", "Bands", fill, section="Value", tab="Bands")
