"""Connections to the operational store: checked once, and errors in words that help."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from tierwise.errors import StoreError
from tierwise.store.advice import LOST, OTHERWISE, advice

OLDEST = 15
"""Major version that the store needs at least; 16 and later plan partitions faster."""

WAIT_S = 10
"""For a connection."""

REST_S = 0.5
"""A connection unused for so long is tried before it is used again."""

_NOTICED = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # ms
}
"""A server that the network no longer reaches is noticed within half a minute, not two hours."""

_DRIVERS = ("postgresql", "postgres", "postgresql+psycopg")
_CHECK = "Check database_url in [project], TIERWISE_DATABASE_URL, and that the server runs."


@dataclass(frozen=True, slots=True)
class Store:
    """A server that answered and is new enough; `close` gives its connections back."""

    engine: Engine = field(repr=False)
    place: str  # host and database in words, without user name and password

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Connect to the server at a URL.

    Raises StoreError where the URL is none of PostgreSQL, nobody answers there, or the
    server is older than version 15. No message holds the password.
    """
    address = _parsed(url)
    place = _place(address)
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, connect_timeout=WAIT_S) as connection:
            _require_version(connection.info.server_version, place)
    except psycopg.Error as error:
        said = _without_secret(_first_line(error), address)
        way_out = advice(error.sqlstate, said)
        way_out = _CHECK if way_out in (LOST, OTHERWISE) else way_out
        raise StoreError(f"No PostgreSQL answers at {place}: {said}", way_out) from None
    return Store(_engine(address), place)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """A store for as long as the block lasts."""
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def said_plainly(place: str) -> Iterator[None]:
    """Turn what the server or the way to it refused within the block into StoreError."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        inner = error.orig if isinstance(error, DBAPIError) and error.orig else error
        said = _first_line(inner)
        way_out = advice(getattr(inner, "sqlstate", None), said)
        raise StoreError(
            f"PostgreSQL at {place} refused: {said}",
            f"What was published before stands. {way_out}",
        ) from error


def _parsed(url: str) -> URL:
    """The parts of a URL; no part of a wrong one is repeated, since it may be the password."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    if address is None or address.drivername not in _DRIVERS:
        raise StoreError(
            "The database URL is none of PostgreSQL.",
            "Write it as postgresql://user:${PASSWORD}@host:5432/database.",
        )
    if "@" in f"{address.host}{address.database}":  # part of the password, by its look
        raise StoreError(
            "The database URL has a password with characters that mean something in a URL.",
            "Write @ as %40, / as %2F, # as %23, ? as %3F and % as %25 in it.",
        )
    return address.set(drivername="postgresql+psycopg")


def _place(address: URL) -> str:
    """`host:port/database`, as messages may name it."""
    asked = address.query.get("host", "")
    host = address.host or (asked if isinstance(asked, str) else ", ".join(asked)) or "localhost"
    port = f":{address.port}" if address.port else ""
    return f"{host}{port}/{address.database or ''}"


def _require_version(number: int, place: str) -> None:
    """`number` as PostgreSQL gives it: 150004 is 15.4."""
    if number < OLDEST * 10_000:
        raise StoreError(
            f"The server at {place} is PostgreSQL {number // 10_000}.{number % 10_000};"
            f" tierwise needs {OLDEST} or later.",
            "Upgrade it, or leave database_url out to use the one that comes with tierwise.",
        )


def _engine(address: URL) -> Engine:
    engine = create_engine(
        address,
        pool_size=5,
        max_overflow=20,
        hide_parameters=True,  # customers' data are not for logs
        connect_args={"connect_timeout": WAIT_S, "application_name": "tierwise"} | _NOTICED,
    )

    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _require_alive)
    return engine


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _require_alive(
    connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object
) -> None:
    """Try a connection that was at rest; three round trips are too many for one just used."""
    if time.monotonic() - record.info.get("used_at", math.inf) < REST_S:
        return
    try:
        connection.autocommit = True
        connection.execute("")
        connection.autocommit = False
    except psycopg.Error as error:
        raise DisconnectionError from error


def _prepare(connection: psycopg.Connection[Any], _record: object) -> None:
    # A lookup takes a tenth of a millisecond; compiling it would take a hundred.
    with connection.transaction():
        connection.execute("SET jit = off")
    # So that a killed client's locks are gone within a second, whatever the server is doing
    # for it; servers on Windows have no such setting.
    with suppress(psycopg.DatabaseError), connection.transaction():
        connection.execute("SET client_connection_check_interval = '1s'")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _without_secret(text: str, address: URL) -> str:
    secrets = [address.password, address.query.get("password")]
    for secret in secrets:
        if secret:
            text = text.replace(str(secret), "***")
    return text
