"""A page of several parts, each with an address of its own and filled once it is on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import Dash, html
from dash.development.base_component import Component

from tierwise.console.page import House
from tierwise.console.parts.aria import aria
from tierwise.console.parts.later import Fill, fill_page_later, later
from tierwise.console.parts.words import day
from tierwise.console.view import View
from tierwise.workflows.value import Desk

KEPT = "The answer is kept: next time it is there at once."


@dataclass(frozen=True, slots=True)
class Chapter:
    """One thing to look at on a page."""

    label: str
    fill: Fill
    working: str  # what is said while it is worked out


@dataclass(frozen=True, slots=True)
class Chapters:
    """What there is to look at on a page, by the name in its address."""

    name: str  # of the page, for ids and for screen readers
    by_name: Mapping[str, Chapter]

    def component(self, desk: Desk, view: View) -> Component:
        """The part asked for, after links to all of them where there are several."""
        name = self._asked(view)
        says = f"As of {day(desk.build.as_of)}. {self.by_name[name].working}"
        links = [self._links(name, view)] if len(self.by_name) > 1 else []
        return html.Div([*links, later(f"{self.name.lower()}-{name}", view, says)])

    def connect(self, app: Dash, house: House) -> None:
        """Fill each part once it is on the page."""
        for name, chapter in self.by_name.items():
            fill_page_later(app, house, f"{self.name.lower()}-{name}", chapter.fill)

    def _asked(self, view: View) -> str:
        name = view.get("part")
        return name if name in self.by_name else next(iter(self.by_name))

    def _links(self, active: str, view: View) -> Component:
        first = next(iter(self.by_name))
        return html.Nav(
            [
                dmc.Anchor(
                    chapter.label,
                    href=view.href(view.path, part="" if name == first else name),
                    unstyled=True,
                    className="tw-part tw-part-active" if name == active else "tw-part",
                    **(aria(current="page") if name == active else {}),
                )
                for name, chapter in self.by_name.items()
            ],
            className="tw-parts",
            **aria(label=f"Parts of {self.name}"),
        )
