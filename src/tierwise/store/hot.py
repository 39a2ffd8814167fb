"""The hot path's way to PostgreSQL: transactions of the engine, statements by psycopg itself.

Core takes two to three times as long in Python for a statement as psycopg does, and that
time passes under a pool's lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, Engine, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError


class Hot:
    """Runs statements in one transaction; rows are named tuples."""

    __slots__ = ("_cursor", "connection")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection  # for statements that need not be quick
        self._cursor = _driver(connection).cursor(row_factory=namedtuple_row)

    def all(self, statement: TextClause, values: Mapping[str, Any]) -> list[Any]:
        """Rows of a statement that returns rows."""
        return self._cursor.execute(_written(statement), values).fetchall()

    def first(self, statement: TextClause, values: Mapping[str, Any]) -> Any:
        """First row, None where there is none."""
        return self._cursor.execute(_written(statement), values).fetchone()

    def do(self, statement: TextClause, values: Mapping[str, Any]) -> int:
        """Run a statement; the number of rows it changed."""
        return self._cursor.execute(_written(statement), values).rowcount


@contextmanager
def transaction(engine: Engine) -> Iterator[Hot]:
    """A transaction as `Engine.begin` opens it; errors of psycopg come as SQLAlchemy's.

    A connection that broke takes those at rest along: the server ended them too.
    """
    with engine.begin() as connection:
        try:
            yield Hot(connection)
        except psycopg.Error as error:
            lost = bool(_driver(connection).closed)
            if lost:
                connection.invalidate(error)
                engine.dispose()
            raise DBAPIError.instance(
                None,
                None,
                error,
                psycopg.Error,
                hide_parameters=True,
                connection_invalidated=lost,
                dialect=engine.dialect,
            ) from error


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@cache
def _written(statement: TextClause) -> str:
    """A statement as psycopg wants it, with `%(name)s` for `:name`; once for each."""
    return str(statement.compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]
