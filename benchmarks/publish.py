"""A million customers into PostgreSQL with durable commits: seconds, memory, and who waits.

    python benchmarks/publish.py [--customers 1000000] [--runs 3] [--url postgresql://...]

Starts from the Parquet file that a build's tiers are written to: the time covers load, key,
statistics, attach and switch, not the reckoning of tiers. Each run copies the same rows into
a plain table by DuckDB's own extension for PostgreSQL (binary COPY) and by our CSV, and then
publishes them. While it publishes a reader in a process of its own looks up 50 customers at
a time, in one statement, and demands that all are found and of one snapshot. Without --url
it runs on the embedded server. Exit 1 above 20 s, for a lookup that found nobody, and for
one that found two snapshots.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

SECONDS = 20
TOGETHER = 50
"""Customers of a lookup."""

BATCH = 20_000


def write(path: Path, customers: int) -> None:
    """Rows like those of a build: two dozen bytes of id and name, a card, decimals, dates."""
    generator = np.random.default_rng(1)
    days = generator.integers(14_000, 20_000, customers).astype("datetime64[D]")
    sql = """
        SELECT printf('C%09d', i) AS customer_id, 'ABCD'[1 + tier] AS tier,
          tier + 1 AS tier_number, day AS since, 'stays' AS reason, false AS is_override,
          CAST(NULL AS VARCHAR) AS decided_by, CAST(NULL AS DATE) AS decided_until, p AS p_tier,
          CAST(value AS DECIMAL(38, 4)) AS value, i + 1 AS rank, 'schools' AS need,
          day AS first_on,
          CAST(to_json({'name': printf('Customer %d Ltd', i), 'customer_since': day,
            'language': 'en-GB', 'time_zone': 'Europe/London', 'usual_channel': 'phone',
            'last_contact_on': day, 'open_promises': NULL, 'next_promise': NULL,
            'thanks': 'Thank them for 9 years with us, since 2016'}) AS VARCHAR) AS card
        FROM rows ORDER BY customer_id"""
    rows = pa.table(
        {
            "i": np.arange(customers),
            "tier": generator.choice(4, customers, p=[0.01, 0.04, 0.15, 0.8]),
            "day": pa.array(days),
            "p": generator.random(customers),
            "value": np.round(generator.lognormal(5, 2, customers), 4),
        }
    )
    connection = duckdb.connect()
    connection.register("rows", rows)
    connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    return pq.ParquetFile(path).iter_batches(BATCH)  # type: ignore[no-any-return]


def bare_by_duckdb(path: Path, url: str) -> float:
    """The same rows into a plain table by another program's compiled binary COPY."""
    from tierwise.engine.connect import open_session
    from tierwise.engine.extensions import load_extension

    with open_session() as session:
        load_extension(session, "postgres_scanner")
        session.raw.execute(f"ATTACH '{url}' AS pg (TYPE postgres)")
        session.raw.execute("DROP TABLE IF EXISTS pg.public.bare")
        began = time.perf_counter()
        session.raw.execute(f"CREATE TABLE pg.public.bare AS FROM '{path}'")
        return time.perf_counter() - began


def bare_by_csv(path: Path, url: str) -> float:
    """The same rows into a plain table by our own way of sending, nothing more."""
    from sqlalchemy import text

    from tierwise.store.connect import opened
    from tierwise.store.loading import load

    columns = (
        "customer_id text, tier text, tier_number smallint, since date, reason text,"
        " is_override boolean, decided_by text, decided_until date, p_tier float8, value numeric,"
        " rank bigint, need text, first_on date, card jsonb"
    )
    with opened(url) as store, store.engine.connect() as connection:
        with connection.begin():
            connection.execute(text("DROP TABLE IF EXISTS public.bare"))
        began = time.perf_counter()
        with connection.begin():
            connection.execute(text(f"CREATE TABLE public.bare ({columns})"))
            load(connection, "public.bare", batches(path), lambda _: None)
        taken = time.perf_counter() - began
        with connection.begin():
            connection.execute(text("DROP TABLE public.bare"))
    return taken


def publish(path: Path, url: str, run: int) -> dict[str, Any]:
    """Publish the file once more, as another build."""
    from tierwise.store import migrate, snapshots
    from tierwise.store.connect import opened

    source = snapshots.Source(
        "bench", f"build {run}", date(2025, 12, 31), "", "revenue", "12m", "rank", "window", "1"
    )
    steps: list[tuple[str, float]] = []

    def tell(message: str) -> None:
        if "customers sent" not in message:
            steps.append((message, time.perf_counter()))

    with opened(url) as store:
        migrate.upgrade(store, lambda _: None)
        began = time.perf_counter()
        snapshots.publish(store, source, lambda: batches(path), by="bench", tell=tell)
        taken = time.perf_counter() - began
    return {"seconds": taken, "steps": {name: round(at - began, 2) for name, at in steps}}


