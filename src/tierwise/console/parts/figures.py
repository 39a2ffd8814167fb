"""Figure cards: one number with its unit, and its interval or a note."""

from __future__ import annotations

from collections.abc import Iterable

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.parts.words import (
    LENS_NAMES,
    capital,
    in_console,
    interval,
    shown,
    suffix,
)
from tierwise.console.view import View
from tierwise.results import Context, Figure
from tierwise.units import Unit, format_value


def figure_card(figure: Figure, context: Context, view: View) -> Component:
    """A card that opens the rows behind its number."""
    body = [
        html.Div(capital(figure.label), className="tw-figure-label"),
        html.Div(
            [
                html.Span(shown(figure)),
                html.Span(suffix(figure, context.currency), className="tw-unit"),
            ],
            className="tw-figure-value tw-figure-text"
            if figure.unit is Unit.TEXT
            else "tw-figure-value",
            title=format_value(figure.value, figure.unit, context.currency),
        ),
        *_foot(figure, context),
    ]
    href = view.opens(figure.opens)
    if not href:
        return html.Div(body, className="tw-card tw-figure")
    return dcc.Link(body, href=href, className="tw-card tw-figure tw-opens")


def _foot(figure: Figure, context: Context) -> list[Component]:
    """The interval or the note; what the whole page stands on is said once, above it."""
    of = LENS_NAMES.get(context.lens, "") if figure.name in _OF_THE_LENS else ""
    said = interval(figure) or figure.note or (f"of {of}" if of else "")
    return [html.Div(html.Span(said), className="tw-figure-foot")] if said else []


_OF_THE_LENS = ("largest_share", "top_fifth_share")
_ACROSS = {7: 4, 8: 4, 9: 5, 10: 5}


def figure_row(
    figures: Iterable[Figure], context: Context, view: View, *, across: int = 0
) -> Component:
    """Cards in rows of equal length, `across` where that fills them, or else at most six."""
    cards = [figure_card(f, context, view) for f in figures]
    if not across or len(cards) % across:
        across = _ACROSS.get(len(cards), min(max(len(cards), 4), 6))
    return html.Div(cards, className="tw-figures", style={"--across": across})


def panel(
    title: str, *children: Component, hint: str = "", aside: Component | None = None
) -> Component:
    """A titled surface; `hint` says in one sentence how to read what is in it."""
    head: list[Component] = [html.H2(title, className="tw-panel-title")]
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


def notes(texts: Iterable[str]) -> Component:
    """What a reader must know to read the figures right."""
    return html.Ul([html.Li(in_console(text)) for text in texts], className="tw-notes")


def stack(*parts: Component | None) -> Component:
    """Parts below each other with the same distance."""
    return html.Div([part for part in parts if part is not None], className="tw-stack")
