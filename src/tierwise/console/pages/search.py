"""Find a customer by id or by a part of the name."""

from __future__ import annotations

from dataclasses import replace

from tierwise.console.page import Content, Page
from tierwise.console.parts.figures import stack
from tierwise.console.parts.messages import message
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.errors import UsageError
from tierwise.workflows.value import Desk

_SEARCHED = 200_000


def fill(desk: Desk, view: View) -> Content:
    """Fill the page with whoever fits the text."""
    text = view.get("q").strip()
    if not text:
        raise UsageError(
            "Nothing to search for.", "Type an id or a part of a name into the search field."
        )
    everybody = desk.members(f"rank:1-{_SEARCHED}", view.question(), limit=_SEARCHED)
    grid = everybody.grid("members")
    wanted = text.casefold()
    found = tuple(
        row
        for row in grid.rows
        if wanted in str(row["customer_id"]).casefold() or wanted in str(row["name"]).casefold()
    )
    if not found:
        body = stack(
            message(f"Nobody fits “{text}”", "Ids and names of ranked customers were searched.")
        )
        return Content(everybody.context, body)
    fits = replace(grid, title=f"Customers that fit “{text}”", rows=found)
    return Content(everybody.context, stack(table(fits, everybody.context, view, id="search")))


PAGE = Page("/search", "Search", fill, section="")
