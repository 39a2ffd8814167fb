"""Servers that do not answer, are too old, or are none: said clearly, and without passwords."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text
from tests.conftest import free_port

from tierwise.errors import StoreError
from tierwise.store import connect
from tierwise.store.advice import OTHERWISE, advice
from tierwise.store.connect import Store, open_store, opened, said_plainly


@contextmanager
def server_of(version: str) -> Iterator[int]:
    """Port of something that greets as PostgreSQL of a version would, and no more."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!I", len(body) + 4) + body

    def greet() -> None:
        with listening.accept()[0] as caller:
            (length,) = struct.unpack("!I", caller.recv(4))
            if length == 8:  # asks for encryption first
                caller.recv(4)
                caller.sendall(b"N")
                (length,) = struct.unpack("!I", caller.recv(4))
            caller.recv(length - 4)
            said = message(b"S", f"server_version\0{version}\0".encode())
            caller.sendall(message(b"R", struct.pack("!I", 0)) + said + message(b"Z", b"I"))
            caller.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=greet)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=10)


def test_a_server_that_is_too_old_is_refused_by_its_version():
    old = r"is PostgreSQL 14\.9; tierwise needs 15 or later"
    with server_of("14.9") as port, pytest.raises(StoreError, match=old):
        open_store(f"postgresql://kim:secret@127.0.0.1:{port}/firm?sslmode=disable")


def test_nobody_there_is_said_with_the_place_and_without_the_password():
    port = free_port()
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://kim:s3cret@127.0.0.1:{port}/firm")
    assert f"No PostgreSQL answers at 127.0.0.1:{port}/firm" in caught.value.message
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("password", ["p@s3cret/w", "p@s3cret#w"])
def test_a_password_that_breaks_the_url_is_told_how_to_be_written(password: str):
    """What the parser took for host and database is part of the password: it is not shown."""
    with pytest.raises(StoreError, match="characters that mean something") as caught:
        open_store(f"postgresql://kim:{password}@host:5432/firm")
    assert "s3cret" not in str(caught.value)
    assert "%40" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://kim:s3cret@host/firm",
        "postgresql//kim:s3cret@host/firm",
        "postgresql://kim:s3cret@host:port/firm",
        "s3cret",
        "",
    ],
)
def test_a_url_that_is_none_is_not_repeated(url: str):
    """Where the password stands in a wrong URL nobody can know."""
    with pytest.raises(StoreError, match="none of PostgreSQL") as caught:
        open_store(url)
    assert "s3cret" not in str(caught.value)


def test_a_database_that_is_not_there_is_named(postgres_url: str):
    with pytest.raises(StoreError, match='database "no_such" does not exist'):
        open_store(postgres_url.replace("/postgres?", "/no_such?"))


def test_what_the_server_refuses_later_is_told_in_one_line(database_url: str):
    with (
        opened(database_url) as store,
        pytest.raises(StoreError, match="relation") as caught,
        said_plainly(store.place),
        store.engine.connect() as connection,
    ):
        connection.execute(text("SELECT * FROM no_such_table"))
    assert "What was published before stands" in caught.value.remedy


REFUSED = [
    ("SET ROLE pg_read_all_data; CREATE SCHEMA mine", "GRANT"),
    ("SET default_transaction_read_only = on; COMMIT; CREATE TABLE t (i int)", "primary"),
    ("SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)", "statement_timeout"),
    ("SELECT pg_terminate_backend(pg_backend_pid())", "ended this connection"),
    ("CREATE TABLE t (i int CHECK (i > 1)); INSERT INTO t VALUES (1)", "correct the data"),
]


def run_all(store: Store, statements: str) -> None:
    with said_plainly(store.place), store.engine.connect() as connection:
        for one in statements.split(";"):
            connection.exec_driver_sql(one)


@pytest.mark.parametrize(("statements", "way_out"), REFUSED, ids=[way for _, way in REFUSED])
def test_the_way_out_fits_what_was_refused(database_url: str, statements: str, way_out: str):
    """Rights, standbys, timeouts, lost connections and wrong rows each have their own."""
    with opened(database_url) as store, pytest.raises(StoreError) as caught:
        run_all(store, statements)
    assert way_out in caught.value.remedy


@pytest.mark.parametrize(
    ("said", "way_out"),
    [
        ('FATAL: password authentication failed for user "kim"', "Correct user or password"),
        ("FATAL: sorry, too many clients already", "max_connections"),
        ('FATAL: database "x" does not exist', "createdb"),
        ("could not translate host name", "name of the host"),
        ("something else", "server's log"),
    ],
)
def test_where_there_is_no_state_words_tell_the_way_out(said: str, way_out: str):
    assert way_out in advice(None, said)


def test_a_full_disk_and_an_unknown_state_have_a_way_out():
    assert "make room" in advice("53100", "could not extend file")
    assert advice("99999", "anything") == OTHERWISE


def test_a_store_shows_no_secret(database_url: str):
    with opened(database_url) as store:
        assert "engine" not in repr(store)


def test_a_connection_that_died_at_rest_is_replaced(store: Store, database_url: str, monkeypatch):
    """One used a moment ago is not tried: three round trips are too many for that."""
    monkeypatch.setattr(connect, "REST_S", 0.0)
    with store.engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
