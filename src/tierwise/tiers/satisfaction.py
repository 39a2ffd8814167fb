"""Satisfaction and profit on one map, and who is served more or less than the tier says."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.rows import WHO, who_in_tier
from tierwise.tiers.values import mean, total
from tierwise.units import Unit
from tierwise.value.shares import Rows

HAPPY = 0.7
"""On a scale of 0..1, from here on a customer counts as happy."""


class Quadrant(StrEnum):
    """Where a customer stands on the map."""

    CALL_FIRST = "unhappy, profitable: call first"
    KEEP = "happy, profitable: keep"
    COSTLY = "happy, not profitable: make it pay"
    NEITHER = "unhappy, not profitable: mend the cause"


def scores(surveys: ir.Table | None, contacts: ir.Table | None) -> ir.Table:
    """One row a customer: `happy`, mean of scores brought to 0..1, and `answers`.

    Surveys where there are any, each on its own scale; else the scores of contacts,
    on the scale that they span. Raises MissingDataError for neither.
    """
    if surveys is not None and {"customer_id", "score"} <= set(surveys.columns):
        low, high = _scale(surveys)
        part = ((surveys.score - low) / (high - low).nullif(0.0)).clip(0.0, 1.0)
        known = surveys.select("customer_id", part=part)
    elif contacts is not None and "satisfaction_score" in contacts.columns:
        score = contacts.satisfaction_score
        least, most = score.min().over(), score.max().over()
        known = contacts.select("customer_id", part=(score - least) / (most - least).nullif(0.0))
    else:
        raise MissingDataError(
            "Nobody's satisfaction is known.",
            "Add [sources.surveys], or map satisfaction_score in [sources.contacts].",
        )
    known = known.filter(known.part.notnull() & known.customer_id.notnull())
    return known.group_by("customer_id").aggregate(happy=mean(known.part), answers=known.count())


def _scale(surveys: ir.Table) -> tuple[ir.Value, ir.Value]:
    have = set(surveys.columns)
    by = ["instrument"] if "instrument" in have else []
    spans = [surveys.score.min(), surveys.score.max()]
    least, most = (span.over(group_by=by) if by else span.over() for span in spans)
    low = surveys.scale_min.fill_null(least) if "scale_min" in have else least
    high = surveys.scale_max.fill_null(most) if "scale_max" in have else most
    return low, high


def mapped(members: ir.Table, summary: ir.Table, scored: ir.Table) -> ir.Table:
    """Members who answered, with `profit` and `quadrant`.

    Profit is the summary's where it is known, else the value of the tiers.
    """
    profit = summary.select("customer_id", own_profit=summary.profit.cast("float64"))
    table = members.inner_join(scored, "customer_id")
    table = table.left_join(profit, "customer_id").drop("customer_id_right")
    table = table.mutate(profit=table.own_profit.fill_null(table.value.cast("float64")))
    happy, earns = table.happy >= HAPPY, table.profit > 0
    quadrant = ibis.cases(
        (~happy & earns, str(Quadrant.CALL_FIRST)),
        (happy & earns, str(Quadrant.KEEP)),
        (happy, str(Quadrant.COSTLY)),
        else_=str(Quadrant.NEITHER),
    )
    return table.mutate(quadrant=quadrant)


def quadrants(table: ir.Table) -> ir.Table:
    """Customers and profit by tier and quadrant. `table` is of `mapped`."""
    grouped = table.group_by("tier", "quadrant").aggregate(
        customers=table.count(), profit=total(table.profit), happy=mean(table.happy)
    )
    return grouped.order_by("tier", "quadrant")


def first_calls(table: ir.Table, limit: int) -> ir.Table:
    """Unhappy and profitable, most profit first."""
    chosen = table.filter(table.quadrant == str(Quadrant.CALL_FIRST))
    chosen = chosen.mutate(found=chosen.count().over())
    return chosen.order_by([ibis.desc("profit"), ibis.asc("customer_id")]).limit(limit)


def answer(
    context: Context, cells: Rows, calls: Rows, settings: TiersSettings, names: Mapping[str, str]
) -> Answer:
    """The map by tier, and whom to call first."""
    label = dict(enumerate(settings.names, 1))
    totals = {q: sum(r["customers"] for r in cells if r["quadrant"] == q) for q in Quadrant}
    found = int(calls[0]["found"]) if calls else 0
    cut = f"The first {len(calls):,} of {found:,} are listed; --limit shows more."
    risk = sum(r["profit"] for r in cells if r["quadrant"] == Quadrant.CALL_FIRST)
    return Answer(
        kind="tier-satisfaction",
        title="Satisfaction and profit on one map",
        context=context,
        figures=(
            _figure("answered", "Customers who answered", sum(totals.values()), ""),
            _figure(
                "call_first", "Unhappy and profitable", totals[Quadrant.CALL_FIRST], ":call_first"
            ),
            Figure(
                "profit_of_unhappy",
                "Profit that they bring",
                risk,
                Unit.MONEY,
                opens="quadrant:call_first",
            ),
            _figure("happy_costly", "Happy, not profitable", totals[Quadrant.COSTLY], ":costly"),
        ),
        grids=(
            Grid(
                "calls", "Call first", _CALLS, tuple(_call(r, label, names) for r in calls), "opens"
            ),
            Grid(
                "quadrants",
                "By tier",
                _CELLS,
                tuple(_cell(r, label[r["tier"]]) for r in cells),
                "opens",
            ),
        ),
        notes=(
            f"Happy: at least {HAPPY:.0%} of the scale, mean of a customer's answers in the window."
            " Who never answered is not on the map.",
            *((cut,) if found > len(calls) else ()),
        ),
    )


def _figure(name: str, label: str, customers: int, quadrant: str) -> Figure:
    return Figure(name, label, customers, Unit.COUNT, opens=f"quadrant{quadrant}")


def _cell(row: Mapping[str, Any], tier: str) -> dict[str, Any]:
    quadrant = Quadrant(row["quadrant"]).name.lower()
    return {**row, "tier": tier, "opens": f"quadrant:{quadrant}:{tier}"}


def _call(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        **who_in_tier(row, label, names),
        "profit": row["profit"],
        "happy": row["happy"],
        "answers": row["answers"],
        "p_active": row["p_active"],
    }


_CALLS = (
    *WHO,
    Column("tier", "Tier"),
    Column("profit", "Profit", Unit.MONEY),
    Column("happy", "Satisfaction", Unit.SHARE, "Mean of the answers, on a scale of 0 to 100%"),
    Column("answers", "Answers", Unit.COUNT),
    Column("p_active", "P(active)", Unit.SHARE),
)
_CELLS = (
    Column("tier", "Tier"),
    Column("quadrant", "Where"),
    Column("customers", "Customers", Unit.COUNT),
    Column("profit", "Profit", Unit.MONEY),
    Column("happy", "Satisfaction", Unit.SHARE),
)
