"""Charts drawn from the series an answer carries; ticks and tooltips live in charts.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from tierwise.units import Unit

_TICKS = {Unit.MONEY: "tickMoney", Unit.SHARE: "tickShare"}
_HEIGHT = 340

Series = Sequence[Mapping[str, Any]]


def _ticks(unit: Unit) -> dict[str, str]:
    return {"function": _TICKS.get(unit, "tickCount")}


def _tip(function: str, **options: Any) -> dict[str, Any]:
    return {"content": {"function": function, "options": options}, "cursor": {"stroke": "var(--tw-soft)"}}


def framed(chart: Component, describes: str) -> Component:
    """A chart with the sentence that a screen reader says instead of it."""
    return html.Div(chart, className="tw-chart", role="group", **{"aria-label": describes})


def curve(
    id: str,
    data: Series,
    *,
    name: str,
    label: str,
    unit: Unit,
    tip: str,
    options: Mapping[str, Any],
    marks: Sequence[Mapping[str, Any]] = (),
    describes: str,
    logarithmic: bool = False,
) -> Component:
    """One curve over customers ranked from the best on, with a crosshair."""
    scale = {"scale": "log", "domain": [1, "dataMax"], "allowDataOverflow": True}
    linear = {"domain": [0, "dataMax"]}
    chart = dmc.AreaChart(
        id=id,
        data=list(data),
        dataKey="rank",
        series=[{"name": name, "label": label, "color": "var(--tw-c1)"}],
        h=_HEIGHT,
        curveType="linear",
        withDots=False,
        withGradient=False,
        fillOpacity=0.12,
        strokeWidth=2.5,
        gridAxis="xy",
        tickLine="x",
        xAxisLabel="Customers, best first",
        yAxisLabel=label,
        xAxisProps={
            "type": "number",
            "tickFormatter": _ticks(Unit.COUNT),
            "tickMargin": 8,
            "minTickGap": 40,
            **(scale if logarithmic else linear),
        },
        yAxisProps={"tickFormatter": _ticks(unit), "width": 72, "tickMargin": 8, "domain": ["auto", "auto"]},
        tooltipProps=_tip(tip, **options),
        tooltipAnimationDuration=0,
        areaChartProps={"accessibilityLayer": True, "margin": {"top": 16, "right": 24, "bottom": 20, "left": 8}},
        referenceLines=list(marks),
    )
    return framed(chart, describes)


def bars(
    id: str,
    data: Series,
    *,
    key: str,
    series: Sequence[tuple[str, str, str]],
    unit: Unit,
    axis: str,
    describes: str,
    stacked: bool = False,
    currency: str = "",
    x_axis: str = "",
    options: Mapping[str, Any] | None = None,
    height: int = _HEIGHT,
) -> Component:
    """Bars a category; `series` holds (name, label, colour variable)."""
    tip = {"unit": unit, "currency": currency, "labels": {n: label for n, label, _ in series}}
    chart = dmc.BarChart(
        id=id,
        data=list(data),
        dataKey=key,
        series=[{"name": n, "label": label, "color": f"var({color})"} for n, label, color in series],
        type="stacked" if stacked else "default",
        h=height,
        withLegend=True,
        legendProps={"verticalAlign": "top", "height": 36},
        gridAxis="y",
        tickLine="none",
        maxBarWidth=36,
        xAxisLabel=x_axis,
        yAxisLabel=axis,
        xAxisProps={"tickMargin": 8, "interval": "preserveStartEnd"},
        yAxisProps={"tickFormatter": _ticks(unit), "width": 72, "tickMargin": 8},
        tooltipProps={
            "content": {"function": "seriesTip", "options": {**tip, **(options or {})}},
            "cursor": {"fill": "var(--tw-hover)"},
        },
        tooltipAnimationDuration=0,
        barChartProps={
            "accessibilityLayer": True,
            "margin": {"top": 8, "right": 16, "bottom": 16, "left": 8},
            **({"stackOffset": "sign"} if stacked else {}),
        },
        barProps={"radius": [0, 0, 0, 0] if stacked else [3, 3, 0, 0]},
    )
    return framed(chart, describes)


def heat_rows(cells: Sequence[Sequence[Any]], columns: Sequence[str], rows: Sequence[str]) -> Component:
    """A table whose cells are tinted by their share, readable without colour too."""
    head = html.Tr([html.Th(""), *[html.Th(c, scope="col") for c in columns]])
    body = [
        html.Tr(
            [
                html.Th(name, scope="row"),
                *[html.Td(text, style={"--heat": weight}, className="tw-heat") for text, weight in line],
            ]
        )
        for name, line in zip(rows, cells, strict=True)
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="tw-heat-table")
