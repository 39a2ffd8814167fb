"""Live routing: every contact to the right agent, decided and written in one transaction.

A turn holds the pool's advisory lock, so decisions come one after the other, as in the
simulator; whoever changes something that a decision reads takes a turn, and the turn ends
by settling: nobody idle is left beside a contact that they may take.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, TextClause

from tierwise.errors import ConflictError, NotFoundError, UsageError
from tierwise.routing.pool import Pool
from tierwise.routing.settle import Agent, Match, Waiting, settle
from tierwise.store import live_statements as sql
from tierwise.store.connect import Store
from tierwise.store.snapshots import tier_of


class Presence(StrEnum):
    """Whether an agent takes contacts."""

    READY = "ready"
    AWAY = "away"
    OFFLINE = "offline"


class End(StrEnum):
    """Final states of a contact."""

    DONE = "done"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"
    SELF_SERVED = "self_served"


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as a source tells of it; the pair of source and id is taken once."""

    source: str  # which helpdesk or telephone system
    external_id: str  # its own id there
    channel: str
    reason: str = ""
    customer_id: str | None = None
    matched_by: str | None = None  # what the customer was recognised by
    match_confidence: float | None = None  # 0 to 1
    details: Mapping[str, Any] = field(default_factory=dict)  # kept as it came


@dataclass(frozen=True, slots=True)
class Offer:
    """A contact reserved for an agent who has not answered yet."""

    reservation_id: int
    contact_id: int
    agent_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a contact that was told of."""

    contact_id: int
    is_new: bool  # False: it was told of before, and nothing changed
    offers: tuple[Offer, ...] = ()  # made in the same turn, for this contact or others


@dataclass(frozen=True, slots=True)
class _Turn:
    """One transaction under the pool's lock."""

    connection: Connection
    pool_name: str
    pool: Pool
    now: datetime

    def all(self, statement: TextClause, **values: Any) -> list[Any]:
        """Rows of a statement, which may name the pool and the moment."""
        known = {"pool": self.pool_name, "now": self.now}
        asked = {name: known[name] for name in known if name in statement._bindparams}
        return list(self.connection.execute(statement, asked | values))

    def do(self, statement: TextClause, **values: Any) -> int:
        """Run a statement; the number of rows it changed."""
        known = {"pool": self.pool_name, "now": self.now}
        asked = {name: known[name] for name in known if name in statement._bindparams}
        return self.connection.execute(statement, asked | values).rowcount


