"""Influence: what a customer's voice may be worth, by whoever measured it.

Any source may say how many people a customer reaches, or score it on a scale of its
own. An observation halves with each half-life, falls away when it is old, and never
counts for more than a cap, so that a loud voice does not outweigh being a customer.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import reduce

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores.components import Component, scores
from tierwise.settings import InfluenceSettings
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.shares import Rows

COMPLAINTS = "public complaints"
"""Source of what is read from contacts."""


class State(StrEnum):
    """What becomes of an observation."""

    COUNTS = "counts"
    EXPIRED = "expired"
    NOT_PRICED = "not priced"  # a reach without a price, or neither reach nor score


def observations(contacts: ir.Table | None, influence: ir.Table | None, as_of: date) -> ir.Table:
    """One row an observation: `customer_id`, `source`, `observed_on`, `reach`, `grade`, `price`.

    `reach` is people, `grade` the score as 0..1 of its scale, `price` money for 1,000
    people; each may be null. Raises MissingDataError where neither table tells of any.
    """
    parts = []
    if contacts is not None and {"reach", "is_public_complaint"} <= set(contacts.columns):
        public = contacts.filter(
            contacts.customer_id.notnull() & contacts.is_public_complaint & contacts.reach.notnull()
        )
        parts.append(
            public.select(
                "customer_id",
                source=ibis.literal(COMPLAINTS),
                observed_on=public.created_at.date(),
                reach=public.reach.cast("float64"),
                grade=ibis.null("float64"),
                price=ibis.null("float64"),
            )
        )
    if influence is not None:
        parts.append(_measured(influence))
    if not parts:
        raise MissingDataError(
            "Nothing says whose voice reaches how far.",
            "Add [sources.influence], or map reach and is_public_complaint in [sources.contacts].",
        )
    table = reduce(lambda a, b: a.union(b), parts)
    return table.filter(table.observed_on <= as_of)


def _measured(influence: ir.Table) -> ir.Table:
    def number(name: str) -> ir.Value:
        known = name in influence.columns
        return influence[name].cast("float64") if known else ibis.null("float64")

    grade = number("score") / number("scale_max").nullif(0)
    return influence.select(
        "customer_id",
        "source",
        observed_on=influence["at"].date(),
        reach=number("reach"),
        grade=_at_most(ibis.ifelse(grade < 0, 0.0, grade), 1.0),
        price=number("value_per_1000"),
    )


def _at_most(value: ir.Value, most: ir.Value | float) -> ir.Value:
    """The lesser of both; null where the value is, which `least` would pass over."""
    return ibis.ifelse(value > most, most, value)


def cap(values: ir.Table, settings: InfluenceSettings) -> ir.Table:
    """One row, `cap`: the least of the amount and the multiple of the median direct value.

    `values` has one row a customer with `value`. The median is that of customers who
    are worth anything: where most lose money, it would else forbid all influence.
    """
    worth = values.filter(values.value > 0)
    multiple = worth.value.cast("float64").median().fill_null(0.0) * settings.cap_multiple
    most = multiple if settings.cap_amount is None else ibis.least(multiple, settings.cap_amount)
    return worth.aggregate(cap=most)


def expression(
    observed: ir.Table, values: ir.Table, settings: InfluenceSettings, as_of: date
) -> ir.Table:
    """One row a customer who was observed: `value` in its interval, with what stands behind it.

    Of each source the newest observation counts, and of a customer's sources the
    one that is worth most: they may have counted the same people. Reach is worth
    `price` (or the setting) for 1,000 people; a score without a reach is worth its
    share of the cap. `high` is the same without decay, `low` is nothing at all.
    `state` is counts, expired or not priced; `uncapped` is the value before the cap.
    """
    table = _newest(observed).cross_join(cap(values, settings))
    table = _best(_worth(table, settings, as_of))
    high = ibis.ifelse(table.state == str(State.EXPIRED), 0.0, _at_most(table.fresh, table["cap"]))
    return table.select(
        "customer_id",
        "source",
        "observed_on",
        "expires_on",
        "state",
        "reach",
        "grade",
        cap=table["cap"].cast(SUM_TYPE),
        uncapped=table.uncapped.cast(SUM_TYPE),
        value=_at_most(table.uncapped, table["cap"]).cast(SUM_TYPE),
        low=ibis.ifelse(table.fresh.isnull(), ibis.null("float64"), 0.0).cast(SUM_TYPE),
        high=high.cast(SUM_TYPE),
    ).order_by(ibis.desc("value", nulls_first=False), ibis.asc("customer_id"))


def _worth(table: ir.Table, settings: InfluenceSettings, as_of: date) -> ir.Table:
    """Add `fresh` (worth when observed), `uncapped` (worth today), `expires_on` and `state`."""
    price = table.price.fill_null(settings.value_per_1000)
    fresh = ibis.coalesce(table.reach / 1000 * price, table.grade * table["cap"])
    # A date plus days is a time in some engines, whatever Ibis says: so it is made one first.
    until = table.observed_on.cast("timestamp(6)") + ibis.interval(days=settings.expires_after_days)
    table = table.mutate(fresh=fresh, expires_on=until.cast("date"))
    age = ibis.literal(as_of).delta(table.observed_on, unit="day").cast("float64")
    decayed = table.fresh * (ibis.literal(0.5) ** (age / settings.half_life_days))
    expired = table.expires_on < as_of
    state = ibis.cases(
        (expired, str(State.EXPIRED)),
        (table.fresh.isnull(), str(State.NOT_PRICED)),
        else_=str(State.COUNTS),
    )
    return table.mutate(uncapped=ibis.ifelse(expired, 0.0, decayed), state=state)


def _newest(observed: ir.Table) -> ir.Table:
    order = [ibis.desc("observed_on"), ibis.desc("reach", nulls_first=False)]
    order += [ibis.desc("grade", nulls_first=False), ibis.desc("price", nulls_first=False)]
    window = ibis.window(group_by=["customer_id", "source"], order_by=order)
    numbered = observed.mutate(nth=ibis.row_number().over(window))
    return numbered.filter(numbered.nth == 0).drop("nth")


def _best(table: ir.Table) -> ir.Table:
    """The source of each customer that is worth most; those that count go before others."""
    order = [
        ibis.desc(table.state == str(State.COUNTS)),
        ibis.desc("uncapped", nulls_first=False),
        ibis.asc("source"),
    ]
    window = ibis.window(group_by="customer_id", order_by=order)
    numbered = table.mutate(nth=ibis.row_number().over(window))
    return numbered.filter(numbered.nth == 0).drop("nth")


def component(found: ir.Table, settings: InfluenceSettings, as_of: date) -> ir.Table:
    """The influence component of value_scores; `found` is what `expression` gives."""
    counting = found.filter(found.state == str(State.COUNTS)).drop("state")
    return scores(counting, Component.INFLUENCE, as_of, method_of(settings))


def method_of(settings: InfluenceSettings) -> str:
    """How influence is come by, in words."""
    return (
        f"reach at its price, or a score as share of the cap; half after"
        f" {settings.half_life_days} days"
    )


def answer(
    context: Context, rows: Rows, settings: InfluenceSettings, names: dict[str, str]
) -> Answer:
    """Whose voice counts, for how much, and whose observation is old, unpriced or capped."""
    if not rows:
        raise MissingDataError("Nobody's influence was observed.", "Add [sources.influence].")
    states = [row["state"] for row in rows]
    capped = sum(_is_capped(row) for row in rows)
    return Answer(
        kind="influence",
        title="Influence",
        context=context,
        figures=(
            Figure("observed", "Customers with an observation", len(rows), Unit.COUNT),
            Figure("influence_counts", "Count today", states.count(State.COUNTS), Unit.COUNT),
            Figure("influence_expired", "Too old", states.count(State.EXPIRED), Unit.COUNT),
            Figure("influence_unpriced", "Not priced", states.count(State.NOT_PRICED), Unit.COUNT),
            Figure("influence_capped", "Held at the cap", capped, Unit.COUNT),
            Figure("influence_cap", "Cap", rows[0]["cap"], Unit.MONEY),
        ),
        grids=(
            Grid(
                "influence",
                "Most influential first",
                _COLUMNS,
                tuple(_row(row, names) for row in rows),
                "opens",
            ),
        ),
        notes=(
            f"An estimate: {method_of(settings)}; the interval runs from nothing to what it was"
            " worth when it was observed.",
            "Of several sources the one worth most counts: they may have counted the same people.",
        ),
    )


def _is_capped(row: dict[str, object]) -> bool:
    value, uncapped = row["value"], row["uncapped"]
    return value is not None and value != uncapped


def _row(row: dict[str, object], names: dict[str, str]) -> dict[str, object]:
    shown = {column.name: row.get(column.name) for column in _COLUMNS}
    customer = str(row["customer_id"])
    return shown | {"name": names.get(customer, ""), "opens": f"customer:{customer}"}


_COLUMNS = (
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("value", "Influence", Unit.MONEY),
    Column("low", "from", Unit.MONEY),
    Column("high", "to", Unit.MONEY, "Without decay"),
    Column("uncapped", "Before the cap", Unit.MONEY),
    Column("source", "Source"),
    Column("observed_on", "Observed on", Unit.DATE),
    Column("expires_on", "Counts until", Unit.DATE),
    Column("state", "State"),
)
