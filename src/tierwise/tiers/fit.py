"""Fit: what the best customers have in common, whom else it describes, and whom to win.

A fit score adds up, over dimensions, the logarithm of how much more often the best tiers
have a customer's value of the dimension than all customers do, shrunken where few are
seen (naive Bayes with Laplace's half counts). It is learned from every other customer
and tried on the rest, and what it is worth there is told. Dimensions that must not
decide take no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.rows import WHO, who_in_tier
from tierwise.tiers.values import mean
from tierwise.units import Unit
from tierwise.value.shares import Rows, share

PSEUDO = 5.0
"""So many customers of the usual kind are added to every value of a dimension."""

TOP = 0.1
"""Share of the scored customers whose hits the trial counts."""


def profile(known: ir.Table, dimensions: Sequence[str], best: int) -> ir.Table:
    """One row a dimension and value: customers, how many are best, lift, satisfaction, profit.

    `known` has `tier`, one text column a dimension, `happy`, `p_active`, `value`.
    """
    parts = []
    for name in dimensions:
        grouped = known.group_by(value=known[name]).aggregate(
            customers=known.count(),
            best=(known.tier <= best).sum(),
            happy=mean(known.happy),
            p_active=mean(known.p_active),
            earned=mean(known.value),
        )
        parts.append(grouped.mutate(dimension=ibis.literal(name)))
    return reduce(lambda a, b: a.union(b.select(a.columns)), parts)


def lifts(known: ir.Table, dimensions: Sequence[str], best: int) -> dict[str, ir.Table]:
    """By dimension a table of `value` and `weight`: the logarithm of its shrunken lift."""
    found = {}
    for name in dimensions:
        grouped = known.group_by(value=known[name]).aggregate(
            n=known.count().cast("float64"), hits=(known.tier <= best).sum().cast("float64")
        )
        rate = grouped.hits.sum().over() / grouped.n.sum().over()
        lift = (grouped.hits + PSEUDO * rate) / (grouped.n + PSEUDO) / rate.nullif(0.0)
        found[name] = grouped.select("value", weight=lift.ln())
    return found


def scored(table: ir.Table, weights: Mapping[str, ir.Table]) -> ir.Table:
    """`table` with `fit`, the sum of its values' weights; values never seen weigh nothing."""
    columns = table.columns
    fit: ir.Value = ibis.literal(0.0)
    for number, (name, weight) in enumerate(weights.items()):
        one = weight.select(**{f"__v{number}": weight.value, f"__w{number}": weight.weight})
        table = table.left_join(one, table[name] == one[f"__v{number}"]).drop(f"__v{number}")
    for number in range(len(weights)):
        fit = fit + table[f"__w{number}"].fill_null(0.0)
    return table.select(*columns, fit=fit)


def trial(tried: ir.Table, best: int) -> ir.Table:
    """One row: how many of the best the top of the score holds. `tried` was not learned from."""
    order = [ibis.desc("fit"), ibis.asc("customer_id")]
    table = tried.mutate(place=ibis.row_number().over(order_by=order) + 1)
    top = table.place <= (table.count().over() * TOP).ceil()
    table = table.mutate(top=top)
    hit = table.tier <= best
    return table.aggregate(
        customers=table.count(),
        listed=table.top.sum(),
        hits=(table.top & hit).sum(),
        best=hit.sum(),
    )


def look_alikes(table: ir.Table, best: int, limit: int) -> ir.Table:
    """Customers not among the best who are most like them, prospects first of equals."""
    chosen = table.filter((table.tier > best).fill_null(True) & (table.fit > 0))
    chosen = chosen.mutate(found=chosen.count().over())
    order = [ibis.desc("fit"), ibis.desc("near_value", nulls_first=False), ibis.asc("customer_id")]
    return chosen.order_by(order).limit(limit)


def require(dimensions: Sequence[str]) -> None:
    """MissingDataError where nothing describes customers."""
    if not dimensions:
        raise MissingDataError(
            "Nothing describes customers, so nothing says whom to look for.",
            "Map segment, industry, country or acquired_via in [sources.customers].",
        )


