"""Who moves: promotion and demotion by probability, grace, youth and the cost of a switch.

One review takes the tiers of the review before and what the rule says now:

- up, to the best tier not above the rule's whose probability (of it or better in the
  window to come) is at least `promote_at`;
- down, to the worst tier not below the rule's whose probability (of it or worse) is at
  least `demote_at`, once reviews have said so for `grace_months`, and not while young;
- neither unless the value lies past the boundary by the switching cost;
- whoever is new starts where the rule says.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

import ibis
import ibis.expr.types as ir
from dateutil.relativedelta import relativedelta

from tierwise.settings import StabilitySettings

SLACK = timedelta(days=3)


class Reason(StrEnum):
    """Why a customer is in a tier."""

    NEW = "new"  # placed by the rule for the first time
    STAYS = "stays"  # the rule says so again
    PROMOTED = "promoted"
    DEMOTED = "demoted"
    HELD_UP = "held_up"  # the rule says lower, but not surely enough
    HELD_DOWN = "held_down"  # the rule says higher, but not surely enough
    GRACE = "grace"  # a move down is due when the next reviews agree
    YOUNG = "young"  # too young to be moved down
    COST = "cost"  # too close to the boundary for a move to pay
    DECISION = "decision"  # an override in force


WORDS = {
    Reason.NEW: "placed by the rule for the first time",
    Reason.STAYS: "the rule says so",
    Reason.PROMOTED: "moved up: value and probability are past the boundary",
    Reason.DEMOTED: "moved down: value and probability stayed below the boundary",
    Reason.HELD_UP: "held: value fell, but staying is likely enough",
    Reason.HELD_DOWN: "held: value rose, but it is not likely enough to last",
    Reason.GRACE: "held in grace: a move down waits for the next reviews",
    Reason.YOUNG: "held: too young a customer to be moved down",
    Reason.COST: "held: too close to the boundary for a move to pay",
    Reason.DECISION: "by decision",
}


def start(now: ir.Table, day: date) -> ir.Table:
    """The first review: everybody where the rule says. `now` has `rule_tier`."""
    return now.mutate(
        tier=now.rule_tier,
        before=ibis.null("int64"),
        since=ibis.literal(day),
        waits_since=ibis.null("date"),
        reason=ibis.literal(str(Reason.NEW)),
        reviews=now.rule_tier.cast("string"),
    )


def review(
    now: ir.Table,
    prior: ir.Table,
    bounds: tuple[float, ...],
    settings: StabilitySettings,
    day: date,
) -> ir.Table:
    """One review on `day`: `now` with `tier`, `before`, `since`, `waits_since`, `reason`.

    `now` has `customer_id`, `value`, `rule_tier`, `first_on` and `p_to_1`, ...;
    `prior` has `customer_id`, `tier`, `since`, `waits_since`; `bounds` are the
    values at the cuts.
    """
    was = prior.select(
        "customer_id",
        before="tier",
        was_since="since",
        was_waiting="waits_since",
        was_reviews="reviews",
    )
    table = now.left_join(was, "customer_id").drop("customer_id_right")
    up = _up(table, bounds, settings)
    down = _down(table, bounds, settings)
    table = table.mutate(up=up[0], up_but_for_cost=up[1], down=down[0], down_but_for_cost=down[1])
    waiting = (table.down > table.before).ifelse(table.was_waiting.fill_null(day), None)
    table = table.mutate(waits=waiting)
    # Months differ in length: from 30 June three months back is 30 March, not the 31st.
    begun = day - relativedelta(months=settings.grace_months) + SLACK * (settings.grace_months > 0)
    due = table.waits <= ibis.literal(begun)
    young = (
        table.first_on > ibis.literal(day - relativedelta(months=settings.young_months))
    ).fill_null(False)
    rises, falls = table.up < table.before, table.down > table.before
    goes_down = falls & due & ~young
    new = table.before.isnull()
    tier = ibis.cases(
        (new, table.rule_tier), (rises, table.up), (goes_down, table.down), else_=table.before
    )
    reason = ibis.cases(
        (new, str(Reason.NEW)),
        (rises, str(Reason.PROMOTED)),
        (goes_down, str(Reason.DEMOTED)),
        (falls & young, str(Reason.YOUNG)),
        (falls, str(Reason.GRACE)),
        (table.rule_tier == table.before, str(Reason.STAYS)),
        (
            (table.up_but_for_cost < table.before) | (table.down_but_for_cost > table.before),
            str(Reason.COST),
        ),
        (table.rule_tier > table.before, str(Reason.HELD_UP)),
        else_=str(Reason.HELD_DOWN),
    )
    moved = new | rises | goes_down
    return table.mutate(
        tier=tier.cast("int64"),
        since=moved.ifelse(ibis.literal(day), table.was_since),
        waits_since=moved.ifelse(None, table.waits),
        reason=reason,
        reviews=_told(table.was_reviews, tier),
    ).drop(
        "up",
        "down",
        "up_but_for_cost",
        "down_but_for_cost",
        "waits",
        "was_since",
        "was_waiting",
        "was_reviews",
    )


def _up(
    table: ir.Table, bounds: tuple[float, ...], settings: StabilitySettings
) -> tuple[ir.Value, ir.Value]:
    """The tier to rise to, and the one but for the cost of switching; `before` if none."""
    cases, free = [], []
    for k in range(1, len(bounds) + 1):
        likely = table[f"p_to_{k}"] >= settings.promote_at
        wanted = (table.rule_tier <= k) & (table.before > k) & likely
        far = table.value.cast("float64") - _finite(bounds[k - 1]) >= settings.switching_cost
        cases.append((wanted & far, k))
        free.append((wanted, k))
    return ibis.cases(*cases, else_=table.before), ibis.cases(*free, else_=table.before)


def _down(
    table: ir.Table, bounds: tuple[float, ...], settings: StabilitySettings
) -> tuple[ir.Value, ir.Value]:
    """The tier to fall to, and the one but for the cost of switching; `before` if none."""
    cases, free = [], []
    for k in range(len(bounds) + 1, 1, -1):
        likely = 1 - table[f"p_to_{k - 1}"] >= settings.demote_at
        wanted = (table.rule_tier >= k) & (table.before < k) & likely
        far = _finite(bounds[k - 2]) - table.value.cast("float64") >= settings.switching_cost
        cases.append((wanted & far, k))
        free.append((wanted, k))
    return ibis.cases(*cases, else_=table.before), ibis.cases(*free, else_=table.before)


def _finite(bound: float) -> float:
    return min(bound, 1e300)


def _told(before: ir.StringValue, tier: ir.Value) -> ir.Value:
    """Tiers of all reviews, the latest last, such as `2,2,1`."""
    now = tier.cast("int64").cast("string")
    return before.isnull().ifelse(now, before + "," + now)
