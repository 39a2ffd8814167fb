"""Does a model beat what is done today: rules scored on periods that they had not seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.charts import calibration
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.results import Answer, Grid
from tierwise.workflows.value import Desk


def fill_tournament(desk: Desk, view: View) -> Content:
    """The verdict, then what it stands on."""
    answer = desk.tournament(view.question())
    said = answer.extra["verdict"], answer.extra["covered"]
    grids = {grid.name: grid for grid in answer.grids}
    # A column less, so that the last one can be read on a small screen.
    grids["rounds"] = without(grids["rounds"], "buyers")
    body = stack(
        _verdict(answer),
        figure_row(answer.figures, answer.context, view, across=3),
        *(
            table(grids[name], answer.context, view, id=f"tournament-{name}", hint=hint)
            for name, hint in _TABLES.items()
            if grids[name].rows
        ),
        html.Div(
            [
                _calibration(answer),
                table(
                    replace(grids["calibration"], title="The points in numbers"),
                    answer.context,
                    view,
                    id="tournament-chances",
                ),
            ],
            className="tw-halves",
        )
        if grids["calibration"].rows
        else None,
        table(grids["coverage"], answer.context, view, id="tournament-coverage", hint=_COVERAGE)
        if grids["coverage"].rows
        else None,
        notes(text for text in answer.notes if text not in said),
    )
    return Content(answer.context, body)


def without(grid: Grid, column: str) -> Grid:
    """The grid less one of its columns."""
    return replace(grid, columns=tuple(c for c in grid.columns if c.name != column))


_TABLES = {
    "standings": "The list: what the best fifth by this rule then brought, beyond the best fifth"
    " by past spend. The amounts: how much smaller the mean error of a customer is.",
    "rounds": "Every rule was fitted on what was known by the first date and knew nothing later.",
}
_COVERAGE = "Intervals can be trusted where as many customers are inside as the level says."


def _verdict(answer: Answer) -> Component:
    beaten = answer.extra["beaten"]
    naive = "Past spend does better" if answer.extra["naive_better"] else "Past spend does as well"
    badge = html.Span(
        "A model does better" if beaten else naive,
        className="tw-badge-good" if beaten else "tw-badge-neutral",
    )
    return html.Div(
        [
            html.Div(
                [badge, html.H2(answer.title, className="tw-verdict-title")], className="tw-verdict"
            ),
            html.P(answer.extra["verdict"], className="tw-said"),
            html.P(answer.extra["covered"], className="tw-said"),
        ],
        className="tw-card tw-panel",
        role="status",
    )


def _calibration(answer: Answer) -> Component:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in answer.to_json()["calibration"]:
        groups.setdefault(f"{row['rule']}, known up to {row['known_on']}", []).append(row)
    chart = calibration(
        "tournament-calibration",
        groups,
        x="expected",
        y="bought",
        axes=("Probability to buy, as expected", "Share who bought"),
        describes="Expected probability to buy against the share of customers who bought.",
    )
    return panel(
        answer.grid("calibration").title,
        chart,
        hint="On the dashed line, as many bought as expected; above it more, below it fewer."
        " Points of few customers scatter.",
    )
