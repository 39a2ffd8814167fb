"""Bring the tables of the store up to date: forwards only, one at a time, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tierwise.errors import StoreError, UpgradeNeededError
from tierwise.store.connect import Store, said_plainly
from tierwise.store.late import build_late
from tierwise.store.tables import SCHEMA

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 0x7469_6572_0001
"""Key of the advisory lock under which tables are changed."""

EMPTY = ""
"""Version of a database that tierwise has not been in."""

Tell = Callable[[str], None]


def upgrade(store: Store, tell: Tell) -> None:
    """Make or change the tables where they are older; two at once wait for each other.

    Raises StoreError where they are newer than this program.
    """
    with said_plainly(store.place), store.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        found = version_of(connection)
        if found != newest():
            _require_known(found, store.place)
            words = f"from {found} " if found else ""
            tell(f"Upgrading the tables at {store.place} {words}to {newest()}")
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    with said_plainly(store.place):
        build_late(store.engine)


def require_current(store: Store) -> None:
    """Refuse to read tables of another version, or none.

    Raises UpgradeNeededError where they are older, StoreError where they are newer.
    """
    with said_plainly(store.place), store.engine.connect() as connection:
        found = version_of(connection)
    if found == newest():
        return
    if found == EMPTY:
        raise UpgradeNeededError(
            f"Nothing has been published to {store.place} yet.", "Publish with: tierwise publish"
        )
    _require_known(found, store.place)
    raise UpgradeNeededError(
        f"Upgrade needed: the tables at {store.place} are of version {found}, this program"
        f" needs {newest()}.",
        "`tierwise publish` upgrades them; servers of the older version should be stopped first.",
    )


def version_of(connection: Connection) -> str:
    """Version of the tables, `EMPTY` where there are none."""
    options = {"version_table_schema": SCHEMA}
    return MigrationContext.configure(connection, opts=options).get_current_revision() or EMPTY


@cache
def newest() -> str:
    """Version that this program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # the migrations are part of the package
    return head


def _require_known(found: str, place: str) -> None:
    known = {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found not in known | {EMPTY}:
        raise StoreError(
            f"The tables at {place} are of version {found}, newer than this program's {newest()}.",
            "Use the newer tierwise that made them.",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
