"""What an agent is shown of a customer: facts that help, and none that says what it is worth.

The facts are a list of what may be shown, not of what may not: no tier, value, rank,
segment, spend or number of orders, nor anything from which one of them follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce

import ibis
import ibis.expr.types as ir

TABLES = ("customers", "people", "contacts", "promises")
"""Canonical tables that facts are taken from; each may be absent, and any column but ids."""

OWED = ("open", "late", "renegotiated")
"""States of a promise that is still to be kept."""

LABELS = {
    "name": "Name",
    "customer_since": "Customer since",
    "language": "Language",
    "time_zone": "Time zone",
    "usual_channel": "Usually comes by",
    "last_contact_on": "Last contact",
    "open_promises": "Open promises",
    "next_promise_due": "Next promise due",
    "next_promise": "Next promise",
    "thanks": "Say thanks",
}
"""Every fact that a card may hold, in the order in which it is shown."""

ORIGIN = {
    "name": "customers.name",
    "language": "people.locale",
    "time_zone": "people.time_zone",
    "usual_channel": "contacts.channel",
    "next_promise": "promises.text",
}
"""Table and column of the facts that somebody wrote; the others are counted or reckoned."""

WRITTEN = ("usual_channel", "next_promise")
"""Facts that may hold any words; a name is the customer's own."""


def cards(
    members: ir.Table, tables: Mapping[str, ir.Table], as_of: date, *, withheld: str = ""
) -> ir.Table:
    """One row a member: `customer_id` and `card`, a JSON object of `LABELS` as text.

    `members` has `customer_id` and `first_on`. Facts that a table or column is missing
    for are left out of every card; facts unknown of one customer are null. So are texts that
    somebody wrote freely, `WRITTEN`, where the regular expression `withheld` finds something.
    """
    found = members.select("customer_id", "first_on")
    for part in (
        _own(tables.get("customers")),
        _spoken(tables.get("people")),
        _contacts(tables.get("contacts")),
        _promises(tables.get("promises")),
    ):
        if part is not None:
            found = found.left_join(part, "customer_id").drop("customer_id_right")
    found = _thanked(found, as_of)
    if withheld:
        found = found.mutate(
            **{name: _guarded(found[name], withheld) for name in WRITTEN if name in found.columns}
        )
    known = {name: found[name] for name in LABELS if name in found.columns}
    card = ibis.struct(known).cast("json").cast("string") if known else ibis.literal("{}")
    return found.select("customer_id", card=card)


def _guarded(text: ir.StringValue, withheld: str) -> ir.Value:
    return text.re_search(withheld).fill_null(False).ifelse(None, text)


def written(tables: Mapping[str, ir.Table]) -> ir.Table | None:
    """One row a text that may reach a card: `origin` (table.column), `text`, how many `rows`.

    None where no table has any.
    """
    parts = []
    for fact in WRITTEN:
        name, _, column = ORIGIN[fact].partition(".")
        if name in tables and column in tables[name].columns:
            table = tables[name]
            grouped = table.group_by(text=table[column].cast("string")).aggregate(
                rows=table.count()
            )
            known = grouped.filter(grouped.text.notnull())
            parts.append(known.mutate(origin=ibis.literal(ORIGIN[fact])))
    return reduce(lambda a, b: a.union(b), parts) if parts else None


def _own(customers: ir.Table | None) -> ir.Table | None:
    if customers is None:
        return None
    return customers.select(
        "customer_id", *(c for c in ("name", "created_on") if c in customers.columns)
    )


def _spoken(people: ir.Table | None) -> ir.Table | None:
    """Language and time zone where all people of a customer share them."""
    names = {"locale": "language", "time_zone": "time_zone"}
    known = [] if people is None else [c for c in names if c in people.columns]
    if people is None or not known:
        return None
    one = {
        names[c]: ibis.ifelse(people[c].min() == people[c].max(), people[c].min(), None)
        for c in known
    }
    return people.group_by("customer_id").aggregate(**one)


def _contacts(contacts: ir.Table | None) -> ir.Table | None:
    """The day of the last contact, and the channel that most came by."""
    if contacts is None:
        return None
    last = contacts.group_by("customer_id").aggregate(
        last_contact_on=contacts.created_at.max().date()
    )
    if "channel" not in contacts.columns:
        return last
    named = contacts.filter(contacts.channel.notnull())
    counted = named.group_by("customer_id", "channel").aggregate(times=named.count())
    place = ibis.row_number().over(
        group_by="customer_id", order_by=[ibis.desc("times"), ibis.asc("channel")]
    )
    most = counted.mutate(place=place)
    usual = most.filter(most.place == 0).select("customer_id", usual_channel="channel")
    return last.left_join(usual, "customer_id").drop("customer_id_right")


def _promises(promises: ir.Table | None) -> ir.Table | None:
    """How many promises are open, and the one that is due first."""
    if promises is None:
        return None
    unkept = [promises.kept_at.isnull()] if "kept_at" in promises.columns else []
    state = [promises.state.fill_null("open").isin(OWED)] if "state" in promises.columns else []
    still = promises.filter(*unkept, *state) if unkept or state else promises
    place = ibis.row_number().over(
        group_by="customer_id", order_by=[ibis.asc("due_at"), ibis.asc("promise_id")]
    )
    still = still.mutate(place=place)
    first = {"next_promise": still.text.max(where=still.place == 0)} if "text" in still else {}
    return still.group_by("customer_id").aggregate(
        open_promises=still.count(), next_promise_due=still.due_at.min().date(), **first
    )


def _thanked(found: ir.Table, as_of: date) -> ir.Table:
    """Since when they are customers, and a line that thanks for it; never for what they spent.

    The first order is no answer alone: orders may be loaded from some year on.
    """
    if "created_on" not in found.columns:
        return found
    earliest = ibis.least(found.created_on, found.first_on)
    since = ibis.ifelse(found.created_on.notnull(), earliest, None)
    found = found.mutate(customer_since=since)
    since = found.customer_since
    before_the_day = (since.month() * 100 + since.day()) > (as_of.month * 100 + as_of.day)
    years = as_of.year - since.year() - before_the_day.cast("int64")
    start = since.year().cast("string")
    thanks = ibis.cases(
        (since.isnull(), None),
        (years >= 2, "Thank them for " + years.cast("string") + " years with us, since " + start),
        (years == 1, "Thank them for a year with us"),
        else_="Welcome them: with us for less than a year",
    )
    return found.mutate(thanks=thanks)
