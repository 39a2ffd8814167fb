"""Who is this: from an id, a telephone number or an address to a customer that is published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tierwise.store import access_statements as sql
from tierwise.store.connect import Store
from tierwise.store.snapshots import CustomerTier, tier_of


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing that may say who somebody is."""

    kind: str  # customer_id, phone, email, or the name of a system whose own id it is
    text: str
    confidence: float = 1.0  # 0 to 1, that whoever has it is the customer


@dataclass(frozen=True, slots=True)
class Recognised:
    """A customer, and by what."""

    customer: CustomerTier
    by: str  # kind of the clue
    confidence: float


@dataclass(frozen=True, slots=True)
class Alias:
    """Something by which a customer is known, beside the customer's id."""

    kind: str
    text: str
    customer_id: str


def plain(kind: str, text: str) -> str:
    """A clue without what does not tell: `0049 (30) 1234` as +49301234, addresses in small."""
    text = text.strip()
    if kind == "phone":
        digits = re.sub(r"\D", "", text)
        international = text.startswith("+") or digits.startswith("00")
        return f"+{digits.lstrip('0')}" if international else digits
    return text.casefold() if kind == "email" else text


def recognise(connection: Connection, clues: Iterable[Clue]) -> Recognised | None:
    """The customer of the first clue that leads to one; None for somebody unknown."""
    for clue in clues:
        if not clue.text.strip():
            continue
        if found := _customer(connection, clue):
            return Recognised(found, clue.kind, clue.confidence)
    return None


def remember(store: Store, aliases: Sequence[Alias]) -> int:
    """Say by what customers are known; the latest word on each counts. How many it were."""
    latest = {(one.kind, plain(one.kind, one.text)): one.customer_id for one in aliases}
    with store.engine.begin() as connection:
        given = {
            "kinds": [kind for kind, _ in latest],
            "texts": [text for _, text in latest],
            "customer_ids": list(latest.values()),
        }
        connection.execute(sql.ALIAS, given)
    return len(latest)


def _customer(connection: Connection, clue: Clue) -> CustomerTier | None:
    if clue.kind == "customer_id":
        return tier_of(connection, clue.text.strip())
    asked = {"kind": clue.kind, "text": plain(clue.kind, clue.text)}
    customer_id = connection.execute(sql.CALLED, asked).scalar()
    return tier_of(connection, customer_id) if customer_id else None
