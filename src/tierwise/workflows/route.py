"""Live routing: every contact to the right agent, decided and written in one transaction.

Told twice, every verb does what it did once: what came before is found and left alone, or
the answer is ConflictError and nothing changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause

from tierwise.errors import ConflictError, NotFoundError, UsageError
from tierwise.routing.pool import Pool
from tierwise.store import live_statements as sql
from tierwise.store.connect import Store
from tierwise.store.hot import Hot, transaction
from tierwise.store.snapshots import tier_of
from tierwise.workflows.route_turn import (
    LONGEST_PAUSE,
    Turn,
    Turns,
    give_back,
    leave_silent,
    settled,
)
from tierwise.workflows.route_values import End, NewContact, Offer, Presence, Received

__all__ = ["End", "NewContact", "Offer", "Presence", "Received", "Router"]


class Router:
    """The live router over one store; several of them may share it, in any number of processes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turns = Turns(store)

    # Pools

    def define(self, name: str, pool: Pool) -> str:
        """Set what a pool is, from this moment on, and settle it; its version.

        Raises ConflictError where contacts are open in a class that it no longer has.
        """
        with transaction(self._store.engine) as hot:
            connection = hot.connection
            connection.execute(sql.LOCK, {"pool": name, "longest_pause": LONGEST_PAUSE})
            connection.execute(sql.KEEP_OUT, {"pool": name})
            _require_classes(connection, name, pool)
            text = pool.definition
            connection.execute(
                sql.DEFINE_POOL, {"pool": name, "definition": text, "version": pool.version}
            )
            connection.execute(sql.RENUMBER, {"pool": name, "classes": list(pool.class_names)})
            settled(Turn(hot, name, pool, connection.execute(sql.NOW).scalar_one()))
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
        with transaction(self._store.engine) as hot:
            hot.all(sql.ENTER, {"pool": pool_name})
            pool, _ = self._turns.pool(hot, pool_name)
            row = _joining(hot.connection, pool_name, pool, contact)
            joined = hot.first(sql.JOIN, row)
            if joined is None:
                return Received(_same(hot, contact), is_new=False)
        # Committed before deciding: whatever happens now, the contact is not lost.
        with self._turn(pool_name) as turn:
            return Received(joined.contact_id, is_new=True, offers=settled(turn))

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
        """Promise a call at a moment, or another moment; it keeps the time it came."""
        with self._turn_of(contact_id) as (turn, found):
            _require(found, "callback_due", {"queued", "callback_due"})
            turn.do(sql.CALL_BACK, contact_id=contact_id, due_at=due_at)

    def transfer(self, contact_id: int, class_name: str) -> tuple[Offer, ...]:
        """Hand a contact on to another class, where it joins the queue now."""
        with self._turn_of(contact_id) as (turn, found):
            if (found.state, found.class_name) == ("queued", class_name):
                return ()  # told twice
            k = _class_called(turn.pool, class_name)
            _require(found, "queued", {"accepted"})
            gone = give_back(turn, _open_of(turn, found.agent_id, contact_id), "rescinded")
            given = {"class_name": class_name, "weight": turn.pool.classes[k].weight}
            turn.do(sql.REQUEUE, contact_id=contact_id, class_no=k, **given)
            return settled(turn, without=gone)

    # Offers

    def accept(self, reservation_id: int, agent_id: str) -> None:
        """Take an offer; ConflictError where it expired, was withdrawn, or is over."""
        with self._turn_of_offer(reservation_id, agent_id) as (turn, found):
            if found.state == "accepted" and found.closed_at is None:
                return  # told twice
            if not turn.all(sql.ACCEPT, reservation_id=reservation_id):
                raise _too_late(found)

    def reject(self, reservation_id: int, agent_id: str) -> tuple[Offer, ...]:
        """Turn an offer down: the contact goes back to its place, the agent is away."""
        with self._turn_of_offer(reservation_id, agent_id) as (turn, found):
            if found.state == "rejected":
                return ()  # told twice
            if found.state != "pending":
                raise _too_late(found)
            gone = give_back(turn, [reservation_id], "rejected", away="turned down")
            return settled(turn, without=gone)

    # Agents

    def sign_on(
        self, pool_name: str, agent_id: str, name: str, group: str, capacity: int = 1
    ) -> tuple[Offer, ...]:
        """Make an agent known, or change what is known; presence stays as it is.

        Raises ConflictError where more is in hand than the new capacity, or the agent
        still works in another pool.
        """
        with self._turn(pool_name) as turn:
            if group not in turn.pool.groups:
                known = ", ".join(turn.pool.group_names)
                raise NotFoundError(f'There is no group "{group}".', f"Groups: {known}.")
            given = {"agent_id": agent_id, "name": name, "group_name": group, "capacity": capacity}
            if not turn.all(sql.SIGN_ON, **given):
                raise ConflictError(
                    f"{agent_id} has more than {capacity} in hand, or is not offline in"
                    " another pool.",
                    "Complete what is in hand first, and sign off there.",
                )
            return settled(turn)

    def present(self, agent_id: str, presence: Presence, why: str = "") -> tuple[Offer, ...]:
        """Say whether an agent takes contacts; what they have already stays with them."""
        with self._turns.of(sql.LOCK_BY_AGENT, _no_agent(agent_id), agent_id=agent_id) as turn:
            given = {"agent_id": agent_id, "presence": presence.value, "why": why}
            if not turn.all(sql.PRESENCE, **given):  # moved to another pool while we waited
                raise ConflictError(f"{agent_id} has just left the pool.", "Say it again.")
            return settled(turn)

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
            away = "missed an offer" if turn.pool.away_when_missed else None
            gone = give_back(turn, overdue, "expired", away)
            leave_silent(turn)
            turn.do(sql.DUE)
            return settled(turn, without=gone)

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
    def _turn(self, pool_name: str) -> Iterator[Turn]:
        missing = NotFoundError(f'There is no pool "{pool_name}".', "Define it first.")
        with self._turns.of(sql.LOCK, missing, pool=pool_name) as turn:
            yield turn

    @contextmanager
    def _turn_of(self, contact_id: int) -> Iterator[tuple[Turn, Any]]:
        asked = {"contact_id": contact_id}
        with self._turns.of(sql.LOCK_BY_CONTACT, _no_contact(contact_id), **asked) as turn:
            yield turn, turn.all(sql.CONTACT, **asked)[0]

    @contextmanager
    def _turn_of_offer(self, reservation_id: int, agent_id: str) -> Iterator[tuple[Turn, Any]]:
        missing = NotFoundError(f"{agent_id} has no offer {reservation_id}.", "Ask for the offers.")
        asked = {"reservation_id": reservation_id, "agent_id": agent_id}
        with self._turns.of(sql.LOCK_BY_OFFER, missing, **asked) as turn:
            yield turn, turn.all(sql.RESERVATION, **asked)[0]

    def _end(self, contact_id: int, end: End, before: Collection[str]) -> tuple[Offer, ...]:
        with self._turn_of(contact_id) as (turn, found):
            if found.state == end:
                return ()  # told twice
            _require(found, end, before)
            turn.all(sql.END, contact_id=contact_id, state=end.value)
            return settled(turn)


