"""Sensitivity: who would be in another tier under another sensible value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.rows import WHO, who
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
    n = int(row["customers"])
    table = tuple(
        {
            "other": other.label,
            "changed": row[f"changed_{other.key}"],
            "share": share(row[f"changed_{other.key}"], n),
            "up": row[f"up_{other.key}"],
            "down": row[f"down_{other.key}"],
            "first_kept": row[f"first_{other.key}"] / row["first"] if row["first"] else None,
        }
        for other in others
    )
    customers = tuple(
        {
            **who(one, names),
            "value": one["value"],
            "tier": label[one["tier"]],
            "best": label[one["best"]],
            "worst": label[one["worst"]],
            "by_other": "; ".join(
                f"{other.label}: {label[one[other.key]]}"
                for other in others
                if one[other.key] not in (None, one["tier"])
            ),
        }
        for one in rows
    )
    found = int(rows[0]["found"]) if rows else 0
    cut = f"The first {len(rows):,} of {found:,} are listed; --limit shows more."
    return Answer(
        kind="tier-sensitivity",
        title="Who would be in another tier under another sensible value",
        context=context,
        figures=(
            Figure("values_compared", "Other values", len(others), Unit.COUNT),
            Figure("steady", "In the same tier under all of them", row["steady"], Unit.COUNT),
            Figure("steady_share", "Share", share(row["steady"], n), Unit.SHARE),
        ),
        grids=(
            Grid("others", "Other values", _OTHERS, table),
            Grid("hang", "Whose tier hangs on it most", _CUSTOMERS, customers, "opens"),
        ),
        notes=(
            "Compared by the rule alone, without reviews and decisions.",
            *left_out,
            *((cut,) if found > len(rows) else ()),
        ),
    )


_OTHERS = (
    Column("other", "Tiers by"),
    Column("changed", "Change tier", Unit.COUNT),
    Column("share", "of customers", Unit.SHARE),
    Column("up", "Up", Unit.COUNT),
    Column("down", "Down", Unit.COUNT),
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
