"""Where the firm stands: active, new, back again, lost, and what they spend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError, MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import Activity, Window
from tierwise.units import AMOUNT_TYPE, SUM_TYPE, Unit, format_value
from tierwise.value.orders import attributed
from tierwise.value.windows import between, earlier, first_day


def happenings(lines: ir.Table | None, contacts: ir.Table | None, event: Activity) -> ir.Table:
    """What customers did: amounts of order lines, and whether each row counts as activity.

    Raises MissingDataError where the table of the declared event is absent.
    """
    parts = []
    if lines is not None:
        known = attributed(lines)
        counts = {
            Activity.PURCHASE: known.total_amount > 0,
            Activity.ORDER: known.total_amount.notnull() | known.total_amount.isnull(),
            Activity.CONTACT: known.customer_id.isnull(),  # never: an order is no contact
        }[event]
        parts.append(
            known.select("customer_id", "created_at", amount=known.total_amount, counts=counts)
        )
    if event is Activity.CONTACT and contacts is not None:
        called = contacts.filter(contacts.customer_id.notnull())
        parts.append(
            called.select(
                "customer_id",
                "created_at",
                amount=ibis.null(AMOUNT_TYPE),
                counts=called.customer_id.notnull(),
            )
        )
    if not parts or (event is Activity.CONTACT and contacts is None):
        wanted = "contacts" if event is Activity.CONTACT else "order_lines"
        raise MissingDataError(
            f"Active is declared by {event}, but there is no table {wanted}.",
            f"Add [sources.{wanted}], or set event in [value.active].",
        )
    return parts[0] if len(parts) == 1 else ibis.union(*parts)


def flags(happened: ir.Table, as_of: date, window: Window) -> ir.Table:
    """One row a customer: active in the window, in the one before, first event, revenue of both.

    `happened` is what `happenings` gives.
    """
    start = first_day(as_of, window)
    now = between(happened, "created_at", start, as_of)
    before = happened.customer_id.isnull()  # nobody: all history has no window before it
    if start is not None:
        last = earlier(as_of, window)
        before = between(happened, "created_at", first_day(last, window), last)
    grouped = happened.group_by("customer_id").aggregate(
        active_now=(now & happened.counts).any(),
        active_before=(before & happened.counts).any(),
        first_at=happened.created_at.min(where=happened.counts),
        revenue=happened.amount.sum(where=now).cast(SUM_TYPE),
        revenue_before=happened.amount.sum(where=before).cast(SUM_TYPE),
    )
    opening = ibis.literal(False) if start is None else grouped.first_at < start
    return grouped.mutate(is_new=grouped.active_now & ~opening)


def expression(happened: ir.Table, as_of: date, window: Window) -> ir.Table:
    """One row: the counts of the first panel, in one execution."""
    table = flags(happened, as_of, window)
    state = _states(table)
    return table.aggregate(
        before=table.active_before.sum(),
        **{name: chosen.sum() for name, chosen in state.items()},
        revenue=table.revenue.sum().cast(SUM_TYPE),
        revenue_before=table.revenue_before.sum().cast(SUM_TYPE),
        revenue_lost=table.revenue_before.sum(where=state["lost"]).cast(SUM_TYPE),
    )


def members(table: ir.Table, state: str) -> ir.Table:
    """Customer ids in a state of the window; KeyError for an unknown one. `table` is `flags`."""
    return table.filter(_states(table)[state]).select("customer_id")


def _states(table: ir.Table) -> dict[str, ir.BooleanValue]:
    """Who is in each state of the window; `table` is `flags`."""
    return {
        "active": table.active_now,
        "new": table.is_new,
        "reactivated": table.active_now & ~table.active_before & ~table.is_new,
        "lost": table.active_before & ~table.active_now,
    }


@dataclass(frozen=True, slots=True)
class Unattributed:
    """What of the window names no customer."""

    lines: int = 0
    revenue: Decimal | None = None  # of these lines, in the project's currency
    contacts: int = 0
    handled_s: int | None = None  # agents' time on them, whole seconds; None: unknown
    cost: Decimal | None = None  # at the agents' rates; None: unknown


def answer(
    context: Context,
    row: dict[str, Any],
    profit: Any,
    unattributed: Unattributed,
    headline: Answer | None,
    attention: list[dict[str, str]],
    uncompared: str = "",
    event: Activity = Activity.PURCHASE,
) -> Answer:
    """The first panel: counts beside money, each with its rows; then what deserves a look.

    `uncompared` says why the window before cannot be compared with; what needs it
    is left out then.
    """
    if not row["active"]:
        raise EmptyWindowError(
            f"No customer was active between {context.window_from} and {context.as_of}.",
            "Widen --window or choose another --as-of.",
            "contacts" if event is Activity.CONTACT else "order_lines",
        )
    compared = context.window_from is not None and not uncompared
    figures = [*_customers(row, compared, event), *_money(row, profit, unattributed, compared)]
    figures += _contacts_of_nobody(unattributed, context.currency)
    if headline is not None:
        figures += [f for f in headline.figures if f.name in ("largest_share", "top_fifth_share")]
    columns = (Column("what", "What"), Column("why", "Why"), Column("opens", "Rows"))
    return Answer(
        kind="today",
        title="Where we stand",
        context=context,
        figures=tuple(figures),
        grids=(Grid("attention", "Worth a look", columns, tuple(attention), "opens"),),
        notes=(uncompared,) if uncompared else (),
    )


_WHO = {
    Activity.PURCHASE: "who bought",
    Activity.ORDER: "with an order line",
    Activity.CONTACT: "with a contact",
}


def _customers(row: dict[str, Any], compared: bool, event: Activity) -> list[Figure]:
    figures = [
        Figure(
            "customers_active",
            "Active customers",
            int(row["active"]),
            Unit.COUNT,
            note=_WHO[event],
            opens="state:active",
        ),
    ]
    if not compared:  # everybody would be new
        return figures
    return [
        *figures,
        Figure("customers_new", "New", int(row["new"]), Unit.COUNT, opens="state:new"),
        Figure(
            "customers_reactivated",
            "Back again",
            int(row["reactivated"]),
            Unit.COUNT,
            opens="state:reactivated",
        ),
        Figure("customers_lost", "Lost", int(row["lost"]), Unit.COUNT, opens="state:lost"),
        Figure(
            "customers_active_before", "Active in the window before", int(row["before"]), Unit.COUNT
        ),
    ]


def _money(
    row: dict[str, Any], profit: Any, unattributed: Unattributed, compared: bool
) -> list[Figure]:
    revenue, active = row["revenue"], int(row["active"])
    before = row["revenue_before"] if compared else None
    if revenue is None:
        return []
    figures = [Figure("revenue", "Revenue", revenue, Unit.MONEY, opens="state:active")]
    if before is not None and before > 0:
        change = float(revenue / before) - 1
        figures.append(
            Figure("revenue_change", "Revenue against the window before", change, Unit.SHARE)
        )
    figures.append(
        Figure("spend_per_active", "Spend per active customer", revenue / active, Unit.MONEY)
    )
    if profit is not None:
        label = "Profit after cost to serve"
        figures.append(Figure("profit", label, profit, Unit.MONEY))
    if unattributed.lines:
        note = f"{unattributed.lines:,} lines name no customer"
        amount, label = unattributed.revenue, "Unattributed revenue"
        figures.append(Figure("unattributed_revenue", label, amount, Unit.MONEY, note=note))
    if compared and row["before"]:
        lost, label = row["revenue_lost"], "Earlier revenue of the lost"
        figures.append(Figure("revenue_lost", label, lost, Unit.MONEY, opens="state:lost"))
    return figures


def _contacts_of_nobody(unattributed: Unattributed, currency: str) -> list[Figure]:
    """Contacts without a customer with what they took, where there are any."""
    count, seconds, cost = unattributed.contacts, unattributed.handled_s, unattributed.cost
    if not count:
        return []
    took = [] if seconds is None else [f"{seconds / 60:,.0f} agent minutes"]
    took += [] if cost is None else [format_value(cost, Unit.MONEY, currency)]
    note = ", ".join(took) or "they name no customer"
    return [Figure("unattributed_contacts", "Unattributed contacts", count, Unit.COUNT, note=note)]
