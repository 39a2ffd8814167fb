"""Whether tiers follow what must not decide, and what value explains of it."""

from __future__ import annotations

from dataclasses import replace

from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.chapters import Chapter, Chapters
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.sideways import lying_bars
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import WORKING, asked, tier_page
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.results.answer import Row
from tierwise.units import Unit
from tierwise.workflows.value import Desk


def _fill(desk: Desk, view: View) -> Content:
    answer = desk.tiers.fairness(view.question(), asked(view))
    groups = answer.grid("groups")

    def customers_of(row: Row) -> str:
        """The customers of a group; those pooled or without a value have no slice of their own."""
        if str(row["group"]).startswith("("):
            return ""
        pair = str(row["dimension"]), str(row["group"])
        return replace(view, where=(pair,)).href("/members")

    body = stack(
        figure_row(answer.figures, answer.context, view),
        table(
            answer.grid("dimensions"),
            answer.context,
            view,
            empty="Every dimension that was declared has one group alone.",
        ),
        panel(
            "Above the last tier, against all customers",
            _gaps(answer),
            hint="Gap: how much larger or smaller the share above the last tier is than that of"
            " all customers. Left: what their value does not explain.",
        )
        if groups.rows
        else None,
        table(groups, answer.context, view, hint="A row opens its customers.", links=customers_of),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _gaps(answer: Answer) -> Component:
    rows = answer.to_json()["groups"]
    named = [{**row, "who": f"{row['dimension']}: {row['group']}"} for row in rows]
    return lying_bars(
        "fairness-gaps",
        named,
        key="who",
        series=(("gap", "Gap to all", "--tw-c4"), ("gap_left", "Left by value", "--tw-c1")),
        unit=Unit.SHARE,
        axis="Share above the last tier, less that of all customers",
        describes="Gaps of groups in the share above the last tier, and what value leaves of them.",
        options={
            "extra": [
                {"label": "Customers", "name": "customers", "unit": "count"},
                {"label": "Above the last tier", "name": "better", "unit": "share"},
                {"label": "By value alone", "name": "by_value", "unit": "share"},
            ]
        },
    )


CHAPTERS = Chapters("Tier-fairness", {"gaps": Chapter("Fairness", _fill, WORKING)})

PAGE = tier_page("/tiers/fairness", "Fairness", CHAPTERS)
