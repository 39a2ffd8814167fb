"""The customers behind a figure."""

from __future__ import annotations

from tierwise.console.page import Content, Page
from tierwise.console.parts.figures import notes, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.workflows.value import Desk

_LISTED = 10_000


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    answer = desk.members(view.get("select", "rank:1-40"), view.question(), limit=_LISTED)
    body = stack(
        table(answer.grid("members"), answer.context, view, hint="A row opens the customer."),
        notes(answer.notes),
    )
    return Content(answer.context, body)


PAGE = Page("/members", "Customers", fill, section="Value")
