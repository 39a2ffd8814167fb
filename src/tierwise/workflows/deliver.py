"""Messages out: made into requests once, sent at least once, given up where somebody must look."""

from __future__ import annotations

import json
import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from tierwise.connectors import outgoing
from tierwise.connectors.outgoing import Marks, Request, Told
from tierwise.errors import NotFoundError
from tierwise.settings.destinations import DestinationKind, DestinationSettings
from tierwise.store import delivery_statements as sql
from tierwise.store.connect import Store
from tierwise.workflows.send import MOST_TRIES, Later, Refused, Sender, wait_before

log = logging.getLogger("tierwise.live")

EVERY_S = 0.5
AFTER_FAILURE_S = 5.0
AT_ONCE = 200
"""Messages that are read at a time."""

CLAIMED = 20
"""Requests that are taken at a time."""

LEASE_S = 300.0
"""Longer than it takes to send all that were taken."""

KEPT_DAYS, GIVEN_UP_DAYS = 7, 30
FORGOTTEN_AT_ONCE = 50_000

KINDS: Mapping[DestinationKind, Callable[[Told], list[Request]]] = MappingProxyType(
    {
        DestinationKind.CLOUDEVENTS: outgoing.events,
        DestinationKind.ZENDESK: outgoing.zendesk,
        DestinationKind.CHATWOOT: outgoing.chatwoot,
        DestinationKind.ZAMMAD: outgoing.zammad,
    }
)


