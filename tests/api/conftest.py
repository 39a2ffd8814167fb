"""The live API on a real database, with customers published; emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.store.marked import put

from tierwise.server import create_app
from tierwise.settings.hooks import HookKind, HookSettings
from tierwise.store import migrate
from tierwise.store.connect import Store, opened
from tierwise.workflows.live import Live

POOL = {
    "classes": [
        {"name": "key accounts", "tiers": ["A"], "channels": ["phone", "chat"]},
        {"name": "others"},
    ],
    "groups": {"experts": ["key accounts", "others"], "all-round": ["others"]},
    "policy": {
        "rule": "head_start",
        "classes": {"key accounts": {"head_start_s": 90}, "others": {"floor_s": 600}},
    },
}
GOLD, BRONZE = "C00000", "C00001"
"""Customers of the tiers A and B."""

SECRET = "whsec_dGllcndpc2UgdGVzdHMgb25seQ=="
HOOKS = {kind: HookSettings(kind=kind, pool="calls", secret=SECRET) for kind in HookKind}
EMPTY = text(
    """
    TRUNCATE tierwise.outbox, tierwise.requests, tierwise.aliases, tierwise.api_keys,
        tierwise.contact_history, tierwise.decisions, tierwise.reservations, tierwise.contacts,
        tierwise.agents, tierwise.pools, tierwise.destinations, tierwise.destination_cursors,
        tierwise.deliveries, tierwise.promises, tierwise.promise_ends RESTART IDENTITY CASCADE
    """
)


@pytest.fixture(scope="session")
def published(postgres_url: str) -> Iterator[Store]:
    """A store of its own for all tests of the API in a worker."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE live_api")
    with opened(urlunsplit(urlsplit(postgres_url)._replace(path="/live_api"))) as store:
        migrate.upgrade(store, lambda _: None)
        put(store, "m")
        yield store
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE live_api WITH (FORCE)")


@pytest.fixture(scope="session")
def served(published: Store) -> Iterator[tuple[Live, TestClient]]:
    """A server on this machine that asks for no keys."""
    live = Live(published, HOOKS)
    with TestClient(create_app([], live=live, keys_needed=False)) as client:
        yield live, client


@pytest.fixture
def live(served: tuple[Live, TestClient]) -> Live:
    """A live router with tiers of customers, and nothing else."""
    found = served[0]
    with found.store.engine.begin() as connection:
        connection.execute(EMPTY)
    return found


@pytest.fixture
def api(live: Live, served: tuple[Live, TestClient]) -> TestClient:  # noqa: ARG001 - empties it
    """Its API with a pool, and an expert who is offline."""
    client = served[1]
    assert client.put("/api/v1/pools/calls", json=POOL).status_code == 200
    kim = {"pool": "calls", "name": "Kim", "group": "experts"}
    assert client.put("/api/v1/agents/kim", json=kim).status_code == 200
    return client


def call(**fields: object) -> dict[str, object]:
    """A contact by telephone."""
    return {"pool": "calls", "source": "pbx", "channel": "phone"} | fields
