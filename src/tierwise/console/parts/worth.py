"""What customers will be worth: totals, bands, and customers one by one."""

from __future__ import annotations

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.charts import bars
from tierwise.console.parts.columns import leading, told
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.messages import explained
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.errors import TierwiseError
from tierwise.results import Answer, Grid
from tierwise.units import Unit
from tierwise.workflows.value import Desk

_LISTED = 10_000


def fill_worth(desk: Desk, view: View) -> Content:
    """The year ahead and value without end, side by side."""
    answer = desk.lifetime(view.question(), limit=_LISTED)
    body = stack(
        figure_row(answer.figures, answer.context, view, across=3),
        html.Div([_ahead(answer), _activity(answer)], className="tw-halves")
        if answer.grid("activity").rows
        else _ahead(answer),  # who is still active cannot be told; the notes say why
        table(told(answer.grid("bands")), answer.context, view, id="lifetime-bands"),
        table(
            _in_order(told(answer.grid("customers"))),
            answer.context,
            view,
            id="lifetime-customers",
            hint="From and to: what this customer may do. A row opens the customer.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


_FIRST = (
    *("rank", "customer_id", "name", "p_active", "near_value", "near_value_low"),
    *("near_value_high", "ever_value", "past_value", "purchases", "last_on"),
)
"""Columns that fit beside each other at 1280 pixels."""

_APART = {
    "ever_value_low": "Without end, from",
    "purchases_low": "Purchases, from",
}
"""Ends of intervals that stand apart from their middle, which says whose ends they are."""


def _in_order(grid: Grid) -> Grid:
    """What a customer is worth first, the ends of the other intervals after it."""
    named = tuple(replace(c, label=_APART.get(c.name, c.label)) for c in grid.columns)
    return leading(replace(grid, columns=named), *_FIRST)


def _ahead(answer: Answer) -> Component:
    chart = bars(
        "lifetime-ahead",
        answer.to_json()["bands"],
        key="ranks",
        series=(
            ("past_value", "Window behind us", "--tw-c4"),
            ("near_value", "Year ahead, expected", "--tw-c1"),
        ),
        unit=Unit.MONEY,
        axis=f"Value, {answer.context.currency}",
        x_axis="Rank by expected value",
        currency=answer.context.currency,
        describes="Value of the window behind us and of the year ahead by band of customers.",
        options={
            "extra": [
                {"label": "Customers", "name": "customers", "unit": "count"},
                {"label": "Still active", "name": "active", "unit": "number"},
            ]
        },
    )
    return panel(
        "Behind us, and ahead",
        chart,
        hint="Bands of customers, ranked by what they are expected to bring.",
    )


def _activity(answer: Answer) -> Component:
    chart = bars(
        "lifetime-activity",
        answer.to_json()["activity"],
        key="chance",
        series=(
            ("share", "Of customers", "--tw-c4"),
            ("near_share", "Of the value ahead", "--tw-c1"),
        ),
        unit=Unit.SHARE,
        axis="Share of the total",
        x_axis="P(active), likeliest first",
        currency=answer.context.currency,
        describes="Share of customers, and of the value ahead, by step of P(active).",
        options={
            "extra": [
                {"label": "Customers", "name": "customers", "unit": "count"},
                {"label": "Window behind us", "name": "past_value", "unit": "money"},
                {"label": "Year ahead", "name": "near_value", "unit": "money"},
            ]
        },
    )
    return panel(
        "How likely they still buy",
        chart,
        hint="P(active): the probability that a customer has not left for good.",
    )


def fill_customer_worth(desk: Desk, view: View) -> Content:
    """What one customer may be worth."""
    title, asked = "What this customer may be worth", replace(view.question(), where=())
    try:
        answer = desk.lifetime_of(view.get("id"), asked)
    except TierwiseError as error:
        return Content(None, panel(title, explained(error, bare=True)))
    body = panel(
        title,
        figure_row(answer.figures, answer.context, view),
        notes(answer.notes),
        hint="Expected, with what may happen instead.",
    )
    return Content(answer.context, body)
