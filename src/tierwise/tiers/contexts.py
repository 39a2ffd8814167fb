"""Tiers by context: one customer may matter differently by product line, channel or site.

Each context is cut by the rule on its own; small ones are pooled. The roll-up to
customers and to parent accounts cuts sums, never an average of tiers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TierRule, TiersSettings
from tierwise.tiers.rows import WHO, who_in_tier
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.shares import Rows, top_rank

POOLED = "(small contexts)"


def pooled(parts: ir.Table, min_cell: int) -> ir.Table:
    """`customer_id`, `context`, `value` with contexts of few customers put together."""
    size = parts.customer_id.nunique().over(group_by="context")
    table = parts.mutate(context=(size >= min_cell).ifelse(parts.context, POOLED))
    return table.group_by("customer_id", "context").aggregate(
        value=table.value.sum().cast(SUM_TYPE)
    )


def tiered(parts: ir.Table, settings: TiersSettings, thresholds: Sequence[float]) -> ir.Table:
    """Parts with `tier` in their context. `thresholds`: of the whole, for amounts and breaks.

    Rank in absolute numbers would make everybody of a small context first, so ranks are
    taken in proportion to the context's share of customers. Zero or less is the last tier.
    """
    window = ibis.window(group_by="context", order_by=[ibis.desc("value"), ibis.asc("customer_id")])
    earned = ibis.greatest(parts.value, Decimal(0)).cast(SUM_TYPE)
    table = parts.mutate(
        place=ibis.row_number().over(window) + 1,
        n=parts.count().over(group_by="context"),
        everybody=parts.customer_id.nunique().over(),
        earned=earned,
    )
    table = table.mutate(
        total=table.earned.sum().over(group_by="context"),
        before=table.earned.sum().over(
            ibis.window(group_by="context", order_by="place", preceding=None, following=0)
        )
        - table.earned,
    )
    below = [_below(table, settings, k, thresholds) for k in range(len(settings.names) - 1)]
    tier = sum((one.cast("int64") for one in below), ibis.literal(1))
    last = len(settings.names)
    return table.select(
        "customer_id", "context", "value", tier=(table.value > 0).ifelse(tier, last).cast("int64")
    )


def _below(
    table: ir.Table, settings: TiersSettings, k: int, thresholds: Sequence[float]
) -> ir.BooleanValue:
    """Whether a row stands below the k-th cut of its context."""
    match settings.rule:
        case TierRule.RANK if settings.last_ranks:
            last = (table.n * settings.last_ranks[k] / table.everybody).ceil()
            below: ir.BooleanValue = table.place > last
        case TierRule.RANK:
            below = table.place > top_rank(settings.customer_shares[k], table.n)
        case TierRule.SHARE | TierRule.CAPACITY:
            part = table.before.cast("float64") / table.total.cast("float64").nullif(0.0)
            below = (part >= settings.value_shares[k]).fill_null(True)
        case _:
            below = table.value.cast("float64") < thresholds[k]
    return below


def by_context(table: ir.Table) -> ir.Table:
    """Customers and value by context and tier."""
    grouped = table.group_by("context", "tier").aggregate(
        customers=table.count(), value=table.value.sum()
    )
    return grouped.order_by("context", "tier")


def differing(table: ir.Table, members: ir.Table) -> ir.Table:
    """Customers whose contexts differ in tier: best and worst, and the tier as a whole."""
    grouped = table.group_by("customer_id").aggregate(
        best=table.tier.min(),
        worst=table.tier.max(),
        contexts=table.count(),
        told=_told(table),
    )
    joined = grouped.inner_join(
        members.select("customer_id", "tier", "rank", "value"), "customer_id"
    )
    return joined.filter(joined.best != joined.worst)


def several(chosen: ir.Table, limit: int) -> ir.Table:
    """The first of `differing`, furthest apart first, with how many there are."""
    chosen = chosen.mutate(found=chosen.count().over(), reach=chosen.worst - chosen.best)
    return chosen.order_by([ibis.desc("reach"), ibis.asc("rank")]).limit(limit)


def _told(table: ir.Table) -> ir.Value:
    """The best context's name; ordered aggregates differ between engines, argmax does not."""
    return table.context.argmax(table.value)


