"""Who is active, new, back again and gone, and who moved between deciles."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.charts import heat_table
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.messages import explained
from tierwise.console.parts.populations import (
    HOW_TO_READ,
    by_period,
    population_chart,
    population_figures,
)
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.errors import TierwiseError
from tierwise.settings import Period
from tierwise.workflows.value import Desk


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    chosen = view.get("period")
    period = Period(chosen) if chosen in list(Period) else None
    answer = desk.population(view.question(), period=period)
    grid = answer.grid("periods")
    body = stack(
        figure_row(population_figures(answer.figures), answer.context, view),
        panel(
            "Customers by period",
            population_chart(answer, "population"),
            hint=f"{grid.title}. {HOW_TO_READ}",
            aside=_periods(view, desk),
        ),
        table(
            by_period(grid),
            answer.context,
            view,
            hint="A row opens the customers active in that period.",
        ),
        notes(answer.notes),
        _movement(desk, view),
    )
    return Content(answer.context, body)


def _periods(view: View, desk: Desk) -> Component:
    found: Component = dmc.SegmentedControl(
        id={"type": "ask", "name": "period"},
        data=[{"value": str(one), "label": str(one).capitalize()} for one in Period],
        value=view.get("period") or str(desk.settings.active.period),
        size="xs",
        **aria(label="Length of the periods"),
    )
    return found


def _movement(desk: Desk, view: View) -> Component:
    try:
        answer = desk.movement(view.question())
    except TierwiseError as error:
        return panel("Movement between deciles", explained(error, bare=True))
    return stack(
        figure_row(answer.figures, answer.context, view),
        panel(
            answer.title,
            heat_table(answer.grid("deciles"), view),
            hint="Rows: where customers were in the window before. "
            "Columns: where they are now. 1 is the best tenth.",
        ),
    )


PAGE = Page("/value/population", "Population", fill, section="Value", tab="Population")
