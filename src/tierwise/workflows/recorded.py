"""Recorded contacts as arrays: read once through the engine, classes and groups named."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from tierwise.errors import MissingDataError, UsageError
from tierwise.simulation.calibrate import Contacts
from tierwise.simulation.model import FEWEST, Calls, ClassName, GroupName
from tierwise.simulation.scenario import DAY_S
from tierwise.value.windows import between
from tierwise.workflows.look import Look

Array = npt.NDArray[Any]

BY = ("channel", "tier", "reason")
"""What may name a class, in the order of its name."""

SENIOR_AFTER_DAYS = 730
"""An agent of two years and more is senior."""

LEFT_QUEUE = ("abandoned", "callback")
"""Outcomes that end a wait without an answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Recorded contacts of some days, and what was left out of them."""

    calls: Calls
    by: tuple[str, ...]
    first: date
    last: date
    zone: str  # of days and times of day
    callbacks: int  # counted as having given up
    left_out: Mapping[str, int]  # contacts by reason


def by_of(names: Sequence[str]) -> tuple[str, ...]:
    """What names the classes, channel always first; UsageError for anything unknown."""
    unknown = [name for name in names if name not in BY]
    if unknown:
        raise UsageError(f'Classes cannot be named by "{unknown[0]}".', f"Known: {', '.join(BY)}.")
    return tuple(name for name in BY if name == "channel" or name in names)


def read_recorded(
    look: Look,
    tiers: ir.Table | None,
    by: Sequence[str],
    first: date,
    last: date,
    names: Collection[str] | None = None,
) -> Recording:
    """The contacts of first..last that waited for somebody.

    `tiers` has customer_id and tier, where classes are named by it; `names` are the
    classes to be told apart, without them all with enough answers are. MissingDataError when
    contacts or their waits are not there.
    """
    contacts = look.table("contacts")
    if contacts is None:
        raise MissingDataError("There are no contacts.", "Add [sources.contacts].")
    if "wait_s" not in contacts.columns:
        raise MissingDataError(
            "Contacts do not say how long they waited.",
            "Map wait_s, seconds in the queue, in [sources.contacts]; SQL may reckon it.",
        )
    if "handle_time_s" not in contacts.columns:
        raise MissingDataError(
            "Contacts do not say how long they took.", "Map handle_time_s in [sources.contacts]."
        )
    asked = expression(contacts, look.table("agents"), tiers, first, last)
    rows = look.session.columns(asked)
    zone = _zone(look)
    return _recording(rows, by_of(by), first, last, zone, names)


def expression(
    contacts: ir.Table,
    agents: ir.Table | None,
    tiers: ir.Table | None,
    first: date,
    last: date,
) -> ir.Table:
    """One row a contact of the days, in order: moment, labels, wait, handle time, agent."""
    inside = contacts.filter(between(contacts, "created_at", first, last))
    known = set(inside.columns)

    def text(name: str) -> ir.StringValue:
        return inside[name].fill_null("") if name in known else ibis.literal("")

    found = inside.select(
        "contact_id",
        customer_id=inside.customer_id.fill_null(""),
        at=inside.created_at.epoch_seconds(),
        channel=text("channel"),
        reason=text("reason"),
        outcome=text("outcome"),
        agent=text("assignee_id"),
        wait_s=inside.wait_s.cast("float64"),
        handle_s=inside.handle_time_s.cast("float64"),
    )
    found = _with_agents(found, agents)
    if tiers is not None:
        own = tiers.select("customer_id", tier=tiers.tier.fill_null(""))
        found = found.left_join(own, "customer_id").drop("customer_id_right")
        found = found.mutate(tier=found.tier.fill_null(""))
    else:
        found = found.mutate(tier=ibis.literal(""))
    return found.order_by(["at", "contact_id"])


def _with_agents(found: ir.Table, agents: ir.Table | None) -> ir.Table:
    """With the day the agent started and the cost of an hour, where they are known."""
    columns = agents.columns if agents is not None else ()
    since, cost = ibis.null("date"), ibis.null("float64")
    if agents is None or not {"started_on", "cost_per_hour"} & set(columns):
        return found.mutate(tenure_days=ibis.null("int64"), cost=cost)
    known = agents.select(
        agent=agents.agent_id,
        since=agents.started_on.cast("date") if "started_on" in columns else since,
        cost=agents.cost_per_hour.cast("float64") if "cost_per_hour" in columns else cost,
    )
    joined = found.left_join(known, "agent").drop("agent_right")
    began = joined.since.cast("timestamp").epoch_seconds()
    tenure = ((joined["at"] - began) / int(DAY_S)).floor().cast("int64")
    return joined.mutate(tenure_days=tenure).drop("since")


def _zone(look: Look) -> str:
    """The zone of the project, by whose clock a build holds its times."""
    return str(look.build.manifest.get("time_zone") or "UTC")


def _recording(
    rows: Mapping[str, Array],
    by: tuple[str, ...],
    first: date,
    last: date,
    zone: str,
    names: Collection[str] | None,
) -> Recording:
    outcome, wait, handle = rows["outcome"], rows["wait_s"], rows["handle_s"]
    gave_up = np.isin(outcome, LEFT_QUEUE)
    helped = ~gave_up & ~np.isin(outcome, ("self_served", "blocked"))
    answered = helped & (handle >= 0)
    backwards = (wait < 0) | (helped & (handle < 0))
    waited = ~np.isnan(wait)
    kept = waited & ~backwards & (answered | gave_up)
    left_out = {
        "have no recorded wait (mail and forms)": int((~waited & ~backwards).sum()),
        "have a negative wait or handle time (clocks that disagree)": int(backwards.sum()),
        "have neither a handle time nor a wait that was given up": int(
            (waited & ~backwards & ~kept).sum()
        ),
    }
    if not kept.any():
        raise MissingDataError(
            f"No contact from {first} to {last} has a wait and an outcome.",
            "Choose other days, or map wait_s and outcome in [sources.contacts].",
        )
    one = {name: np.asarray(values)[kept] for name, values in rows.items()}
    at = _since_midnight(one["at"].astype(np.int64), first)
    order = np.argsort(at, kind="stable")
    one = {name: values[order] for name, values in one.items()}
    calls = _calls(one, at[order], answered[kept][order], by, (last - first).days + 1, first, names)
    return Recording(
        calls, by, first, last, zone, int((outcome[kept] == "callback").sum()), left_out
    )


def _since_midnight(clock_s: Array, first: date) -> npt.NDArray[np.float64]:
    """Seconds after the first midnight, by the clock of the build's times."""
    midnight = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
    return np.asarray(clock_s - midnight, dtype=np.float64)


