"""What the browser does alone: controls to the address and back, grid tools, the build form."""

from __future__ import annotations

from dataclasses import dataclass

from dash import Dash, Input, Output, State
from dash.dependencies import ALL, MATCH, DashDependency

from tierwise.console.guard import in_browser


@dataclass(frozen=True, slots=True)
class Connection:
    """A function of assets/*.js between controls; no request is made for it."""

    function: str
    outputs: tuple[DashDependency, ...]
    inputs: tuple[DashDependency, ...]
    at_start: bool = False  # also when the page opens


def _asks(name: str) -> dict[str, str]:
    return {"type": "ask", "name": name}


def _of_grid(kind: str) -> dict[str, object]:
    return {"type": kind, "name": MATCH}


CONNECTIONS = (
    Connection("ask", (Output("url", "search"),), (Input({"type": "ask", "name": ALL}, "value"),)),
    Connection(
        "readAddress",
        tuple(
            Output(_asks(name), "value") for name in ("project", "build", "lens", "window", "slice")
        ),
        (Input("url", "search"),),
        at_start=True,
    ),
    Connection(
        "pickDimension",
        (Output("dimension", "value"), Output("clear-slice", "display")),
        (Input("url", "search"),),
        at_start=True,
    ),
    Connection(
        "ablePickers",
        (
            Output(_asks("lens"), "disabled"),
            Output(_asks("window"), "disabled"),
            Output("dimension", "disabled"),
            Output(_asks("slice"), "disabled"),
            Output(_asks("slice"), "placeholder"),
        ),
        (Input("url", "pathname"), Input("dimension", "value")),
        at_start=True,
    ),
    Connection(
        "clearSlice",
        (
            Output(_asks("slice"), "value", allow_duplicate=True),
            Output("dimension", "value", allow_duplicate=True),
        ),
        (Input("clear-slice", "n_clicks"),),
    ),
    Connection("openForm", (Output("new-build", "opened"),), (Input(_asks("build"), "value"),)),
    Connection(
        "startBuild",
        (Output("new-build-start", "loading"),),
        (Input("new-build-start", "n_clicks"), State("new-build-date", "value")),
    ),
    Connection(
        "buildNow",
        (Output({"type": "build-now", "project": MATCH}, "loading"),),
        (Input({"type": "build-now", "project": MATCH}, "n_clicks"),),
    ),
    Connection(
        "exportGrid",
        (Output(_of_grid("grid"), "exportDataAsCsv"),),
        (Input(_of_grid("grid-export"), "n_clicks"),),
    ),
    Connection("nameTab", (Output("page", "data-tab"),), (Input("page", "children"),), True),
    Connection("suggest", (Output("search-text", "data"),), (Input("search-text", "value"),)),
    Connection("search", (Output("search-text", "error"),), (Input("search-text", "n_submit"),)),
    Connection(
        "filterGrid",
        (Output(_of_grid("grid-filter"), "error"),),
        (Input(_of_grid("grid-filter"), "value"),),
    ),
)


def connect_browser(app: Dash) -> None:
    """Register every connection."""
    for one in CONNECTIONS:
        outputs = one.outputs[0] if len(one.outputs) == 1 else list(one.outputs)
        in_browser(app, one.function, outputs, *one.inputs, at_start=one.at_start)
