"""Who was active, period by period: above the line who bought, below it who was lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dash.development.base_component import Component

from tierwise.console.parts.charts import bars
from tierwise.results import Answer, Figure, Grid
from tierwise.units import Unit

_SHOWN = 24  # periods that a chart has room for

PAUSED = "Paused or gone"
"""A customer of the period before without activity in this one; "lost" is told of a window."""

_PAUSED = "Active in the period before, not in this one; may come back later"

HOW_TO_READ = "Above the line who bought, below it who bought the period before but not in it."


def by_period(grid: Grid) -> Grid:
    """The table of the chart in the words of the chart."""
    columns = (
        replace(c, label=PAUSED, help=_PAUSED) if c.name == "lost" else c for c in grid.columns
    )
    return replace(grid, columns=tuple(columns))


def population_figures(figures: Iterable[Figure]) -> list[Figure]:
    """The cards above the chart in the words of the chart."""
    return [
        replace(f, label=f.label.replace("Lost", PAUSED)) if f.name == "lost" else f
        for f in figures
    ]


def population_chart(answer: Answer, id: str) -> Component:
    """Stacked bars a period; who paused or left hangs below the line."""
    rows = answer.to_json()["periods"][-_SHOWN:]
    data = [{**row, "below": -row["lost"]} for row in rows]  # drawn downwards, told as it is
    return bars(
        id,
        data,
        key="period",
        series=(
            ("retained", "Stayed", "--tw-c1"),
            ("reactivated", "Back again", "--tw-c3"),
            ("new", "New", "--tw-c4"),
            ("below", PAUSED, "--tw-c2"),
        ),
        unit=Unit.COUNT,
        axis="Customers",
        describes="Customers by period: stayed, back again, new; below it who paused or left.",
        stacked=True,
        options={
            "magnitude": True,
            "extra": [{"label": "Active", "name": "active", "unit": "count"}],
        },
    )
