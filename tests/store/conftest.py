"""A database of its own for each test, on the real server of the run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tierwise.store import migrate
from tierwise.store.connect import Store, opened

_numbers = count()


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of an empty database."""
    name = f"store_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with its tables, and nothing published."""
    with opened(database_url) as found:
        migrate.upgrade(found, silent)
        yield found


def silent(_: str) -> None:
    """Take a message and say nothing."""
