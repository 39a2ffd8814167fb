"""The first panel a manager wants: who buys, what it brings, what is worth a look."""

from __future__ import annotations

from dash import html

from tierwise.console.page import Content, Page
from tierwise.console.parts.figures import figure_row
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.workflows.value import Desk


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    answer = desk.today(view.question())
    body = html.Div(
        [
            figure_row(answer.figures, answer.context, view),
            table(answer.grid("attention"), answer.context, view),
        ],
        className="tw-stack",
    )
    return Content(answer.context, body)


PAGE = Page("/", "Today", fill, section="Today")
