"""API keys: made once, shown once, kept as a hash, each for what it may do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tierwise.errors import NotFoundError, UsageError
from tierwise.store import access_statements as sql
from tierwise.store.connect import Store

PREFIX = "tw"
"""First part of every key, so that a leaked one is recognised."""


class Scope(StrEnum):
    """What a key may do."""

    ROUTE = "route"  # tell of contacts and what becomes of them, ask where a caller goes
    AGENT = "agent"  # what a desktop does: presence, offers, answers
    WATCH = "watch"  # queues, decisions, events, metrics
    CONSOLE = "console"  # sign in to the console: all its pages, and what they do
    MANAGE = "manage"  # define pools, say by what customers are known


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is valid."""

    key_id: str
    name: str  # who has it
    scopes: frozenset[Scope]


def add(store: Store, name: str, scopes: Collection[Scope], by: str) -> str:
    """Make a key; the text that whoever uses it sends, which nobody can show again."""
    if not scopes:
        raise UsageError("A key needs a scope.", f"Scopes: {', '.join(Scope)}.")
    key_id, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    row = {
        "key_id": key_id,
        "name": name,
        "secret_hash": _hashed(secret),
        "scopes": sorted(set(scopes)),
        "made_by": by,
    }
    with store.engine.begin() as connection:
        connection.execute(sql.ADD_KEY, row)
    return f"{PREFIX}_{key_id}_{secret}"


def check(store: Store, given: str) -> Key | None:
    """The key that a text is; None where it is none, or no longer one."""
    prefix, _, rest = given.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not key_id.isalnum() or not secret:
        return None
    with store.engine.connect() as connection:
        row = connection.execute(sql.KEY, {"key_id": key_id}).first()
    if row is None or not hmac.compare_digest(bytes(row.secret_hash), _hashed(secret)):
        return None
    return Key(row.key_id, row.name, frozenset(Scope(one) for one in row.scopes))


def valid(store: Store, key_id: str) -> Key | None:
    """The key of an id that was signed by us; None where it was revoked."""
    with store.engine.connect() as connection:
        row = connection.execute(sql.KEY, {"key_id": key_id}).first()
    if row is None:
        return None
    return Key(row.key_id, row.name, frozenset(Scope(one) for one in row.scopes))


def listed(store: Store) -> list[dict[str, Any]]:
    """Every key that was made, without its secret, oldest first."""
    with store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(sql.KEYS)]


def revoke(store: Store, key_id: str) -> None:
    """Make a key useless from now on; NotFoundError where none is called so."""
    with store.engine.begin() as connection:
        if connection.execute(sql.REVOKE_KEY, {"key_id": key_id}).first() is None:
            raise NotFoundError(
                f'There is no valid key "{key_id}".', "See them with: tierwise keys list"
            )


def _hashed(secret: str) -> bytes:
    # 32 random bytes cannot be guessed, so a slow hash would only slow every request down.
    return hashlib.sha256(secret.encode()).digest()
