"""Publishing on a real server: whole or not at all, whoever reads and whoever is killed."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.process import BaseProcess

import psycopg
import pyarrow as pa
import pytest
from sqlalchemy import text
from tests.store import marked
from tests.store.marked import (
    CUSTOMERS,
    batch,
    batches,
    customer,
    publish_and_pause,
    put,
    source,
)

from tierwise.errors import NotFoundError, StoreError, UsageError
from tierwise.store import partitions, snapshots
from tierwise.store.connect import Store, opened
from tierwise.store.snapshots import card_of, current, history, publish, tier_of, tiers_of, undo

ELSEWHERE = multiprocessing.get_context("forkserver")
ELSEWHERE.set_forkserver_preload(["tests.store.marked"])
ALL = [customer(n) for n in range(CUSTOMERS)]


def marks(store: Store, ids: list[str] = ALL) -> set[str]:
    """Marks of the rows that one statement reads; every customer must be there."""
    with store.engine.connect() as connection:
        found = tiers_of(connection, ids)
    assert len(found) == len(ids)
    return {row.reason for row in found.values()}


def tables(store: Store) -> list[int]:
    with store.engine.connect() as connection:
        return list(partitions.present(connection))


def test_what_is_published_is_read_back(store: Store):
    """Every type arrives as it was: text with quotes, decimals, dates, empty text, nulls."""
    done = put(store, "first")
    assert not done.was_current
    assert done.manifest.customers == CUSTOMERS
    assert [(t.name, t.customers) for t in done.manifest.tiers] == [("A", 750), ("B", 750)]
    with store.engine.connect() as connection:
        row = tier_of(connection, customer(3))
        assert row is not None
        assert (row.tier, row.tier_number, row.value) == ("B", 2, Decimal("3.2500"))
        assert (row.p_tier, row.need, row.decided_by) == (0.1 + 0.2, "", None)
        assert tier_of(connection, "nobody") is None
        assert current(connection) == done.manifest


def test_many_are_read_in_one_statement_and_strangers_left_out(store: Store):
    put(store, "first")
    with store.engine.connect() as connection:
        found = tiers_of(connection, [customer(1), "nobody", customer(2)])
    assert sorted(found) == [customer(1), customer(2)]


def test_before_anything_is_published_nobody_is_known(store: Store):
    with store.engine.connect() as connection:
        assert current(connection) is None
        assert tier_of(connection, customer(1)) is None
        assert card_of(connection, customer(1)) is None


def test_a_card_says_nothing_of_worth(store: Store):
    """The reader of cards gets the facts alone, unknown ones left out."""
    put(store, "first")
    with store.engine.connect() as connection:
        assert card_of(connection, customer(1)) == {"name": 'first "Sons", Ltd'}


def test_publishing_the_same_again_does_nothing(store: Store):
    first = put(store, "first")

    def never() -> Iterator[pa.RecordBatch]:
        raise AssertionError("the rows are not asked for")

    again = publish(store, source("first"), never, by="tester", tell=lambda _: None)
    assert again.was_current
    assert again.manifest == first.manifest


def test_equal_rows_have_equal_checksums(store: Store):
    first = put(store, "first").manifest.checksum
    assert put(store, "second").manifest.checksum != first
    assert put(store, "first").manifest.checksum == first


def test_undo_goes_back_one_at_a_time(store: Store):
    """And what was undone can be published once more."""
    for mark in ("first", "second", "third"):
        put(store, mark)
    undone, now = undo(store, by="tester", tell=lambda _: None)
    assert (undone.source.build_id, now.source.build_id) == ("third", "second")
    assert marks(store) == {"second"}
    undo(store, by="tester", tell=lambda _: None)
    assert marks(store) == {"first"}
    with pytest.raises(NotFoundError, match="there is none that is kept"):
        undo(store, by="tester", tell=lambda _: None)
    put(store, "third")
    assert marks(store) == {"third"}


def test_undo_without_anything_says_so(store: Store):
    with pytest.raises(NotFoundError, match="Nothing is published"):
        undo(store, by="tester", tell=lambda _: None)


def test_undo_after_an_undo_leads_to_what_was_current_then(store: Store):
    """1, 2, undo, 3, undo: back to 1, never to the 2 that somebody took back."""
    put(store, "first")
    put(store, "second")
    undo(store, by="tester", tell=lambda _: None)
    put(store, "third")
    assert undo(store, by="tester", tell=lambda _: None)[1].source.build_id == "first"


def test_the_last_three_are_kept_and_all_are_remembered(store: Store):
    for k in range(5):
        put(store, f"build {k}")
    assert tables(store) == [3, 4, 5]
    with store.engine.connect() as connection:
        known = history(connection)
    assert [(one.snapshot_id, one.dropped_at is None) for one in known] == [
        (5, True),
        (4, True),
        (3, True),
        (2, False),
        (1, False),
    ]


def test_every_move_of_the_pointer_is_written_down(store: Store):
    put(store, "first")
    put(store, "second", by="Kim")
    undo(store, by="Lou", tell=lambda _: None)
    with store.engine.connect() as connection:
        moves = connection.execute(
            text("SELECT from_id, to_id, why, moved_by FROM tierwise.pointer_moves ORDER BY 1, 2")
        ).all()
    assert sorted(moves, key=str) == sorted(
        [(None, 1, "publish", "tester"), (1, 2, "publish", "Kim"), (2, 1, "undo", "Lou")], key=str
    )


def test_a_customer_that_stands_twice_is_refused_whole(store: Store):
    put(store, "first")
    twice = [batch("twice", 0, 10), batch("twice", 9, 10)]
    with pytest.raises(StoreError, match="could not create unique index"):
        publish(store, source("twice"), lambda: twice, by="tester", tell=lambda _: None)
    assert marks(store) == {"first"}
    assert tables(store) == [1]


def test_another_project_is_refused(store: Store):
    put(store, "first")
    with pytest.raises(UsageError, match='carries the project "Firm", not "Other"'):
        publish(store, source("x", "Other"), batches("x"), by="tester", tell=lambda _: None)


# --- readers at the same time


@contextmanager
def reading(ask: Callable[[], set[str]], threads: int) -> Iterator[list[set[str]]]:
    """Ask over and over in threads for as long as the block lasts; the answers in order."""
    found: list[set[str]] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            found.append(ask())

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(read) for _ in range(threads)]
        try:
            yield found
        finally:
            stop.set()
        for one in running:
            one.result()


def test_readers_of_everybody_never_see_a_mix_or_nobody(store: Store):
    """Three threads read all rows in one statement while five snapshots are published."""
    put(store, "build 0")
    with reading(lambda: marks(store), 3) as found:
        for k in range(1, 6):
            put(store, f"build {k}")
    assert all(len(one) == 1 for one in found)
    assert {mark for one in found for mark in one} <= {f"build {k}" for k in range(6)}
    assert len({mark for one in found for mark in one}) > 1


def test_single_lookups_see_the_old_or_the_new(store: Store):
    """The same connection all the time, as a router has it: its plans are kept and renewed."""
    put(store, "build 0")
    local = threading.local()

    def ask() -> set[str]:
        if not hasattr(local, "connection"):
            local.connection = store.engine.connect()
        with local.connection.begin():
            row = tier_of(local.connection, customer(17))
        assert row is not None
        return {row.reason}

    with reading(ask, 3) as found:
        for k in range(1, 6):
            put(store, f"build {k}")
    seen = [next(iter(one)) for one in found]
    assert set(seen) > {"build 0"}


def test_the_pointer_waits_for_a_transaction_that_used_the_old_plan(store: Store):
    """Within one transaction a plan may be old and the pointer new: so it is waited for."""
    put(store, "first")
    told: list[str] = []
    waits = threading.Event()

    def tell(message: str) -> None:
        told.append(message)
        if message.startswith("Waiting for older"):
            waits.set()

    with ThreadPoolExecutor(1) as pool, store.engine.connect() as connection:
        with connection.begin():
            assert tier_of(connection, customer(1)) is not None
            publishing = pool.submit(put, store, "second", tell=tell)
            assert waits.wait(timeout=30)
            assert marks(store) == {"first"}
            row = tier_of(connection, customer(1))
            assert row is not None
            assert row.reason == "first"
        publishing.result()
    assert told.index("Waiting for older transactions to end") < told.index("Switching over")
    assert marks(store) == {"second"}


def test_a_transaction_without_end_is_named_and_nothing_changes(store: Store, monkeypatch):
    monkeypatch.setattr(partitions, "PATIENCE_S", 0.05)
    put(store, "first")
    with store.engine.connect() as connection:
        tier_of(connection, customer(1))
        with pytest.raises(StoreError, match='application "tierwise"'):
            put(store, "second")
        assert marks(store) == {"first"}
    put(store, "third")
    assert marks(store) == {"third"}
    assert tables(store) == [1, 3]


def test_a_snapshot_that_is_still_read_goes_later(store: Store, monkeypatch):
    """What readers hold on to is not dropped under them; the next publish removes it."""
    monkeypatch.setattr(partitions, "_DETACH_S", 0.1)
    for k in range(4):
        put(store, f"build {k}")
    told: list[str] = []
    monkeypatch.setattr(partitions, "wait_for_older", lambda *_: None)  # the reader never ends
    with store.engine.connect() as connection:
        tier_of(connection, customer(1))
        put(store, "build 4", tell=told.append)
    assert [line for line in told if "still being read" in line]
    assert tables(store) == [2, 3, 4, 5]
    undo(store, by="kim", tell=lambda _: None)
    undo(store, by="kim", tell=lambda _: None)
    with pytest.raises(NotFoundError, match="none that is kept"):  # half gone, so not to be shown
        undo(store, by="kim", tell=lambda _: None)
    put(store, "build 5")
    assert 2 not in tables(store)


# --- publishers at the same time


def test_of_two_publishers_one_waits(store: Store):
    """The second begins when the first is done, and then finds it has nothing to do."""
    waits, told = threading.Event(), []

    def tell(message: str) -> None:
        told.append(message)
        waits.set()

    def slow() -> Iterator[pa.RecordBatch]:
        second = pool.submit(put, store, "same", tell=tell)
        assert waits.wait(timeout=30)
        seconds.append(second)
        yield from batches("same")()

    seconds: list[object] = []
    with ThreadPoolExecutor(1) as pool:
        first = publish(store, source("same"), slow, by="first", tell=lambda _: None)
        second = seconds[0].result(timeout=30)  # type: ignore[attr-defined]
    assert told == ["Somebody else is publishing; waiting"]
    assert second.was_current
    assert second.manifest == first.manifest


# --- killed publishers


@contextmanager
def paused(url: str, at: str) -> Iterator[BaseProcess]:
    """A process that publishes "killed" and stands still at a place."""
    here, there = ELSEWHERE.Pipe()
    process = ELSEWHERE.Process(target=publish_and_pause, args=(url, "killed", at, there))
    process.start()
    try:
        assert here.poll(60)
        assert here.recv() == "paused"
        yield process
    finally:
        process.kill()
        process.join(timeout=30)


@pytest.mark.parametrize(
    "place",
    [
        "batch 0",
        "batch 2",
        "last batch sent",
        "Indexing",
        "Attaching the new snapshot",
        "after ATTACH",  # not committed
        "Switching over",
        "after the pointer's move",  # not committed
    ],
)
def test_a_killed_publisher_leaves_the_old_snapshot_whole(store: Store, database_url, place):
    """kill -9 anywhere on the way; the next publisher finds and removes what it left."""
    put(store, "first")
    with paused(database_url, place) as process:
        assert marks(store) == {"first"}
        process.kill()
        process.join(timeout=30)
    assert marks(store) == {"first"}
    done = put(store, "second")
    assert marks(store) == {"second"}
    assert tables(store) == [1, done.manifest.snapshot_id]
    with store.engine.connect() as connection:
        assert [one.published_by for one in history(connection)] == ["tester", "tester"]


@pytest.mark.parametrize(
    "place",
    [
        "before DETACH",
        "after DETACH",
        "before DROP",
        "after DROP",  # not committed
    ],
)
def test_killed_after_the_switch_the_new_snapshot_stands(store: Store, database_url, place):
    """What was asked for is done; the next publisher removes what the killed one did not."""
    for k in range(3):
        put(store, f"build {k}")
    with paused(database_url, place) as process:
        assert marks(store) == {"killed"}
        process.kill()
        process.join(timeout=30)
    assert marks(store) == {"killed"}
    with store.engine.connect() as connection:
        assert [one.published_by for one in history(connection)][:2] == ["killed", "tester"]
    done = put(store, "second")
    assert marks(store) == {"second"}
    assert tables(store) == [3, 4, done.manifest.snapshot_id]
    undo(store, by="tester", tell=lambda _: None)
    assert marks(store) == {"killed"}


def test_readers_go_on_while_a_publisher_is_killed_in_the_middle(store: Store, database_url):
    """Whole snapshots before, during and after: within ATTACH, and within DROP of the old one."""
    for k in range(3):
        put(store, f"build {k}")
    with reading(lambda: marks(store), 2) as found:
        for place in ("after ATTACH", "after DROP"):
            with paused(database_url, place) as process:
                process.kill()
                process.join(timeout=30)
            put(store, f"build {place}")  # and removes what was left
    assert all(len(one) == 1 for one in found)
    assert {"build 2", "killed"} < set.union(*found)


def test_who_lost_the_publishers_lock_moves_no_pointer(store: Store, database_url):
    """The server ended the connection that held it; somebody else may hold it by now."""
    put(store, "first")

    def tell(message: str) -> None:
        if message == "Switching over":
            with psycopg.connect(database_url) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND granted"
                )

    with pytest.raises(StoreError, match="refused"):
        put(store, "second", tell=tell)
    assert marks(store) == {"first"}
    put(store, "third")
    assert marks(store) == {"third"}


def test_a_half_detached_snapshot_is_removed(store: Store, database_url):
    """DETACH ... CONCURRENTLY in two steps, and somebody was killed between them."""
    for k in range(3):
        put(store, f"build {k}")
    with opened(database_url) as other, other.engine.connect() as reader:
        tier_of(reader, customer(1))
        with psycopg.connect(database_url, autocommit=True) as killed:
            killed.execute("SET statement_timeout = '100ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                killed.execute(
                    "ALTER TABLE tierwise.customer_tiers"
                    " DETACH PARTITION tierwise.customer_tiers_1 CONCURRENTLY"
                )
    put(store, "build 3")
    assert tables(store) == [2, 3, 4]


def test_the_lookup_of_one_touches_one_partition(store: Store):
    """The pointer is read first, and the partitions of other snapshots are not looked at."""
    put(store, "first")
    put(store, "second")
    from tierwise.store.statements import TIER_OF_ONE

    with store.engine.connect() as connection:
        compiled = TIER_OF_ONE.compile(store.engine)
        plan = connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, COSTS OFF) {compiled}", {"customer_id": customer(5)}
        )
        lines = [line for (line,) in plan if "customer_tiers_" in line]
    assert ["never executed" in line for line in lines] == [True, False]


def test_marked_rows_have_the_columns_that_are_published():
    """The test's own rows and the store agree on what a snapshot is."""
    from tierwise.store.tables import PUBLISHED_COLUMNS

    assert tuple(marked.batch("x", 0, 1).schema.names) == PUBLISHED_COLUMNS
    assert snapshots.KEPT == 3
