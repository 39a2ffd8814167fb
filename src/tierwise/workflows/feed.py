"""What happens, as it happens: one reader of the outbox a process, however many listen."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from tierwise.store import access_statements as sql
from tierwise.store.connect import Store

log = logging.getLogger("tierwise.live")

EVERY_S = 0.25
AFTER_FAILURE_S = 2.0
AT_ONCE = 500
"""Messages that are read at a time."""

WAITING = 2_000
"""Messages kept for a listener who does not take them; then it has to come again."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened to a contact."""

    number: int  # ascending within a pool
    pool: str
    kind: str  # such as reservation.offered or contact.done
    contact_id: int
    agent_id: str | None  # whom it concerns
    at: datetime
    data: dict[str, Any]


@dataclass(eq=False, slots=True)
class _Listener:
    pool: str
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[Message | None] = field(default_factory=lambda: asyncio.Queue(WAITING))

    def put(self, message: Message | None) -> None:
        """Hand a message over from the reader's thread; None ends it."""
        with suppress(RuntimeError):  # its loop is gone with the server
            self.loop.call_soon_threadsafe(self._take, message)

    def _take(self, message: Message | None) -> None:
        if self.queue.full() and message is not None:
            while not self.queue.empty():
                self.queue.get_nowait()
            message = None  # it comes again and says from where
        with suppress(asyncio.QueueFull):
            self.queue.put_nowait(message)


class Feed:
    """Reads the outbox while somebody listens, and hands each what is new to it."""

    def __init__(self, store: Store, every_s: float = EVERY_S) -> None:
        self._store = store
        self._every_s = every_s
        self._listeners: set[_Listener] = set()
        self._cursors: dict[str, int] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def end(self) -> None:
        """Tell every listener that it ends; it does not wait for them."""
        self._ended.set()
        self._wanted.set()
        with self._lock:
            for one in self._listeners:
                one.put(None)

    def close(self) -> None:
        """End, and stop reading."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    async def listen(
        self, pool: str, after: int | None, agent_id: str | None = None
    ) -> AsyncIterator[Message]:
        """Messages of a pool after a number, or from now on; of one agent where one is named."""
        listener = _Listener(pool, asyncio.get_running_loop())
        last = await asyncio.to_thread(self._join, listener, after)
        try:
            async for message in self._backlog(pool, last):
                last = message.number
                if agent_id in (None, message.agent_id):
                    yield message
            while (found := await listener.queue.get()) is not None:
                if found.number > last and agent_id in (None, found.agent_id):
                    last = found.number
                    yield found
        finally:
            self._leave(listener)

    def _join(self, listener: _Listener, after: int | None) -> int:
        """Register first and read what was before afterwards, so that nothing falls between."""
        with self._store.engine.connect() as connection:
            newest = connection.execute(sql.LAST_MESSAGE, {"pool": listener.pool}).scalar() or 0
        with self._lock:
            self._cursors.setdefault(listener.pool, newest)
            self._listeners.add(listener)
        if self._ended.is_set():
            listener.put(None)
        self._wanted.set()
        return newest if after is None else after

    def _leave(self, listener: _Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)
            if all(one.pool != listener.pool for one in self._listeners):
                self._cursors.pop(listener.pool, None)
            if not self._listeners and not self._ended.is_set():
                self._wanted.clear()

    async def _backlog(self, pool: str, after: int) -> AsyncIterator[Message]:
        while found := await asyncio.to_thread(self._read, {pool: after}):
            for message in found:
                yield message
            after = found[-1].number

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wanted.wait()
            pause = self._every_s
            try:
                self._hand_out()
            except SQLAlchemyError as error:
                log.warning("The feed cannot read and tries again: %s", type(error).__name__)
                pause = AFTER_FAILURE_S
            self._ended.wait(pause)

    def _hand_out(self) -> None:
        with self._lock:
            cursors = dict(self._cursors)
        if not cursors:
            return
        for message in self._read(cursors):
            with self._lock:
                if message.pool in self._cursors:
                    self._cursors[message.pool] = message.number
                for one in self._listeners:
                    if one.pool == message.pool:
                        one.put(message)

    def _read(self, after: dict[str, int]) -> list[Message]:
        asked = {
            "pools": list(after),
            "cursors": list(after.values()),
            "most": AT_ONCE,
        }
        with self._store.engine.connect() as connection:
            rows = connection.execute(sql.MESSAGES, asked).all()
        return [
            Message(
                row.message_id,
                row.pool,
                row.kind,
                row.contact_id,
                row.agent_id,
                row.made_at,
                row.payload,
            )
            for row in rows
        ]
