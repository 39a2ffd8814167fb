"""One table a snapshot, below `customer_tiers`: made, attached, dropped without holding up readers.

Lookups hold the weakest lock on `customer_tiers` and all its partitions while they run.
ATTACH (SHARE UPDATE EXCLUSIVE on the parent) and DETACH ... CONCURRENTLY leave them alone;
dropping an attached partition would not, so it is detached first. But a statement that was
planned before ATTACH and looks at the data after the pointer moved would find the new
partition nowhere. So between the two we wait for every transaction that might be one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import OperationalError

from tierwise.errors import StoreError
from tierwise.store.connect import Store
from tierwise.store.tables import SCHEMA

PARENT = f"{SCHEMA}.customer_tiers"
PATIENCE_S = 60.0
"""How long to wait for transactions that began before the new partition was attached."""

_LOCK_MS, _TRIES = 500, 20
"""A lock is asked for so long, so many times: whoever queues behind us waits no longer."""

_DETACH_S = 10

Tell = Callable[[str], None]


def name_of(snapshot_id: int) -> str:
    """Table of a snapshot."""
    return f"{PARENT}_{int(snapshot_id)}"


def make(connection: Connection) -> int:
    """Make the empty table of a new snapshot, detached, and return the snapshot's id."""
    sequence = f"pg_get_serial_sequence('{SCHEMA}.snapshots', 'snapshot_id')"
    new = int(connection.execute(text(f"SELECT nextval({sequence})")).scalar_one())
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    # The CHECK says what ATTACH would otherwise read every row for.
    connection.execute(
        text(
            f"CREATE TABLE {name_of(new)} (LIKE {PARENT} INCLUDING CONSTRAINTS,"
            f" CONSTRAINT of_snapshot CHECK (snapshot_id = {new}))"
        )
    )
    connection.execute(
        text(f"ALTER TABLE {name_of(new)} ALTER COLUMN snapshot_id SET DEFAULT {new}")
    )
    return new


def finish(connection: Connection, snapshot_id: int) -> None:
    """Index and count a loaded table; a customer that stands in it twice is refused here."""
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    name = name_of(snapshot_id)
    connection.execute(text(f"ALTER TABLE {name} ADD PRIMARY KEY (snapshot_id, customer_id)"))
    connection.execute(text(f"ANALYZE {name}"))


def sizes(snapshot_id: int) -> TextClause:
    """Statement for the tiers of a loaded table: name, number, customers, best first."""
    return text(
        "SELECT tier AS name, tier_number AS number, count(*) AS customers"
        f" FROM {name_of(snapshot_id)} GROUP BY 1, 2 ORDER BY 2"
    )


def attach(store: Store, snapshot_id: int) -> None:
    """Make the table a partition; StoreError where somebody holds the parent all the time."""
    statement = (
        f"ALTER TABLE {PARENT} ATTACH PARTITION {name_of(snapshot_id)}"
        f" FOR VALUES IN ({int(snapshot_id)})"
    )
    for _ in range(_TRIES):
        try:
            with store.engine.begin() as connection:
                connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_MS}"))
                connection.execute(text(statement))
                return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != "55P03":  # lock not available
                raise
    raise StoreError(
        f"{PARENT} at {store.place} has been locked by others for {_LOCK_MS * _TRIES / 1000:g} s.",
        "Nothing changed. Try again when their work on the table is done.",
    )


_OLDER = text(
    f"""
    SELECT l.virtualtransaction, l.pid, a.application_name, a.xact_start
    FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'relation' AND l.relation = '{PARENT}'::regclass AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.pid <> pg_backend_pid()
    """
)


def wait_for_older(session: Connection, tell: Tell, patience_s: float | None = None) -> None:
    """Wait until every transaction has ended that used the parent before now.

    Raises StoreError where one goes on for longer than `PATIENCE_S`.
    """
    patience_s = PATIENCE_S if patience_s is None else patience_s
    deadline, told = time.monotonic() + patience_s, False
    older = {row.virtualtransaction for row in session.execute(_OLDER)}
    pause_s = 0.001
    while older:
        rows = [row for row in session.execute(_OLDER) if row.virtualtransaction in older]
        older = {row.virtualtransaction for row in rows}
        if rows and time.monotonic() > deadline:
            first = rows[0]
            raise StoreError(
                f"A transaction since {first.xact_start} still uses {PARENT} (process"
                f' {first.pid}, application "{first.application_name}"); readers of it could'
                " have seen neither the old nor the new snapshot.",
                "Nothing changed. End it, or wait for it, and publish again.",
            )
        if rows and not told and pause_s > 0.2:
            tell("Waiting for older transactions to end")
            told = True
        if rows:
            time.sleep(pause_s)
            pause_s = min(0.25, pause_s * 2)


def present(session: Connection) -> tuple[int, ...]:
    """Ids of all snapshots that have a table, attached or not."""
    rows = session.execute(
        text(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            f" AND relnamespace = '{SCHEMA}'::regnamespace ORDER BY relname"
        )
    )
    found = (re.fullmatch(r"customer_tiers_(\d+)", row.relname) for row in rows)
    return tuple(sorted(int(one[1]) for one in found if one))


def attached(session: Connection) -> frozenset[int]:
    """Ids of the snapshots whose rows readers find."""
    rows = session.execute(
        text(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            f" WHERE i.inhparent = '{PARENT}'::regclass AND NOT i.inhdetachpending"
        )
    )
    return frozenset(int(row.relname.rsplit("_", 1)[1]) for row in rows)


def drop(session: Connection, store: Store, snapshot_id: int, tell: Tell) -> bool:
    """Remove the table of a snapshot; False where readers would not let go of it in time.

    `session` is outside of transactions, as DETACH ... CONCURRENTLY asks.
    """
    name = name_of(snapshot_id)
    try:
        _detach(session, name)
        with store.engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = '{_DETACH_S}s'"))
            connection.execute(text(f"DROP TABLE {name}"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") not in ("55P03", "57014", "55000"):  # took too long
            raise
        tell(f"Snapshot {snapshot_id} is still being read; the next publish removes it")
        return False
    return True


def _detach(session: Connection, name: str) -> None:
    state = session.execute(
        text(f"SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = '{name}'::regclass")
    ).one_or_none()
    if state is None:  # never attached
        return
    how = "FINALIZE" if state.inhdetachpending else "CONCURRENTLY"  # half done by one killed
    session.execute(text(f"SET statement_timeout = '{_DETACH_S}s'"))
    try:
        session.execute(text(f"ALTER TABLE {PARENT} DETACH PARTITION {name} {how}"))
    finally:
        session.execute(text("SET statement_timeout = 0"))