def read(url: str, customers: int, stop: Event, told: Any) -> None:
    """Look up customers, `TOGETHER` in one statement, some 150 times a second until told."""
    from tierwise.store import snapshots
    from tierwise.store.connect import opened

    generator = np.random.default_rng(2)
    waits, unknown, mixed = [], 0, 0
    snapshot_ids: set[int] = set()
    with opened(url) as store, store.engine.connect() as connection:
        told.send("ready")
        while not stop.is_set():
            asked = {f"C{n:09d}" for n in generator.integers(customers, size=TOGETHER)}
            began = time.perf_counter()
            with connection.begin():
                found = snapshots.tiers_of(connection, sorted(asked))
            waits.append(time.perf_counter() - began)
            own = {row.snapshot_id for row in found.values()}
            unknown += found.keys() != asked
            mixed += len(own) > 1
            snapshot_ids |= own
            time.sleep(0.005)
    told.send(
        {
            "lookups": len(waits),
            "unknown": unknown,
            "mixed": mixed,
            "snapshots": len(snapshot_ids),
            "ms": [1000 * w for w in waits],
        }
    )


@contextmanager
def reading(url: str, customers: int, found: list[dict[str, Any]]) -> Iterator[None]:
    spawn = multiprocessing.get_context("spawn")
    stop, (here, there) = spawn.Event(), spawn.Pipe()
    process = spawn.Process(target=read, args=(url, customers, stop, there))
    process.start()
    assert here.recv() == "ready"
    try:
        yield
    finally:
        stop.set()
        found.append(here.recv())
        process.join()


def step(what: str, path: Path, url: str = "", run: int = 0, customers: int = 0) -> dict[str, Any]:
    """One measurement in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--step", what, "--file", str(path), "--url", url]
    done = subprocess.run(
        [*command, "--run", str(run), "--customers", str(customers)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def peak_mib() -> float:
    """Of this program alone; what getrusage says includes the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def take_step(asked: argparse.Namespace) -> None:
    found: dict[str, Any] = {}
    match asked.step:
        case "write":
            write(asked.file, asked.customers)
        case "duckdb":
            found = {"seconds": bare_by_duckdb(asked.file, asked.url)}
        case "csv":
            found = {"seconds": bare_by_csv(asked.file, asked.url)}
        case _:
            found = publish(asked.file, asked.url, asked.run)
    found["peak_mib"] = peak_mib()
    print(json.dumps(found))


def measure(path: Path, url: str, customers: int, runs: int) -> tuple[float, int]:
    """Median seconds of publishing, and how many lookups were wrong."""
    with psycopg.connect(url) as connection:
        for name in ("server_version", "fsync", "synchronous_commit", "wal_level"):
            print(f"{name:28}{connection.execute(f'SHOW {name}').fetchone()[0]:>12}")
    step("publish", path, url, 0)  # so that there is a snapshot to read from
    taken: dict[str, list[dict[str, Any]]] = {"duckdb": [], "csv": [], "publish": []}
    readers: list[dict[str, Any]] = []
    for run in range(1, runs + 1):
        for what in ("duckdb", "csv"):
            taken[what].append(step(what, path, url, run))
        with reading(url, customers, readers):
            taken["publish"].append(step("publish", path, url, run))
    return report(taken, readers, customers)


def report(
    taken: dict[str, list[dict[str, Any]]], readers: list[dict[str, Any]], customers: int
) -> tuple[float, int]:
    median = {w: statistics.median(r["seconds"] for r in rows) for w, rows in taken.items()}
    for what, label in (
        ("duckdb", "bare table by DuckDB"),
        ("csv", "bare table by our CSV"),
        ("publish", "publish a written snapshot"),
    ):
        runs = " ".join(f"{r['seconds']:.2f}" for r in taken[what])
        peak = max(r["peak_mib"] for r in taken[what])
        print(
            f"{label:28}{median[what]:10.2f} s   ({runs})   {customers / median[what]:>9,.0f}"
            f" rows/s   {peak:.0f} MiB in the client"
        )
    print(f"{'publish / bare by DuckDB':28}{median['publish'] / median['duckdb']:10.2f}")
    print(f"{'publish / bare by CSV':28}{median['publish'] / median['csv']:10.2f}")
    print(f"{'steps of the last run':28}{taken['publish'][-1]['steps']}")
    waits = np.concatenate([one["ms"] for one in readers])
    wrong = {name: sum(one[name] for one in readers) for name in ("unknown", "mixed")}
    seen = " ".join(str(one["snapshots"]) for one in readers)
    print(
        f"{f'lookups of {TOGETHER} meanwhile':28}{len(waits):,}: median {np.median(waits):.2f} ms,"
        f" p99 {np.percentile(waits, 99):.2f} ms, worst {waits.max():.1f} ms,"
        f" {wrong['unknown']} did not find everybody, {wrong['mixed']} found two snapshots;"
        f" snapshots seen a run: {seen}"
    )
    return median["publish"], sum(wrong.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", default="")
    parser.add_argument("--step", default="", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--run", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        take_step(asked)
        return
    from tierwise.store import server

    with tempfile.TemporaryDirectory(prefix="tw-publish-", dir="/tmp") as name:
        path = Path(name) / "snapshot.parquet"
        step("write", path, customers=asked.customers)
        if asked.url:
            median, wrong = measure(path, asked.url, asked.customers, asked.runs)
        else:
            with server.serving(Path(name) / "postgres") as url:
                median, wrong = measure(path, url, asked.customers, asked.runs)
    print(f"{'':28}{'at most':>10} {SECONDS} s, and no wrong lookup")
    sys.exit(0 if median <= SECONDS and not wrong else 1)


if __name__ == "__main__":
    main()
