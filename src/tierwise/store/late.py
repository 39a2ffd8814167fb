"""Indexes on tables that may be long: built while everybody goes on working.

CREATE INDEX would hold up every writer for as long as it takes; CONCURRENTLY cannot run in
the transaction of a migration. Until one is there, what it serves is slower, nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection, Engine, text

INDEXES: Mapping[str, str] = MappingProxyType(
    {
        "contacts_of_customer": "tierwise.contacts (customer_id, contact_id)"
        " WHERE customer_id IS NOT NULL",
    }
)
"""Name, and what it is on."""

BUILDER = 0x7469_6572_0003
"""Key of the advisory lock of whoever builds them."""

_VALID = text(
    """
    SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relname = :name AND c.relnamespace = 'tierwise'::regnamespace
    """
)


def build_late(engine: Engine) -> None:
    """Build what is missing, unless somebody else is at it; broken off before, it is made anew."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Nobody waits for this lock: who waits has a snapshot, and the builder waits for those.
        asked = text("SELECT pg_try_advisory_lock(:key)")
        if not _missing(connection) or not connection.execute(asked, {"key": BUILDER}).scalar():
            return
        try:
            for name, broken in _missing(connection).items():
                _build(connection, name, broken=broken)
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": BUILDER})


def _missing(connection: Connection) -> dict[str, bool]:
    """Indexes that are not there, and whether a broken one is."""
    found = {name: connection.execute(_VALID, {"name": name}).scalar() for name in INDEXES}
    return {name: valid is False for name, valid in found.items() if valid is not True}


def _build(connection: Connection, name: str, *, broken: bool) -> None:
    if broken:
        connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS tierwise.{name}"))
    on = INDEXES[name]
    connection.execute(text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}"))
