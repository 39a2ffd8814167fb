"""Cliffs: customers of nearly the same value on two sides of a boundary, and what each got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.ratios import by_group, mean_of
from tierwise.tiers.rules import Cuts
from tierwise.tiers.values import mean
from tierwise.units import Unit
from tierwise.value.shares import Rows

NEAR = 0.1
"""So far above or below a boundary, as a share of it, customers are alike."""

COIN = (0.3, 0.7)
"""Between these a tier is no better than the toss of a coin."""

COMPARED = ("wait_s", "rating", "satisfaction")


def near(members: ir.Table, cuts: Cuts) -> ir.Table:
    """Customers near a boundary: `group` is 2k - 1 just above the k-th, 2k just below."""
    value = members.value.cast("float64")
    parts = []
    for k, bound in enumerate(cuts.values, 1):
        if bound in (0.0, float("inf")):
            continue
        upper = members[f"p_to_{k}"]
        rows = members.filter(value.between(bound * (1 - NEAR), bound * (1 + NEAR)))
        above = rows["rank"] <= cuts.last_ranks[k - 1]
        parts.append(
            rows.select(
                "customer_id",
                "value",
                group=above.ifelse(2 * k - 1, 2 * k).cast("int64"),
                better=(rows.tier <= k).cast("int64"),
                coin=upper.between(*COIN).cast("int64"),
            )
        )
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def sides(table: ir.Table) -> ir.Table:
    """One row a side of a boundary. `table` is of `near`."""
    grouped = table.group_by("group").aggregate(
        customers=table.count(),
        value=mean(table.value),
        better=table.better.sum(),
        coin=table.coin.sum(),
    )
    return grouped.order_by("group")


def counted(table: ir.Table) -> ir.Table:
    """One row: customers near any boundary, and tosses of a coin, each customer once."""
    coin = table.coin == 1
    return table.aggregate(
        near=table.customer_id.nunique(), coin=table.customer_id.nunique(where=coin)
    )


def received(table: ir.Table, per_customer: ir.Table, names: Sequence[str]) -> ir.Table:
    """Sums by side behind what each got; `per_customer` is of `ratios.per_customer`."""
    joined = per_customer.inner_join(table.select("customer_id", "group"), "customer_id")
    return by_group(joined, names, "group")


def answer(
    context: Context,
    rows: Rows,
    all_of_them: Mapping[str, Any],
    got: Rows,
    cuts: Cuts,
    settings: TiersSettings,
) -> Answer:
    """Boundary by boundary: who stands just above, who just below, and what differs."""
    side = {row["group"]: row for row in rows}
    service = {row["group"]: row for row in got}
    table = []
    for k, name in enumerate(settings.names[:-1], 1):
        for group, where in ((2 * k - 1, "above"), (2 * k, "below")):
            if group in side:
                table.append(_row(name, where, side[group], service.get(group), cuts.values[k - 1]))
    close, coin = all_of_them["near"], all_of_them["coin"]
    return Answer(
        kind="tier-cliffs",
        title="Alike in value, on two sides of a boundary",
        context=context,
        figures=(
            Figure(
                "near_boundaries",
                f"Within {NEAR:.0%} of a boundary",
                close,
                Unit.COUNT,
                opens="near",
            ),
            Figure(
                "coin_tosses",
                "Of these as likely above as below",
                coin,
                Unit.COUNT,
                opens="near:coin",
            ),
        ),
        grids=(Grid("sides", "Just above and just below", _COLUMNS, tuple(table), "opens"),),
        notes=(
            "Where these two groups are treated differently, a small change of value changes"
            " service much: hold members in place, or let entitlements rise in steps.",
            *(
                _apart(name, k, service)
                for k, name in enumerate(settings.names[:-1], 1)
                if _tells(k, service)
            ),
        ),
    )


def _tells(k: int, service: Mapping[int, Mapping[str, Any]]) -> bool:
    """Whether intervals of waits above and below the k-th boundary do not meet."""
    if not all(g in service and "n_wait_s" in service[g] for g in (2 * k - 1, 2 * k)):
        return False
    above, below = (mean_of(service[g], "wait_s") for g in (2 * k - 1, 2 * k))
    if above.low is None or below.low is None or above.high is None or below.high is None:
        return False
    return above.high < below.low or below.high < above.low


def _apart(name: str, k: int, service: Mapping[int, Mapping[str, Any]]) -> str:
    above, below = (mean_of(service[g], "wait_s") for g in (2 * k - 1, 2 * k))
    return (
        f"At the end of {name} waits differ beyond doubt: {above.value:,.0f} s above,"
        f" {below.value:,.0f} s below."
    )


def _row(
    name: str, where: str, row: Mapping[str, Any], got: Mapping[str, Any] | None, bound: float
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "boundary": f"end of {name}",
        "amount": bound,
        "side": where,
        "customers": row["customers"],
        "value": row["value"],
        "better": row["better"],
        "coin": row["coin"],
        "contacts": int(got["contacts"]) if got else 0,
        "opens": f"near:{name}:{where}",
    }
    for measure in COMPARED:
        mean = mean_of(got, measure) if got and f"n_{measure}" in got else None
        told |= {measure: mean.value if mean else None}
    return told


_COLUMNS = (
    Column("boundary", "Boundary"),
    Column("amount", "At", Unit.MONEY),
    Column("side", "Side", help="By the rule"),
    Column("customers", "Customers", Unit.COUNT),
    Column("value", "Mean value", Unit.MONEY),
    Column("better", "In the better tier", Unit.COUNT, "Held members and decisions counted"),
    Column("coin", "Tosses of a coin", Unit.COUNT, "Probability to be above between 30 and 70%"),
    Column("contacts", "Contacts", Unit.COUNT),
    Column("wait_s", "Wait", Unit.SECONDS, "Mean"),
    Column("rating", "Agent rating", Unit.RATIO, "Mean"),
    Column("satisfaction", "Satisfaction", Unit.RATIO, "Mean"),
)
