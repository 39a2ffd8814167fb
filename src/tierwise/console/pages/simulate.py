"""A scenario to edit, run and compare: policies beside each other before one is switched on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from tierwise.console.guard import guarded, in_browser
from tierwise.console.page import Content, House, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.drawn import drawn
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.messages import failed
from tierwise.console.parts.tables import table
from tierwise.console.view import View, read_view
from tierwise.results import Answer, Grid
from tierwise.workflows.scenarios import choices, chosen_text, reading
from tierwise.workflows.simulate import answer_again
from tierwise.workflows.value import Desk

RECORDED = "recorded"
"""Choice that makes a scenario of the project's own contacts."""

_LINES = 22


def fill(desk: Desk, view: View) -> Content:
    """Fill the page: the editor, and room for what a run gives."""
    known = [{"value": one.key, "label": one.label} for one in choices(desk.project)]
    own = [one for one in known if one["value"].startswith("project/")]
    data = [
        *([{"group": "This project", "items": own}] if own else []),
        {"group": "From its contacts", "items": [_MADE]} if _has_contacts(desk) else None,
        {"group": "Examples", "items": [one for one in known if one not in own]},
    ]
    first = str(view.get("scenario") or (known[0]["value"] if known else ""))
    body = stack(_editor([one for one in data if one], first), html.Div(id="simulate-result"))
    address = {"path": view.path, "search": view.search}
    stores = [dcc.Store(id="simulate-view", data=address), dcc.Store(id="simulate-answer")]
    return Content(None, html.Div([body, *stores]))


_MADE = {"value": RECORDED, "label": "The last 13 weeks, calibrated"}


def _has_contacts(desk: Desk) -> bool:
    return any(one["name"] == "contacts" for one in desk.build.manifest["tables"])


def _editor(data: list[Any], first: str) -> Component:
    picker = dmc.Select(
        id="simulate-choice", label="Scenario", data=data, value=first, allowDeselect=False,
        searchable=True, size="sm", w=320,
    )  # fmt: skip
    runs = dmc.TextInput(
        id="simulate-replications", label="Replications", value="10", size="sm", w=130,
        inputProps={"inputMode": "numeric"},
    )  # fmt: skip
    start = dmc.Button("Run", id="simulate-start", size="sm", className="tw-primary")
    text = dmc.Textarea(
        id="simulate-text", label="Text (TOML)", value="", autosize=True, minRows=_LINES,
        maxRows=_LINES, debounce=400, size="sm", className="tw-editor", spellCheck=False,
    )  # fmt: skip
    progress = html.Div(
        [
            html.Div(html.Div(id="simulate-bar"), className="tw-bar", **aria(hidden="true")),
            html.P("", id="simulate-progress", className="tw-progress", role="status"),
        ]
    )
    return panel(
        "Scenario",
        dmc.Group([picker, runs, start], align="flex-end", gap="md"),
        html.Div(text, className="tw-editor-room"),
        html.Div(id="simulate-reading", role="status", **aria(live="polite")),
        progress,
        hint="Who comes, who serves and which policies are compared, each on the same contacts."
        " Nothing is saved: copy the text into the project's scenarios folder to keep it.",
    )


def _said(text: str) -> Component:
    """What is wrong, line by line, or that the text reads well."""
    found = reading(text)
    if found.said:
        return html.P(found.said, className="tw-hint")
    return html.Ul(
        [
            html.Li([html.B(f"Line {line}: ") if line else "", words])
            for line, words in found.problems
        ],
        className="tw-notes tw-wrong",
    )


def show_result(document: Mapping[str, Any], view: View) -> Component:
    """Charts with intervals and tables of one run."""
    answer = answer_again(document)
    grids = {grid.name: grid for grid in answer.grids}
    base = answer.grids[0].rows[0]["policy"] if answer.grids[0].rows else ""
    return stack(
        figure_row(answer.figures, answer.context, view),
        html.Div(_pictures(answer, grids["classes"]), className="tw-halves"),
        table(grids["classes"], answer.context, view, id="simulate-classes"),
        table(
            grids["differences"], answer.context, view, id="simulate-differences",
            hint=f"Paired: both met the same contacts. Below 0 is less than {base}.",
        ),
        panel("Time of day", *_times(answer)) if grids["time_of_day"].rows else None,
        table(grids["groups"], answer.context, view, id="simulate-groups"),
        notes(answer.notes),
    )  # fmt: skip


def _pictures(answer: Answer, classes: Grid) -> list[Component]:
    """Waits, and who gave up where somebody did."""
    shown = [panel("Mean wait", *drawn(answer, "waits"), hint="Seconds, with 95% intervals.")]
    if any(row["share_abandoned"] for row in classes.rows):
        hint = "Share, with 95% intervals."
        shown.append(panel("Abandoned", *drawn(answer, "abandoned"), hint=hint))
    return shown


def _times(answer: Any) -> list[Component]:
    return [html.Div(drawn(answer, "times"), className="tw-halves")]


def connect(app: Dash, house: House) -> None:
    """Choose, read, run, show."""

    @guarded(
        app,
        Output("simulate-text", "value"),
        Input("simulate-choice", "value"),
        State("simulate-view", "data"),
    )
    def choose(key: str, address: Mapping[str, str]) -> Any:
        view = read_view(address["path"], address["search"])
        if not key:
            return no_update
        desk = house.desk(view)
        if key != RECORDED:
            return chosen_text(desk.project, key)
        from tierwise.workflows.calibrate import simulation_of

        return simulation_of(desk).calibrate().text

    @guarded(app, Output("simulate-reading", "children"), Input("simulate-text", "value"))
    def read(text: str) -> Any:
        return _said(text) if text else ""

    @guarded(
        app,
        Output("simulate-result", "children"),
        Input("simulate-answer", "data"),
        State("simulate-view", "data"),
        instead=failed,
    )
    def show(document: Mapping[str, Any] | None, address: Mapping[str, str]) -> Any:
        if not document:
            return ""
        return show_result(document, read_view(address["path"], address["search"]))

    in_browser(
        app,
        "startSimulation",
        Output("simulate-start", "loading"),
        Input("simulate-start", "n_clicks"),
        State("simulate-text", "value"),
        State("simulate-replications", "value"),
    )


PAGE = Page(
    "/simulate",
    "Simulate",
    fill,
    section="Simulate",
    connect=connect,
    ignores=("lens", "window", "slice"),
)
