"""A database of the first versions, filled, with somebody at work while it is upgraded."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import psycopg
from alembic import command
from sqlalchemy import text

from tierwise.store import migrate
from tierwise.store.connect import Store
from tierwise.store.tables import SCHEMA

FIRST_WITH_CONTACTS = "0002"
FILL = """
    INSERT INTO tierwise.pools (pool, definition, version) VALUES ('old', '{}', '1');
    INSERT INTO tierwise.agents (agent_id, pool, name, group_name) VALUES ('kim', 'old', '', 'g');
    INSERT INTO tierwise.contacts (source, external_id, pool, class_name, class_no, channel,
        reason, customer_id, state, came_at, queued_at)
    SELECT 'old', n::text, 'old', 'all', 0, 'phone', '', 'C' || mod(n, 5000), 'queued', now(), now()
    FROM generate_series(1, %(contacts)s) AS n;
    INSERT INTO tierwise.outbox (kind, subject, payload, made_at, due_at)
    SELECT 'contact.done', contact_id::text, jsonb_build_object('contact_id', contact_id),
        now(), now()
    FROM tierwise.contacts;
"""
COME = """
    INSERT INTO tierwise.contacts (source, external_id, pool, class_name, class_no, channel,
        reason, state, came_at, queued_at)
    VALUES ('new', %s, 'old', 'all', 0, 'phone', '', 'queued', now(), now())
"""


def begin_at(store: Store, version: str) -> None:
    """Make the tables as they were at a version."""
    with store.engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def fill(url: str, contacts: int) -> None:
    """Contacts, and a message for each."""
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(FILL, {"contacts": contacts})
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")


@dataclass
class AtWork:
    """Takes contacts in and moves them on without a break; notes how long each step took."""

    url: str
    waits_s: list[float] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> AtWork:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        while not self.waits_s:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def longest_s(self) -> float:
        return max(self.waits_s)

    def _run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for number in range(1_000_000):
                before = time.perf_counter()
                connection.execute(COME, (str(number),))
                connection.execute(
                    "UPDATE tierwise.contacts SET state = 'cancelled'"
                    " WHERE source = 'new' AND external_id = %s",
                    (str(number),),
                )
                connection.execute("SELECT count(*) FROM tierwise.agents WHERE pool = 'old'")
                self.waits_s.append(time.perf_counter() - before)
                if self._ended.wait(0.005):
                    return
