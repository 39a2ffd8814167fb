"""Which model says so, and how well it fits what was seen."""

from __future__ import annotations

from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.charts import bars
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk


def fill_fit(desk: Desk, view: View) -> Content:
    """Parameters, the models side by side, and the model beside the data."""
    answer = desk.lifetime_fit(view.question())
    grids = {grid.name: grid for grid in answer.grids}
    body = stack(
        figure_row(answer.figures, answer.context, view),
        _repeats(answer) if "repeats" in grids else None,
        *(
            table(grids[name], answer.context, view, id=f"fit-{name}")
            for name in ("parameters", "models")
            if grids[name].rows
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _repeats(answer: Answer) -> Component:
    chart = bars(
        "fit-repeats-chart",
        answer.to_json()["repeats"],
        key="repeats",
        series=(("seen", "Seen", "--tw-c4"), ("expected", "By the model", "--tw-c1")),
        unit=Unit.COUNT,
        axis="Customers",
        x_axis="Repeat purchases",
        describes="Customers by number of repeat purchases: seen, and expected by the model.",
        options={"units": {"expected": str(Unit.NUMBER)}},
    )
    return panel(
        answer.grid("repeats").title,
        chart,
        hint=f"{answer.title}. Where a model fits, both bars are of one height.",
    )
