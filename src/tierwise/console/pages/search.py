"""Find a customer by id or by a part of the name."""

from __future__ import annotations

from tierwise.console.page import Content, Page
from tierwise.console.parts.columns import told
from tierwise.console.parts.figures import stack
from tierwise.console.parts.messages import message
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.errors import UsageError
from tierwise.workflows.value import Desk


def fill(desk: Desk, view: View) -> Content:
    """Fill the page with whoever fits the text."""
    text = view.get("q").strip()
    if not text:
        raise UsageError(
            "Nothing to search for.", "Type an id or a part of a name into the search field."
        )
    answer = desk.members(f"find:{text}", view.question())
    found = answer.grid("members")
    if not found.rows:
        body = stack(message(answer.title, "Nobody does: ids and names were searched."))
        return Content(answer.context, body)
    return Content(answer.context, stack(table(told(found), answer.context, view, id="search")))


PAGE = Page("/search", "Search", fill, section="Customers")
