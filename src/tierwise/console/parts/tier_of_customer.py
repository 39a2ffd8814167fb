"""One customer's tier: why, how sure, what would change it, and what reviews said."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.columns import leading
from tierwise.console.parts.figures import figure_row, panel
from tierwise.console.parts.messages import explained
from tierwise.console.parts.sideways import lying_bars
from tierwise.console.parts.tables import table_body
from tierwise.console.parts.tiered import asked
from tierwise.console.parts.words import day
from tierwise.console.view import View
from tierwise.errors import TierwiseError
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk

_CHANGES_FIRST = ("to", "says", "boundary", "change", "orders", "chance", "needed")
_IN_WORDS = "because"  # a figure that the sentences below the cards say


def fill_customer_tier(desk: Desk, view: View) -> Content:
    """Why this tier, and what would change it."""
    try:
        answer = desk.tiers.explain(view.get("id"), view.question(), asked(view))
    except TierwiseError as error:
        return Content(None, panel("Tier", explained(error, bare=True)))
    figures = [f for f in answer.figures if f.name != _IN_WORDS and f.value is not None]
    body = panel(
        answer.title,
        figure_row(figures, answer.context, view, across=6),
        html.Div([html.P(text, className="tw-said") for text in answer.notes], className="tw-why"),
        html.Div(_changes(answer, view), className="tw-why"),
        html.Div([_chances(answer), _reviews(answer)], className="tw-halves tw-why"),
    )
    return Content(answer.context, body)


def _changes(answer: Answer, view: View) -> Component:
    grid = answer.grid("changes")
    said = html.P("No other tier can be reached.", className="tw-message-text")
    shown = (
        table_body(leading(grid, *_CHANGES_FIRST), answer.context, view, "tier-changes")
        if grid.rows
        else said
    )
    return html.Div([html.H3(grid.title, className="tw-multiple-title"), shown])


def _chances(answer: Answer) -> Component:
    grid = answer.grid("chances")
    chart = lying_bars(
        "customer-chances",
        answer.to_json()["chances"],
        key="tier",
        series=(("chance", "Probability", "--tw-c1"),),
        unit=Unit.SHARE,
        axis="Probability in the window to come",
        room=48,
        describes="Probability of each tier in the window to come.",
        options={"extra": [{"label": "This or better", "name": "or_better", "unit": "share"}]},
    )
    return html.Div([html.H3(grid.title, className="tw-multiple-title"), chart])


def _reviews(answer: Answer) -> Component:
    """What every review said, oldest first."""
    grid = answer.grid("reviews")
    listed = html.Ul(
        [html.Li([day(row["on"]), html.B(str(row["tier"]))]) for row in grid.rows],
        className="tw-trail",
    )
    return html.Div([html.H3("Tier at each review", className="tw-multiple-title"), listed])
