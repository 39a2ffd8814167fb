"""What an interaction costs: by channel, reason, product, location, campaign, and over time."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.service import priced
from tierwise.value.shares import Rows, total
from tierwise.value.windows import between

CUTS = {
    "by_channel": "channel",
    "by_reason": "reason",
    "by_product": "product_id",
    "by_location": "location_id",
    "by_campaign": "campaign",
    "by_month": "month",
}


def expression(
    contacts: ir.Table, agents: ir.Table | None, start: date | None, as_of: date
) -> ir.Table:
    """One row a cut and its value: contacts, handled minutes, cost at the agents' rates."""
    table = priced(contacts.filter(between(contacts, "created_at", start, as_of)), agents)
    table = table.mutate(month=table.created_at.strftime("%Y-%m"))
    cuts = {cut: column for cut, column in CUTS.items() if column in table.columns}
    parts = [
        table.group_by(value=table[column].cast("string").fill_null("(not given)"))
        .aggregate(
            contacts=table.count(),
            minutes=table.handled_s.sum() / 60.0,
            cost=table.contact_cost.sum().cast(SUM_TYPE),
        )
        .mutate(cut=ibis.literal(cut))
        for cut, column in cuts.items()
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def answer(context: Context, rows: Rows) -> Answer:
    """Cost per contact in each cut; costs are None where agents have no hourly cost."""
    if not rows:
        raise EmptyWindowError(
            "There are no contacts in this window.", "Widen --window or change --as-of.", "contacts"
        )
    months = [row for row in rows if row["cut"] == "by_month"]
    count = sum(int(row["contacts"]) for row in months)
    minutes, cost = total(months, "minutes"), total(months, "cost")
    return Answer(
        kind="contact_costs",
        title="What a contact costs",
        context=context,
        figures=(
            Figure("contacts", "Contacts", count, Unit.COUNT),
            Figure("agent_minutes", "Agent minutes", minutes, Unit.MINUTES),
            Figure("cost", "Cost at the agents' rates", cost, Unit.MONEY),
            Figure(
                "cost_per_contact",
                "Cost per contact",
                None if cost is None else cost / count,
                Unit.MONEY,
            ),
        ),
        grids=tuple(_grid(cut, rows) for cut in CUTS if any(row["cut"] == cut for row in rows)),
        notes=()
        if cost is not None
        else (
            "Cost is unknown: map handle_time_s and assignee_id of contacts,"
            " and cost_per_hour of agents.",
        ),
    )


def _grid(cut: str, rows: Rows) -> Grid:
    name, label = CUTS[cut], cut.removeprefix("by_")
    chosen = [row for row in rows if row["cut"] == cut]
    by_size = cut != "by_month"
    chosen.sort(key=lambda row: (-row["contacts"], row["value"]) if by_size else (0, row["value"]))
    columns = (
        Column(name, label.capitalize()),
        Column("contacts", "Contacts", Unit.COUNT),
        Column("minutes", "Minutes", Unit.MINUTES),
        Column("cost", "Cost", Unit.MONEY),
        Column("cost_per_contact", "Cost per contact", Unit.MONEY),
    )
    return Grid(cut, f"By {label}", columns, tuple(_row(name, row) for row in chosen))


def _row(name: str, row: dict[str, Any]) -> dict[str, Any]:
    cost = row["cost"]
    return {
        name: row["value"],
        "contacts": int(row["contacts"]),
        "minutes": row["minutes"],
        "cost": cost,
        "cost_per_contact": None if cost is None else cost / int(row["contacts"]),
    }
