"""Who was active, period by period: above the line who bought, below it who was lost."""

from __future__ import annotations

from dash.development.base_component import Component

from tierwise.console.parts.charts import bars
from tierwise.results import Answer
from tierwise.units import Unit

_SHOWN = 24  # periods that a chart has room for


def population_chart(answer: Answer, id: str) -> Component:
    """Stacked bars a period; lost customers hang below the line."""
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
            ("below", "Lost", "--tw-c2"),
        ),
        unit=Unit.COUNT,
        axis="Customers",
        describes="Customers by period: stayed, back again, new; lost ones below the line.",
        stacked=True,
        options={
            "magnitude": True,
            "extra": [{"label": "Active", "name": "active", "unit": "count"}],
        },
    )
