"""Who may grow, who is unhappy and pays, and who is like the best."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.chapters import Chapter, Chapters
from tierwise.console.parts.columns import leading, told
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.quadrants import call_map, quadrant_map
from tierwise.console.parts.sideways import lying_bars
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import LISTED, WORKING, asked, tier_page
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk

_GROWING_FIRST = ("customer_id", "name", "kind", "potential", "value")


def _fill_bottom(desk: Desk, view: View) -> Content:
    answer = desk.tiers.bottom(view.question(), asked(view), limit=LISTED)
    body = stack(
        figure_row(answer.figures, answer.context, view),
        html.Div(
            [
                _kinds(answer),
                table(
                    answer.grid("needs"), answer.context, view, hint="A row opens its customers."
                ),
            ],
            className="tw-halves",
        ),
        table(
            replace(answer.grid("kinds"), title="Evidence, counted"),
            answer.context,
            view,
            hint="A row opens its customers.",
        ),
        table(
            leading(
                told(answer.grid("growing")), "customer_id", "name", "kind", "potential", "value"
            ),
            answer.context,
            view,
            hint="Estimated wallets first. A row opens the customer.",
            empty="Nobody in the last tier shows a sign of growth.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _kinds(answer: Answer) -> Component:
    chart = lying_bars(
        "bottom-kinds",
        answer.to_json()["kinds"],
        key="kind",
        series=(("customers", "Customers", "--tw-c1"),),
        unit=Unit.COUNT,
        axis="Customers",
        room=280,
        currency=answer.context.currency,
        describes="Customers of the last tier by what says whether they may grow.",
        options={
            "extra": [
                {"label": "Value", "name": "value", "unit": "money"},
                {"label": "Potential", "name": "potential", "unit": "money"},
            ]
        },
    )
    return panel(answer.grid("kinds").title, chart, hint="What says whether they may grow.")


def _fill_satisfaction(desk: Desk, view: View) -> Content:
    answer = desk.tiers.satisfaction(view.question(), asked(view), limit=LISTED)
    calls = answer.grid("calls")
    body = stack(
        figure_row(answer.figures, answer.context, view),
        html.Div(
            [
                panel(
                    "Satisfaction and profit",
                    quadrant_map(answer, view),
                    hint="Customers who answered, and the profit that they bring, by tier.",
                ),
                panel(
                    "Call first",
                    call_map(answer),
                    hint="Unhappy customers who bring a profit; the higher, the more.",
                )
                if calls.rows
                else None,
            ],
            className="tw-halves",
        ),
        table(
            calls,
            answer.context,
            view,
            hint="Most profit first. A row opens the customer.",
            empty="Nobody who is profitable said to be unhappy.",
        ),
        table(answer.grid("quadrants"), answer.context, view, hint="A row opens its customers."),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _fill_fit(desk: Desk, view: View) -> Content:
    answer = desk.tiers.fit(view.question(), asked(view), limit=LISTED)
    body = stack(
        figure_row(answer.figures, answer.context, view),
        panel(
            "Times as often among the best as among all",
            _lifts(answer),
            hint="Above 1, the best customers are so more often than others.",
        ),
        table(
            answer.grid("profile"),
            answer.context,
            view,
            id="fit-profile",
            hint="A row opens its customers.",
        ),
        table(
            answer.grid("alike"),
            answer.context,
            view,
            hint="Not among the best, and most like them. A row opens the customer.",
            empty="Nobody else is like the best.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _lifts(answer: Answer) -> Component:
    rows: list[dict[str, Any]] = answer.to_json()["profile"]
    named = [
        {**row, "what": f"{row['dimension'].replace('_', ' ')}: {row['value']}"} for row in rows
    ]
    return lying_bars(
        "fit-lifts",
        named,
        key="what",
        series=(("lift", "Times usual", "--tw-c1"),),
        unit=Unit.RATIO,
        axis="Times usual",
        room=260,
        currency=answer.context.currency,
        describes="How many times as often the best customers have a property as all have it.",
        options={
            "extra": [
                {"label": "Customers", "name": "customers", "unit": "count"},
                {"label": "Among the best", "name": "best", "unit": "count"},
                {"label": "Mean value", "name": "earned", "unit": "money"},
            ]
        },
    )


CHAPTERS = Chapters(
    "Tier-potential",
    {
        "bottom": Chapter("Who may grow", _fill_bottom, WORKING),
        "satisfaction": Chapter("Satisfaction and profit", _fill_satisfaction, WORKING),
        "fit": Chapter("Like the best", _fill_fit, WORKING),
    },
)

PAGE = tier_page("/tiers/potential", "Potential", CHAPTERS)