class Router:
    """The live router over one store; several of them may share it, in any number of processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pools: dict[str, tuple[str, Pool]] = {}

    # Pools

    def define(self, name: str, pool: Pool) -> str:
        """Set what a pool is, from the next decision on; its version.

        Raises ConflictError where contacts wait in a class that it no longer has.
        """
        with self._store.engine.begin() as connection:
            connection.execute(sql.LOCK, {"pool": name})
            in_use = {
                row.class_name for row in connection.execute(sql.CLASSES_IN_USE, {"pool": name})
            }
            if lost := sorted(in_use - set(pool.class_names)):
                raise ConflictError(
                    f"Contacts wait in {', '.join(lost)}, which the new pool {name} has not.",
                    "Keep these classes until nobody waits in them.",
                )
            text = pool.definition
            connection.execute(
                sql.DEFINE_POOL, {"pool": name, "definition": text, "version": pool.version}
            )
            connection.execute(sql.RENUMBER, {"pool": name, "classes": list(pool.class_names)})
        return pool.version

    def pools(self) -> tuple[str, ...]:
        """Names of all pools."""
        with self._store.engine.connect() as connection:
            return tuple(row.pool for row in connection.execute(sql.POOLS))

    # Contacts

    def receive(self, pool_name: str, contact: NewContact) -> Received:
        """Take a contact in, once, and decide who gets it.

        Raises UsageError where no class of the pool takes such a contact.
        """
        with self._store.engine.begin() as connection:
            pool = self._pool(connection, pool_name)
            tier = self._tier(connection, contact.customer_id)
            k = pool.class_of(tier, contact.channel, contact.reason)
            if k is None:
                raise UsageError(
                    f'No class of pool {pool_name} takes channel "{contact.channel}",'
                    f' reason "{contact.reason}".',
                    "Add a class without conditions as the last one.",
                )
            joined = connection.execute(sql.JOIN, _row(pool_name, pool, k, tier, contact)).first()
            if joined is None:
                return Received(self._same(connection, contact), is_new=False)
        # Committed before deciding: whatever happens now, the contact is not lost.
        return Received(joined.contact_id, is_new=True, offers=self.settle(pool_name))

    def complete(self, contact_id: int) -> tuple[Offer, ...]:
        """The work is done, wrap-up included; whoever had it is free."""
        return self._end(contact_id, End.DONE, {"accepted", "wrapping"})

    def abandon(self, contact_id: int) -> tuple[Offer, ...]:
        """The customer gave up; an offer of it is withdrawn."""
        return self._end(contact_id, End.ABANDONED, {"queued", "reserved", "callback_due"})

    def cancel(self, contact_id: int) -> tuple[Offer, ...]:
        """Nobody needs it any more; an offer of it is withdrawn."""
        return self._end(contact_id, End.CANCELLED, {"queued", "reserved", "callback_due"})

    def self_served(self, contact_id: int) -> tuple[Offer, ...]:
        """The customer was helped without an agent while waiting."""
        return self._end(contact_id, End.SELF_SERVED, {"queued"})

    def wrap_up(self, contact_id: int) -> None:
        """The talk is over, the agent still writes."""
        with self._turn_of(contact_id) as (turn, found):
            if found.state != "wrapping":
                _require(found, "wrapping", {"accepted"})
                turn.do(sql.WRAP, contact_id=contact_id)

    def call_back(self, contact_id: int, due_at: datetime) -> None:
        """Promise a call at a moment; the contact keeps the time it came."""
        with self._turn_of(contact_id) as (turn, found):
            _require(found, "callback_due", {"queued"})
            turn.do(sql.CALL_BACK, contact_id=contact_id, due_at=due_at)

    def transfer(self, contact_id: int, class_name: str) -> tuple[Offer, ...]:
        """Hand a contact on to another class, where it joins the queue now."""
        with self._turn_of(contact_id) as (turn, found):
            _require(found, "queued", {"accepted"})
            if class_name not in turn.pool.class_names:
                known = ", ".join(turn.pool.class_names)
                raise NotFoundError(f'There is no class "{class_name}".', f"Classes: {known}.")
            self._give_back(turn, _open_of(turn, found.agent_id, contact_id), "rescinded")
            k = turn.pool.class_names.index(class_name)
            turn.do(sql.REQUEUE, contact_id=contact_id, class_name=class_name, class_no=k)
            return _settled(turn)

    # Offers

    def accept(self, reservation_id: int, agent_id: str) -> None:
        """Take an offer; ConflictError where it expired, was withdrawn, or is another's."""
        with self._turn_of_offer(reservation_id, agent_id) as (turn, found):
            if found.state == "accepted" and found.closed_at is None:
                return  # told twice
            if not turn.all(sql.ACCEPT, reservation_id=reservation_id):
                gone = "expired" if found.state == "pending" else found.state
                raise ConflictError(
                    f"Offer {reservation_id} is {gone}; the contact is no longer with {agent_id}.",
                    "Take the next offer.",
                )

    def reject(self, reservation_id: int, agent_id: str) -> tuple[Offer, ...]:
        """Turn an offer down: the contact goes back to its place, the agent is away."""
        with self._turn_of_offer(reservation_id, agent_id) as (turn, found):
            if found.state == "rejected":
                return ()
            if found.state != "pending":
                raise ConflictError(f"Offer {reservation_id} is {found.state}.", "")
            self._give_back(turn, [reservation_id], "rejected", Presence.AWAY, "turned down")
            return _settled(turn)

    # Agents

    def sign_on(
        self, pool_name: str, agent_id: str, name: str, group: str, capacity: int = 1
    ) -> None:
        """Make an agent known, or change what is known; presence stays as it is."""
        with self._turn(pool_name) as turn:
            if group not in turn.pool.groups:
                known = ", ".join(turn.pool.group_names)
                raise NotFoundError(f'There is no group "{group}".', f"Groups: {known}.")
            given = {"agent_id": agent_id, "name": name, "group_name": group, "capacity": capacity}
            turn.do(sql.SIGN_ON, **given)

    def present(self, agent_id: str, presence: Presence, why: str = "") -> tuple[Offer, ...]:
        """Say whether an agent takes contacts; what they have already stays with them."""
        with self._turn(self._agent(agent_id).pool) as turn:
            turn.do(sql.PRESENCE, agent_id=agent_id, presence=presence.value, why=why)
            return _settled(turn)

    def heard(self, agent_id: str) -> None:
        """The agent's desktop is still there."""
        with self._store.engine.begin() as connection:
            if not connection.execute(sql.HEARD, {"agent_id": agent_id}).all():
                raise _no_agent(agent_id)

    # The clock

    def settle(self, pool_name: str) -> tuple[Offer, ...]:
        """Give back what nobody answers or nobody has any more, take due callbacks in, decide."""
        with self._turn(pool_name) as turn:
            overdue = [row.reservation_id for row in turn.all(sql.OVERDUE)]
            away = Presence.AWAY if turn.pool.away_when_missed else None
            self._give_back(turn, overdue, "expired", away, "missed an offer")
            self._leave_silent(turn)
            turn.do(sql.DUE)
            return _settled(turn)

    # Looking

    def queue(self, pool_name: str, limit: int = 500) -> list[dict[str, Any]]:
        """Open contacts, longest wait first, each with its rank first come, first served."""
        return self._look(sql.QUEUE, pool=pool_name, limit=limit)

    def agents(self, pool_name: str) -> list[dict[str, Any]]:
        """Agents of a pool."""
        return self._look(sql.AGENTS, pool=pool_name)

    def decisions(self, pool_name: str, limit: int = 100) -> list[dict[str, Any]]:
        """The latest decisions, newest first, each with what it was decided by."""
        return self._look(sql.DECISIONS, pool=pool_name, limit=limit)

    def offers(self, agent_id: str) -> list[dict[str, Any]]:
        """What an agent has in hand or was offered."""
        return self._look(sql.OFFERS, agent_id=agent_id)

    def contact(self, contact_id: int) -> dict[str, Any]:
        """One contact with its history."""
        found = self._look(sql.CONTACT, contact_id=contact_id)
        if not found:
            raise _no_contact(contact_id)
        return found[0] | {"history": self._look(sql.HISTORY, contact_id=contact_id)}

    def _look(self, statement: TextClause, **values: Any) -> list[dict[str, Any]]:
        with self._store.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(statement, values)]

    # Turns

    @contextmanager
    def _turn(self, pool_name: str) -> Iterator[_Turn]:
        with self._store.engine.begin() as connection:
            connection.execute(sql.LOCK, {"pool": pool_name})
            pool = self._pool(connection, pool_name)
            yield _Turn(connection, pool_name, pool, connection.execute(sql.NOW).scalar_one())

    @contextmanager
    def _turn_of(self, contact_id: int) -> Iterator[tuple[_Turn, Any]]:
        with self._store.engine.connect() as connection:
            found = connection.execute(sql.CONTACT, {"contact_id": contact_id}).first()
        if found is None:
            raise _no_contact(contact_id)
        with self._turn(found.pool) as turn:
            yield turn, turn.all(sql.CONTACT, contact_id=contact_id)[0]

    @contextmanager
    def _turn_of_offer(self, reservation_id: int, agent_id: str) -> Iterator[tuple[_Turn, Any]]:
        asked = {"reservation_id": reservation_id}
        with self._store.engine.connect() as connection:
            found = connection.execute(sql.RESERVATION, asked).first()
        if found is None or found.agent_id != agent_id:
            raise NotFoundError(f"{agent_id} has no offer {reservation_id}.", "Ask for the offers.")
        with self._turn(found.pool) as turn:
            yield turn, turn.all(sql.RESERVATION, reservation_id=reservation_id)[0]

    def _end(self, contact_id: int, end: End, before: set[str]) -> tuple[Offer, ...]:
        with self._turn_of(contact_id) as (turn, found):
            if found.state == end:
                return ()  # told twice
            _require(found, end, before)
            turn.all(sql.END, contact_id=contact_id, state=end.value)
            return _settled(turn)

    def _give_back(
        self,
        turn: _Turn,
        reservation_ids: Sequence[int],
        outcome: str,
        presence: Presence | None = None,
        why: str | None = None,
    ) -> None:
        if reservation_ids:
            turn.all(
                sql.GIVE_BACK,
                reservation_ids=list(reservation_ids),
                outcome=outcome,
                presence=presence and presence.value,
                why=why,
            )

    def _leave_silent(self, turn: _Turn) -> None:
        """Contacts of agents nobody hears from go back; what they were only writing up is done."""
        gone = [row.agent_id for row in turn.all(sql.SILENT, silence_s=turn.pool.silence_s)]
        if not gone:
            return
        still = [row.reservation_id for row in turn.all(sql.OPEN_OF_AGENTS, agent_ids=gone)]
        self._give_back(turn, still, "rescinded")
        for row in turn.all(sql.WRAPPING_OF_AGENTS, agent_ids=gone):
            turn.all(sql.END, contact_id=row.contact_id, state=End.DONE.value)

    def _pool(self, connection: Connection, name: str) -> Pool:
        row = connection.execute(sql.POOL, {"pool": name}).first()
        if row is None:
            raise NotFoundError(f'There is no pool "{name}".', "Define it first.")
        version, pool = self._pools.get(name, ("", None))
        if pool is None or version != row.version:
            pool = Pool.model_validate(row.definition)
            self._pools[name] = row.version, pool
        return pool

    def _tier(self, connection: Connection, customer_id: str | None) -> str | None:
        found = tier_of(connection, customer_id) if customer_id else None
        return found.tier if found else None

    def _same(self, connection: Connection, contact: NewContact) -> int:
        asked = {"source": contact.source, "external_id": contact.external_id}
        return int(connection.execute(sql.SAME, asked).scalar_one())

    def _agent(self, agent_id: str) -> Any:
        with self._store.engine.connect() as connection:
            found = connection.execute(sql.AGENT, {"agent_id": agent_id}).first()
        if found is None:
            raise _no_agent(agent_id)
        return found


