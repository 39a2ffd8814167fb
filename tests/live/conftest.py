"""A router on a real database, with the moment in the hands of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from tests.store.conftest import database_url, store

from tierwise.store.connect import Store
from tierwise.workflows.route import Router

__all__ = ["database_url", "store"]

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""The moment zero of the tests."""

At = Callable[[float], None]


@pytest.fixture
def at(store: Store) -> Iterator[At]:
    """Set the database's clock for whoever uses the store, in seconds after `MORNING`."""
    moment = [MORNING]

    def begin(connection):
        connection.exec_driver_sql(f"SET LOCAL tierwise.clock = '{moment[0].isoformat()}'")

    def move(seconds: float) -> None:
        moment[0] = MORNING + timedelta(seconds=seconds)

    event.listen(store.engine, "begin", begin)
    yield move
    event.remove(store.engine, "begin", begin)


@pytest.fixture
def router(store: Store, at: At) -> Router:  # noqa: ARG001 - the clock stands before it is read
    """A live router whose clock stands until it is moved."""
    return Router(store)
