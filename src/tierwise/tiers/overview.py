"""The answer to "who is in which tier": sizes, what they bring, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TierRule, TiersSettings
from tierwise.tiers.rules import Cuts
from tierwise.tiers.values import mean, total
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.ranking import LABELS
from tierwise.value.shares import Rows, share

RULES = {
    TierRule.RANK: "ranks",
    TierRule.SHARE: "shares of value",
    TierRule.THRESHOLD: "amounts",
    TierRule.NATURAL_BREAK: "natural breaks",
    TierRule.CAPACITY: "what the best service can protect",
}


def expression(placed: ir.Table, summary: ir.Table) -> ir.Table:
    """One row a tier: customers, value, what they ask of service. `placed` has `tier`."""
    asked = summary.select("customer_id", "contacts", "agent_minutes", "cost_to_serve")
    table = placed.left_join(asked, "customer_id").drop("customer_id_right")
    grouped = table.group_by("tier").aggregate(
        customers=table.count(),
        value=table.value.sum().cast(SUM_TYPE),
        least=table.value.min(),
        most=table.value.max(),
        contacts=table.contacts.fill_null(0).sum(),
        agent_minutes=total(table.agent_minutes),
        cost_to_serve=table.cost_to_serve.sum(),
        certain=mean(table.p_tier),
        by_rule=(table.tier == table.rule_tier).sum(),
        overridden=table.is_override.sum(),
    )
    return grouped.order_by("tier")


def answer(
    context: Context,
    rows: Rows,
    cuts: Cuts,
    settings: TiersSettings,
    notes: Sequence[str],
) -> Answer:
    """Tiers side by side; `rows` are of `expression`."""
    names = settings.names
    found = {int(row["tier"]): row for row in rows}
    value, contacts = (sum((r[c] for r in rows), start=0) for c in ("value", "contacts"))
    shown = tuple(
        _row(k, name, found.get(k), cuts, {"value": value, "contacts": contacts})
        for k, name in enumerate(names, 1)
    )
    customers = sum(int(row["customers"]) for row in rows)
    certain = [(row["certain"], int(row["customers"])) for row in rows]
    known = [(p, n) for p, n in certain if p is not None]
    mean = sum(p * n for p, n in known) / sum(n for _, n in known) if known else None
    return Answer(
        kind="tiers",
        title=f"Tiers by {LABELS[context.lens]}: {RULES[settings.rule]}",
        context=context,
        figures=(
            Figure("goal", "Goal", settings.goal, Unit.TEXT),
            Figure(
                "customers_tiered",
                "Customers",
                customers,
                Unit.COUNT,
                opens=f"up-to:{names[-1]}",
            ),
            Figure("mean_certainty", "Mean probability of the tier next window", mean, Unit.SHARE),
        ),
        grids=(Grid("tiers", "Tiers, best first", _COLUMNS, shown, "opens"),),
        notes=(*((cuts.note,) if cuts.note else ()), *notes),
        extra={"rule": str(settings.rule), "basis": str(settings.basis)},
    )


def _row(
    k: int, name: str, row: dict[str, Any] | None, cuts: Cuts, totals: dict[str, Any]
) -> dict[str, Any]:
    ends = (0, *cuts.last_ranks, cuts.customers)
    empty = {"customers": 0, "value": 0, "contacts": 0, "by_rule": 0, "overridden": 0}
    own = row or empty
    spent, asked = share(own["value"], totals["value"]), share(own["contacts"], totals["contacts"])
    return {
        "tier": name,
        "customers": own["customers"],
        "by_the_rule": ends[k] - ends[k - 1],
        "value": own["value"],
        "value_share": spent,
        "least": own.get("least"),
        "most": own.get("most"),
        "boundary": cuts.values[k - 1] if k <= len(cuts.values) and _real(cuts, k) else None,
        "certain": own.get("certain"),
        "held": int(own["customers"]) - int(own["by_rule"]),
        "overridden": own["overridden"],
        "contacts": own["contacts"] if totals["contacts"] else None,  # none are known
        "contacts_share": asked,
        "agent_minutes": own.get("agent_minutes"),
        "cost_to_serve": own.get("cost_to_serve"),
        "demand_to_spend": asked / spent if asked is not None and spent else None,
        "opens": f"tier:{name}",
        "opens_rule": f"by-rule:{name}",
        "opens_held": f"other-by-rule:{name}",
        "opens_decided": f"decided:{name}",
    }


def _real(cuts: Cuts, k: int) -> bool:
    return cuts.values[k - 1] != float("inf")


_COLUMNS = (
    Column("tier", "Tier"),
    Column("customers", "Customers", Unit.COUNT),
    Column(
        "by_the_rule",
        "By the rule alone",
        Unit.COUNT,
        "Before members are held in place",
        "opens_rule",
    ),
    Column("value", "Value", Unit.MONEY),
    Column("value_share", "of value", Unit.SHARE),
    Column("boundary", "Begins at", Unit.MONEY, "Value of the last customer by the rule"),
    Column("least", "Least", Unit.MONEY, "Least value of a member"),
    Column("most", "Most", Unit.MONEY),
    Column(
        "certain", "P(tier)", Unit.SHARE, "Mean probability that members belong here next window"
    ),
    Column(
        "held",
        "Other by rule",
        Unit.COUNT,
        "Members whom the rule alone puts elsewhere",
        "opens_held",
    ),
    Column("overridden", "By decision", Unit.COUNT, opens="opens_decided"),
    Column("contacts", "Contacts", Unit.COUNT),
    Column("contacts_share", "of contacts", Unit.SHARE),
    Column("agent_minutes", "Agent minutes", Unit.MINUTES),
    Column("cost_to_serve", "Cost to serve", Unit.MONEY),
    Column("demand_to_spend", "Demand to spend", Unit.RATIO, "Share of contacts by share of value"),
)
