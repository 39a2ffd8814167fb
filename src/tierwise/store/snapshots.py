"""Published snapshots: loaded beside the one that answers, then pointed at in one step.

A snapshot is loaded into a table of its own by one transaction, indexed and attached to
`customer_tiers`; at last one row, the pointer, is changed. Whoever is killed on the way
leaves at most a table that nothing points at, and the next publisher removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError

from tierwise.errors import NotFoundError, UsageError
from tierwise.store import partitions
from tierwise.store.connect import Store, said_plainly
from tierwise.store.loading import driver, load
from tierwise.store.partitions import Tell
from tierwise.store.statements import (
    CARD_OF_ONE,
    CURRENT_MANIFEST,
    TIER_OF_ONE,
    TIERS_OF_MANY,
)
from tierwise.store.tables import CURRENT, POINTER_MOVES, SNAPSHOTS

KEPT = 3
"""Snapshots whose rows stay: the current one and those that undo can go back to."""

PUBLISHERS = 0x7469_6572_0002
"""Key of the advisory lock that one publisher at a time holds."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a snapshot is made of; two of equal sources have equal rows."""

    project: str  # name of the project; a database carries one
    build_id: str
    as_of: date  # nothing dated later was read
    goal: str  # that the tiers serve
    lens: str
    window: str  # such as "12m"
    rule: str
    basis: str
    code_version: str


@dataclass(frozen=True, slots=True)
class TierSize:
    """One tier of a snapshot."""

    name: str
    number: int  # 1 is the best
    customers: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot as it was published."""

    snapshot_id: int
    source: Source
    tiers: tuple[TierSize, ...]  # best first
    customers: int
    checksum: str  # SHA-256 of the rows as they were sent
    published_by: str
    published_at: datetime | None  # database time; None: loaded, but never pointed at
    replaced_id: int | None  # what was current before it
    dropped_at: datetime | None  # None: its rows are still kept


@dataclass(frozen=True, slots=True)
class Published:
    """How publishing ended."""

    manifest: Manifest
    was_current: bool  # True: the same had been published before, so nothing was done


@dataclass(frozen=True, slots=True)
class CustomerTier:
    """One customer as published; what the router goes by."""

    snapshot_id: int
    customer_id: str
    tier: str
    tier_number: int  # 1 is the best
    since: date | None
    reason: str
    is_override: bool
    decided_by: str | None  # who decided, of an override
    decided_until: date | None  # last day on which it holds
    p_tier: float | None  # probability to be in this tier next window
    value: Decimal | None  # by the snapshot's lens, in the project's currency
    need: str | None
    first_on: date | None  # first order


# --- reading


def current(connection: Connection) -> Manifest | None:
    """The snapshot that answers now; None before the first was published."""
    row = connection.execute(CURRENT_MANIFEST).one_or_none()
    return None if row is None else _manifest(row)


def history(connection: Connection) -> tuple[Manifest, ...]:
    """Every snapshot that was ever published, newest first."""
    published = select(SNAPSHOTS).where(SNAPSHOTS.c.published_at.is_not(None))
    rows = connection.execute(published.order_by(SNAPSHOTS.c.snapshot_id.desc()))
    return tuple(_manifest(row) for row in rows)


def tier_of(connection: Connection, customer_id: str) -> CustomerTier | None:
    """Tier, reason and value of a customer as published; None where it is not known."""
    row = connection.execute(TIER_OF_ONE, {"customer_id": customer_id}).one_or_none()
    return None if row is None else CustomerTier(**row._asdict())


def tiers_of(connection: Connection, customer_ids: Sequence[str]) -> dict[str, CustomerTier]:
    """The same of many, all of one snapshot; customers that are not known are left out."""
    rows = connection.execute(TIERS_OF_MANY, {"customer_ids": list(customer_ids)})
    return {row.customer_id: CustomerTier(**row._asdict()) for row in rows}


def card_of(connection: Connection, customer_id: str) -> dict[str, Any] | None:
    """Facts that help an agent, without a word of worth; None where the customer is not known."""
    row = connection.execute(CARD_OF_ONE, {"customer_id": customer_id}).one_or_none()
    return None if row is None else dict(row.card)


# --- publishing


def publish(
    store: Store,
    source: Source,
    batches: Callable[[], Iterable[pa.RecordBatch]],
    *,
    names: Sequence[str] = (),
    by: str,
    tell: Tell,
) -> Published:
    """Publish rows as one snapshot; readers see the old one until they see the new one.

    `batches` gives the columns of `tables.PUBLISHED_COLUMNS`; it is called only where the
    source is not what is current. `names` are those of all tiers, best first, also of tiers
    that nobody is in. A second publisher waits for the first.

    Raises UsageError where the database carries another project, StoreError where the
    server refuses a row or the way, and where old transactions do not end; then what was
    current before still is.
    """
    with said_plainly(store.place), _publisher(store, tell) as session:
        before = current(session)
        _require_same_project(before, source, store.place)
        if before is not None and before.source == source:
            return Published(before, was_current=True)
        _sweep(session, store, tell)
        new = _loaded(store, source, batches(), names, by, tell)
        tell("Attaching the new snapshot")
        partitions.attach(store, new)
        partitions.wait_for_older(session, tell)
        tell("Switching over")
        with _in_one(session):
            _point(session, new, before, by)
        try:
            _sweep(session, store, tell)
        except DBAPIError:  # what was asked for is done
            tell("Rows of older snapshots could not be removed; the next publish removes them")
        found = current(session)
        assert found is not None  # nobody else may publish meanwhile
        return Published(found, was_current=False)


def undo(store: Store, *, by: str, tell: Tell) -> tuple[Manifest, Manifest]:
    """Point back to the snapshot before; returns what was undone and what is current now.

    Raises NotFoundError where there is none before, or its rows are no longer kept.
    """
    with said_plainly(store.place), _publisher(store, tell) as session:
        undone = current(session)
        if undone is None:
            raise NotFoundError(f"Nothing is published at {store.place}.", "Run tierwise publish.")
        earlier = {one.snapshot_id: one for one in history(session)}.get(undone.replaced_id or 0)
        if earlier is None or earlier.snapshot_id not in partitions.attached(session):
            raise NotFoundError(
                f"Before snapshot {undone.snapshot_id} there is none that is kept.",
                f"The last {KEPT} are kept. Publish what should be current instead.",
            )
        with _in_one(session):
            _move(session, undone.snapshot_id, earlier.snapshot_id, by, "undo")
        return undone, earlier


@contextmanager
def _publisher(store: Store, tell: Tell) -> Iterator[Connection]:
    """A connection, outside of transactions, that holds the lock of publishers."""
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as session:
        key = {"key": PUBLISHERS}
        if not session.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one():
            tell("Somebody else is publishing; waiting")
            session.execute(text("SELECT pg_advisory_lock(:key)"), key)
        try:
            yield session
        finally:
            # Not back to the pool: with the connection go the lock and its settings.
            session.invalidate()


@contextmanager
def _in_one(session: Connection) -> Iterator[None]:
    """A transaction of the connection that holds the lock of publishers.

    Where that connection is gone another may hold the lock, and then nothing is changed here.
    """
    with driver(session).transaction():
        yield


def _require_same_project(before: Manifest | None, source: Source, place: str) -> None:
    if before is not None and before.source.project != source.project:
        raise UsageError(
            f'{place} carries the project "{before.source.project}", not "{source.project}".',
            "Give each project a database of its own: database_url in [project].",
        )


def _loaded(
    store: Store,
    source: Source,
    batches: Iterable[pa.RecordBatch],
    names: Sequence[str],
    by: str,
    tell: Tell,
) -> int:
    """Load the rows into a table of their own, all or nothing; returns the snapshot's id."""
    with store.engine.begin() as connection:
        new = partitions.make(connection)
        sent = load(connection, partitions.name_of(new), batches, tell)
        tell("Indexing")
        partitions.finish(connection, new)
        found = [TierSize(**one) for one in connection.execute(partitions.sizes(new)).mappings()]
        facts = {name: getattr(source, name) for name in source.__slots__}
        row = insert(SNAPSHOTS).values(
            **facts,
            snapshot_id=new,
            tiers=[asdict(one) for one in _with_empty(found, names)],
            customers=sent.rows,
            checksum=sent.checksum,
            published_by=by,
        )
        connection.execute(row.inline())
    return new


