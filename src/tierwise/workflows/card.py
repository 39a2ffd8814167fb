"""The agent's card: what helps with a contact, and never what the customer is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from tierwise.errors import ConflictError, NotFoundError, UsageError
from tierwise.store import card_statements as sql
from tierwise.store.connect import Store
from tierwise.store.live_statements import CONTACT
from tierwise.store.snapshots import card_of
from tierwise.tiers.card import LABELS
from tierwise.tiers.wording import found_in

OPEN = frozenset({"queued", "reserved", "accepted", "wrapping", "callback_due"})
LAST = 5
"""Earlier contacts that are shown."""

LONGEST = 500
"""Characters of a promise."""

_OWN = ("name", "thanks")
"""Facts that stand in the head of a card."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that was promised and is still to be kept."""

    promise_id: int
    what: str
    due_at: datetime | None
    made_by: str
    made_at: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another contact of the same customer."""

    contact_id: int
    channel: str
    reason: str
    state: str
    came_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """What an agent sees of a contact's customer."""

    contact_id: int
    customer_id: str | None  # None: nobody was recognised
    channel: str
    reason: str
    name: str
    thanks: str
    facts: tuple[tuple[str, str], ...]  # label and text, such as tenure and usual channel
    promises: tuple[Promise, ...]  # soonest due first
    issues: tuple[Earlier, ...]  # open beside this one, newest first
    earlier: tuple[Earlier, ...]  # ended, newest first, at most LAST


def card_for(store: Store, contact_id: int, words: Sequence[str]) -> Card:
    """The card of a contact; text that holds one of `words` is left out.

    Raises NotFoundError where there is no such contact.
    """
    with store.engine.connect() as connection:
        contact = _contact(connection, contact_id)
        customer = contact.customer_id
        known = (customer and card_of(connection, customer)) or {}
        asked = {"customer_id": customer, "contact_id": contact_id}
        promises = connection.execute(sql.OPEN_PROMISES, asked).all() if customer else []
        others = connection.execute(sql.CONTACTS, asked).all() if customer else []
    shown = [_earlier(row, words) for row in others]
    return Card(
        contact_id=contact_id,
        customer_id=customer,
        channel=_fit(contact.channel, words),
        reason=_fit(contact.reason, words),
        name=_fit(known.get("name"), words),
        thanks=_fit(known.get("thanks"), words),
        facts=_facts(known, words),
        promises=tuple(
            Promise(**row._asdict() | {"what": _fit(row.what, words), "is_late": bool(row.is_late)})
            for row in promises
        ),
        issues=tuple(one for one in shown if one.state in OPEN),
        earlier=tuple(one for one in shown if one.state not in OPEN)[:LAST],
    )


def promise(
    store: Store,
    contact_id: int,
    what: str,
    due_at: datetime | None,
    by: str,
    words: Sequence[str],
) -> int:
    """Note what was promised to a contact's customer; its number.

    Raises UsageError for an empty or overlong text, or one that says what a customer is
    worth; ConflictError where nobody knows whose contact it is.
    """
    what = what.replace("\x00", "").strip()
    if not 0 < len(what) <= LONGEST:
        raise UsageError(
            f"A promise has 1 to {LONGEST} characters, not {len(what)}.", "Say what was promised."
        )
    if hits := found_in("promise", what, words):
        raise UsageError(
            f'A promise cannot say "{hits[0].word}".', "Write what was promised, to whomever."
        )
    with store.engine.begin() as connection:
        customer = _contact(connection, contact_id).customer_id
        if customer is None:
            raise ConflictError(
                f"Nobody knows whose contact {contact_id} is.", "Tell of the customer first."
            )
        given = {"customer_id": customer, "contact_id": contact_id, "what": what}
        asked = given | {"due_at": due_at, "made_by": by}
        return int(connection.execute(sql.PROMISE, asked).scalar_one())


def keep(store: Store, contact_id: int, promise_id: int, by: str) -> None:
    """A promise to the contact's customer was kept; said twice, it counts once."""
    with store.engine.begin() as connection:
        customer = _contact(connection, contact_id).customer_id
        asked = {"promise_id": promise_id, "customer_id": customer, "outcome": "kept"}
        connection.execute(sql.END_PROMISE, asked | {"said_by": by})


def _contact(connection: Connection, contact_id: int) -> Any:
    found = connection.execute(CONTACT, {"contact_id": contact_id}).first()
    if found is None:
        raise NotFoundError(f"There is no contact {contact_id}.", "Look at the queue.")
    return found


def _facts(known: Mapping[str, Any], words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (label, said)
        for name, label in LABELS.items()
        if name not in _OWN and (said := _fit(_day(known.get(name)), words))
    )


def _day(value: Any) -> Any:
    """`2026-03-02` as 2 Mar 2026; everything else as it is."""
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return value
    return f"{found.day} {found:%b %Y}"


def _earlier(row: Any, words: Sequence[str]) -> Earlier:
    said = {"channel": _fit(row.channel, words), "reason": _fit(row.reason, words)}
    return Earlier(**row._asdict() | said)


def _fit(value: Any, words: Sequence[str]) -> str:
    """A text that may be shown: empty where it holds a word that no customer should read."""
    said = "" if value is None else str(value)
    return "" if found_in("card", said, words) else said