def answer(
    context: Context,
    values: Rows,
    tried: Mapping[str, Any],
    alike: Rows,
    settings: TiersSettings,
    best: int,
    names: Mapping[str, str],
    notes: Sequence[str],
) -> Answer:
    """The profile of the best, what the score is worth, and who is like them."""
    label = dict(enumerate(settings.names, 1))
    rate = share(tried["best"], tried["customers"])
    hit = share(tried["hits"], tried["listed"])
    lift = hit / rate if hit is not None and rate else None
    found = int(alike[0]["found"]) if alike else 0
    upto = settings.names[best - 1]
    return Answer(
        kind="tier-fit",
        title=f"What customers up to {upto} have in common, and whom else it describes",
        context=context,
        figures=(
            Figure(
                "best_customers",
                f"Customers up to {upto}",
                _best(values),
                Unit.COUNT,
                opens=f"up-to:{upto}",
            ),
            Figure(
                "trial_lift", "Score finds them so many times better than chance", lift, Unit.RATIO
            ),
            Figure("look_alikes", "Others like them", found, Unit.COUNT),
        ),
        grids=(
            Grid("profile", "Profile: what to look for", _PROFILE, _profile(values, best), "opens"),
            Grid(
                "alike",
                "Like the best",
                _ALIKE,
                tuple(_row(r, label, names) for r in alike),
                "opens",
            ),
        ),
        notes=(_says(lift, tried), *notes),
    )


def _best(values: Rows) -> int:
    first = values[0]["dimension"] if values else ""
    return sum(int(row["best"]) for row in values if row["dimension"] == first)


def _says(lift: float | None, tried: Mapping[str, Any]) -> str:
    if lift is None:
        return "The score could not be tried on customers it was not learned from."
    told = (
        f"Tried on customers it was not learned from, the top {TOP:.0%} of the score holds"
        f" {tried['hits']} of {tried['best']} of the best: {lift:.1f} times chance."
    )
    return told if lift >= 1.5 else f"{told} That is little: do not choose customers by it."


def _profile(values: Rows, best: int) -> tuple[dict[str, Any], ...]:
    totals: dict[str, tuple[int, int]] = {}
    for row in values:
        n, k = totals.get(row["dimension"], (0, 0))
        totals[row["dimension"]] = n + int(row["customers"]), k + int(row["best"])
    found = []
    for row in values:
        n, k = totals[row["dimension"]]
        rate = k / n if n else 0.0
        own, hits = int(row["customers"]), int(row["best"])
        lift = (hits + PSEUDO * rate) / (own + PSEUDO) / rate if rate else None
        found.append(
            {
                "dimension": row["dimension"],
                "value": row["value"],
                "customers": own,
                "best": hits,
                "share_best": hits / own if own else None,
                "lift": lift,
                "earned": row["earned"],
                "p_active": row["p_active"],
                "happy": row["happy"],
                "says": _target(lift, row),
                "opens": f"with:{row['dimension']}={row['value']}",
                "opens_best": f"with:{best}:{row['dimension']}={row['value']}",
            }
        )
    return tuple(sorted(found, key=lambda r: (r["dimension"], -(r["lift"] or 0), r["value"])))


def _target(lift: float | None, row: Mapping[str, Any]) -> str:
    """Two axes: predicted to be worth it, and to value what is offered."""
    if lift is None:
        return ""
    profits = lift >= 1.2 and row["earned"] > 0
    likes = row["happy"] is None or row["happy"] >= 0.6
    if row["earned"] <= 0:
        return "brings nothing: not for us as things are"
    if profits:
        return "look for them" if likes else "worth it, but not happy here: mend first"
    return "welcome, not looked for" if lift < 0.8 else ""


def _row(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        **who_in_tier(row, label, names),
        "fit": row["fit"],
        "value": row["value"],
        "near_value": row["near_value"],
    }


_PROFILE = (
    Column("dimension", "Dimension"),
    Column("value", "Value"),
    Column("customers", "Customers", Unit.COUNT),
    Column("best", "Among the best", Unit.COUNT, opens="opens_best"),
    Column("share_best", "Share", Unit.SHARE),
    Column("lift", "Times usual", Unit.RATIO, "Shrunken towards 1 where few are seen"),
    Column("earned", "Mean value", Unit.MONEY),
    Column("p_active", "P(active)", Unit.SHARE),
    Column("happy", "Satisfaction", Unit.SHARE),
    Column("says", "So"),
)
_ALIKE = (
    *WHO,
    Column("tier", "Tier"),
    Column("fit", "Fit", Unit.NUMBER, "Above 0: more like the best than usual"),
    Column("value", "Value", Unit.MONEY),
    Column("near_value", "Expected", Unit.MONEY),
)
