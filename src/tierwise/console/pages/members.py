"""The customers behind a figure."""

from __future__ import annotations

from dataclasses import replace

from tierwise.console.page import Content, Page
from tierwise.console.parts.columns import told
from tierwise.console.parts.figures import notes, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.errors import DataError
from tierwise.workflows.value import Desk

_LISTED = 10_000
_FIRST = f"rank:1-{_LISTED}"  # listed where an address selects nobody

_HINT = "A row opens the customer."
_OTHERS = "The field above finds everybody else."


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    selector = view.get("select", _FIRST)
    answer = desk.members(selector, view.question(), limit=_LISTED)
    grid = answer.grid("members")
    if selector == _FIRST and grid.rows:
        grid = replace(grid, title=grid.title.replace(f"{_LISTED:,}", f"{len(grid.rows):,}"))
    body = stack(
        table(
            told(grid),
            answer.context,
            view,
            hint=f"{_HINT} {_OTHERS}" if len(grid.rows) == _LISTED else _HINT,
            empty="" if grid.rows else _nobody(desk, selector, view),
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _nobody(desk: Desk, selector: str, view: View) -> str:
    """Why a list is empty: for ranks, how many there are."""
    if not selector.startswith("rank:"):
        return "No customer is in this list."
    try:
        ranks = desk.concentration(view.question()).context.customers
    except DataError:
        return "No customer is ranked here."
    return f"There are {ranks:,} ranks; nobody stands at the ranks asked for."


PAGE = Page("/members", "Customers", fill, section="Customers")
