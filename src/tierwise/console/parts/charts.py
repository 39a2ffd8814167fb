"""Charts drawn from the series an answer carries; ticks and tooltips live in charts.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.parts.aria import aria
from tierwise.console.parts.scales import reach, ticks_around, ticks_within
from tierwise.console.view import View
from tierwise.results import Column, Grid
from tierwise.results.answer import Row
from tierwise.units import Unit

_TICKS = {Unit.MONEY: "tickMoney", Unit.SHARE: "tickShare", Unit.RANK: "tickRank"}
_HEIGHT = 340
_SQUARE = 480  # about as high as half a page is wide
POINT_COLORS = ("--tw-c1", "--tw-c2", "--tw-c3", "--tw-c4", "--tw-c5")

Series = Sequence[Mapping[str, Any]]


def _ticks(unit: Unit) -> dict[str, str]:
    return {"function": _TICKS.get(unit, "tickCount")}


def axis_of(unit: Unit, ends: tuple[float, float]) -> dict[str, Any]:
    """Round ticks for an axis of amounts; nothing is counted in parts."""
    ticks = ticks_around(*ends, least=1.0 if unit in (Unit.COUNT, Unit.RANK) else 0.0)
    return {
        "tickFormatter": _ticks(unit),
        "ticks": ticks,
        "domain": [min(ticks[0], ends[0]), max(ticks[-1], ends[1])],
        "interval": 0,
    }


def _amount_axis(unit: Unit, ends: tuple[float, float]) -> dict[str, Any]:
    """An upright axis of amounts."""
    return {"width": 72, "tickMargin": 8, **axis_of(unit, ends)}


def _rank_axis(last: int, *, logarithmic: bool) -> dict[str, Any]:
    """An axis of customers, the best first."""
    powers = [10**power for power in range(len(str(last)))]
    scale = {
        "scale": "log",
        "domain": [1, "dataMax"],
        "allowDataOverflow": True,
        "ticks": [*powers, last],
    }
    linear = {"domain": [0, last], "ticks": ticks_within(last)}
    return {
        "type": "number",
        "tickFormatter": _ticks(Unit.RANK),
        "tickMargin": 8,
        "minTickGap": 40,
        **(scale if logarithmic else linear),
    }


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
        xAxisProps=_rank_axis(last, logarithmic=logarithmic),
        yAxisProps=_amount_axis(unit, reach(data, [name], stacked=False)),
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
        yAxisProps=_amount_axis(unit, reach(data, [n for n, _, _ in series], stacked=stacked)),
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


def calibration(
    id: str,
    groups: Mapping[str, Series],
    *,
    x: str,
    y: str,
    axes: tuple[str, str],
    describes: str,
    counted: tuple[str, str] = ("customers", "Customers"),
    came: str = "Bought",
) -> Component:
    """Shares promised against shares that came, one colour a group; on the diagonal they agree.

    `counted` names the field that says how many a point stands for, and its label.
    """
    tip = {"x": x, "y": y, "count": counted[0], "counted": counted[1], "came": came}
    share = {
        "domain": [0, 1],
        "ticks": [0, 0.2, 0.4, 0.6, 0.8, 1],
        "tickFormatter": _ticks(Unit.SHARE),
    }
    chart = dmc.ScatterChart(
        id=id,
        data=[
            {"name": name, "color": f"var({color})", "data": list(points)}
            for (name, points), color in zip(groups.items(), POINT_COLORS, strict=False)
        ],
        dataKey={"x": x, "y": y},
        h=_SQUARE,
        gridAxis="xy",
        tickLine="none",
        withLegend=len(groups) > 1,
        legendProps={"verticalAlign": "top", "height": 36},
        xAxisLabel=axes[0],
        yAxisLabel=axes[1],
        xAxisProps=share,
        yAxisProps={**share, "width": 72},
        referenceLines=[
            {
                "segment": [{"x": 0, "y": 0}, {"x": 1, "y": 1}],
                "color": "var(--tw-soft)",
                "strokeDasharray": "5 4",
            }
        ],
        tooltipProps={"content": {"function": "calibrationTip", "options": tip}},
        tooltipAnimationDuration=0,
        scatterChartProps={
            "accessibilityLayer": False,
            "margin": {"top": 8, "right": 24, "bottom": 24, "left": 8},
        },
    )
    # Recharts makes an unnamed image of every point, so the whole is named instead.
    hidden = html.Div(chart, **aria(hidden="true"))
    return html.Div(hidden, className="tw-chart", role="img", **aria(label=describes))


def heat_table(grid: Grid, view: View) -> Component:
    """A grid of counts, each cell tinted by its part of the largest in the row.

    A number whose column says what it opens leads to its rows.
    """
    head = [html.Th("", scope="col"), *(html.Th(c.label, scope="col") for c in grid.columns[1:])]
    body = [
        html.Tr(
            [
                html.Th(str(row[grid.columns[0].name]), scope="row"),
                *_heat_cells(row, grid.columns[1:], view),
            ]
        )
        for row in grid.rows
    ]
    return html.Div(
        html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="tw-heat-table"),
        className="tw-scroll",
    )


def _heat_cells(row: Row, columns: Sequence[Column], view: View) -> list[Component]:
    largest = max(*(row[column.name] for column in columns), 1)
    return [
        html.Td(
            _counted(row, column, view),
            style={"--heat": f"{row[column.name] / largest:.2f}"},
            className="tw-heat",
        )
        for column in columns
    ]


def _counted(row: Row, column: Column, view: View) -> Component | str:
    count, opens = row[column.name], str(row.get(column.opens) or "")
    text = f"{count:,}" if count else ""
    return dcc.Link(text, href=view.opens(opens), className="tw-link") if text and opens else text
