"""What the build found in the data, and what was read of each table."""

from __future__ import annotations

from tierwise.console.page import Content, Page
from tierwise.console.parts.figures import stack
from tierwise.console.parts.quality import problem_grid, table_grid
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.workflows.value import Desk


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    context = desk.today(view.question()).context
    body = stack(
        table(
            problem_grid(desk.build),
            context,
            view,
            hint="Each kind of finding with its first example. "
            "Errors were left out, warnings were kept.",
        ),
        table(table_grid(desk.build), context, view),
    )
    return Content(context, body)


PAGE = Page("/problems", "Data quality", fill, section="Today")
