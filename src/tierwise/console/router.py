"""From an address to a filled page, its navigation and its pickers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from tierwise.console.browser import connect_browser
from tierwise.console.guard import guarded, log
from tierwise.console.page import Content, House, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.asked import departures, ignored
from tierwise.console.parts.messages import explained, failed, no_build, no_page, no_project
from tierwise.console.parts.words import context_line
from tierwise.console.pickers import connect_pickers
from tierwise.console.shell import SECTIONS
from tierwise.console.view import View, read_view
from tierwise.errors import TierwiseError
from tierwise.workflows.build import builds_of

if TYPE_CHECKING:
    from tierwise.workflows.value import Desk


def connect(app: Dash, house: House, pages: Sequence[Page]) -> None:
    """Register the callbacks of the frame."""
    _connect_page(app, house, pages)
    _connect_navigation(app, house, pages)
    connect_pickers(app, house)
    connect_browser(app)


def _connect_page(app: Dash, house: House, pages: Sequence[Page]) -> None:
    by_path = {page.path: page for page in pages}

    @guarded(
        app,
        Output("page", "children"),
        Input("url", "pathname"),
        Input("url", "search"),
        instead=failed,
    )
    def show_page(path: str, search: str) -> Component:
        try:
            view = read_view(path, search)
        except TierwiseError as error:
            return explained(error)
        if not house.projects:
            return no_project()
        project = house.projects.get(house.key(view))
        if project is not None and not builds_of(project):
            return no_build(house.key(view), project.name)
        page = by_path.get(view.path)
        if page is None:
            return no_page(view)
        return _filled(page, house, view, pages)


def _filled(page: Page, house: House, view: View, pages: Sequence[Page]) -> Component:
    """Title, context line, tabs and body; what cannot be answered is said in place of the body."""
    view = house.pinned(view)
    try:
        desk = house.desk(view)
        content = page.fill(desk, view)
        said = _departures(page, content, view, desk)
    except TierwiseError as error:
        log.warning("%s: %s", view.path, error)
        return html.Div([*_head(page, view, pages), explained(error)])
    shown = content.title or page.tab or page.title
    name = f"{shown} · {house.projects[house.key(view)].name}"
    return html.Div([*_head(page, view, pages, content), *said, content.body], **_named(name))


def _named(name: str) -> dict[str, Any]:
    """What the browser's tab is called, for navigate.js."""
    return {"data-tab": name}


def _departures(page: Page, content: Content, view: View, desk: Desk) -> list[Component]:
    """Says which pickers the page does not follow."""
    told = [ignored(page.ignores)]
    if content.context is not None:
        told += departures(content.context, view, desk, page.ignores)
    said = " ".join(text for text in told if text)
    return [html.P(said, className="tw-departure", id="departures")] if said else []


def _head(
    page: Page, view: View, pages: Sequence[Page], content: Content | None = None
) -> list[Component]:
    title = page.section if page.tab else page.title
    head: list[Component] = [html.H1((content and content.title) or title, className="tw-title")]
    if content is not None:
        said = context_line(content.context) if content.context else ""
        head.append(html.P(said, className="tw-context", id="context"))
    tabs = [one for one in pages if one.tab and one.section == page.section] if page.tab else []
    return [*head, _tabs(tabs, page, view)] if tabs else head


def _tabs(tabs: Sequence[Page], active: Page, view: View) -> Component:
    return html.Nav(
        [
            dmc.Anchor(
                one.tab,
                href=view.href(one.path),
                unstyled=True,
                className="tw-tab tw-tab-active" if one is active else "tw-tab",
                **(aria(current="page") if one is active else {}),
            )
            for one in tabs
        ],
        className="tw-tabs",
        **aria(label=f"Parts of {active.section}"),
    )


def _connect_navigation(app: Dash, house: House, pages: Sequence[Page]) -> None:
    section_of = {page.path: page.section for page in pages}

    @guarded(
        app, Output("navigation", "children"), Input("url", "pathname"), Input("url", "search")
    )
    def show_navigation(path: str, search: str) -> list[Component]:
        view = house.pinned(read_view(path, search))
        active = section_of.get(view.path, "")
        return [
            dmc.NavLink(
                label=label,
                href=view.href(address),
                active="exact" if label == active else False,
                leftSection=html.Span(className=f"tw-icon tw-icon-{icon}"),
                className="tw-navlink",
                **(aria(current="page") if label == active else {}),
            )
            for label, address, icon in SECTIONS
        ]
