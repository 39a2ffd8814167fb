"""What a contact costs, by channel, by reason, over time."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.charts import bars
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    answer = desk.contact_costs(view.question())
    grids = {grid.name: table(grid, answer.context, view) for grid in answer.grids}
    sides = [grid for name, grid in grids.items() if name != "by_month"]
    body = stack(
        figure_row(answer.figures, answer.context, view),
        panel("By month", _chart(answer)) if "by_month" in grids else None,
        html.Div(sides, className="tw-halves" if len(sides) > 1 else "") if sides else None,
        grids.get("by_month"),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _chart(answer: Answer) -> Component:
    rows = answer.to_json()["by_month"]
    priced = any(row["cost"] is not None for row in rows)
    series = ("cost", "Cost", "--tw-c1") if priced else ("contacts", "Contacts", "--tw-c1")
    return bars(
        "contact-months",
        rows,
        key="month",
        series=(series,),
        unit=Unit.MONEY if priced else Unit.COUNT,
        axis=f"Cost, {answer.context.currency}" if priced else "Contacts",
        currency=answer.context.currency,
        describes="Contacts and their cost by month.",
        options={
            "extra": [
                {"label": "Contacts", "name": "contacts", "unit": "count"},
                {"label": "Cost per contact", "name": "cost_per_contact", "unit": "money"},
            ]
        },
        height=260,
    )


PAGE = Page(
    "/value/contacts",
    "Contact costs",
    fill,
    section="Value",
    tab="Contact costs",
    ignores=("lens",),
)
