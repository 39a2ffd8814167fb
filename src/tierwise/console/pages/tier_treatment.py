"""What each tier really received, and who gets less or takes more than the tier says."""

from __future__ import annotations

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.chapters import KEPT, Chapter, Chapters
from tierwise.console.parts.charts import bars
from tierwise.console.parts.columns import leading
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.ranges import range_panels
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import LISTED, asked, tier_page
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.results.answer import Row
from tierwise.settings import TierBasis
from tierwise.units import Unit
from tierwise.workflows.declared import tiers_built_with
from tierwise.workflows.value import Desk

_FIRST = (
    "group",
    "customers",
    "contacts",
    "contacts_each",
    "wait_s",
    "within_sla",
    "abandoned",
    "first_time",
    "satisfaction",
    "demand_to_spend",
)

_POLICY = "What each tier is promised, beside what it received. A row opens its customers."


def _fill_audit(desk: Desk, view: View) -> Content:
    answer = desk.tiers.audit(view.question(), asked(view))
    intervals = answer.grid("intervals")
    body = stack(
        figure_row(answer.figures, answer.context, view) if answer.figures else None,
        panel(
            "What each tier received",
            range_panels(intervals, {c.label: c.unit for c in answer.grid("tiers").columns}),
            hint="Means with 95% intervals. Where the bars of two tiers do not meet, they differ.",
        )
        if intervals.rows
        else None,
        html.Div([_demand(answer, name) for name in ("tiers", "bands")], className="tw-halves"),
        *(
            table(grid, answer.context, view, id="audit-policy", hint=_POLICY)
            for grid in answer.grids
            if grid.name == "policy"
        ),
        _received(answer, "tiers", view),
        _received(answer, "bands", view, opens=_by_window(desk, view)),
        table(intervals, answer.context, view, id="audit-intervals"),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _demand(answer: Answer, name: str) -> Component:
    chart = bars(
        f"audit-demand-{name}",
        answer.to_json()[name],
        key="group",
        series=(
            ("value_share", "of value", "--tw-c1"),
            ("contacts_share", "of contacts", "--tw-c2"),
        ),
        unit=Unit.SHARE,
        axis="Share of the total",
        currency=answer.context.currency,
        describes=f"Share of value and of contacts, {answer.grid(name).title.lower()}.",
        options={
            "extra": [
                {"label": "Customers", "name": "customers", "unit": "count"},
                {"label": "Demand to spend", "name": "demand_to_spend", "unit": "ratio"},
            ]
        },
        height=260,
    )
    return panel(f"Demand to spend, {answer.grid(name).title.lower()}", chart)


def _by_window(desk: Desk, view: View) -> bool:
    """Whether ranks are those of the window, as everywhere else; only then can they be opened."""
    basis = asked(view).basis or tiers_built_with(desk.build).basis
    return basis is TierBasis.WINDOW


def _nowhere(_: Row) -> str:
    return ""


def _received(answer: Answer, name: str, view: View, *, opens: bool = True) -> Component:
    grid = leading(answer.grid(name), *_FIRST)
    lens = replace(view, query={**view.query, "lens": answer.context.lens})
    return table(
        grid,
        answer.context,
        lens,
        id=f"audit-{name}",
        hint="A row opens its customers." if opens else "",
        links=None if opens else _nowhere,
    )


def _fill_served(desk: Desk, view: View) -> Content:
    answer = desk.tiers.served(view.question(), asked(view), limit=LISTED)
    body = stack(
        figure_row(answer.figures, answer.context, view),
        table(
            leading(answer.grid("under"), "customer_id", "name", "tier", "faults"),
            answer.context,
            view,
            hint="The best tier first. A row opens the customer.",
            empty="Nobody above the last tier gets less than the last tier does.",
        ),
        table(
            answer.grid("over"),
            answer.context,
            view,
            hint="Takes a larger share of minutes or cost than the share of value.",
            empty="Nobody takes more than the value says.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


CHAPTERS = Chapters(
    "Tier-treatment",
    {
        "audit": Chapter(
            "What each tier received",
            _fill_audit,
            f"Adding up contacts, waits and agents by tier; some seconds. {KEPT}",
        ),
        "served": Chapter(
            "Over- and under-served",
            _fill_served,
            f"Holding every customer against the last tier; some seconds. {KEPT}",
        ),
    },
)

PAGE = tier_page("/tiers/treatment", "Treatment", CHAPTERS)
