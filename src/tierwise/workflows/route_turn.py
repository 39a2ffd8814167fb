"""Turns: transactions that hold a pool's lock, one after the other whoever takes them.

Whoever changes something that a decision reads takes a turn, and the turn ends by
settling: nobody idle is left beside a contact that they may take.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause

from tierwise.errors import NotFoundError
from tierwise.routing.pool import Pool
from tierwise.routing.settle import Agent, Match, Waiting, settle
from tierwise.store import live_statements as sql
from tierwise.store.connect import Store
from tierwise.store.hot import Hot, transaction
from tierwise.workflows.route_values import End, Offer

LONGEST_PAUSE = "5s"
"""A router that says nothing for so long in the midst of a turn loses it, not the pool."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One transaction under the pool's lock."""

    hot: Hot
    pool_name: str
    pool: Pool
    now: datetime

    def all(self, statement: TextClause, **values: Any) -> list[Any]:
        """Rows of a statement, which may name the pool and the moment."""
        return self.hot.all(statement, self._known(values))

    def do(self, statement: TextClause, **values: Any) -> int:
        """Run a statement; the number of rows it changed."""
        return self.hot.do(statement, self._known(values))

    def _known(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"pool": self.pool_name, "now": self.now} | values


class Turns:
    """Opens turns, and keeps the pools that it has read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pools: dict[str, tuple[str, Pool]] = {}

    @contextmanager
    def of(self, lock: TextClause, missing: NotFoundError, **which: Any) -> Iterator[Turn]:
        """A turn in the pool that `lock` finds; raises `missing` where it finds none."""
        with transaction(self._store.engine) as hot:
            row = hot.first(lock, which | {"longest_pause": LONGEST_PAUSE})
            if row is None:
                raise missing
            pool, now = self.pool(hot, row.pool)
            yield Turn(hot, row.pool, pool, now)

    def pool(self, hot: Hot, name: str) -> tuple[Pool, datetime]:
        """A pool as it is defined at this moment, and the moment."""
        row = hot.first(sql.VERSION, {"pool": name})
        if row is None:
            raise NotFoundError(f'There is no pool "{name}".', "Define it first.")
        version, pool = self._pools.get(name, ("", None))
        if pool is None or version != row.version:
            (found,) = hot.all(sql.POOL, {"pool": name})
            pool = Pool.model_validate(found.definition)
            self._pools[name] = found.version, pool
        return pool, row.now


def give_back(
    turn: Turn, reservation_ids: Sequence[int], outcome: str, away: str | None = None
) -> frozenset[str]:
    """Put contacts back to their place; whoever had them, away now if `away` says why."""
    if not reservation_ids:
        return frozenset()
    rows = turn.all(
        sql.GIVE_BACK,
        reservation_ids=list(reservation_ids),
        outcome=outcome,
        away=away is not None,
        why=away,
    )
    return frozenset(row.agent_id for row in rows)


def leave_silent(turn: Turn) -> None:
    """Contacts of agents nobody hears from go back; what they were only writing up is done."""
    gone = [row.agent_id for row in turn.all(sql.SILENT, silence_s=turn.pool.silence_s)]
    if not gone:
        return
    still = [row.reservation_id for row in turn.all(sql.OPEN_OF_AGENTS, agent_ids=gone)]
    give_back(turn, still, "rescinded")
    for row in turn.all(sql.WRAPPING_OF_AGENTS, agent_ids=gone):
        turn.all(sql.END, contact_id=row.contact_id, state=End.DONE.value)


def settled(turn: Turn, without: Collection[str] = ()) -> tuple[Offer, ...]:
    """Match who is idle with who waits, and write it.

    `without` are agents who have just let something go: it shall not come straight back
    to them, so they are passed over until the next turn.
    """
    agents = _ready(turn, without)
    if not agents:
        return ()
    queues: list[list[Waiting]] = [[] for _ in turn.pool.classes]
    room = sum(agent.room for agent in agents)
    for row in turn.all(sql.HEADS, classes=len(queues), room=room):
        queues[row.class_no].append(Waiting(row.contact_id, row.waited_s, row.weight))
    if not any(queues):
        return ()
    lengths = _lengths(turn, queues)
    matches = settle(queues, lengths, agents, turn.pool.params)
    if not matches:
        return ()
    return _assigned(turn, matches, _inputs(turn.pool, queues, lengths, agents))


def _lengths(turn: Turn, queues: Sequence[Sequence[Waiting]]) -> list[int]:
    """How many wait in each class; counting thousands takes longer than all the rest."""
    if not turn.pool.params.per_queued_s.any():
        return [len(queue) for queue in queues]  # the policy asks only whether anybody waits
    lengths = [0] * len(queues)
    for row in turn.all(sql.LENGTHS):
        lengths[row.class_no] = row.n
    return lengths


def _inputs(
    pool: Pool,
    queues: Sequence[Sequence[Waiting]],
    lengths: Sequence[int],
    agents: Sequence[Agent],
) -> dict[str, Any]:
    """What the policy looked at, for the record."""
    found: dict[str, Any] = {
        "longest_wait_s": [queue[0].waited_s if queue else None for queue in queues],
        "idle": [sum(agent.group == g for agent in agents) for g in range(len(pool.groups))],
    }
    if pool.params.per_queued_s.any():
        found["queued"] = list(lengths)
    return found


def _ready(turn: Turn, without: Collection[str]) -> list[Agent]:
    groups = {name: g for g, name in enumerate(turn.pool.group_names)}
    return [
        Agent(row.agent_id, groups[row.group_name], row.room, row.idle_s)
        for row in turn.all(sql.READY)
        if row.group_name in groups and row.agent_id not in without
    ]


def _assigned(turn: Turn, matches: Sequence[Match], inputs: Mapping[str, Any]) -> tuple[Offer, ...]:
    names = turn.pool.group_names
    rows = turn.all(
        sql.ASSIGN,
        matches=json.dumps([_given(match, names[match.group]) for match in matches]),
        many=len(matches),
        inputs=json.dumps(inputs),
        version=turn.pool.version,
        patience_s=turn.pool.offer_s,
    )
    return tuple(Offer(r.reservation_id, r.contact_id, r.agent_id, r.expires_at) for r in rows)


def _given(match: Match, group_name: str) -> dict[str, Any]:
    return {
        "contact_id": match.contact,
        "agent_id": match.agent,
        "group_name": group_name,
        "weight": match.weight,
        "waited_s": match.waited_s,
        "index_s": match.index,
        "reason": match.reason,
    }
