"""What customers will be worth, how the models fit, and whether they beat past spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import dash_mantine_components as dmc
from dash import Dash, html
from dash.development.base_component import Component

from tierwise.console.page import Content, House, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.fits import fill_fit
from tierwise.console.parts.later import Fill, fill_page_later, later
from tierwise.console.parts.tournaments import fill_tournament
from tierwise.console.parts.words import day
from tierwise.console.parts.worth import fill_worth
from tierwise.console.view import View
from tierwise.workflows.value import Desk


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three things to look at."""

    label: str
    fill: Fill
    working: str  # what is said while it is worked out


_KEPT = "The answer is kept: next time it is there at once."

PARTS: Mapping[str, Part] = {
    "worth": Part(
        "What they will be worth",
        fill_worth,
        f"Fitting the models and scoring every customer; some seconds. {_KEPT}",
    ),
    "fit": Part(
        "How the models fit",
        fill_fit,
        f"Fitting every model beside each other; some seconds. {_KEPT}",
    ),
    "tournament": Part(
        "Models against past spend",
        fill_tournament,
        "Holding periods out and fitting every model on what was known before each;"
        f" 5 to 30 seconds. {_KEPT}",
    ),
}


def fill(desk: Desk, view: View) -> Content:
    """Fill the frame of the page; the part in it follows."""
    view.question()  # refuses what cannot be asked before anything is worked out
    name = _asked(view)
    says = f"As of {day(desk.build.as_of)}. {PARTS[name].working}"
    return Content(None, html.Div([_parts(name, view), later(f"lifetime-{name}", view, says)]))


def _asked(view: View) -> str:
    name = view.get("part")
    return name if name in PARTS else next(iter(PARTS))


def _parts(active: str, view: View) -> Component:
    first = next(iter(PARTS))
    return html.Nav(
        [
            dmc.Anchor(
                part.label,
                href=view.href(view.path, part="" if name == first else name),
                unstyled=True,
                className="tw-part tw-part-active" if name == active else "tw-part",
                **(aria(current="page") if name == active else {}),
            )
            for name, part in PARTS.items()
        ],
        className="tw-parts",
        **aria(label="Parts of Lifetime"),
    )


def connect(app: Dash, house: House) -> None:
    """Fill each part once it is on the page."""
    for name, part in PARTS.items():
        fill_page_later(app, house, f"lifetime-{name}", part.fill)


PAGE = Page("/value/lifetime", "Lifetime", fill, section="Value", tab="Lifetime", connect=connect)
