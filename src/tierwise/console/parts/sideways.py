"""Bars that lie on their side, for categories whose names are long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash.development.base_component import Component

from tierwise.console.parts.charts import Series, axis_of, framed
from tierwise.console.parts.scales import reach
from tierwise.units import Unit

_BAR, _AROUND = 32, 84  # pixels of a bar, and of legend and axis together


def lying_bars(
    id: str,
    data: Series,
    *,
    key: str,
    series: Sequence[tuple[str, str, str]],
    unit: Unit,
    axis: str,
    describes: str,
    room: int = 240,
    stacked: bool = False,
    currency: str = "",
    options: Mapping[str, Any] | None = None,
) -> Component:
    """A group of bars a category; `series` holds (name, label, colour variable).

    `room` is the width in pixels that the names of the categories have.
    """
    names = [name for name, _, _ in series]
    tip = {"unit": unit, "currency": currency, "labels": {n: label for n, label, _ in series}}
    a_row = _BAR if stacked or len(series) == 1 else 20 * len(series)
    chart = dmc.BarChart(
        id=id,
        data=list(data),
        dataKey=key,
        series=[
            {"name": n, "label": label, "color": f"var({color})"} for n, label, color in series
        ],
        orientation="vertical",
        type="stacked" if stacked else "default",
        h=int(a_row * len(data)) + _AROUND,
        withLegend=len(series) > 1,
        legendProps={"verticalAlign": "top", "height": 32},
        gridAxis="y",
        tickLine="none",
        maxBarWidth=18,
        xAxisLabel=axis,
        xAxisProps={"tickMargin": 6, **axis_of(unit, reach(data, names, stacked=stacked))},
        yAxisProps={"width": room, "tickMargin": 8, "interval": 0},
        tooltipProps={
            "content": {"function": "seriesTip", "options": {**tip, **(options or {})}},
            "cursor": {"fill": "var(--tw-hover)"},
        },
        tooltipAnimationDuration=0,
        barChartProps={
            "accessibilityLayer": True,
            "margin": {"top": 4, "right": 24, "bottom": 20, "left": 8},
        },
    )
    return framed(chart, describes)