def accounts(members: ir.Table, belonging: ir.Table, values: Sequence[float]) -> ir.Table:
    """One row an account: members' value added up and cut where customers' values are cut.

    `values` are those at the cuts; an account is never below its best member by more
    than its losses take.
    """
    table = members.left_join(belonging, "customer_id").drop("customer_id_right")
    table = table.mutate(account_id=table.account_id.fill_null(table.customer_id))
    grouped = table.group_by("account_id").aggregate(
        members=table.count(),
        value=table.value.sum(),
        best=table.tier.min(),
        worst=table.tier.max(),
    )
    amount = grouped.value.cast("float64")
    below = [(amount < min(bound, 1e300)).cast("int64") for bound in values]
    tier = sum(below, ibis.literal(1))
    last = len(values) + 1
    tiered_ = grouped.mutate(tier=(grouped.value > 0).ifelse(tier, last).cast("int64"))
    chosen = tiered_.filter(tiered_.members > 1)
    return chosen.mutate(found=chosen.count().over())


def listed_accounts(table: ir.Table, limit: int) -> ir.Table:
    """Largest accounts first."""
    return table.order_by([ibis.desc("value"), ibis.asc("account_id")]).limit(limit)


@dataclass(frozen=True, slots=True)
class Found:
    """All that is told of contexts and accounts."""

    by: str  # dimension; "" where no contexts were asked for
    cells: Rows  # of `by_context`
    differing: Rows  # of `several`
    accounts: Rows  # of `listed_accounts`


def answer(
    context: Context,
    found: Found,
    settings: TiersSettings,
    names: Mapping[str, str],
    notes: Sequence[str],
) -> Answer:
    """Tiers context by context, who differs between them, and accounts taken together."""
    label = dict(enumerate(settings.names, 1))
    by, rows = found.by, found.differing
    differ = int(rows[0]["found"]) if rows else 0
    cut = f"The first {len(rows):,} of {differ:,} are listed; --limit shows more."
    contexts = _contexts(found, label)
    opens = f"differing:{by}" if by else ""
    differing = tuple(_row(r, label, names) for r in rows)
    accounts = tuple(_account(r, label, names) for r in found.accounts)
    return Answer(
        kind="tier-contexts",
        title=f"Tiers by {by}" if by else "Tiers of accounts",
        context=context,
        figures=(
            Figure("contexts", "Contexts", len(contexts.rows), Unit.COUNT),
            Figure(
                "differ", "Customers whose contexts differ in tier", differ, Unit.COUNT, opens=opens
            ),
        ),
        grids=(
            contexts,
            Grid("differing", "Whose contexts differ most", _DIFFER, differing, "opens"),
            Grid("accounts", "Accounts of several customers", _ACCOUNTS, accounts, "opens"),
        ),
        notes=(*notes, *((cut,) if differ > len(rows) else ())),
    )


def _contexts(found: Found, label: Mapping[int, str]) -> Grid:
    """A row a context; every number of customers opens them."""
    columns = (
        Column("context", found.by or "Context"),
        Column("customers", "Customers", Unit.COUNT),
        Column("value", "Value", Unit.MONEY),
        *(Column(f"in_{k}", n, Unit.COUNT, opens=f"opens_in_{k}") for k, n in label.items()),
    )
    rows = []
    for one in dict.fromkeys(row["context"] for row in found.cells):
        own = {row["tier"]: row for row in found.cells if row["context"] == one}
        pair = f"{found.by}={one}"
        rows.append(
            {
                "context": one,
                "customers": sum(r["customers"] for r in own.values()),
                "value": sum(r["value"] for r in own.values()),
                **{f"in_{k}": own[k]["customers"] if k in own else 0 for k in label},
                "opens": f"context:{pair}",
                **{f"opens_in_{k}": f"context:{k}:{pair}" for k in label},
            }
        )
    return Grid("contexts_tiered", "Context by context", columns, tuple(rows), "opens")


def _row(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    return {
        **who_in_tier(row, label, names),
        "best": label[row["best"]],
        "worst": label[row["worst"]],
        "contexts": row["contexts"],
        "largest": row["told"],
        "value": row["value"],
    }


def _account(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    account = row["account_id"]
    return {
        "account_id": account,
        "name": names.get(account, ""),
        "members": row["members"],
        "value": row["value"],
        "tier": label[row["tier"]],
        "best": label[row["best"]],
        "worst": label[row["worst"]],
        "opens": f"customer:{account}",
    }


_DIFFER = (
    *WHO,
    Column("tier", "As a whole"),
    Column("best", "Best context"),
    Column("worst", "Worst"),
    Column("contexts", "Contexts", Unit.COUNT),
    Column("largest", "Most value in"),
    Column("value", "Value", Unit.MONEY),
)
_ACCOUNTS = (
    Column("account_id", "Account", help="Its topmost parent"),
    Column("name", "Name"),
    Column("members", "Customers", Unit.COUNT),
    Column("value", "Value", Unit.MONEY, "Members' added up"),
    Column("tier", "As one", help="The sum cut where customers' values are cut"),
    Column("best", "Best member"),
    Column("worst", "Worst member"),
)
