"""From the first tables to the newest on a filled database, while somebody works in it."""

from __future__ import annotations

import importlib
import pkgutil

import psycopg
import pytest
from tests.store.upgrading import FIRST_WITH_CONTACTS, AtWork, begin_at, fill

from tierwise.store import migrate
from tierwise.store.connect import Store, opened
from tierwise.store.late import INDEXES
from tierwise.store.migrations import versions


@pytest.fixture
def empty(database_url: str):
    with opened(database_url) as found:
        yield found


def test_nothing_is_lost_and_work_goes_on(empty: Store, database_url: str):
    """`benchmarks/upgrade.py` does it with a million contacts and a clock."""
    begin_at(empty, FIRST_WITH_CONTACTS)
    fill(database_url, 500)
    with AtWork(database_url) as work:
        migrate.upgrade(empty, lambda _: None)
        before = len(work.waits_s)
        while len(work.waits_s) < before + 5:
            pass
    migrate.require_current(empty)
    with psycopg.connect(database_url) as connection:
        old, new = connection.execute(
            "SELECT count(*) FILTER (WHERE source = 'old'),"
            " count(*) FILTER (WHERE source = 'new' AND state = 'cancelled') FROM tierwise.contacts"
        ).fetchone()
        assert (old, new) == (500, len(work.waits_s))
        kept = "SELECT count(*), min(pool), max(message_id) FROM tierwise.outbox"
        assert connection.execute(kept).fetchone() == (500, "old", 500)
        connection.execute(
            "INSERT INTO tierwise.outbox (pool, kind, subject, payload, made_at)"
            " VALUES ('old', 'x', '1', '{}', now())"
        )
        assert connection.execute(kept).fetchone()[2] == 501
        there = "SELECT count(*) FROM pg_indexes WHERE indexname = ANY(%s)"
        assert connection.execute(there, (list(INDEXES),)).fetchone() == (len(INDEXES),)


def test_an_index_that_broke_off_is_made_anew(empty: Store, database_url: str):
    migrate.upgrade(empty, lambda _: None)
    (name,) = INDEXES
    with psycopg.connect(database_url) as connection:
        connection.execute(
            f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tierwise.{name}'::regclass"
        )
    migrate.upgrade(empty, lambda _: None)
    with psycopg.connect(database_url) as connection:
        valid = f"SELECT indisvalid FROM pg_index WHERE indexrelid = 'tierwise.{name}'::regclass"
        assert connection.execute(valid).fetchone() == (True,)


def test_there_is_no_way_back():
    """A step back would throw away what was written since."""
    names = [one.name for one in pkgutil.iter_modules(versions.__path__)]
    assert len(names) >= 4
    for name in names:
        module = importlib.import_module(f"{versions.__name__}.{name}")
        assert not hasattr(module, "downgrade")
