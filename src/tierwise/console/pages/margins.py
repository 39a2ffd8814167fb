"""Gross margin, and discounts beyond the firm's own rate."""

from __future__ import annotations

from tierwise.console.page import Content, Page
from tierwise.console.parts.columns import leading
from tierwise.console.parts.figures import figure_row, notes, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.workflows.value import Desk

_FIRST = ("rank", "customer_id", "name", "excess_discount", "discount", "discount_rate")


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    answer = desk.margins(view.question())
    body = stack(
        figure_row(answer.figures, answer.context, view),
        table(
            leading(answer.grid("discounts"), *_FIRST),
            answer.context,
            view,
            id="margins",
            hint="A row opens the customer.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


PAGE = Page("/value/margins", "Margins", fill, section="Value", tab="Margins")
