"""Statements that go past Core: the same rows, and errors that callers know."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from tierwise.store.connect import Store
from tierwise.store.hot import transaction

BOTH = text("SELECT CAST(:n AS int) AS n, 'a:b % c' AS said")


def test_rows_have_names_and_statements_their_values(store: Store):
    with transaction(store.engine) as hot:
        (row,) = hot.all(BOTH, {"n": 7, "left_over": "is passed over"})
        assert (row.n, row.said) == (7, "a:b % c")
        assert hot.first(text("SELECT 1 WHERE false"), {}) is None


def test_what_breaks_off_is_taken_back(store: Store):
    def twice() -> None:
        with transaction(store.engine) as hot:
            hot.do(text("CREATE TABLE gone (n int PRIMARY KEY)"), {})
            assert hot.do(text("INSERT INTO gone VALUES (:n)"), {"n": 1}) == 1
            hot.do(text("INSERT INTO gone VALUES (:n)"), {"n": 1})

    with pytest.raises(IntegrityError):
        twice()
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT to_regclass('gone')")).scalar() is None


def test_a_lost_connection_is_said_and_the_next_transaction_works(store: Store):
    """The server ended all sessions: nobody meets a dead connection afterwards."""
    end = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'tierwise' AND pid <> pg_backend_pid()"
    )

    def cut_off() -> None:
        with transaction(store.engine) as hot:
            hot.first(BOTH, {"n": 1})
            with store.engine.begin() as other:
                other.execute(end)
            hot.first(BOTH, {"n": 1})

    with pytest.raises(OperationalError) as found:
        cut_off()
    assert found.value.connection_invalidated
    with transaction(store.engine) as hot:
        assert hot.first(BOTH, {"n": 2}).n == 2
