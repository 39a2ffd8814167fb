"""The population of customers: who is active, new, back again, and gone.

Active is what the project declares it to be (`ActiveRule`): an event within the
period, or within so many months up to its end.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
from dateutil.relativedelta import relativedelta

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import ActiveRule, Activity, Period
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.orders import attributed
from tierwise.value.shares import Rows


def period_index(moment: ir.TimestampValue, period: Period) -> ir.IntegerValue:
    """Periods since the year 0, so that neighbours differ by one."""
    months = moment.year() * 12 + moment.month() - 1
    return (months // period.months).cast("int64")


def index_of(day: date, period: Period) -> int:
    """The same index for a date of ours."""
    return (day.year * 12 + day.month - 1) // period.months


def first_of(index: int, period: Period) -> date:
    """First day of the period with this index."""
    year, month = divmod(index * period.months, 12)
    return date(year, month + 1, 1)


def label_of(index: int, period: Period) -> str:
    """`2025-03`, `2025-Q1` or `2025`."""
    day = first_of(index, period)
    return {
        Period.MONTH: f"{day:%Y-%m}",
        Period.QUARTER: f"{day.year}-Q{(day.month + 2) // 3}",
        Period.YEAR: f"{day.year}",
    }[period]


def index_from_label(label: str, period: Period) -> int:
    """Read a label of `label_of` back; ValueError if it is none."""
    year, _, rest = label.partition("-")
    month = {"": 1}.get(rest) or (int(rest[1:]) * 3 - 2 if rest.startswith("Q") else int(rest))
    return index_of(date(int(year), month, 1), period)


def events(lines: ir.Table | None, contacts: ir.Table | None, rule: ActiveRule) -> ir.Table:
    """One row a customer and period with an event: `customer_id`, `period`, `revenue`.

    Raises MissingDataError where the table of the declared event is absent.
    """
    if rule.event is Activity.CONTACT:
        if contacts is None:
            raise MissingDataError(
                "active is declared by contacts, but there is no contacts table.",
                'Add [sources.contacts], or set event = "purchase" in [value.active].',
            )
        known = contacts.filter(contacts.customer_id.notnull())
        period = period_index(known.created_at, rule.period)
        called = known.select("customer_id", period=period).distinct()
        return called.mutate(revenue=ibis.null(SUM_TYPE))
    if lines is None:
        raise MissingDataError("There are no order lines.", "Add [sources.order_lines].")
    known = attributed(lines)
    counts = known.total_amount > 0 if rule.event is Activity.PURCHASE else ibis.literal(True)
    known = known.mutate(counts=counts)
    grouped = known.group_by(
        "customer_id", period=period_index(known.created_at, rule.period)
    ).aggregate(revenue=known.total_amount.sum().cast(SUM_TYPE), counted=known.counts.max())
    return grouped.filter(grouped.counted).drop("counted")


def active(happened: ir.Table, rule: ActiveRule, last: int) -> ir.Table:
    """One row a customer and period in which the customer is active; nothing after `last`.

    `revenue` is of the period itself, `span_revenue` of all periods that make
    the customer active in it.
    """
    span = (rule.months or rule.period.months) // rule.period.months
    if span == 1:
        return happened.mutate(span_revenue=happened.revenue)
    spread = happened.mutate(offset=ibis.array(list(range(span))).unnest())
    own = spread.offset == 0
    spread = spread.mutate(period=spread.period + spread.offset)
    return (
        spread.filter(spread.period <= last)
        .group_by("customer_id", "period")
        .aggregate(
            revenue=spread.revenue.sum(where=own).cast(SUM_TYPE),
            span_revenue=spread.revenue.sum().cast(SUM_TYPE),
        )
    )


def states(present: ir.Table) -> ir.Table:
    """Add `previous` and `next` active period of the same customer to each active period."""
    order = ibis.window(group_by="customer_id", order_by="period")
    return present.mutate(
        previous=present.period.lag().over(order), following=present.period.lead().over(order)
    )


def expression(
    lines: ir.Table | None, contacts: ir.Table | None, rule: ActiveRule, as_of: date
) -> ir.Table:
    """One row a period: active, new, retained, reactivated, and who is gone in the next one."""
    last = index_of(as_of, rule.period)
    table = states(active(events(lines, contacts, rule), rule, last))
    state = _states(table)
    return (
        table.group_by("period")
        .aggregate(
            active=table.count(),
            **{name: chosen.sum() for name, chosen in state.items()},
            revenue=table.revenue.sum(),
            leaving_revenue=table.span_revenue.sum(where=state["leaving"]),
        )
        .order_by("period")
    )


def answer(context: Context, rows: Rows, rule: ActiveRule, asked: Activity | None = None) -> Answer:
    """Lay the periods out without gaps: active = before + new + reactivated - lost in each.

    `asked` is the event that the question named; what is opened then names it too.
    """
    if not rows:
        raise MissingDataError("Nobody was ever active.", "Check [value.active] and --as-of.")
    found = {int(row["period"]): row for row in rows}
    last = index_of(context.as_of, rule.period)
    periods = [
        _period(found.get(i), found.get(i - 1), i, rule, context.as_of)
        | _opens(label_of(i, rule.period), asked)
        for i in range(min(found), last + 1)
    ]
    return Answer(
        kind="population",
        title="Customers by period",
        context=context,
        figures=_figures(periods),
        grids=(Grid("periods", f"Active: {rule}", _COLUMNS, tuple(periods), "opens"),),
        notes=(
            "Everybody is new in the first period: what came before it is not in the data.",
            *(
                ("The last period is not over: its losses are not final.",)
                if not periods[-1]["complete"]
                else ()
            ),
        ),
        extra={"active_rule": str(rule)},
    )


def _period(
    row: dict[str, Any] | None,
    before: dict[str, Any] | None,
    index: int,
    rule: ActiveRule,
    as_of: date,
) -> dict[str, Any]:
    start, end = (
        first_of(index, rule.period),
        first_of(index + 1, rule.period) - relativedelta(days=1),
    )
    counts = {
        n: int(row[n] or 0) if row else 0 for n in ("active", "new", "retained", "reactivated")
    }
    revenue = row["revenue"] if row else None
    label = label_of(index, rule.period)
    return {
        "period": label,
        "from": start,
        "to": end,
        **counts,
        "lost": int(before["leaving"] or 0) if before else 0,
        "revenue_of_active": revenue,
        "spend_per_active": revenue / counts["active"]
        if revenue is not None and counts["active"]
        else None,
        "revenue_lost": before["leaving_revenue"] if before else None,
        "complete": end <= as_of,
    }


def _opens(label: str, asked: Activity | None) -> dict[str, str]:
    """What the numbers of a period open, by the name of their column."""
    event = f":{asked}" if asked else ""
    states = ("new", "reactivated", "lost")
    return {"opens": f"state:active:{label}{event}"} | {
        f"opens_{state}": f"state:{state}:{label}{event}" for state in states
    }


def _figures(periods: list[dict[str, Any]]) -> tuple[Figure, ...]:
    now = periods[-1]
    return tuple(
        Figure(name, f"{label} in {now['period']}", now[name], Unit.COUNT, opens=now[opens])
        for name, label, opens in (
            ("active", "Active", "opens"),
            ("new", "New", "opens_new"),
            ("reactivated", "Back again", "opens_reactivated"),
            ("lost", "Lost", "opens_lost"),
        )
    )


def members(table: ir.Table, state: str, index: int) -> ir.Table:
    """Customer ids in a state in one period; `table` is what `states` gives.

    Raises KeyError for a state other than active, new, retained, reactivated, lost.
    """
    known, here = _states(table), table.period == index
    chosen = {
        "active": here,
        **{name: here & known[name] for name in ("new", "retained", "reactivated")},
        "lost": (table.period == index - 1) & known["leaving"],
    }[state]
    return table.filter(chosen).select("customer_id").distinct()


def _states(table: ir.Table) -> dict[str, ir.BooleanValue]:
    """What each active period of a customer is to the ones beside it; `table` is `states`."""
    return {
        "new": table.previous.isnull(),
        "retained": table.previous == table.period - 1,
        "reactivated": table.previous < table.period - 1,
        "leaving": table.following.isnull() | (table.following > table.period + 1),
    }


_COLUMNS = (
    Column("period", "Period"),
    Column("active", "Active", Unit.COUNT),
    Column("new", "New", Unit.COUNT, "Active for the first time"),
    Column("retained", "Stayed", Unit.COUNT, "Active in the period before too"),
    Column("reactivated", "Back again", Unit.COUNT, "Active before, but not in the period before"),
    Column("lost", "Lost", Unit.COUNT, "Active in the period before, not in this one"),
    Column(
        "revenue_of_active",
        "Revenue of the active",
        Unit.MONEY,
        "Without returns of those who bought nothing in the period",
    ),
    Column("spend_per_active", "Per active customer", Unit.MONEY),
    Column(
        "revenue_lost",
        "Revenue of the lost",
        Unit.MONEY,
        "What they brought in the time that they were last active for",
    ),
)