def _settled(turn: _Turn) -> tuple[Offer, ...]:
    """Match who is idle with who waits, and write it."""
    ready = turn.all(sql.READY)
    if not ready:
        return ()
    pool = turn.pool
    groups = {name: g for g, name in enumerate(pool.group_names)}
    agents = [
        Agent(row.agent_id, groups[row.group_name], row.room, row.idle_s)
        for row in ready
        if row.group_name in groups
    ]
    lengths = [0] * len(pool.classes)
    for row in turn.all(sql.LENGTHS):
        lengths[row.class_no] = row.n
    if not any(lengths) or not agents:
        return ()
    queues: list[list[Waiting]] = [[] for _ in pool.classes]
    room = sum(agent.room for agent in agents)
    for row in turn.all(sql.HEADS, classes=len(queues), room=room):
        queues[row.class_no].append(Waiting(row.contact_id, row.waited_s, row.weight))
    return _assigned(turn, settle(queues, lengths, agents, pool.params), lengths, agents)


def _assigned(
    turn: _Turn, matches: Sequence[Match], lengths: Sequence[int], agents: Sequence[Agent]
) -> tuple[Offer, ...]:
    if not matches:
        return ()
    names = turn.pool.group_names
    idle = [sum(agent.group == g for agent in agents) for g in range(len(names))]
    inputs = {"queued": list(lengths), "idle": idle}
    given = [
        {
            "contact_id": m.contact,
            "agent_id": m.agent,
            "group_name": names[m.group],
            "weight": m.weight,
            "waited_s": m.waited_s,
            "index_s": m.index,
            "reason": m.reason,
        }
        for m in matches
    ]
    rows = turn.all(
        sql.ASSIGN,
        matches=json.dumps(given),
        inputs=json.dumps(inputs),
        version=turn.pool.version,
        patience_s=turn.pool.offer_s,
    )
    return tuple(Offer(r.reservation_id, r.contact_id, r.agent_id, r.expires_at) for r in rows)


def _row(
    pool_name: str, pool: Pool, k: int, tier: str | None, contact: NewContact
) -> dict[str, Any]:
    return asdict(contact) | {
        "pool": pool_name,
        "class_name": pool.classes[k].name,
        "class_no": k,
        "weight": pool.classes[k].weight,
        "tier": tier,
        "state": "queued",
        "due_at": None,
        "details": json.dumps(dict(contact.details)),
    }


def _open_of(turn: _Turn, agent_id: str, contact_id: int) -> list[int]:
    rows = turn.all(sql.OFFERS, agent_id=agent_id)
    return [row.reservation_id for row in rows if row.contact_id == contact_id]


def _require(found: Any, wanted: str, before: set[str]) -> None:
    if found.state not in before:
        raise ConflictError(
            f"Contact {found.contact_id} is {found.state} and cannot become {wanted}.",
            "Look at the contact again: somebody was faster.",
        )


def _no_contact(contact_id: int) -> NotFoundError:
    return NotFoundError(f"There is no contact {contact_id}.", "Look at the queue.")


def _no_agent(agent_id: str) -> NotFoundError:
    return NotFoundError(f'There is no agent "{agent_id}".', "Sign the agent on first.")
