"""Who moved and why, whose tier hangs on the value chosen, and what a boundary parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.chapters import KEPT, Chapter, Chapters
from tierwise.console.parts.charts import bars, heat_table
from tierwise.console.parts.columns import leading, told
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.sideways import lying_bars
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import LISTED, MEMBER_FIRST, WORKING, asked, tier_page
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk


def _fill_movers(desk: Desk, view: View) -> Content:
    answer = desk.tiers.movers(view.question(), asked(view), limit=LISTED)
    flows = panel(
        answer.grid("flows").title,
        heat_table(answer.grid("flows"), view),
        hint="Rows: the tier before. Columns: the tier now. Shaded by share of the row.",
    )
    body = stack(
        figure_row(answer.figures, answer.context, view),
        html.Div(
            [
                html.Div([flows, _counted(answer, view)], className="tw-stack tw-flush"),
                _reasons(answer),
            ],
            className="tw-halves",
        ),
        table(
            leading(told(answer.grid("movers")), *MEMBER_FIRST),
            answer.context,
            view,
            hint="Furthest moved first. A row opens the customer.",
            empty="Nobody moved, waits or is held.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _counted(answer: Answer, view: View) -> Component:
    """Customers by reason, each number with its way to them; the chart beside it says more."""
    grid = answer.grid("reasons")
    short = replace(grid, columns=tuple(c for c in grid.columns if c.name != "means"))
    return table(short, answer.context, view, hint="A row opens its customers.")


def _reasons(answer: Answer) -> Component:
    chart = lying_bars(
        "tier-reasons",
        answer.to_json()["reasons"],
        key="means",
        series=(("customers", "Customers", "--tw-c1"),),
        unit=Unit.COUNT,
        axis="Customers",
        room=260,
        currency=answer.context.currency,
        describes="Customers by the reason for their tier.",
        options={"extra": [{"label": "Value", "name": "value", "unit": "money"}]},
    )
    return panel("Why everybody is where they are", chart, hint="Customers by reason.")


def _fill_sensitivity(desk: Desk, view: View) -> Content:
    answer = desk.tiers.sensitivity(view.question(), asked(view), limit=LISTED)
    chart = lying_bars(
        "tier-sensitivity",
        answer.to_json()["others"],
        key="other",
        series=(("up", "Up", "--tw-c1"), ("down", "Down", "--tw-c2")),
        unit=Unit.COUNT,
        axis="Customers who would change tier",
        room=320,
        stacked=True,
        describes="Customers who would be in another tier, by the value that tiers are made of.",
        options={
            "extra": [
                {"label": "Of customers", "name": "share", "unit": "share"},
                {"label": "First tier stays", "name": "first_kept", "unit": "share"},
            ]
        },
    )
    body = stack(
        figure_row(answer.figures, answer.context, view),
        panel(
            "If tiers were made of another value", chart, hint="Up and down from where they are."
        ),
        table(
            answer.grid("others"),
            answer.context,
            view,
            id="tier-others",
            hint="A row opens who would change tier.",
        ),
        table(
            told(answer.grid("hang")),
            answer.context,
            view,
            hint="Furthest apart first. A row opens the customer.",
            empty="Nobody would be in another tier.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _fill_cliffs(desk: Desk, view: View) -> Content:
    answer = desk.tiers.cliffs(view.question(), asked(view))
    rows = answer.to_json()["sides"]
    waits = any(row["wait_s"] is not None for row in rows)
    measure, unit = ("wait_s", Unit.SECONDS) if waits else ("customers", Unit.COUNT)
    title = "Mean wait, s" if waits else "Customers"
    body = stack(
        figure_row(answer.figures, answer.context, view),
        panel(
            f"{title}, just above and just below each boundary",
            bars(
                "tier-cliffs",
                _pairs(rows, measure),
                key="boundary",
                series=(("above", "Just above", "--tw-c1"), ("below", "Just below", "--tw-c2")),
                unit=unit,
                axis=title,
                describes=f"{title} of customers just above and just below each boundary.",
                height=280,
            ),
            hint="Where the bars differ much, customers of nearly the same value"
            " are treated differently.",
        )
        if rows
        else None,
        table(
            answer.grid("sides"),
            answer.context,
            view,
            hint="A row opens its customers.",
            empty="No customer stands near a boundary.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _pairs(rows: list[dict[str, Any]], measure: str) -> list[dict[str, Any]]:
    """One row a boundary with both of its sides."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        pair = found.setdefault(row["boundary"], {"boundary": row["boundary"]})
        pair[row["side"]] = row[measure]
    return list(found.values())


CHAPTERS = Chapters(
    "Tier-changes",
    {
        "movers": Chapter("Who moved, and why", _fill_movers, WORKING),
        "sensitivity": Chapter(
            "By another value",
            _fill_sensitivity,
            f"Cutting tiers by every other value that the data allow; 5 to 30 seconds. {KEPT}",
        ),
        "cliffs": Chapter("Alike, on two sides of a boundary", _fill_cliffs, WORKING),
    },
)

PAGE = tier_page("/tiers/changes", "Changes", CHAPTERS)
