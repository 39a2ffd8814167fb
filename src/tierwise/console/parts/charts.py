"""Charts drawn from the series an answer carries; ticks and tooltips live in charts.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from tierwise.console.parts.aria import aria
from tierwise.results import Answer, Grid
from tierwise.units import Unit

_TICKS = {Unit.MONEY: "tickMoney", Unit.SHARE: "tickShare", Unit.RANK: "tickRank"}
_HEIGHT = 340

Series = Sequence[Mapping[str, Any]]


def _ticks(unit: Unit) -> dict[str, str]:
    return {"function": _TICKS.get(unit, "tickCount")}


def _tip(function: str, **options: Any) -> dict[str, Any]:
    return {
        "content": {"function": function, "options": options},
        "cursor": {"stroke": "var(--tw-soft)"},
    }


def framed(chart: Component, describes: str) -> Component:
    """A chart with the sentence that a screen reader says instead of it."""
    return html.Div(chart, className="tw-chart", role="group", **aria(label=describes))


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
    last = data[-1]["rank"] if data else 1
    powers = [10**power for power in range(len(str(last)))]
    scale = {
        "scale": "log",
        "domain": [1, "dataMax"],
        "allowDataOverflow": True,
        "ticks": [*powers, last],
    }
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
            "tickFormatter": _ticks(Unit.RANK),
            "tickCount": 6,
            "tickMargin": 8,
            "minTickGap": 40,
            **(scale if logarithmic else linear),
        },
        yAxisProps={
            "tickFormatter": _ticks(unit),
            "width": 72,
            "tickMargin": 8,
            "domain": ["auto", "auto"],
        },
        tooltipProps=_tip(tip, **options),
        tooltipAnimationDuration=0,
        areaChartProps={
            "accessibilityLayer": True,
            "margin": {"top": 16, "right": 24, "bottom": 20, "left": 8},
        },
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
        series=[
            {"name": n, "label": label, "color": f"var({color})"} for n, label, color in series
        ],
        type="stacked" if stacked else "default",
        h=height,
        withLegend=len(series) > 1,
        legendProps={"verticalAlign": "top", "height": 36},
        gridAxis="x",
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


def waterfall(id: str, answer: Answer) -> Component:
    """The steps of an answer's drivers: totals stand, changes hang between them."""
    currency = answer.context.currency
    rows = [
        {
            "component": row["component"],
            "amount": row["amount"],
            # The first total is where the steps start from; a later one stands for itself.
            "standalone": row["is_total"] and position > 0,
            "color": "var(--tw-c1)" if row["is_total"] else "var(--tw-c2)",
        }
        for position, row in enumerate(answer.to_json()["drivers"])
    ]
    chart = dmc.BarChart(
        id=id,
        data=rows,
        dataKey="component",
        type="waterfall",
        series=[{"name": "amount", "label": "Amount", "color": "var(--tw-c1)"}],
        orientation="vertical",
        h=60 + 30 * len(rows),
        gridAxis="y",
        tickLine="none",
        maxBarWidth=18,
        xAxisLabel=f"Amount, {currency}",
        xAxisProps={"tickFormatter": _ticks(Unit.MONEY), "tickMargin": 8},
        yAxisProps={"width": 170, "interval": 0, "tickMargin": 8},
        tooltipProps={
            "content": {"function": "stepTip", "options": {"currency": currency}},
            "cursor": {"fill": "var(--tw-hover)"},
        },
        tooltipAnimationDuration=0,
        barChartProps={
            "accessibilityLayer": True,
            "margin": {"top": 8, "right": 24, "bottom": 20, "left": 8},
        },
    )
    return framed(chart, "Steps from revenue to profit.")


def heat_table(grid: Grid) -> Component:
    """A grid of counts, each cell tinted by its part of the largest in the row."""
    names = [column.name for column in grid.columns[1:]]
    head = [html.Th("", scope="col"), *(html.Th(c.label, scope="col") for c in grid.columns[1:])]
    body = [
        html.Tr(
            [
                html.Th(str(row[grid.columns[0].name]), scope="row"),
                *_heat_cells([row[n] for n in names]),
            ]
        )
        for row in grid.rows
    ]
    return html.Div(
        html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="tw-heat-table"),
        className="tw-scroll",
    )


def _heat_cells(counts: Sequence[int]) -> list[Component]:
    largest = max(*counts, 1)
    return [
        html.Td(
            f"{count:,}" if count else "",
            style={"--heat": f"{count / largest:.2f}"},
            className="tw-heat",
        )
        for count in counts
    ]
