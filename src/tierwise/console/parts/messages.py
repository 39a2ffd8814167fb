"""What a page says when it has no figures: what is missing, and how to add it."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.parts.words import in_console
from tierwise.console.view import View
from tierwise.errors import MissingDataError, TierwiseError

_HOW_TO_ADD = (
    "Sources are named in tierwise.toml in the project's folder. "
    "After a change, build again; the figures fill in by themselves."
)


def with_code(text: str) -> list[str | Component]:
    """Text whose parts in backticks, such as commands, are set as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick that nothing closes
        return [text]
    return [html.Code(part) if at % 2 else part for at, part in enumerate(parts) if part]


def message(title: str, *text: str, action: Component | None = None) -> Component:
    """A calm panel with a title, a few sentences and perhaps a button."""
    return html.Div(
        [
            html.H2(title, className="tw-panel-title"),
            *[html.P(with_code(one), className="tw-message-text") for one in text if one],
            *([action] if action is not None else []),
        ],
        className="tw-card tw-message",
        role="status",
    )


def explained(error: TierwiseError, *, bare: bool = False) -> Component:
    """A page, or `bare` a part of one, that could not be filled, in the words of the error."""
    if bare:
        return html.P(
            with_code(in_console(f"{error.message} {error.remedy}".strip())),
            className="tw-message-text",
        )
    title = (
        "Not in this data yet" if isinstance(error, MissingDataError) else "This cannot be answered"
    )
    return message(title, error.message, in_console(error.remedy))


def failed() -> Component:
    """A page that could not be filled for a reason nobody foresaw."""
    return message(
        "Something went wrong here",
        "This page could not be filled; the details are in the server's log.",
        "Other pages, another window or another slice may still answer.",
    )


def no_project() -> Component:
    """Nothing is served at all."""
    return message(
        "No project is served",
        "Run tierwise init in a folder with your tables, then tierwise serve in that folder.",
        "To look around first, run tierwise demo --serve.",
    )


def no_build(project: str, name: str) -> Component:
    """A project without a build, by its key and what it is called."""
    button = dmc.Button(
        "Build now", id={"type": "build-now", "project": project}, size="sm", className="tw-primary"
    )
    return message(
        "No build yet",
        f"The tables of {name} have not been read. A build reads them once, checks every row "
        "and keeps the result; every figure then says which build it stands on.",
        action=button,
    )


def no_page(view: View) -> Component:
    """An address that leads nowhere."""
    link = dcc.Link("Go to Today", href=view.href("/"), className="tw-action")
    return message("There is no such page", f"Nothing is at {view.path}.", action=link)
