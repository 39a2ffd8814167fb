"""Who is in which tier, what tiers bring and take, and tiers by context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.aria import aria
from tierwise.console.parts.chapters import KEPT, Chapter, Chapters
from tierwise.console.parts.charts import bars
from tierwise.console.parts.columns import leading, told
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import LISTED, MEMBER_FIRST, WORKING, asked, tier_page
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk

_SHARES = (
    ("value_share", "of value", "--tw-c1"),
    ("contacts_share", "of contacts", "--tw-c2"),
)
_FIRST = (
    "tier",
    "customers",
    "value",
    "value_share",
    "boundary",
    "certain",
    "by_the_rule",
    "held",
    "overridden",
)


def _fill_overview(desk: Desk, view: View) -> Content:
    answer = desk.tiers.build(view.question(), asked(view))
    figures = [f for f in answer.figures if f.name != "goal"]  # the notes say it in full
    body = stack(
        figure_row(figures, answer.context, view),
        html.Div([_shares(answer), _certainty(answer)], className="tw-halves"),
        table(
            leading(told(answer.grid("tiers")), *_FIRST),
            answer.context,
            view,
            hint=f"{answer.title}. A row opens the members of the tier.",
        ),
        notes(answer.notes),
        _decisions(desk, view),
    )
    return Content(answer.context, body)


def _shares(answer: Answer) -> Component:
    rows = answer.to_json()["tiers"]
    known = [one for one in _SHARES if any(row[one[0]] is not None for row in rows)]
    chart = bars(
        "tier-shares",
        rows,
        key="tier",
        series=known,
        unit=Unit.SHARE,
        axis="Share of the total",
        x_axis="Tier, best first",
        currency=answer.context.currency,
        describes="Share of value and of contacts by tier.",
        options={
            "extra": [
                {"label": "Customers", "name": "customers", "unit": "count"},
                {"label": "Value", "name": "value", "unit": "money"},
                {"label": "Begins at", "name": "boundary", "unit": "money"},
            ]
        },
        height=280,
    )
    return panel("What tiers bring and ask", chart, hint="Share of the total, by tier.")


def _certainty(answer: Answer) -> Component:
    chart = bars(
        "tier-certainty",
        answer.to_json()["tiers"],
        key="tier",
        series=(("certain", "P(tier), mean", "--tw-c3"),),
        unit=Unit.SHARE,
        axis="P(tier)",
        x_axis="Tier, best first",
        describes="Mean probability of members to belong to their tier next window.",
        options={
            "extra": [
                {"label": "Members", "name": "customers", "unit": "count"},
                {"label": "By the rule alone", "name": "by_the_rule", "unit": "count"},
                {"label": "Other by rule", "name": "held", "unit": "count"},
            ]
        },
        height=280,
    )
    return panel(
        "How sure membership is",
        chart,
        hint="Mean probability that members belong to their tier in the window to come.",
    )


def _decisions(desk: Desk, view: View) -> Component:
    """Overrides in force and those that are not; the list of members moved holds both."""
    answer = desk.tiers.movers(view.question(), asked(view), limit=LISTED)
    movers = leading(told(answer.grid("movers")), *MEMBER_FIRST)
    chosen = tuple(row for row in movers.rows if row["override"])
    in_force = replace(movers, name="decided", title="Tiers by decision, in force", rows=chosen)
    lapsed = replace(answer.grid("not_in_force"), title="Decisions expired or not in force")
    return html.Div(
        [
            table(in_force, answer.context, view, empty="Nobody's tier is set by decision."),
            table(
                lapsed,
                answer.context,
                view,
                empty="No decision has expired, and none is faulty.",
                links=lambda row: view.opens(f"customer:{row['customer_id']}"),
            ),
        ],
        className="tw-stack tw-flush" if chosen or lapsed.rows else "tw-halves",
    )


def _fill_contexts(desk: Desk, view: View) -> Content:
    known = {one.name: one.label for one in desk.dimensions() if one.of_line}
    by = view.get("by") or _telling(list(known))
    answer = desk.tiers.contexts(by, view.question(), asked(view), limit=LISTED)
    parts, differing, accounts = (
        answer.grid(name) for name in ("contexts_tiered", "differing", "accounts")
    )
    body = stack(
        figure_row(answer.figures, answer.context, view),
        table(
            parts,
            answer.context,
            view,
            hint="Customers by tier, each context cut on its own. A number opens its customers.",
            aside=_by(known, by),
            empty="Nothing on order lines tells contexts apart: map channel, business_unit"
            " or product_type in [sources.order_lines].",
        ),
        table(
            differing,
            answer.context,
            view,
            hint="A row opens the customer.",
            empty="Nobody's tier differs from context to context.",
        ),
        table(
            accounts,
            answer.context,
            view,
            hint="The customers of an account as one: their value added up, and cut"
            " where customers are cut.",
            empty="No account has several customers.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


_TELLING = ("channel", "business_unit", "product_type", "location_id")


def _telling(names: Sequence[str]) -> str:
    """The dimension shown before one is picked; "" where none tells customers' business apart."""
    return next((name for name in _TELLING if name in names), "")


def _by(known: dict[str, str], chosen: str) -> Component | None:
    if not known:
        return None
    found: Component = dmc.Select(
        id={"type": "ask", "name": "by"},
        data=[{"value": name, "label": label} for name, label in known.items()],
        value=chosen or None,
        placeholder="pick a context",
        searchable=True,
        size="xs",
        w=200,
        **aria(label="Contexts by"),
    )
    return found


CHAPTERS = Chapters(
    "Tiers",
    {
        "overview": Chapter("Side by side", _fill_overview, WORKING),
        "contexts": Chapter(
            "By channel, product or site",
            _fill_contexts,
            f"Cutting every context on its own. {KEPT}",
        ),
    },
)

PAGE = tier_page("/tiers", "Overview", CHAPTERS)
