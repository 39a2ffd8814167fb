"""Figure cards: one number with its unit, its interval, its count and its date."""

from __future__ import annotations

from collections.abc import Iterable

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.parts.words import day, interval, shown, suffix
from tierwise.console.view import View
from tierwise.results import Context, Figure
from tierwise.units import format_value


def figure_card(figure: Figure, context: Context, view: View) -> Component:
    """A card that opens the rows behind its number."""
    body = [
        html.Div(figure.label, className="tw-figure-label"),
        html.Div(
            [html.Span(shown(figure)), html.Span(suffix(figure, context.currency), className="tw-unit")],
            className="tw-figure-value",
            title=format_value(figure.value, figure.unit, context.currency),
        ),
        html.Div(_foot(figure, context), className="tw-figure-foot"),
    ]
    href = view.opens(figure.opens)
    if not href:
        return html.Div(body, className="tw-card tw-figure")
    return dcc.Link(body, href=href, className="tw-card tw-figure tw-opens")


def _foot(figure: Figure, context: Context) -> str:
    spread = interval(figure, context.currency)
    return spread or figure.note or f"{context.customers:,} customers · {day(context.as_of)}"


def figure_row(figures: Iterable[Figure], context: Context, view: View) -> Component:
    """Cards side by side, as many in a row as have room."""
    return html.Div([figure_card(f, context, view) for f in figures], className="tw-figures")


def panel(title: str, *children: Component, hint: str = "", aside: Component | None = None) -> Component:
    """A titled surface; `hint` says in one sentence how to read what is in it."""
    head = [html.H2(title, className="tw-panel-title")]
    if hint:
        head.append(html.P(hint, className="tw-hint"))
    return html.Section(
        [
            dmc.Group(
                [html.Div(head), *([aside] if aside is not None else [])],
                justify="space-between",
                align="flex-start",
                wrap="nowrap",
                className="tw-panel-head",
            ),
            *children,
        ],
        className="tw-card tw-panel",
    )
