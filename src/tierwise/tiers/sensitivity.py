"""Sensitivity: who would be in another tier under another sensible value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.rows import WHO, who_in_tier
from tierwise.units import Unit
from tierwise.value.shares import Rows, share


@dataclass(frozen=True, slots=True)
class Other:
    """Another value that tiers might be made of."""

    key: str  # column of the wide table
    label: str  # what people read


def wide(own: ir.Table, others: Sequence[tuple[Other, ir.Table]]) -> ir.Table:
    """One row a customer: `tier` by the rule as declared, and one column a value.

    Tables have `customer_id` and `rule_tier`.
    """
    table = own.select("customer_id", "rank", "value", tier="rule_tier")
    for other, placed in others:
        column = placed.select("customer_id", **{other.key: placed.rule_tier})
        table = table.left_join(column, "customer_id").drop("customer_id_right")
    keys = [other.key for other, _ in others]
    best = ibis.least(table.tier, *(table[k].fill_null(table.tier) for k in keys))
    worst = ibis.greatest(table.tier, *(table[k].fill_null(table.tier) for k in keys))
    return table.mutate(best=best, worst=worst, reach=worst - best)


def changes(table: ir.Table, keys: Sequence[str]) -> ir.Table:
    """One row: for every key who changes, up and down, and who of the first tier stays."""
    first = table.tier == 1
    sums: dict[str, ir.Value] = {
        "customers": table.count(),
        "first": first.sum(),
        "steady": (table.reach == 0).sum(),
    }
    for key in keys:
        other = table[key]
        sums |= {
            f"changed_{key}": (other != table.tier).sum().fill_null(0),
            f"up_{key}": (other < table.tier).sum().fill_null(0),
            f"down_{key}": (other > table.tier).sum().fill_null(0),
            f"first_{key}": (first & (other == 1)).sum().fill_null(0),
            f"placed_{key}": other.notnull().sum(),
        }
    return table.aggregate(**sums)


def listed(table: ir.Table, limit: int) -> ir.Table:
    """Those whose tier hangs most on the value that is chosen."""
    chosen = table.filter(table.reach > 0)
    chosen = chosen.mutate(found=chosen.count().over())
    order = [ibis.desc("reach"), ibis.asc("tier"), ibis.asc("rank")]
    return chosen.order_by(order).limit(limit)


def answer(
    context: Context,
    row: Mapping[str, Any],
    rows: Rows,
    others: Sequence[Other],
    settings: TiersSettings,
    names: Mapping[str, str],
    left_out: Sequence[str],
) -> Answer:
    """How many change tier under each other value, and who they are."""
    label = dict(enumerate(settings.names, 1))
    found = int(rows[0]["found"]) if rows else 0
    cut = f"The first {len(rows):,} of {found:,} are listed; --limit shows more."
    customers = tuple(_customer(one, others, label, names) for one in rows)
    table = tuple(_other(other, row) for other in others)
    steady, part = row["steady"], share(row["steady"], row["customers"])
    return Answer(
        kind="tier-sensitivity",
        title="Who would be in another tier under another sensible value",
        context=context,
        figures=(
            Figure("values_compared", "Other values", len(others), Unit.COUNT),
            Figure(
                "steady",
                "In the same tier under all of them",
                steady,
                Unit.COUNT,
                opens="changes:none",
            ),
            Figure("steady_share", "Share", part, Unit.SHARE, opens="changes:none"),
        ),
        grids=(
            Grid("others", "Other values", _OTHERS, table, "opens"),
            Grid("hang", "Whose tier hangs on it most", _CUSTOMERS, customers, "opens"),
        ),
        notes=(
            "Compared by the rule alone, without reviews and decisions.",
            *left_out,
            *((cut,) if found > len(rows) else ()),
        ),
    )


def _other(other: Other, row: Mapping[str, Any]) -> dict[str, Any]:
    """What tiers of another value would change."""
    key, opens = other.key, f"changes:{other.key}"
    return {
        "other": other.label,
        "changed": row[f"changed_{key}"],
        "share": share(row[f"changed_{key}"], row["customers"]),
        "up": row[f"up_{key}"],
        "down": row[f"down_{key}"],
        "first_kept": share(row[f"first_{key}"], row["first"]),
        "opens": opens,
        "opens_up": f"{opens}:up",
        "opens_down": f"{opens}:down",
    }


def _customer(
    row: Mapping[str, Any],
    others: Sequence[Other],
    label: Mapping[int, str],
    names: Mapping[str, str],
) -> dict[str, Any]:
    elsewhere = (
        f"{other.label}: {label[row[other.key]]}"
        for other in others
        if row[other.key] not in (None, row["tier"])
    )
    return {
        **who_in_tier(row, label, names),
        "value": row["value"],
        "best": label[row["best"]],
        "worst": label[row["worst"]],
        "by_other": "; ".join(elsewhere),
    }


_OTHERS = (
    Column("other", "Tiers by"),
    Column("changed", "Change tier", Unit.COUNT),
    Column("share", "of customers", Unit.SHARE),
    Column("up", "Up", Unit.COUNT, opens="opens_up"),
    Column("down", "Down", Unit.COUNT, opens="opens_down"),
    Column("first_kept", "First tier stays", Unit.SHARE, "Of the first tier as declared"),
)
_CUSTOMERS = (
    *WHO,
    Column("value", "Value", Unit.MONEY),
    Column("tier", "Tier", help="By the rule as declared"),
    Column("best", "Best"),
    Column("worst", "Worst"),
    Column("by_other", "Would be", help="Under each value that would change it"),
)
