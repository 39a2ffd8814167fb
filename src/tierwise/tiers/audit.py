"""Treatment audit: what each tier and each band of value really received.

Facts from contacts, agents and interactions of the window, not what was planned. A
contact counts with what its rows say: wait of those answered, seniority of the agent
who handled it, whether it was solved the first time, what effort it took.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import ServiceTargets
from tierwise.tiers import promised
from tierwise.tiers.ratios import Mean, by_group, mean_of, per_customer
from tierwise.tiers.values import total
from tierwise.units import Unit
from tierwise.value.shares import Rows, share

DAYS_PER_YEAR = 365.25

LABELS: Mapping[str, tuple[str, Unit, str]] = {
    "wait_s": ("Wait", Unit.SECONDS, "Mean wait of contacts that say how long it was"),
    "abandoned": ("Abandoned", Unit.SHARE, "Of contacts with an outcome"),
    "rating": ("Agent rating", Unit.RATIO, "Mean rating of the agents who handled them"),
    "agent_years": ("Agent years", Unit.RATIO, "Mean years that the agent had been there"),
    "first_time": (
        "Solved first time",
        Unit.SHARE,
        "Answered without transfer or reopening, and no later contact about the same",
    ),
    "effort": ("Effort", Unit.RATIO, "Transfers, reopenings and repeats of a contact"),
    "within_sla": ("Within target", Unit.SHARE, "Of contacts with a target and a wait"),
    "handle_time_s": ("Handle time", Unit.SECONDS, "Mean"),
    "satisfaction": ("Satisfaction", Unit.RATIO, "Mean score as agents' customers gave it"),
}
_MEANS = {name: (label, unit) for name, (label, unit, _) in LABELS.items()}
_NO_POLICY = (
    "No service policy is declared, so what was received is held against none: say what a tier"
    " is promised under [tiers.service.A]."
)
SHARES = frozenset({"abandoned", "first_time", "within_sla"})


def measures(contacts: ir.Table) -> dict[str, ir.Value]:
    """What the columns of `contacts` (agents joined on) allow to be measured, by name."""
    have = set(contacts.columns)
    found: dict[str, ir.Value] = {}
    if "wait_s" in have:
        found["wait_s"] = contacts.wait_s
    if "outcome" in have:
        known = contacts.outcome.notnull()
        found["abandoned"] = known.ifelse((contacts.outcome == "abandoned").cast("int64"), None)
    if "rating" in have:
        found["rating"] = contacts.rating
    if "agent_started_on" in have:
        years = contacts.created_at.date().delta(contacts.agent_started_on, unit="day")
        found["agent_years"] = ibis.greatest(years.cast("float64") / DAYS_PER_YEAR, 0.0)
    if effort := _effort(contacts):
        found["effort"] = sum(effort[1:], effort[0])
        if "outcome" in have:
            answered = contacts.outcome == "answered"
            found["first_time"] = answered.ifelse((found["effort"] == 0).cast("int64"), None)
    if {"sla_target_minutes", "wait_s"} <= have:
        kept = contacts.wait_s <= contacts.sla_target_minutes * 60
        found["within_sla"] = kept.cast("int64")
    if "handle_time_s" in have:
        found["handle_time_s"] = contacts.handle_time_s
    if "satisfaction_score" in have:
        found["satisfaction"] = contacts.satisfaction_score
    return found


def _effort(contacts: ir.Table) -> list[ir.Value]:
    have = set(contacts.columns)
    parts = [contacts[c].fill_null(0) for c in ("transfers", "reopens") if c in have]
    if "repeated" in have:
        parts.append(contacts.repeated.cast("int64"))
    return parts


def with_agents(contacts: ir.Table, agents: ir.Table | None) -> ir.Table:
    """Contacts with their agent's `rating` and `agent_started_on`, and whether they came again.

    `repeated`: a later contact names this one as what it repeats.
    """
    table = contacts
    if "repeat_of_id" in contacts.columns:
        again = (
            contacts.filter(contacts.repeat_of_id.notnull())
            .select(first_id="repeat_of_id")
            .distinct()
        )
        joined = table.left_join(again, table.contact_id == again.first_id)
        table = joined.mutate(repeated=joined.first_id.notnull()).drop("first_id")
    if agents is None or "assignee_id" not in contacts.columns:
        return table
    told = {"agent_id": agents.agent_id}
    if "rating" in agents.columns:
        told["rating"] = agents.rating
    if "started_on" in agents.columns:
        told["agent_started_on"] = agents.started_on
    who = agents.select(**told)
    return table.left_join(who, table.assignee_id == who.agent_id).drop("agent_id")


def expression(contacts: ir.Table, groups: ir.Table, found: Sequence[str]) -> ir.Table:
    """One row a group: sums behind the means. `groups` has `customer_id` and `group`."""
    table = contacts.inner_join(groups, "customer_id")
    chosen = {name: value for name, value in measures(table).items() if name in found}
    return by_group(per_customer(table, chosen, ("customer_id", "group")), list(chosen), "group")


def sizes(groups: ir.Table, perks: ir.Table | None, owned: ir.Table | None) -> ir.Table:
    """One row a group: customers, their value, minutes, perks, and who has a named owner.

    `groups` has `customer_id`, `group`, `value`, `agent_minutes`, `cost_to_serve`.
    """
    table = groups
    if perks is not None:
        per = perks.group_by("customer_id").aggregate(perks=perks.count())
        table = table.left_join(per, "customer_id").drop("customer_id_right")
    if owned is not None:
        who = owned.select("customer_id", owner="owner_id")
        table = table.left_join(who, "customer_id").drop("customer_id_right")
    if perks is None:
        table = table.mutate(perks=ibis.null("int64"))
    else:
        table = table.mutate(perks=table.perks.fill_null(0))
    has_owner = ibis.null("float64") if owned is None else table.owner.notnull().cast("float64")
    table = table.mutate(has_owner=has_owner)
    return (
        table.group_by("group")
        .aggregate(
            customers=table.count(),
            value=table.value.sum(),
            agent_minutes=total(table.agent_minutes),
            cost_to_serve=table.cost_to_serve.sum(),
            perks=table.perks.sum(),
            owned=table.has_owner.mean(),
        )
        .order_by("group")
    )


def require(contacts: ir.Table | None) -> ir.Table:
    """MissingDataError where no contacts are known."""
    if contacts is None:
        raise MissingDataError(
            "There are no contacts, so nothing can be said about what tiers received.",
            "Add [sources.contacts].",
        )
    return contacts


def answer(
    context: Context,
    tiers: tuple[Rows, Rows, Mapping[int, str]],
    bands: tuple[Rows, Rows, Mapping[int, str]],
    notes: Sequence[str],
    targets: Mapping[str, ServiceTargets],
) -> Answer:
    """By tier and by band: means with intervals, demand to spend. Triples: sums, sizes, labels.

    `targets` are what the service policy promises, by name of the tier.
    """
    by_tier, by_band = _grid_rows(*tiers, prefix="tier:"), _grid_rows(*bands, prefix="")
    return Answer(
        kind="tier-audit",
        title="What each tier really received",
        context=context,
        figures=_figures(by_tier),
        grids=(
            *([promised.grid(by_tier, targets, _MEANS)] if targets else []),
            Grid("tiers", "By tier", _columns("Tier"), by_tier, "opens"),
            Grid("bands", "By rank of value", _columns("Ranks"), by_band, "opens"),
            Grid("intervals", "By tier, with 95% intervals", _INTERVALS, _long(*tiers)),
        ),
        notes=(
            *notes,
            "Intervals count customers, not contacts: contacts of one customer are alike.",
            *([] if targets else [_NO_POLICY]),
        ),
    )


def _figures(rows: Sequence[Mapping[str, Any]]) -> tuple[Figure, ...]:
    known = [row for row in rows if row.get("wait_s") is not None]
    if len(known) < 2:
        return ()
    first, last = known[0], known[-1]
    return tuple(
        Figure(
            f"{name}_{where}",
            f"Mean wait, {row['group']}",
            row["wait_s"],
            Unit.SECONDS,
            row["wait_s_low"],
            row["wait_s_high"],
            opens=row["opens"],
        )
        for where, row, name in (("first", first, "wait"), ("last", last, "wait"))
    )


def _grid_rows(
    sums: Rows, counts: Rows, labels: Mapping[int, str], *, prefix: str
) -> tuple[dict[str, Any], ...]:
    by_group_ = {row["group"]: row for row in sums}
    value = sum(float(row["value"] or 0) for row in counts)
    asked = sum(int(row["contacts"]) for row in sums)
    found = []
    for row in counts:
        group, label = row["group"], labels[row["group"]]
        own = by_group_.get(group)
        contacts = int(own["contacts"]) if own else 0
        spent, calls = share(row["value"], value), share(contacts, asked)
        told: dict[str, Any] = {
            "group": label,
            "customers": row["customers"],
            "contacts": contacts,
            "contacts_each": contacts / row["customers"] if row["customers"] else None,
            "contacts_share": calls,
            "value_share": spent,
            "demand_to_spend": calls / spent if calls is not None and spent else None,
            "agent_minutes": row["agent_minutes"],
            "cost_to_serve": row["cost_to_serve"],
            "perks_each": float(row["perks"]) / row["customers"]
            if row["perks"] is not None
            else None,
            "owned": row["owned"],
            "opens": f"{prefix}{label}" if prefix else f"rank:{label.replace(',', '')}",
        }
        for name in LABELS:
            mean = _mean(own, name)
            told |= {name: mean.value, f"{name}_low": mean.low, f"{name}_high": mean.high}
        found.append(told)
    return tuple(found)


def _mean(row: Mapping[str, Any] | None, name: str) -> Mean:
    if row is None or f"n_{name}" not in row:
        return Mean(None, None, None, 0)
    return mean_of(row, name, most=1.0 if name in SHARES else None)


def _long(sums: Rows, counts: Rows, labels: Mapping[int, str]) -> tuple[dict[str, Any], ...]:
    del counts
    return tuple(
        {
            "group": labels[row["group"]],
            "measure": LABELS[name][0],
            "mean": mean.value,
            "low": mean.low,
            "high": mean.high,
            "contacts": mean.of,
        }
        for name in LABELS
        for row in sums
        if (mean := _mean(row, name)).value is not None
    )


def _columns(what: str) -> tuple[Column, ...]:
    return (
        Column("group", what),
        Column("customers", "Customers", Unit.COUNT),
        Column("contacts", "Contacts", Unit.COUNT),
        Column("contacts_each", "a customer", Unit.RATIO),
        *(Column(name, *of) for name, of in LABELS.items()),
        Column("perks_each", "Perks", Unit.RATIO, "Thanks, reviews and offers sent a customer"),
        Column("owned", "Named manager", Unit.SHARE, "Customers with an owner"),
        Column("agent_minutes", "Agent minutes", Unit.MINUTES),
        Column("cost_to_serve", "Cost to serve", Unit.MONEY),
        Column("contacts_share", "of contacts", Unit.SHARE),
        Column("value_share", "of value", Unit.SHARE),
        Column("demand_to_spend", "Demand to spend", Unit.RATIO, "Contacts' share by value's"),
    )


_INTERVALS = (
    Column("group", "Tier"),
    Column("measure", "Measure"),
    Column("mean", "Mean", Unit.NUMBER),
    Column("low", "from", Unit.NUMBER),
    Column("high", "to", Unit.NUMBER),
    Column("contacts", "Contacts", Unit.COUNT),
)
