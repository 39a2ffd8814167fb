"""Replicas are restarted one after the other under load, and nobody outside notices."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.api.conftest import POOL
from tests.faults.replicas import Balancer, Replica, told_while
from tests.store.conftest import database_url, store

from tierwise.routing.pool import Pool
from tierwise.store.connect import Store
from tierwise.workflows.route import Router

__all__ = ["database_url", "store"]


@pytest.fixture
def balancer(store: Store, database_url: str) -> Iterator[Balancer]:
    """Two replicas behind a balancer, with a pool."""
    Router(store).define("calls", Pool.model_validate(POOL))
    found = Balancer()
    found.replicas = [Replica(database_url) for _ in range(2)]
    for one in found.replicas:
        one.wait_until_there()
    yield found
    found.close()
    for one in found.replicas:
        one.process.kill()
        one.process.wait()


def test_no_contact_is_dropped_when_a_replica_ends(balancer: Balancer, database_url: str):
    """Every contact that was told of is there; `benchmarks/live.py` restarts all replicas."""
    told, failed = told_while(balancer, lambda: balancer.replicas[0].end())
    with psycopg.connect(database_url) as connection:
        kept = connection.execute("SELECT external_id FROM tierwise.contacts").fetchall()
    assert len(told) > 20
    assert set(told) <= {row[0] for row in kept}
    assert len(failed) <= 2, failed  # an open connection of each sender
