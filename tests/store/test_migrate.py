"""Tables from nothing, once more, by two at once, and of another version."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from tierwise.errors import StoreError, UpgradeNeededError
from tierwise.store import migrate
from tierwise.store.connect import Store, opened
from tierwise.store.tables import METADATA, SCHEMA


@pytest.fixture
def empty(database_url: str):
    with opened(database_url) as found:
        yield found


def claim(store: Store, version: str) -> None:
    """Have the tables say that they are of a version."""
    with store.engine.begin() as connection:
        statement = text(f"UPDATE {SCHEMA}.alembic_version SET version_num = :version")
        connection.execute(statement, {"version": version})


def test_from_nothing_and_again(empty: Store):
    told: list[str] = []
    migrate.upgrade(empty, told.append)
    migrate.upgrade(empty, told.append)
    assert len(told) == 1
    migrate.require_current(empty)


def test_migrations_make_the_tables_that_the_statements_know(empty: Store):
    """Compared with what SQLAlchemy would make, the tables lack nothing and have no more.

    Those of the live router are described by their SQL alone.
    """
    migrate.upgrade(empty, lambda _: None)
    known = {SCHEMA, *(table.name for table in METADATA.tables.values())}
    with empty.engine.connect() as connection:
        options = {
            "version_table_schema": SCHEMA,
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind not in ("schema", "table") or name in known,
            "compare_type": True,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_two_at_once_make_them_once(empty: Store):
    told: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(migrate.upgrade, empty, told.append) for _ in range(2)]
        for one in running:
            one.result()
    assert len(told) == 1


def test_an_empty_database_is_told_from_an_old_one(empty: Store, monkeypatch):
    with pytest.raises(UpgradeNeededError, match="Nothing has been published"):
        migrate.require_current(empty)
    migrate.upgrade(empty, lambda _: None)
    now = migrate.newest()
    monkeypatch.setattr(migrate, "newest", lambda: "9000")
    with pytest.raises(
        UpgradeNeededError, match=rf"Upgrade needed: .* version {now}, .* needs 9000"
    ):
        migrate.require_current(empty)


def test_tables_newer_than_the_program_are_left_alone(empty: Store):
    migrate.upgrade(empty, lambda _: None)
    claim(empty, "9999")
    for use in (migrate.require_current, lambda store: migrate.upgrade(store, lambda _: None)):
        with pytest.raises(StoreError, match=f"9999, newer than this program's {migrate.newest()}"):
            use(empty)


def test_a_migration_that_fails_leaves_nothing(empty: Store, monkeypatch):
    """All or nothing: the schema itself is gone again."""

    def fail(*_: object) -> None:
        raise StoreError("stopped")

    monkeypatch.setattr(migrate.command, "upgrade", fail)
    with pytest.raises(StoreError, match="stopped"):
        migrate.upgrade(empty, lambda _: None)
    with empty.engine.connect() as connection:
        found = connection.execute(text("SELECT to_regnamespace('tierwise')")).scalar_one()
    assert found is None
