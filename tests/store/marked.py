"""Snapshots whose rows all carry one mark, so that a mix of two would show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from multiprocessing.connection import Connection

import pyarrow as pa
from sqlalchemy import event

from tierwise.store import snapshots
from tierwise.store.connect import opened
from tierwise.store.snapshots import Published, Source

CUSTOMERS = 1500
BATCHES = 3


def source(mark: str, project: str = "Firm") -> Source:
    return Source(
        project, mark, date(2025, 12, 31), "Keep", "revenue", "12m", "rank", "window", "1"
    )


def batch(mark: str, first: int, size: int) -> pa.RecordBatch:
    days = pa.array([date(2020, 1, 1)] * size)
    columns = {
        "customer_id": [customer(n) for n in range(first, first + size)],
        "tier": ["AB"[n % 2] for n in range(size)],
        "tier_number": pa.array([1 + n % 2 for n in range(size)], pa.int64()),
        "since": days,
        "reason": [mark] * size,
        "is_override": [False] * size,
        "decided_by": pa.nulls(size, pa.string()),
        "decided_until": pa.nulls(size, pa.date32()),
        "p_tier": [0.1 + 0.2] * size,
        "value": pa.array([f"{n}.2500" for n in range(size)]).cast(pa.decimal128(38, 4)),
        "rank": list(range(1, size + 1)),
        "need": [""] * size,
        "first_on": days,
        "card": [f'{{"name": "{mark} \\"Sons\\", Ltd", "usual_channel": null}}'] * size,
    }
    return pa.RecordBatch.from_pydict(columns)


def customer(n: int) -> str:
    return f"C{n:05d}"


def batches(mark: str, customers: int = CUSTOMERS) -> Callable[[], Iterator[pa.RecordBatch]]:
    size = customers // BATCHES
    return lambda: (batch(mark, k * size, size) for k in range(BATCHES))


def put(store: object, mark: str, **options: object) -> Published:
    given = {"by": "tester", "tell": lambda _: None, **options}
    return snapshots.publish(store, source(mark), batches(mark), **given)  # type: ignore[arg-type]


def publish_and_pause(url: str, mark: str, at: str, told: Connection) -> None:
    """Publish in this process; where it comes to `at`, say so and wait to be killed."""

    def pause_at(place: str) -> None:
        if place == at:
            told.send("paused")
            told.recv()

    def slow() -> Iterator[pa.RecordBatch]:
        for k, rows in enumerate(batches(mark)()):
            pause_at(f"batch {k}")
            yield rows
        pause_at("last batch sent")

    def before(_c: object, _d: object, statement: str, *_: object) -> None:
        pause_at(f"before {step_of(statement)}")

    def after(_c: object, _d: object, statement: str, *_: object) -> None:
        pause_at(f"after {step_of(statement)}")

    with opened(url) as store:
        event.listen(store.engine, "before_cursor_execute", before)
        event.listen(store.engine, "after_cursor_execute", after)
        snapshots.publish(store, source(mark), slow, by="killed", tell=pause_at)


STEPS = {
    "ATTACH PARTITION": "ATTACH",
    "INSERT INTO tierwise.pointer_moves": "the pointer's move",
    "DETACH PARTITION": "DETACH",
    "DROP TABLE": "DROP",
}


def step_of(statement: str) -> str:
    """Name of a statement that changes what readers find, "" for others."""
    return next((name for words, name in STEPS.items() if words in statement), "")
