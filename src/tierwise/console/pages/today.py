"""The first panel a manager wants: who buys, what it brings, what is worth a look."""

from __future__ import annotations

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.populations import HOW_TO_READ, population_chart
from tierwise.console.parts.quality import quality_line
from tierwise.console.parts.unallocated import with_unallocated
from tierwise.console.view import View
from tierwise.errors import DataError
from tierwise.results import Answer, Figure
from tierwise.results.answer import Row
from tierwise.workflows.value import Desk


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    answer = desk.today(view.question())
    body = stack(
        figure_row(_told(answer, desk, view), answer.context, view),
        _attention(answer, view),
        _population(desk, view),
        quality_line(desk.build, view),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _told(answer: Answer, desk: Desk, view: View) -> list[Figure]:
    """The cards, with what lost means here and what profit leaves out."""
    lost = "bought in the window before, not in this one"
    figures = with_unallocated(answer.figures, answer.context, desk, view)
    return [replace(f, note=f.note or lost) if f.name == "customers_lost" else f for f in figures]


def _attention(answer: Answer, view: View) -> Component | None:
    rows = answer.grid("attention").rows
    if not rows:
        return None
    return panel(
        "Worth a look", html.Ul([_item(row, view) for row in rows], className="tw-attention")
    )


def _item(row: Row, view: View) -> Component:
    href = view.opens(str(row.get("opens") or "")) or view.href("/problems")
    return html.Li(
        [
            html.Div([html.B(str(row["what"])), html.Span(str(row["why"]), className="tw-soft")]),
            html.A("Open the rows", href=href, className="tw-action"),
        ]
    )


def _population(desk: Desk, view: View) -> Component | None:
    """The chart where periods can be told; without them the page still says the rest."""
    try:
        answer = desk.population(view.question())
    except DataError:
        return None
    return panel(
        "Customers by period",
        population_chart(answer, "today-population"),
        hint=f"{answer.grid('periods').title}. {HOW_TO_READ}",
    )


PAGE = Page("/", "Today", fill, section="Today")
