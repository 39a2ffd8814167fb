"""What is at risk when the best customers leave."""

from __future__ import annotations

from tierwise.console.page import Content, Page
from tierwise.console.parts.columns import told
from tierwise.console.parts.figures import figure_row, notes, stack
from tierwise.console.parts.tables import table
from tierwise.console.parts.unallocated import unallocated_note
from tierwise.console.view import View
from tierwise.workflows.value import Desk


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    answer = desk.dependency(view.question())
    body = stack(
        figure_row(answer.figures, answer.context, view),
        *(table(told(grid), answer.context, view) for grid in answer.grids),
        notes((*answer.notes, *unallocated_note(desk, view))),
    )
    return Content(answer.context, body)


PAGE = Page("/value/dependency", "Dependency", fill, section="Value", tab="Dependency")
