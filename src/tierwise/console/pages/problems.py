"""What the build found in the data, and what was read of each table."""

from __future__ import annotations

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.figures import stack
from tierwise.console.parts.quality import problem_grid, table_grid
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.workflows.value import Desk

_LISTED = 10_000


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    left_out = desk.rejects(limit=_LISTED)
    # A build is read the same whatever is ranked, over whatever window.
    context = replace(left_out.context, lens="", window="")
    body = stack(
        table(
            problem_grid(desk.build),
            context,
            view,
            hint="Each kind of finding with its first example. "
            "Errors were left out, warnings were kept.",
        ),
        table(table_grid(desk.build), context, view),
        _rejects(left_out, view),
    )
    return Content(context, body)


def _rejects(answer: Answer, view: View) -> Component | None:
    """The rows that were left out; nothing where none was."""
    grid = answer.grid("rejects")
    if not grid.rows:
        return None
    hint = "Each with its line in the source, what was found there and why it was left out."
    listed = table(grid, answer.context, view, hint=" ".join((hint, *answer.notes)))
    return html.Div(listed, id="rejects")


PAGE = Page(
    "/problems",
    "Data quality",
    fill,
    section="Data quality",
    ignores=(
        "lens",
        "window",
        "slice",
    ),
)
