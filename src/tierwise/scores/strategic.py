"""Strategic value: a decision with owner, reason, evidence and end, and few of them.

A customer may matter beyond what it pays: an entry to a market, a reference, a
licence to operate. Somebody has to say so and stand for it until a day; without
limits everyone becomes strategic, so the oldest decisions stand and the rest is
listed as over the cap.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores.components import Component, scores
from tierwise.settings import StrategicSettings
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.shares import Rows

NEEDED = ("owner", "reason", "evidence", "expires_on")
"""Columns without which a row is refused."""


class State(StrEnum):
    """What becomes of a row."""

    IN_FORCE = "in force"
    OVER_CAP = "over the cap"
    REPLACED = "replaced"  # by a newer row of the same customer
    EXPIRED = "expired"
    LATER = "set after the as-of date"
    REFUSED = "refused"


def expression(
    strategic: ir.Table, values: ir.Table, settings: StrategicSettings, as_of: date
) -> ir.Table:
    """Every row with its `state`, `missing` (what a refused row lacks) and the `cap` in money.

    `values` has one row a customer with direct `value`; the cap is a share of its
    positive total. Customers keep their place by their first decision in force, so
    renewing one does not lose it; what no longer fits is over the cap.
    """
    table = _judged(strategic, as_of)
    valid = table.state == str(State.IN_FORCE)
    newest = ibis.window(
        group_by=[table.customer_id, valid],
        order_by=[ibis.desc("set_on"), ibis.desc("amount"), ibis.asc("reason")],
    )
    since = table.set_on.min(where=valid).over(ibis.window(group_by="customer_id"))
    table = table.mutate(nth=ibis.row_number().over(newest), since=since)
    replaced = (table.state == str(State.IN_FORCE)) & (table.nth > 0)
    table = table.mutate(state=replaced.ifelse(str(State.REPLACED), table.state)).drop("nth")
    total = values.aggregate(
        cap=(values.value.cast("float64").sum(where=values.value > 0) * settings.max_share)
        .fill_null(0.0)
        .cast(SUM_TYPE)
    )
    table = _within(table.cross_join(total), settings)
    states = {str(state): place for place, state in enumerate(State)}
    return table.mutate(place=table.state.cases(*states.items(), else_=len(states))).order_by(
        "place", ibis.desc("amount", nulls_first=False), "customer_id", "set_on"
    )


def _judged(strategic: ir.Table, as_of: date) -> ir.Table:
    """Bring absent columns in as nulls, and say of each row what it lacks and whether it counts."""
    kinds = {"owner": "string", "reason": "string", "evidence": "string", "expires_on": "date"}
    absent = {n: ibis.null(kind) for n, kind in kinds.items() if n not in strategic.columns}
    table = strategic.mutate(**absent).select("customer_id", "amount", "set_on", *NEEDED)
    lacking = {
        "customer_id": _is_blank(table.customer_id),
        "amount": ~(table.amount > 0).fill_null(False),
        "set_on": table.set_on.isnull(),
        **{name: _is_blank(table[name]) for name in NEEDED if name != "expires_on"},
        "expires_on": table.expires_on.isnull(),
    }
    words = [flag.ifelse(f"{_LACKS.get(n, f'no {n}')}; ", "") for n, flag in lacking.items()]
    missing = reduce(add, words)
    table = table.mutate(missing=missing.substr(0, missing.length() - 2).nullif(""))
    state = ibis.cases(
        (table.missing.notnull(), str(State.REFUSED)),
        (table.set_on > as_of, str(State.LATER)),
        (table.expires_on < as_of, str(State.EXPIRED)),
        else_=str(State.IN_FORCE),
    )
    return table.mutate(state=state)


_LACKS = {
    "customer_id": "no customer",
    "amount": "no amount above zero",
    "set_on": "no date it was set on",
    "expires_on": "no expiry",
}


def _is_blank(text: ir.StringValue) -> ir.BooleanValue:
    return text.fill_null("").strip() == ""


def _within(table: ir.Table, settings: StrategicSettings) -> ir.Table:
    """Mark what passes the cap, oldest decisions first; the first that does closes the list."""
    standing = table.state == str(State.IN_FORCE)
    queue = ibis.window(
        group_by=standing, order_by=[ibis.asc("since"), ibis.asc("customer_id")], rows=(None, 0)
    )
    table = table.mutate(
        running=table.amount.cast(SUM_TYPE).sum().over(queue),
        place=ibis.row_number().over(queue),
    )
    over = (table.running > table["cap"]) | (table.place >= settings.max_customers)
    over = over & (table.state == str(State.IN_FORCE))
    return table.mutate(state=over.ifelse(str(State.OVER_CAP), table.state)).drop(
        "running", "place", "since"
    )


def component(found: ir.Table, as_of: date) -> ir.Table:
    """The strategic component of value_scores: what is in force, from nothing to the amount."""
    standing = found.filter(found.state == str(State.IN_FORCE))
    method = ibis.literal("decided: ") + standing.reason
    return scores(
        standing.select(
            "customer_id",
            "expires_on",
            "cap",
            value=standing.amount,
            low=ibis.literal(0),
            high=standing.amount,
            source=standing.owner,
            observed_on=standing.set_on,
            method=method,
        ),
        Component.STRATEGIC,
        as_of,
    )


def answer(
    context: Context, rows: Rows, settings: StrategicSettings, names: dict[str, str]
) -> Answer:
    """What is in force within its cap, and everything that is not, each with its reason."""
    if not rows:
        raise MissingDataError("No customer was declared strategic.", "Add [sources.strategic].")
    by_state = {state: [row for row in rows if row["state"] == state] for state in State}
    standing = by_state[State.IN_FORCE]
    amount = sum((row["amount"] for row in standing), rows[0]["cap"] * 0)
    return Answer(
        kind="strategic",
        title="Strategic customers",
        context=context,
        figures=(
            Figure("strategic_customers", "Strategic customers", len(standing), Unit.COUNT),
            Figure("strategic_value", "Their strategic value", amount, Unit.MONEY),
            Figure("strategic_cap", "Most that it may be", rows[0]["cap"], Unit.MONEY),
            *_not_counting(by_state),
        ),
        grids=tuple(_grid(state, by_state[state], names) for state in State if by_state[state]),
        notes=(
            f"At most {settings.max_customers} customers and {settings.max_share:.0%} of all direct"
            " value; the oldest decisions stand first.",
            "Decided, not measured: the interval runs from nothing to the amount.",
        ),
    )


def _not_counting(by_state: dict[State, Rows]) -> tuple[Figure, ...]:
    labels = {
        State.OVER_CAP: "Over the cap",
        State.EXPIRED: "Expired",
        State.REFUSED: "Refused",
    }
    return tuple(
        Figure(f"strategic_{state.name.lower()}", label, len(by_state[state]), Unit.COUNT)
        for state, label in labels.items()
    )


def _grid(state: State, rows: Rows, names: dict[str, str]) -> Grid:
    columns = _COLUMNS if state is not State.REFUSED else (*_COLUMNS, _MISSING)
    shown = tuple(_row(row, names) for row in rows)
    return Grid(state.name.lower(), str(state).capitalize(), columns, shown, "opens")


def _row(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    customer = str(row["customer_id"] or "")
    opens = f"customer:{customer}" if customer else ""
    return {**row, "name": names.get(customer, ""), "opens": opens}


_COLUMNS = (
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("amount", "Amount", Unit.MONEY),
    Column("reason", "Reason"),
    Column("owner", "Owner"),
    Column("evidence", "Evidence"),
    Column("set_on", "Set on", Unit.DATE),
    Column("expires_on", "Expires on", Unit.DATE),
)
_MISSING = Column("missing", "What it lacks")
