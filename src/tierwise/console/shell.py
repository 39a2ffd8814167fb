"""The frame around every page: navigation, the question bar, notifications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.guard import NOTICES
from tierwise.console.parts.aria import aria
from tierwise.console.parts.words import LENS_NAMES, capital
from tierwise.console.theme import THEME
from tierwise.settings import Lens

SECTIONS = (
    ("Today", "/", "today"),
    ("Value", "/value", "value"),
    ("Tiers", "/tiers", "tiers"),
    ("Customers", "/members", "people"),
    ("Simulate", "/simulate", "simulate"),
    ("Live", "/live", "live"),
    ("Agent", "/agent", "agent"),
    ("Data quality", "/problems", "data"),
)
"""Navigation: label, address, icon. A section is listed once it exists."""

_WINDOWS = (("12m", "Last 12 months"), ("24m", "Last 24 months"), ("all", "All history"))
_LOADED: Any = {"page": "children"}  # what the skeleton stands in for

NEW_BUILD = "new"
"""Value in the list of builds that opens the form for another date."""


def shell(projects: Iterable[tuple[str, str]], ignored: str = "{}") -> Component:
    """The whole layout; `projects` holds key and name of each project.

    `ignored` names the pickers without a meaning by page, as JSON for navigate.js.
    """
    known = list(projects)
    found: Component = dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dmc.NotificationContainer(id=NOTICES, position="bottom-right"),
            html.A("Skip to the content", href="#content", className="tw-skip"),
            dmc.AppShell(
                [
                    dmc.AppShellHeader(_header(known)),
                    dmc.AppShellNavbar(_navigation()),
                    dmc.AppShellMain(_main(known[0][0] if known else "", ignored)),
                ],
                header={"height": 56},
                navbar={"width": 184, "breakpoint": 0},
                padding=0,
            ),
            _new_build(),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )
    return found


def _header(projects: list[tuple[str, str]]) -> Component:
    brand = html.Div("tierwise", className="tw-brand")
    found: Component = dmc.Group(
        [
            dmc.Group([brand, _projects(projects)], gap="lg", wrap="nowrap"),
            dmc.Group([_search(), _scheme()], gap="sm", wrap="nowrap"),
        ],
        justify="space-between",
        h="100%",
        px="lg",
        wrap="nowrap",
    )
    return found


def _projects(projects: list[tuple[str, str]]) -> Component:
    found: Component = dmc.Select(
        id={"type": "ask", "name": "project"},
        data=[{"value": key, "label": name} for key, name in projects],
        placeholder=projects[0][1] if projects else "No project",
        allowDeselect=False,
        size="sm",
        w=220,
        className="tw-picker",
        **aria(label="Project"),
    )
    return found


def _search() -> Component:
    field = dmc.Autocomplete(
        id="search-text",
        placeholder="Find a customer by id or name",
        data=[],
        limit=8,
        size="sm",
        w=300,
        leftSection=html.Span(className="tw-icon tw-icon-search"),
        **aria(label="Find a customer by id or name"),
    )
    return html.Div(field, role="search")


def _scheme() -> Component:
    found: Component = dmc.ColorSchemeToggle(
        lightIcon=html.Span(className="tw-icon tw-icon-sun"),
        darkIcon=html.Span(className="tw-icon tw-icon-moon"),
        variant="subtle",
        color="gray",
        size="lg",
        **aria(label="Switch between light and dark"),
    )
    return found


def _navigation() -> Component:
    return html.Nav(html.Div(id="navigation", className="tw-nav"), **aria(label="Pages"))


def _main(first_project: str, ignored: str) -> Component:
    return html.Div(
        [
            _question_bar(),
            dcc.Loading(
                html.Div(id="page", className="tw-page"),
                custom_spinner=_loading(),
                delay_show=250,
                show_initially=True,
                overlay_style={"visibility": "visible", "opacity": 0.45},
                target_components=_LOADED,
            ),
        ],
        id="content",
        tabIndex=-1,
        **_for_scripts(first_project, ignored),
    )


def _for_scripts(project: str, ignored: str) -> dict[str, Any]:
    """The project that an address without one means, and pickers that pages do not follow."""
    return {"data-first-project": project, "data-ignored": ignored}


def _loading() -> Component:
    """The shape of a page where there is none yet, and a bar above one that is replaced."""
    bar = html.Div(className="tw-working-bar tw-loading-bar")
    return html.Div([bar, _skeleton()], className="tw-loading", **aria(hidden="true"))


def _skeleton() -> Component:
    cards = html.Div([dmc.Skeleton(h=92, radius="md") for _ in range(4)], className="tw-figures")
    return html.Div(
        [dmc.Skeleton(h=28, w=220), cards, dmc.Skeleton(h=360, radius="md")],
        className="tw-stack tw-skeleton",
    )


def _question_bar() -> Component:
    """The pickers that say what is asked, of whom, and as of when."""
    return html.Div(
        [
            _pick("build", "As of", [], 190, clearable=True),
            _pick(
                "lens",
                "Ranked by",
                [(str(one), capital(LENS_NAMES[one])) for one in Lens],
                200,
                clearable=True,
            ),
            _pick("window", "Over", _WINDOWS, 160, clearable=True),
            dmc.Select(
                id="dimension",
                label="Only where",
                placeholder="any dimension",
                data=[],
                searchable=True,
                clearable=True,
                clearButtonProps={"aria-label": "Clear dimension"},
                size="xs",
                w=160,
                className="tw-picker",
            ),
            _pick("slice", "is", [], 170, clearable=True, placeholder="any value"),
            dmc.Button(
                "Clear slice", id="clear-slice", variant="subtle", size="xs", display="none"
            ),
        ],
        className="tw-question",
        role="group",
        **aria(label="Question"),
    )


def _pick(
    name: str,
    label: str,
    data: Iterable[tuple[str, str]],
    width: int,
    *,
    clearable: bool = False,
    placeholder: str = "",
) -> Component:
    found: Component = dmc.Select(
        id={"type": "ask", "name": name},
        label=label,
        data=[{"value": value, "label": text} for value, text in data],
        placeholder=placeholder,
        searchable=True,
        clearable=clearable,
        clearButtonProps={"aria-label": f"Clear {name}"},
        size="xs",
        w=width,
        className="tw-picker",
    )
    return found


def _new_build() -> Component:
    """The form that builds as of another date; building.js drives it."""
    found: Component = dmc.Modal(
        [
            html.P(
                "Nothing dated later is read, so a build as of a past day can be compared "
                "with what happened since.",
                className="tw-hint",
            ),
            dmc.DateInput(
                id="new-build-date",
                label="As of",
                valueFormat="D MMM YYYY",
                size="sm",
                fixOnBlur=False,  # a day that cannot be read stays there to be mended
                disabledDates={"function": "afterToday"},
            ),
            html.Div(
                id="new-build-progress",
                className="tw-progress",
                role="status",
                **aria(live="polite"),
            ),
            dmc.Group(
                dmc.Button("Build", id="new-build-start", size="sm", className="tw-primary"),
                justify="flex-end",
                mt="md",
            ),
        ],
        id="new-build",
        title="Build as of another date",
        opened=False,
        centered=True,
    )
    return found
