"""Over- and under-served: who takes far more than the value, and who gets less than peers below.

Over-served is as `value.demand` has it. Under-served: a customer above the last tier who
called at least twice and waited longer on average than the last tier does, gave up
waiting more often, or reached agents rated clearly lower.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.rows import WHO, who_in_tier
from tierwise.units import Unit
from tierwise.value.shares import Rows

LOWER = 0.05
"""So much lower on a scale of 0..1 agents' ratings must be to count."""

CALLS = 2
"""With fewer contacts a bad one is an accident."""


def under(members: ir.Table, per_customer: ir.Table, names: list[str], tiers: int) -> ir.Table:
    """Members above the last tier who got less than the last tier does, worst tier-value first.

    `per_customer` is of `ratios.per_customer` with the measures `names`.
    """
    got = per_customer.select(
        "customer_id", "contacts", **{n: _mean(per_customer, n) for n in names}
    )
    table = members.inner_join(got, "customer_id")
    missing = [n for n in ("wait_s", "abandoned", "rating") if n not in names]
    table = table.mutate(**dict.fromkeys(missing, ibis.null("float64")))
    last = table.tier == tiers
    table = table.mutate(
        usual_wait=table.wait_s.mean(where=last).over(),
        usual_rating=table.rating.mean(where=last).over(),
        usual_lost=table.abandoned.mean(where=last).over(),
    )
    waits = (table.wait_s > table.usual_wait).fill_null(False)
    lost = (table.abandoned > table.usual_lost).fill_null(False)
    low = (table.rating < table.usual_rating - LOWER).fill_null(False)
    table = table.mutate(
        waited=waits, lost=lost, lower=low, faults=sum(x.cast("int64") for x in (waits, lost, low))
    )
    chosen = table.filter((table.tier < tiers) & (table.contacts >= CALLS) & (table.faults > 0))
    return chosen.mutate(found=chosen.count().over())


def _mean(table: ir.Table, name: str) -> ir.Value:
    return table[f"s_{name}"] / table[f"n_{name}"].nullif(0.0)


def listed_under(table: ir.Table, limit: int) -> ir.Table:
    """Best tier first, then most faults, then value."""
    order = [ibis.asc("tier"), ibis.desc("faults"), ibis.asc("rank")]
    return table.order_by(order).limit(limit)


def over(members: ir.Table, shares: ir.Table) -> ir.Table:
    """Members who are over-served; `shares` is of `value.demand.shares`."""
    taken = shares.filter(shares.excess > 0)
    taken = taken.select(
        "customer_id", "value_share", "excess", "contacts", "agent_minutes", "cost_to_serve"
    )
    table = members.inner_join(taken, "customer_id")
    return table.mutate(found=table.count().over())


def listed_over(table: ir.Table, limit: int) -> ir.Table:
    """Largest excess first."""
    return table.order_by([ibis.desc("excess"), ibis.asc("customer_id")]).limit(limit)


def answer(
    context: Context, below: Rows, above: Rows, settings: TiersSettings, names: Mapping[str, str]
) -> Answer:
    """Both lists with how long they are."""
    label = dict(enumerate(settings.names, 1))
    few, many = (int(rows[0]["found"]) if rows else 0 for rows in (below, above))
    cut = "Lists are cut; --limit shows more."
    return Answer(
        kind="tier-served",
        title="Who gets less than the tier says, and who takes more",
        context=context,
        figures=(
            Figure("under_served", "Under-served", few, Unit.COUNT, opens="gets-less"),
            Figure("over_served", "Over-served", many, Unit.COUNT, opens="takes-more"),
        ),
        grids=(
            Grid(
                "under",
                "Under-served",
                _UNDER,
                tuple(_under(r, label, names) for r in below),
                "opens",
            ),
            Grid(
                "over", "Over-served", _OVER, tuple(_over(r, label, names) for r in above), "opens"
            ),
        ),
        notes=(
            f"Under-served: {CALLS} contacts or more, and a longer mean wait than tier"
            f" {settings.names[-1]} has, a larger share given up, or agents rated lower by"
            f" {LOWER} or more.",
            *((cut,) if few > len(below) or many > len(above) else ()),
        ),
    )


def _head(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        **who_in_tier(row, label, names),
        "value": row["value"],
        "contacts": row["contacts"],
    }


def _under(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    said = {"waited": "waits longer", "lost": "gave up waiting", "lower": "lower-rated agents"}
    return {
        **_head(row, label, names),
        "wait_s": row["wait_s"],
        "usual_wait": row["usual_wait"],
        "abandoned": row["abandoned"],
        "rating": row["rating"],
        "faults": ", ".join(words for name, words in said.items() if row[name]),
    }


def _over(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        **_head(row, label, names),
        "agent_minutes": row["agent_minutes"],
        "cost_to_serve": row["cost_to_serve"],
        "value_share": row["value_share"],
        "excess": row["excess"],
    }


_HEAD = (
    *WHO,
    Column("tier", "Tier"),
    Column("value", "Value", Unit.MONEY),
    Column("contacts", "Contacts", Unit.COUNT),
)
_UNDER = (
    *_HEAD,
    Column("wait_s", "Mean wait", Unit.SECONDS),
    Column("usual_wait", "Last tier waits", Unit.SECONDS, "Mean of its customers"),
    Column("abandoned", "Abandoned", Unit.SHARE),
    Column("rating", "Agent rating", Unit.RATIO),
    Column("faults", "What"),
)
_OVER = (
    *_HEAD,
    Column("agent_minutes", "Agent minutes", Unit.MINUTES),
    Column("cost_to_serve", "Cost to serve", Unit.MONEY),
    Column("value_share", "of value", Unit.SHARE),
    Column("excess", "Excess", Unit.SHARE, "Largest share taken less the share of value"),
)
