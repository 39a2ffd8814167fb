"""Service contacts to minutes and money.

A contact costs the minutes an agent handled it times that agent's loaded hourly
cost; agents without a rate count at the mean of those with one.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from tierwise.units import AMOUNT_TYPE, SUM_TYPE
from tierwise.value.windows import between


def has_minutes(contacts: ir.Table) -> bool:
    """True when contacts say how long they were handled."""
    return "handle_time_s" in contacts.columns


def has_rates(contacts: ir.Table, agents: ir.Table | None) -> bool:
    """True when contacts can be priced: handled times, who handled them, and hourly costs."""
    return (
        agents is not None
        and has_minutes(contacts)
        and "cost_per_hour" in agents.columns
        and "assignee_id" in contacts.columns
    )


def priced(contacts: ir.Table, agents: ir.Table | None) -> ir.Table:
    """Contacts with `handled_s` (whole seconds) and `contact_cost` (money).

    Exact numbers, so that sums and the shares made of them are the same on
    every engine. `contact_cost` is null when contacts cannot be priced.
    """
    seconds = (
        contacts.handle_time_s.fill_null(0).round().cast("int64") if has_minutes(contacts) else None
    )
    timed = contacts.mutate(handled_s=ibis.null("int64") if seconds is None else seconds)
    if agents is None or not has_rates(contacts, agents):
        return timed.mutate(contact_cost=ibis.null(AMOUNT_TYPE))
    rate = agents.select(
        assignee_id=agents.agent_id,
        own_rate=agents.cost_per_hour.cast("float64"),
    )
    mean = agents.aggregate(mean_rate=agents.cost_per_hour.cast("float64").mean())
    joined = timed.left_join(rate, "assignee_id").drop("assignee_id_right").cross_join(mean)
    hourly = joined.own_rate.fill_null(joined.mean_rate)
    cost = (joined.handled_s * hourly / 3600).cast(AMOUNT_TYPE)
    return joined.mutate(contact_cost=cost).drop("own_rate", "mean_rate")


def unattributed(
    contacts: ir.Table, agents: ir.Table | None, start: date | None, as_of: date
) -> ir.Table:
    """One row: contacts of the window that name no customer, and `all` contacts.

    Beside their number their seconds `handled_s` and `cost` (money), each null where unknown.
    """
    inside = priced(contacts.filter(between(contacts, "created_at", start, as_of)), agents)
    nobody = inside.customer_id.isnull()
    return inside.aggregate(
        contacts=nobody.sum(),
        handled_s=inside.handled_s.sum(where=nobody),
        cost=inside.contact_cost.sum(where=nobody).cast(SUM_TYPE),
        all=inside.count(),
    )


def by_customer(
    contacts: ir.Table, agents: ir.Table | None, start: date | None, as_of: date
) -> ir.Table:
    """One row a customer with contacts in the window: contacts and, where known, time and cost."""
    inside = contacts.filter(
        between(contacts, "created_at", start, as_of) & contacts.customer_id.notnull()
    )
    table = priced(inside, agents)
    known = {}
    if has_minutes(contacts):
        known["handled_s"] = table.handled_s.sum().cast("int64")
    if has_rates(contacts, agents):
        known["contact_cost"] = table.contact_cost.sum().cast(SUM_TYPE)
    return table.group_by("customer_id").aggregate(contacts=table.count(), **known)