def _with_empty(found: Sequence[TierSize], names: Sequence[str]) -> list[TierSize]:
    """All tiers, best first: those that nobody is in have zero customers."""
    sizes = {one.number: one for one in found}
    empty = {k: TierSize(name, k, 0) for k, name in enumerate(names, 1)}
    return [one for _, one in sorted((empty | sizes).items())]


def _point(connection: Connection, new: int, before: Manifest | None, by: str) -> None:
    old = None if before is None else before.snapshot_id
    row = update(SNAPSHOTS).where(SNAPSHOTS.c.snapshot_id == new)
    connection.execute(row.values(published_at=text("now()"), replaced_id=old))
    _move(connection, old, new, by, "publish")


def _move(connection: Connection, old: int | None, new: int, by: str, why: str) -> None:
    pointer = upsert(CURRENT).values(one_row=True, snapshot_id=new)
    changed = {"snapshot_id": pointer.excluded.snapshot_id}
    connection.execute(pointer.on_conflict_do_update(index_elements=["one_row"], set_=changed))
    connection.execute(insert(POINTER_MOVES).values(moved_by=by, from_id=old, to_id=new, why=why))


def _sweep(session: Connection, store: Store, tell: Tell) -> None:
    """Remove what killed publishers left, and rows that no undo leads back to."""
    kept = _kept(current(session), history(session)) & partitions.attached(session)
    for snapshot_id in partitions.present(session):
        if snapshot_id not in kept and partitions.drop(session, store, snapshot_id, tell):
            gone = SNAPSHOTS.c.snapshot_id == snapshot_id
            session.execute(update(SNAPSHOTS).where(gone).values(dropped_at=text("now()")))


def _kept(now: Manifest | None, known: tuple[Manifest, ...]) -> set[int]:
    """The current snapshot and those that undo would go back to, `KEPT` in all."""
    by_id = {one.snapshot_id: one for one in known}
    chain: set[int] = set()
    while now is not None and len(chain) < KEPT:
        chain.add(now.snapshot_id)
        now = by_id.get(now.replaced_id or 0)
    return chain


def _manifest(row: Row[Any]) -> Manifest:
    of = row._mapping
    source = Source(**{field.name: of[field.name] for field in fields(Source)})
    tiers = tuple(TierSize(**one) for one in of["tiers"])
    own = {f.name: of[f.name] for f in fields(Manifest) if f.name not in ("source", "tiers")}
    return Manifest(source=source, tiers=tiers, **own)
