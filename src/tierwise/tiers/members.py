"""Lists of members: a tier's, with why each is in it, and those who moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.rows import WHO, who_in_tier
from tierwise.tiers.stability import WORDS, Reason
from tierwise.units import Unit
from tierwise.value.shares import Rows, share


def listed(chosen: ir.Table, limit: int) -> ir.Table:
    """Some members best first, with how many there are."""
    chosen = chosen.mutate(found=chosen.count().over())
    return chosen.order_by([ibis.asc("tier"), ibis.asc("rank")]).limit(limit)


def moved(members: ir.Table, limit: int) -> ir.Table:
    """Who moved at the last review, or waits to, furthest first."""
    waits = members.waits_since.notnull() & ~members.is_override
    went = members.before.notnull() & (members.before != members.earned_tier)
    held = members.rule_tier != members.earned_tier
    chosen = members.filter(went | waits | held | members.is_override)
    chosen = chosen.mutate(
        found=chosen.count().over(),
        step=(chosen.before.fill_null(chosen.rule_tier) - chosen.earned_tier).abs(),
    )
    order = [ibis.desc("step"), ibis.asc("tier"), ibis.asc("rank")]
    return chosen.order_by(order).limit(limit)


def flows(members: ir.Table) -> ir.Table:
    """Customers by tier before, tier now and reason; null before: new."""
    grouped = members.group_by("before", tier=members.earned_tier).aggregate(
        customers=members.count(), value=members.value.sum()
    )
    return grouped.order_by("before", "tier")


def reasons(members: ir.Table) -> ir.Table:
    """Customers by reason."""
    grouped = members.group_by("reason").aggregate(
        customers=members.count(), value=members.value.sum()
    )
    return grouped.order_by([ibis.desc("customers"), ibis.asc("reason")])


def member_row(
    row: Mapping[str, Any], settings: TiersSettings, names: Mapping[str, str]
) -> dict[str, Any]:
    """One member of a list."""
    label = dict(enumerate(settings.names, 1))
    return {
        **who_in_tier(row, label, names),
        "rank": row["rank"],
        "need": row.get("need") or "",
        "value": row["value"],
        "p_tier": row["p_tier"],
        "rule_tier": label[row["rule_tier"]],
        "before": label.get(row["before"], ""),
        "since": row["since"],
        "reason": str(row["reason"]),
        "because": reason_words(row),
        "near_value": row.get("near_value"),
        "override": bool(row["is_override"]),
    }


def reason_words(row: Mapping[str, Any]) -> str:
    """Why in words; a decision names its owner, reason and end."""
    if row["is_override"]:
        return f"{row['decided_because']} ({row['decided_by']}, until {row['decided_until']})"
    return WORDS[Reason(row["reason"])]


def answer(
    context: Context,
    rows: Rows,
    settings: TiersSettings,
    names: Mapping[str, str],
    title: str,
    notes: tuple[str, ...],
) -> Answer:
    """The list with its length; says so when it is cut."""
    found = int(rows[0]["found"]) if rows else 0
    cut = f"The first {len(rows):,} of {found:,} are listed; --limit shows more."
    return Answer(
        kind="tier-members",
        title=title,
        context=context,
        figures=(Figure("found", "Customers", found, Unit.COUNT),),
        grids=(
            Grid(
                "members",
                title,
                COLUMNS,
                tuple(member_row(r, settings, names) for r in rows),
                "opens",
            ),
        ),
        notes=(*((cut,) if found > len(rows) else ()), *notes),
    )


@dataclass(frozen=True, slots=True)
class Movers:
    """All that is told of the last review."""

    rows: Rows  # of `moved`
    flows: Rows  # of `flows`
    reasons: Rows  # of `reasons`
    expired: Rows  # decisions not in force


def movers_answer(
    context: Context,
    found: Movers,
    settings: TiersSettings,
    names: Mapping[str, str],
    notes: tuple[str, ...],
) -> Answer:
    """From tier to tier, by reason, one by one, and decisions that are not in force."""
    listed = tuple(member_row(r, settings, names) for r in found.rows)
    return Answer(
        kind="tier-movers",
        title="Who moved at the last review, who is held, and why",
        context=context,
        figures=_moves(found.flows),
        grids=(
            Grid("movers", "Moved, waiting or held", COLUMNS, listed, "opens"),
            _flow_grid(found.flows, settings),
            Grid(
                "reasons",
                "Everybody by reason",
                _REASONS,
                tuple(_of_reason(r) for r in found.reasons),
                "opens",
            ),
            Grid("not_in_force", "Decisions not in force", _EXPIRED, tuple(found.expired)),
        ),
        notes=notes,
    )


def _moves(flow: Rows) -> tuple[Figure, ...]:
    both = [r for r in flow if r["before"] is not None]
    total = sum(r["customers"] for r in both)
    stayed = sum(r["customers"] for r in both if r["before"] == r["tier"])
    up = sum(r["customers"] for r in both if r["before"] > r["tier"])
    counted = (
        ("in_both", "Customers at both reviews", total, "move:both"),
        ("moved_up", "Moved up", up, "move:up"),
        ("moved_down", "Moved down", total - stayed - up, "move:down"),
    )
    return (
        *(Figure(name, label, n, Unit.COUNT, opens=opens) for name, label, n, opens in counted),
        Figure("stayed", "Stayed", share(stayed, total), Unit.SHARE),
    )


def _flow_grid(flow: Rows, settings: TiersSettings) -> Grid:
    """Tier before by tier now; every number opens its own customers."""
    label = dict(enumerate(settings.names, 1))
    counted = {(r["before"], r["tier"]): r["customers"] for r in flow}
    columns = (
        Column("before", "Before"),
        *(
            Column(f"to_{k}", f"now {name}", Unit.COUNT, opens=f"opens_to_{k}")
            for k, name in label.items()
        ),
    )
    rows = tuple(
        {
            "before": "new" if was is None else label[was],
            **{f"to_{k}": counted.get((was, k), 0) for k in label},
            **{
                f"opens_to_{k}": f"move:{label[was] if was else ''}>{name}"
                for k, name in label.items()
            },
        }
        for was in (*label, None)
    )
    return Grid("flows", "From the review before to this one", columns, rows)


def _of_reason(row: Mapping[str, Any]) -> dict[str, Any]:
    reason = Reason(row["reason"])
    return {
        "reason": row["reason"],
        "means": WORDS[reason],
        "customers": row["customers"],
        "value": row["value"],
        "opens": f"reason:{reason}",
    }


COLUMNS = (
    Column("tier", "Tier"),
    Column("rank", "Rank", Unit.RANK),
    *WHO,
    Column("need", "Need", help="Segment of needs: what, where the tier says how much"),
    Column("value", "Value", Unit.MONEY),
    Column("p_tier", "P(tier)", Unit.SHARE, "Probability to belong here in the window to come"),
    Column("rule_tier", "By the rule", help="Where the rule alone would put the customer"),
    Column("before", "Before", help="Tier at the review before"),
    Column("since", "Since", Unit.DATE),
    Column("because", "Why"),
    Column("near_value", "Expected", Unit.MONEY, "Value expected in the window to come"),
)
_REASONS = (
    Column("reason", "Reason"),
    Column("means", "Means"),
    Column("customers", "Customers", Unit.COUNT),
    Column("value", "Value", Unit.MONEY),
)
_EXPIRED = (
    Column("customer_id", "Customer"),
    Column("tier", "Tier"),
    Column("owner", "Owner"),
    Column("reason", "Reason"),
    Column("set_on", "Set on", Unit.DATE),
    Column("expires_on", "Until", Unit.DATE),
    Column("state", "State"),
    Column("source", "Written in"),
)
