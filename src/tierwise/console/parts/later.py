"""Parts that take a while: the page stands at once, and the part follows.

A reader sees what is being worked out and can go on to another page meanwhile; the
server keeps the answer, so that asking again is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from tierwise.console.guard import guarded, log
from tierwise.console.page import Content, House
from tierwise.console.parts.aria import aria
from tierwise.console.parts.messages import explained, failed
from tierwise.console.parts.words import context_line
from tierwise.console.view import View, read_view
from tierwise.errors import TierwiseError
from tierwise.results import Context
from tierwise.workflows.value import Desk

_CARD = 92

Fill = Callable[[Desk, View], Content]


def later(name: str, view: View, says: str, *, height: int = 480) -> Component:
    """Stands where the part called `name` will be, and says what is being worked out."""
    working = html.Div(
        [
            html.P(says, className="tw-working-text", role="status"),
            html.Div(className="tw-working-bar", **aria(hidden="true")),
            html.Div(_skeleton(height), className="tw-stack", **aria(hidden="true")),
        ],
        className="tw-working",
    )
    asked = {"path": view.path, "search": view.search}
    return html.Div(
        [dcc.Store(id=f"{name}-asked", data=asked), html.Div(working, id=f"{name}-later")]
    )


def _skeleton(height: int) -> list[Component]:
    """A row of cards, and the rest of the part below it."""
    cards = [dmc.Skeleton(h=_CARD, radius="md") for _ in range(4)]
    rest = [dmc.Skeleton(h=height - _CARD, radius="md")] if height > _CARD else []
    return [html.Div(cards, className="tw-figures"), *rest]


def fill_later(app: Dash, house: House, name: str, fill: Fill) -> None:
    """Fill the part called `name` once it is on a page."""
    _connect(app, house, name, fill, (Output(f"{name}-later", "children"),))


def fill_page_later(app: Dash, house: House, name: str, fill: Fill) -> None:
    """Fill the part that a page consists of, and say above it what its figures stand on."""
    outputs = Output(f"{name}-later", "children"), Output("context", "children")
    _connect(app, house, name, fill, outputs)


def _connect(app: Dash, house: House, name: str, fill: Fill, outputs: tuple[Output, ...]) -> None:
    def told(body: Component, context: Context | None = None) -> list[Any]:
        return [body, context_line(context) if context else ""][: len(outputs)]

    @guarded(app, list(outputs), Input(f"{name}-asked", "data"), instead=lambda: told(failed()))
    def fill_part(asked: Mapping[str, str]) -> list[Any]:
        try:
            view = read_view(asked["path"], asked["search"])
            content = fill(house.desk(view), view)
        except TierwiseError as error:
            log.warning("%s: %s", name, error)
            return told(explained(error))
        return told(content.body, content.context)
