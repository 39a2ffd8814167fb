"""What the pickers above every page offer, and what stands in them where nothing is picked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State

from tierwise.console.guard import guarded
from tierwise.console.page import House, Page
from tierwise.console.parts.asked import unknown
from tierwise.console.parts.words import LENS_NAMES, capital, day, short_id, window_name
from tierwise.console.shell import NEW_BUILD
from tierwise.console.view import View, read_view
from tierwise.workflows.build import builds_of

if TYPE_CHECKING:
    from tierwise.engine.builds import Build
    from tierwise.workflows.value import Desk

_HAPPENED = ("order_lines", "contacts")  # tables whose days say what can be looked back at

Options = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """Options and placeholders, in the order of `OUTPUTS`."""

    project: str
    builds: Options
    build: str = "No build yet"
    lens: str = "as the project says"
    window: str = "as the project says"
    dimensions: Options | None = None
    date: str | None = None  # the day that the form for another build starts from
    dates: str = "Such as 31 Dec 2024."


OUTPUTS = (
    Output({"type": "ask", "name": "project"}, "placeholder"),
    Output({"type": "ask", "name": "build"}, "data"),
    Output({"type": "ask", "name": "build"}, "placeholder"),
    Output({"type": "ask", "name": "lens"}, "placeholder"),
    Output({"type": "ask", "name": "window"}, "placeholder"),
    Output("dimension", "data"),
    Output("new-build-date", "value"),
    Output("new-build-date", "description"),
)


def connect_pickers(app: Dash, house: House) -> None:
    """Register what fills the pickers."""

    @guarded(app, *OUTPUTS, Input("url", "search"))
    def fill_pickers(search: str) -> tuple[Any, ...]:
        return astuple(offer(house, read_view("/", search)))

    @guarded(
        app,
        Output({"type": "ask", "name": "slice"}, "data"),
        Input("dimension", "value"),
        State("url", "search"),
    )
    def offer_values(dimension: str | None, search: str) -> Options:
        if not dimension:
            return []
        values = house.desk(read_view("/", search)).dimension_values(dimension)
        return [{"value": f"{dimension}={value}", "label": value} for value in values]


def offer(house: House, view: View) -> Offer:
    """What can be picked for the project of an address; what it says wrongly stands there."""
    wrong = unknown(view, list(house.projects))
    project = house.projects.get(house.key(view))
    if project is None:
        return Offer(wrong.get("project", "No project"), [], "–", "–", "–", [])
    builds = builds_of(project)
    listed = Offer(project.name, [*map(_option, builds), _ANOTHER], dimensions=[])
    return _with_desk(listed, house, view, builds, wrong) if builds else listed


_ANOTHER = {"value": NEW_BUILD, "label": "Build as of another date…"}


def _option(build: Build) -> dict[str, str]:
    return {"value": build.id, "label": f"{day(build.as_of)} · {short_id(build.id)}"}


def _with_desk(
    listed: Offer, house: House, view: View, builds: Sequence[Build], wrong: dict[str, str]
) -> Offer:
    desk = house.desk(view)
    lens = desk.settings.lens or desk.build.manifest["lens"]
    return replace(
        listed,
        build=_without_a_build(house, view, builds),
        lens=wrong.get("lens") or capital(LENS_NAMES[lens]),
        window=wrong.get("window") or capital(window_name(desk.build.manifest["window"])),
        dimensions=[{"value": d.name, "label": d.label} for d in desk.dimensions()],
        date=desk.build.as_of.isoformat(),
        dates=_dates(desk),
    )


def _without_a_build(house: House, view: View, builds: Sequence[Build]) -> str:
    """What the picker says where the address names no build."""
    shown = house.desk(replace(view, query={"project": view.project})).build
    why = "newest" if shown.id == builds[0].id else "the project's date"
    return f"{day(shown.as_of)} ({why})"


def _dates(desk: Desk) -> str:
    """How to write a day, and which days the data know."""
    read = [t for t in desk.build.manifest["tables"] if t["name"] in _HAPPENED and t["first_on"]]
    if not read:
        return Offer("", []).dates
    first, last = (
        date.fromisoformat(end(str(t[key])[:10] for t in read))
        for end, key in ((min, "first_on"), (max, "last_on"))
    )
    return f"Such as {day(last)}. The data of this build run from {day(first)} to {day(last)}."


def ignored_by_path(pages: Iterable[Page]) -> str:
    """Pickers without a meaning, by the address of the page, as navigate.js reads it."""
    return json.dumps({page.path: page.ignores for page in pages if page.ignores})
