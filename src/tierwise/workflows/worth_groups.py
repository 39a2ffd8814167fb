"""Questions beside the vector: retention, claims, cohorts, and what makes a customer's value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import ibis.expr.types as ir

from tierwise.errors import DataError
from tierwise.results import Answer
from tierwise.scores import claims, cohorts, drivers, retention
from tierwise.settings import Lens, Period
from tierwise.value import ranking
from tierwise.value.orders import attributed
from tierwise.value.ranking import LABELS
from tierwise.workflows.lifetime import Lifetime
from tierwise.workflows.look import Look
from tierwise.workflows.worth import require_any_known
from tierwise.workflows.worth_lists import finished

CLAIM_TABLES = ("contacts", "interactions", "surveys")


def retention_answer(look: Look, limit: int) -> Answer:
    """What keeping each customer is worth: margin kept, and the cost of a new one avoided.

    Margin kept is what the model of purchases expects over its horizon, else that
    of the window, with the reason in a note.
    """
    look.refuse_lines("What keeping a customer is worth")
    customers = look.table("customers")
    retention.acquisition(customers)
    require_any_known(look, ranking.ALWAYS_NEEDS_COST)
    kept, label, notes = _kept(look)
    found = look.session.keep("retention", retention.expression(kept, customers))
    total = look.rows(retention.totals(found))[0]
    order = [found.value.desc(nulls_first=False), found.customer_id.asc()]
    rows = look.rows(found.order_by(order).limit(limit))
    context = look.context(customers=int(total["customers"]))
    answer = retention.answer(context, total, rows, label, look.names(rows))
    if total["customers"] > len(rows):
        cut = f"The first {len(rows):,} of {total['customers']:,} are listed; --limit shows more."
        notes = (*notes, cut)
    return finished(look, replace(answer, notes=(*answer.notes, *notes)))


def _kept(look: Look) -> tuple[ir.Table, str, tuple[str, ...]]:
    """Margin kept of the customers of the window, what it is called, and remarks."""
    settings = look.settings.lifetime
    try:
        life = Lifetime(look, settings)
        purchases = life.purchases()
        scored = life.scored(purchases)
    except DataError as error:
        note = f"Margin kept is that of the window, for no expectation can be had: {error.message}"
        return retention.trailing(look.summary, look.lens), retention.label_of(look.lens), (note,)
    expected = scored.select(
        "customer_id", value="near_value", low="near_value_low", high="near_value_high"
    )
    present = ranking.counted(look.summary, look.lens).select("customer_id")
    kept = present.left_join(expected, "customer_id").drop("customer_id_right")
    label = f"expected {LABELS[life.lens]} of the next {settings.horizon_months} months"
    how = f"Expected by {purchases.label}; the interval holds {settings.level:.0%}."
    return kept, label, (how, *((purchases.note,) if purchases.note else ()))


def claims_answer(look: Look) -> Answer:
    """Whether engaged customers and complainers spend more here, at the same tenure."""
    look.refuse_lines("Who is engaged and who complains")
    settings = look.settings.claims
    tables = {name: found for name in CLAIM_TABLES if (found := look.table(name)) is not None}
    flagged = claims.flags(tables, settings, look.start, look.as_of)
    rows = look.rows(claims.expression(look.summary, look.table("customers"), flagged, look.as_of))
    asked = sum(int(row["engaged_n"] + row["not_engaged_n"]) for row in rows)
    return claims.answer(look.context(customers=asked, lens=Lens.REVENUE), rows, settings)


def cohorts_answer(look: Look, period: Period) -> Answer:
    """What newly won customers brought since, by the period they were won in."""
    look.refuse_lines("When a customer was won")
    rows = look.rows(
        cohorts.expression(look.lines(), look.table("customers"), period, look.as_of, _begin(look))
    )
    won = sum({row["cohort"]: int(row["customers"]) for row in rows}.values())
    context = replace(look.context(customers=won), window="all", window_from=None)
    return cohorts.answer(context, rows, period, look.as_of)


def _begin(look: Look) -> date | None:
    """First day of the firm's data, where the lines are only those of a slice."""
    if not look.where:
        return None
    known = attributed(look.whole.lines())
    first = look.rows(known.aggregate(at=known.created_at.min()))[0]["at"]
    return None if first is None else first.date()


def drivers_answer(look: Look, customer_id: str) -> Answer:
    """The steps from the average customer to this one."""
    look.whole.customer_row(customer_id)  # says so where there is no such customer
    rows = look.rows(
        drivers.expression(
            look.summary,
            look.table("customers"),
            customer_id,
            look.lens,
            look.start,
            look.as_of,
        )
    )
    context = look.context(customers=int(rows[0]["all_customers"] or 0))
    name = look.names([{"customer_id": customer_id}]).get(customer_id, "")
    return drivers.answer(context, rows, look.lens, customer_id, name)
