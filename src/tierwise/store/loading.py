"""Rows into a table by COPY: a batch in memory at a time, as CSV that Arrow writes.

Arrow's writer and PostgreSQL's reader of CSV are both compiled, so this is faster than
binary rows put together value by value in Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql
from sqlalchemy import Connection

from tierwise.errors import StoreError
from tierwise.store.tables import PUBLISHED_COLUMNS

TOLD_EVERY = 200_000
"""Rows between two remarks about how far it is."""

_UNHEADED = pa.csv.WriteOptions(include_header=False)

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """What went into a table."""

    rows: int
    checksum: str  # SHA-256 over the columns' names and the rows as CSV


def load(connection: Connection, table: str, batches: Iterable[pa.RecordBatch], tell: Tell) -> Sent:
    """Send batches with `PUBLISHED_COLUMNS` into a table that this transaction made.

    Raises StoreError where PostgreSQL counted other rows than were sent.
    """
    # Text is quoted by Arrow and null is not, so an empty text stays one.
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, FREEZE)").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, PUBLISHED_COLUMNS)),
    )
    digest = hashlib.sha256(",".join(PUBLISHED_COLUMNS).encode())
    rows, told = 0, 0
    with driver(connection).cursor() as cursor:
        with cursor.copy(statement) as copy:
            for batch in batches:
                chunk = _as_csv(batch)
                digest.update(chunk)
                copy.write(chunk)
                rows += batch.num_rows
                if rows - told >= TOLD_EVERY:
                    told = rows
                    tell(f"{rows:,} customers sent")
        counted = cursor.rowcount
    if counted != rows:
        raise StoreError(f"{rows:,} rows were sent and {counted:,} taken.", "Publish again.")
    return Sent(rows, digest.hexdigest())


def _as_csv(batch: pa.RecordBatch) -> memoryview:
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(batch.select(PUBLISHED_COLUMNS), sink, _UNHEADED)
    return memoryview(sink.getvalue())


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's own connection, within the same transaction."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
