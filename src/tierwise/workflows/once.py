"""Requests that are carried out once, however often they are sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tierwise.errors import ConflictError
from tierwise.store import access_statements as sql
from tierwise.store.connect import Store

KEPT_H = 48
"""Hours after which a request is forgotten."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request was answered."""

    status: int  # of HTTP
    answer: dict[str, Any]
    repeated: bool = False  # True: it had been carried out before, nothing happened now


def once(store: Store, key: str, asked: Any, carry_out: Callable[[], Answered]) -> Answered:
    """Carry a request out unless one of this key was; then give the answer that was given.

    A request that broke off before it was answered is carried out again, so `carry_out`
    must bear that. Raises ConflictError where the key came with another request before.
    """
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    known = {"request_key": key}
    with store.engine.begin() as connection:
        new = connection.execute(sql.TELL_ONCE, known | {"fingerprint": fingerprint}).first()
        before = None if new else connection.execute(sql.TOLD, known).one()
    if before is not None and before.fingerprint != fingerprint:
        raise ConflictError(
            "This Idempotency-Key came with another request before.", "Use a new key."
        )
    if before is not None and before.status is not None:
        return Answered(before.status, before.answer, repeated=True)
    found = carry_out()
    with store.engine.begin() as connection:
        given = {"status": found.status, "answer": json.dumps(found.answer)}
        connection.execute(sql.ANSWERED, known | given)
    return found


def forget(store: Store) -> None:
    """Remove requests older than `KEPT_H`."""
    with store.engine.begin() as connection:
        connection.execute(sql.FORGET_REQUESTS, {"hours": KEPT_H})
