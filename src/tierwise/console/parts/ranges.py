"""Means with their intervals, a small picture a measure, so that groups are compared at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from tierwise.console.parts.aria import aria
from tierwise.results import Grid
from tierwise.results.answer import Row
from tierwise.units import Unit, format_value


def range_panels(grid: Grid, units: Mapping[str, Unit]) -> Component:
    """One picture a measure; rows have `group`, `measure`, `mean`, `low`, `high`, `contacts`.

    `units` holds the unit of each measure.
    """
    measures = dict.fromkeys(str(row["measure"]) for row in grid.rows)
    return html.Div(
        [
            _panel(name, [row for row in grid.rows if row["measure"] == name], units[name])
            for name in measures
        ],
        className="tw-multiples",
    )


def _panel(name: str, rows: Sequence[Row], unit: Unit) -> Component:
    low, room = _room(rows)
    body = [html.Tr(_cells(row, low, room, unit)) for row in rows]
    return html.Div(
        [
            html.H3(name, className="tw-multiple-title"),
            html.Table(
                [html.Thead(_head(), className="tw-unseen"), html.Tbody(body)],
                className="tw-ranges",
                **aria(label=f"{name} by tier"),
            ),
        ]
    )


def _head() -> Component:
    return html.Tr([html.Th(text, scope="col") for text in ("Tier", "Interval", "Mean")])


def _room(rows: Sequence[Row]) -> tuple[float, float]:
    """The least end and how far apart the ends are, for places on the line."""
    ends = [row[n] for row in rows for n in ("low", "mean", "high") if row[n] is not None]
    return min(ends), (max(ends) - min(ends)) or 1.0


def _cells(row: Row, low: float, room: float, unit: Unit) -> list[Component]:
    def place(value: float) -> str:
        return f"{100 * (value - low) / room:.2f}%"

    line = [html.Div(className="tw-range-dot", style={"left": place(row["mean"])})]
    if row["low"] is not None and row["high"] is not None:
        ends = {
            "left": place(row["low"]),
            "width": f"{100 * (row['high'] - row['low']) / room:.2f}%",
        }
        line.insert(0, html.Div(className="tw-range-bar", style=ends))
    return [
        html.Th(str(row["group"]), scope="row"),
        html.Td(html.Div(line, className="tw-range-room"), title=_said(row, unit)),
        html.Td(format_value(row["mean"], unit)),
    ]


def _said(row: Row, unit: Unit) -> str:
    """`49 s, between 48 s and 51 s, of 7,700 contacts`."""
    mean, low, high = (format_value(row[n], unit) for n in ("mean", "low", "high"))
    return f"{mean}, between {low} and {high}, of {row['contacts']:,.0f} contacts"
