"""What a supervisor looks at: who waits how long still, who serves, what was decided."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierwise.routing.pool import Pool
from tierwise.routing.stuck import Stuck
from tierwise.workflows.live import Live
from tierwise.workflows.route import Presence

LISTED = 100
"""Contacts and decisions that are shown."""

COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open contact."""

    contact_id: int
    queue: str  # class of the pool
    channel: str
    reason: str
    customer_id: str | None
    state: str
    waited_s: float  # since it came to the queue, or in all where somebody has it
    floor_in_s: float | None  # until its class goes first; below zero: since then; None: no floor
    agent: str | None
    why: str  # what decided for it; "" while it waits
    first_come_rank: int | None  # place by arrival; None once somebody has it


@dataclass(frozen=True, slots=True)
class Serving:
    """An agent."""

    agent_id: str
    name: str
    group: str
    presence: str
    why: str
    used: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision."""

    contact_id: int
    decided_at: datetime
    queue: str
    agent_id: str
    group: str
    waited_s: float
    reason: str
    first_come_rank: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Board:
    """A pool at one moment."""

    pool: str
    pools: tuple[str, ...]  # all there are
    policy: str
    contacts: tuple[Waiting, ...]  # longest wait first, at most LISTED
    queued: int
    longest_s: float
    past_floor: int
    ready: int  # agents with room who take contacts
    agents: tuple[Serving, ...]
    decisions: tuple[Decision, ...]  # newest first
    stuck: tuple[Stuck, ...]  # contacts that nobody who is known could take


def board(live: Live, pool_name: str = "") -> Board | None:
    """A pool as it is now, the first one where none is named; None where there is no pool.

    Raises NotFoundError without a pool of that name.
    """
    pools = {one["pool"]: one for one in live.pools()}
    if not pools:
        return None
    name = live.require_pool(pool_name) if pool_name else next(iter(pools))
    pool = Pool.model_validate(pools[name]["definition"])
    rows, agents = live.router.queue(name, COUNTED), live.router.agents(name)
    decided = [_decision(row) for row in live.router.decisions(name, LISTED)]
    why = {one.contact_id: one.reason for one in reversed(decided)}
    contacts = [_waiting(row, pool, why) for row in rows]
    queued = [one for one in contacts if one.state == "queued"]
    return Board(
        pool=name,
        pools=tuple(pools),
        policy=pool.policy.label,
        contacts=tuple(contacts[:LISTED]),
        queued=len(queued),
        longest_s=max((one.waited_s for one in queued), default=0.0),
        past_floor=sum(one.floor_in_s is not None and one.floor_in_s <= 0 for one in queued),
        ready=_ready(agents),
        agents=tuple(_serving(row) for row in agents),
        decisions=tuple(decided),
        stuck=live.stuck().get(name, ()),
    )


def _waiting(row: Mapping[str, Any], pool: Pool, why: Mapping[int, str]) -> Waiting:
    waits = row["state"] == "queued"
    floor = float(pool.params.floor_s[row["class_no"]]) if waits else math.inf
    return Waiting(
        contact_id=row["contact_id"],
        queue=row["class_name"],
        channel=row["channel"],
        reason=row["reason"],
        customer_id=row["customer_id"],
        state=row["state"],
        waited_s=row["waited_s"],
        floor_in_s=floor - row["waited_s"] if math.isfinite(floor) else None,
        agent=row["agent_id"],
        why="" if waits else why.get(row["contact_id"], ""),
        first_come_rank=row["first_come_rank"],
    )


def _serving(row: Mapping[str, Any]) -> Serving:
    named = {"group": row["group_name"]}
    names = ("agent_id", "name", "presence", "why", "used", "capacity")
    return Serving(**named, **{name: row[name] for name in names})


def _decision(row: Mapping[str, Any]) -> Decision:
    named = {"queue": row["class_name"], "group": row["group_name"]}
    names = [name for name in Decision.__slots__ if name not in named]
    return Decision(**named, **{name: row[name] for name in names})


def _ready(agents: Sequence[Mapping[str, Any]]) -> int:
    return sum(
        one["presence"] == Presence.READY and one["used"] < one["capacity"] for one in agents
    )