class Courier:
    """A thread that tells one destination; every process has one, and they share the work."""

    def __init__(
        self,
        store: Store,
        name: str,
        settings: DestinationSettings,
        every_s: float = EVERY_S,
    ) -> None:
        self.name = name
        self._store = store
        self._settings = settings
        self._every_s = every_s
        self._chance = random.Random()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"courier {name}", daemon=True)

    def start(self) -> None:
        """Begin; what happened before a destination was known is not told."""
        self._thread.start()

    def close(self) -> None:
        """End after the request that is under way."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=15)

    def _run(self) -> None:
        sender, known = Sender(self._settings), False
        pause = 0.0
        while not self._ended.wait(pause):
            try:
                known = known or know(self._store, self.name)
                more = make(self._store, self.name, self._settings)
                more += self._send_some(sender)
                pause = 0.0 if more else self._every_s
            except SQLAlchemyError as error:
                log.warning("%s is not told and is tried again: %s", self.name, type(error))
                pause = AFTER_FAILURE_S
            except Exception:
                # Nobody else would tell this destination, so it goes on whatever it was.
                log.exception("Telling %s failed", self.name)
                pause = AFTER_FAILURE_S
        sender.close()

    def _send_some(self, sender: Sender) -> int:
        """Send what is due; how many went well."""
        asked = {"destination": self.name, "most": CLAIMED, "lease_s": LEASE_S}
        with self._store.engine.begin() as connection:
            rows = connection.execute(sql.CLAIM, asked).all()
        taken = sorted(rows, key=lambda row: row.delivery_id)
        sent = 0
        while taken:
            row = taken.pop(0)
            outcome = sender.send(f"{row.message_id}.{row.part}", row.request)
            with self._store.engine.begin() as connection:
                if isinstance(outcome, Later):
                    self._try_later(connection, row, outcome)
                    if outcome.unreachable or self._ended.is_set():
                        self._put_back(connection, taken, outcome)
                        return sent
                else:
                    self._close(connection, row, outcome)
                    sent += 1
                if self._ended.is_set():
                    self._put_back(connection, taken, Later("", wait_s=0))
                    return sent
        return sent

    def _try_later(self, connection: Connection, row: Any, outcome: Later) -> None:
        if row.tries >= MOST_TRIES:
            self._close(connection, row, Refused(outcome.error))
            return
        wait_s = outcome.wait_s or wait_before(row.tries, self._chance)
        given = {"wait_s": wait_s, "error": outcome.error, "unused": 0}
        connection.execute(sql.LATER, given | {"delivery_ids": [row.delivery_id]})

    def _put_back(self, connection: Connection, rows: list[Any], outcome: Later) -> None:
        """Nobody tried these: they wait as long, and it does not count."""
        wait_s = wait_before(1, self._chance) if outcome.wait_s is None else outcome.wait_s
        given = {"wait_s": wait_s, "error": outcome.error, "unused": 1}
        connection.execute(sql.LATER, given | {"delivery_ids": [row.delivery_id for row in rows]})

    def _close(self, connection: Connection, row: Any, outcome: Any) -> None:
        known = {"delivery_id": row.delivery_id}
        if isinstance(outcome, Refused):
            log.warning("Gave delivery %s to %s up", row.delivery_id, self.name)
            connection.execute(sql.GIVE_UP, known | {"error": outcome.error})
        else:
            connection.execute(sql.SENT, known)


def know(store: Store, name: str) -> bool:
    """Have a destination told of what happens from now on."""
    with store.engine.begin() as connection:
        connection.execute(sql.KNOW, {"destination": name})
    return True


def make(store: Store, name: str, settings: DestinationSettings) -> int:
    """Turn new messages into requests to a destination; how many messages there were."""
    with store.engine.begin() as connection:
        if not connection.execute(sql.TRY_ALONE, {"destination": name}).scalar_one():
            return 0  # another process is at it
        asked = {"destination": name, "most": AT_ONCE}
        rows = connection.execute(sql.NEW, asked).all()
        added = [one for row in rows for one in _deliveries(name, settings, row)]
        if added:
            connection.execute(sql.ADD, added)
        if rows:
            read = {"pools": [r.pool for r in rows], "numbers": [r.message_id for r in rows]}
            connection.execute(sql.MOVE_ON, {"destination": name} | read)
    return len(rows)


def _deliveries(name: str, settings: DestinationSettings, row: Any) -> list[dict[str, Any]]:
    if settings.source and row.source != settings.source:
        return []
    marks = settings.queues.get(row.class_name)
    told = Told(
        number=row.message_id,
        pool=row.pool,
        kind=row.kind,
        contact_id=row.contact_id,
        external_id=row.external_id,
        at=row.made_at,
        data=row.payload,
        agent=settings.agents.get(row.agent_id or "", ""),
        marks=Marks(marks.tag, marks.priority) if marks else Marks(),
    )
    return [
        {
            "destination": name,
            "message_id": row.message_id,
            "part": part,
            "contact_id": row.contact_id,
            "kind": row.kind,
            "request": json.dumps(asdict(request)),
        }
        for part, request in enumerate(KINDS[settings.kind](told))
    ]


def listed(
    store: Store, state: str = "given_up", destination: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Deliveries that are due, sent or given up, oldest first."""
    asked = {"state": state, "destination": destination, "limit": limit}
    with store.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(sql.LISTED, asked)]


def send_again(store: Store, delivery_id: int | None = None, destination: str | None = None) -> int:
    """Have what was given up sent again: one, or all of a destination; how many.

    Raises NotFoundError where the one is not there or was not given up.
    """
    asked = {"delivery_id": delivery_id, "destination": destination}
    with store.engine.begin() as connection:
        found = len(connection.execute(sql.AGAIN, asked).all())
    if delivery_id is not None and not found:
        raise NotFoundError(
            f"Delivery {delivery_id} was not given up.", "See them with: tierwise deliveries list"
        )
    return found


def forget(store: Store, destinations: list[str]) -> None:
    """Remove old messages and deliveries, some at a time, so that nobody waits for it."""
    with store.engine.begin() as connection:
        days = {"sent_days": KEPT_DAYS, "given_up_days": GIVEN_UP_DAYS}
        connection.execute(sql.FORGET_SENT, days | {"most": FORGOTTEN_AT_ONCE})
    with store.engine.begin() as connection:
        asked = {"days": KEPT_DAYS, "destinations": destinations, "most": FORGOTTEN_AT_ONCE}
        connection.execute(sql.FORGET_MESSAGES, asked)