def _joining(
    connection: Connection, pool_name: str, pool: Pool, contact: NewContact
) -> dict[str, Any]:
    known = tier_of(connection, contact.customer_id) if contact.customer_id else None
    tier = known.tier if known else None
    k = pool.class_of(tier, contact.channel, contact.reason)
    if k is None:
        raise UsageError(
            f'No class of pool {pool_name} takes channel "{contact.channel}",'
            f' reason "{contact.reason}".',
            "Add a class without conditions as the last one.",
        )
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


def _same(hot: Hot, contact: NewContact) -> int:
    asked = {"source": contact.source, "external_id": contact.external_id}
    return int(hot.first(sql.SAME, asked).contact_id)


def _require_classes(connection: Connection, name: str, pool: Pool) -> None:
    in_use = {row.class_name for row in connection.execute(sql.CLASSES_IN_USE, {"pool": name})}
    if lost := sorted(in_use - set(pool.class_names)):
        raise ConflictError(
            f"Contacts are open in {', '.join(lost)}, which the new pool {name} has not.",
            "Keep these classes until nobody is in them.",
        )


def _class_called(pool: Pool, name: str) -> int:
    if name not in pool.class_names:
        known = ", ".join(pool.class_names)
        raise NotFoundError(f'There is no class "{name}".', f"Classes: {known}.")
    return pool.class_names.index(name)


def _open_of(turn: Turn, agent_id: str, contact_id: int) -> list[int]:
    rows = turn.all(sql.OFFERS, agent_id=agent_id)
    return [row.reservation_id for row in rows if row.contact_id == contact_id]


def _require(found: Any, wanted: str, before: Collection[str]) -> None:
    if found.state not in before:
        raise ConflictError(
            f"Contact {found.contact_id} is {found.state} and cannot become {wanted}.",
            "Look at the contact again: somebody was faster.",
        )


def _too_late(found: Any) -> ConflictError:
    gone = {"pending": "expired", "accepted": "over"}.get(found.state, found.state)
    return ConflictError(
        f"Offer {found.reservation_id} is {gone}; {found.agent_id} can no longer answer it.",
        "Take the next offer.",
    )


def _no_contact(contact_id: int) -> NotFoundError:
    return NotFoundError(f"There is no contact {contact_id}.", "Look at the queue.")


def _no_agent(agent_id: str) -> NotFoundError:
    return NotFoundError(f'There is no agent "{agent_id}".', "Sign the agent on first.")
