"""Satisfaction and profit on one map: four fields, and whom to call first as points."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.parts.aria import aria
from tierwise.console.parts.charts import POINT_COLORS, axis_of
from tierwise.console.parts.scales import reach
from tierwise.console.view import View
from tierwise.results import Answer, Context
from tierwise.results.answer import Row
from tierwise.units import Unit

_FIELDS = (  # as on a map: profit upwards, satisfaction to the right
    ("unhappy, profitable: call first", "tw-field-first"),
    ("happy, profitable: keep", "tw-field-keep"),
    ("unhappy, not profitable: mend the cause", "tw-field-mend"),
    ("happy, not profitable: make it pay", "tw-field-pay"),
)


def quadrant_map(answer: Answer, view: View) -> Component:
    """Four fields with customers and profit by tier; each number opens its customers."""
    rows = answer.grid("quadrants").rows
    fields = [
        _field(name, kind, [row for row in rows if row["quadrant"] == name], answer.context, view)
        for name, kind in _FIELDS
    ]
    return html.Div(
        [
            html.Div("Profitable ↑", className="tw-map-side", **aria(hidden="true")),
            html.Div(fields, className="tw-map-fields"),
            html.Div("Satisfied →", className="tw-map-foot", **aria(hidden="true")),
        ],
        className="tw-map",
    )


def _field(name: str, kind: str, rows: Sequence[Row], context: Context, view: View) -> Component:
    where, _, todo = name.partition(": ")
    lines = [
        html.Tr(
            [
                html.Th(str(row["tier"]), scope="row"),
                html.Td(
                    dcc.Link(
                        f"{row['customers']:,}",
                        href=view.opens(str(row["opens"])),
                        className="tw-link",
                    )
                ),
                html.Td(f"{row['profit']:,.0f}"),
            ]
        )
        for row in rows
    ]
    head = [html.Th(text, scope="col") for text in ("Tier", "Customers", context.currency)]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(lines)], className="tw-map-table")
    nobody = html.P("Nobody stands here.", className="tw-hint")
    return html.Div(
        [
            html.H3(todo.capitalize(), className="tw-multiple-title"),
            html.P(where.capitalize(), className="tw-hint"),
            table if rows else nobody,
        ],
        className=f"tw-field {kind}",
    )


def call_map(answer: Answer) -> Component:
    """Customers to call first: satisfaction to the right, profit upwards, a colour a tier."""
    calls: Sequence[Mapping[str, Any]] = answer.to_json()["calls"]
    tiers = dict.fromkeys(str(row["tier"]) for row in answer.grid("quadrants").rows)  # best first
    called = [tier for tier in tiers if any(row["tier"] == tier for row in calls)]
    x, y = "happy", "profit"
    share = {"domain": [0, 1], "ticks": [0, 0.2, 0.4, 0.6, 0.8, 1]}
    chart = dmc.ScatterChart(
        id="satisfaction-calls",
        data=[
            {
                "name": f"Tier {tier}",
                "color": f"var({color})",
                "data": [row for row in calls if row["tier"] == tier],
            }
            for tier, color in zip(called, itertools.cycle(POINT_COLORS), strict=False)
        ],
        dataKey={"x": x, "y": y},
        h=420,
        gridAxis="xy",
        tickLine="none",
        withLegend=True,
        legendProps={"verticalAlign": "top", "height": 36},
        xAxisLabel="Satisfaction",
        yAxisLabel=f"Profit, {answer.context.currency}",
        xAxisProps={**share, "tickFormatter": {"function": "tickShare"}},
        yAxisProps={"width": 72, **axis_of(Unit.MONEY, reach(calls, [y], stacked=False))},
        tooltipProps={"content": {"function": "customerTip", "options": _tip(answer, x, y)}},
        tooltipAnimationDuration=0,
        scatterChartProps={
            "accessibilityLayer": False,
            "margin": {"top": 8, "right": 24, "bottom": 24, "left": 8},
        },
    )
    # Recharts makes an unnamed image of every point, so the whole is named instead.
    hidden = html.Div(chart, **aria(hidden="true"))
    said = "Unhappy and profitable customers by satisfaction and profit; the table lists them."
    return html.Div(hidden, className="tw-chart", role="img", **aria(label=said))


def _tip(answer: Answer, x: str, y: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "labels": ["Satisfaction", "Profit"],
        "units": [Unit.SHARE, Unit.MONEY],
        "currency": answer.context.currency,
    }
