"""The tables of the operational store, as the migrations leave them.

A test compares both. Everything lives in a schema of its own, so that a server may be
shared with others.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "tierwise"

METADATA = MetaData(schema=SCHEMA)

_NOW = text("now()")

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("snapshot_id", BigInteger, Identity(), primary_key=True),
    Column("project", Text, nullable=False),
    Column("build_id", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("goal", Text, nullable=False),
    Column("lens", Text, nullable=False),
    Column("window", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("tiers", JSONB, nullable=False),  # name and customers of each tier, best first
    Column("customers", BigInteger, nullable=False),
    Column("checksum", Text, nullable=False),  # SHA-256 of the rows as they were sent
    Column("code_version", Text, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("loaded_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("published_at", DateTime(timezone=True)),  # null: loaded, never pointed at
    Column("replaced_id", BigInteger),  # current before this one; where --undo goes back to
    Column("dropped_at", DateTime(timezone=True)),  # null: its rows are still kept
)
"""What was published: one row each, kept for good."""

CURRENT = Table(
    "current_snapshot",
    METADATA,
    Column("one_row", Boolean, CheckConstraint("one_row"), primary_key=True, server_default="true"),
    Column("snapshot_id", BigInteger, ForeignKey(SNAPSHOTS.c.snapshot_id), nullable=False),
)
"""The pointer: at most one row, and moving it is what publishing means."""

POINTER_MOVES = Table(
    "pointer_moves",
    METADATA,
    Column("move_id", BigInteger, Identity(always=True), primary_key=True),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    Column("moved_by", Text, nullable=False),
    Column("from_id", BigInteger),
    Column("to_id", BigInteger, nullable=False),
    Column("why", Text, CheckConstraint("why IN ('publish', 'undo')"), nullable=False),
)
"""Who moved the pointer when, appended to only."""

CUSTOMER_TIERS = Table(
    "customer_tiers",
    METADATA,
    Column("snapshot_id", BigInteger, primary_key=True),
    Column("customer_id", Text(collation="C"), primary_key=True),
    Column("tier", Text, nullable=False),
    Column("tier_number", SmallInteger, nullable=False),  # 1 is the best
    Column("since", Date),
    Column("reason", Text, nullable=False),
    Column("is_override", Boolean, nullable=False),
    Column("decided_by", Text),
    Column("decided_until", Date),
    Column("p_tier", Double),  # probability to be in this tier next window
    Column("value", Numeric),  # by the snapshot's lens, in the project's currency
    Column("rank", BigInteger),
    Column("need", Text),
    Column("first_on", Date),
    # What an agent may see; nothing in it says or follows from what the customer is worth.
    Column("card", JSONB, nullable=False),
    postgresql_partition_by="LIST (snapshot_id)",
)
"""One row a customer and snapshot; every snapshot is a partition of its own."""

PUBLISHED_COLUMNS = tuple(c.name for c in CUSTOMER_TIERS.columns if c.name != "snapshot_id")
"""Columns that whoever publishes gives, in the order in which they are sent."""