def _calls(
    rows: Mapping[str, Array],
    at_s: npt.NDArray[np.float64],
    answered: Array,
    by: tuple[str, ...],
    days: int,
    first: date,
    names: Collection[str] | None,
) -> Calls:
    class_of, classes = _classes(rows, answered, by, names)
    agents, agent = np.unique(rows["agent"].astype(str), return_inverse=True)
    known = answered & (rows["agent"].astype(str) != "") if agents[0] == "" else answered
    group_of, groups = _groups(rows, answered)
    people, customer = np.unique(rows["customer_id"].astype(str), return_inverse=True)
    customer = np.where(people[customer] == "", -1, customer)
    contacts = Contacts(
        at_s,
        class_of,
        rows["wait_s"].astype(np.float64),
        np.where(answered, rows["handle_s"].astype(np.float64), np.nan),
        answered,
        np.where(known, agent, -1).astype(np.int64),
    )
    return Calls(
        contacts, classes, groups, group_of, customer.astype(np.int64), days, first.weekday()
    )


def _classes(
    rows: Mapping[str, Array], answered: Array, by: tuple[str, ...], wanted: Collection[str] | None
) -> tuple[npt.NDArray[np.int64], tuple[ClassName, ...]]:
    """Number of each contact's class; those with few answers are one of their channel's rest."""
    labels = [tuple(parts) for parts in zip(*(rows[name].astype(str) for name in by), strict=True)]
    counted: dict[tuple[str, ...], int] = {}
    for label, helped in zip(labels, answered.tolist(), strict=True):
        counted[label] = counted.get(label, 0) + bool(helped)
    names = {label: _name(label, by, counted[label], wanted) for label in sorted(counted)}
    classes = tuple(dict.fromkeys(names.values()))
    place = {name: k for k, name in enumerate(classes)}
    return np.array([place[names[label]] for label in labels], dtype=np.int64), classes


def _name(
    label: tuple[str, ...], by: tuple[str, ...], answers: int, wanted: Collection[str] | None
) -> ClassName:
    given = dict(zip(by, label, strict=True))
    channel = given["channel"] or "contacts"
    own = "-".join([channel, *(given[name] or "other" for name in by[1:])])
    often = answers >= FEWEST if wanted is None else own in wanted
    rest = {name: value if often else "" for name, value in given.items() if name != "channel"}
    name = own if often or len(by) == 1 else f"{channel}-other"
    return ClassName(name, channel, rest.get("tier", ""), rest.get("reason", ""))


def _groups(
    rows: Mapping[str, Array], answered: Array
) -> tuple[npt.NDArray[np.int64], tuple[GroupName, ...]]:
    """Agents by channel, and by seniority where it is known for all."""
    tenure = rows["tenure_days"].astype(np.float64)
    level = np.where(tenure >= SENIOR_AFTER_DAYS, "senior", "junior")
    level = np.where(np.isnan(tenure[answered]).any(), "", level)
    channel = rows["channel"].astype(str)
    found: list[GroupName] = []
    group_of = np.full(channel.size, -1, dtype=np.int64)
    for name in dict.fromkeys(sorted(channel[answered].tolist())):
        levels = sorted(set(level[answered & (channel == name)].tolist()), reverse=True)
        for one in levels:
            mine = answered & (channel == name) & (level == one)
            group_of[mine] = len(found)
            cost = (
                float(np.nan_to_num(np.nanmean(rows["cost"][mine])))
                if _costed(rows["cost"][mine])
                else 0.0
            )
            shown, told = name or "contacts", one if len(levels) > 1 else ""
            found.append(GroupName(f"{shown}-{told or 'agent'}s", shown, told, cost))
    return group_of, tuple(found)


def _costed(cost: Array) -> bool:
    return bool((~np.isnan(cost.astype(np.float64))).any())
