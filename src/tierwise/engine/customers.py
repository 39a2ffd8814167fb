"""The customers table completed: everyone who occurs elsewhere is a customer too."""

from __future__ import annotations

from pathlib import Path

from tierwise.engine.connect import Session, quoted
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.schema import TABLES

_SILENT = frozenset({"rates", "customers"})


def complete_customers(
    session: Session, folder: Path, source: str, options: str
) -> tuple[int, tuple[Problem, ...]]:
    """Append ids that other tables have; derive the table when there is none. Rows added."""
    path = folder / "customers.parquet"
    ids = _occurring(session, folder)
    if not ids:
        return 0, ()
    session.raw.execute(
        f"CREATE OR REPLACE TABLE occurring AS {' UNION ALL BY NAME '.join(ids.values())}"
    )
    known = f"SELECT customer_id FROM read_parquet({quoted(path)})" if path.is_file() else ""
    if known:
        session.raw.execute(f"DELETE FROM occurring WHERE customer_id IN ({known})")
    counts = session.raw.execute(
        'SELECT "table", count(*), min(customer_id) FROM occurring GROUP BY ALL'
    ).fetchall()
    added = _append(session, path, options)
    session.raw.execute("DROP TABLE occurring")
    if not known:
        return added, (_derived(added, list(ids)),)
    return added, tuple(_unknown(name, source, n, example) for name, n, example in sorted(counts))


def _occurring(session: Session, folder: Path) -> dict[str, str]:
    """For each table, the query for the customers it names."""
    found: dict[str, str] = {}
    for name, table in TABLES.items():
        path = folder / f"{name}.parquet"
        if name in _SILENT or not table.customer or not path.is_file():
            continue
        columns = session.parquet(path).columns
        if table.customer in columns:
            found[name] = (
                f'SELECT DISTINCT {table.customer} AS customer_id, {quoted(name)} AS "table"'
                f" FROM read_parquet({quoted(path)}) WHERE {table.customer} IS NOT NULL"
            )
    return found


def _append(session: Session, path: Path, options: str) -> int:
    new = "SELECT DISTINCT customer_id, CAST(NULL AS BIGINT) AS source_row FROM occurring"
    added = session.raw.execute(f"SELECT count(*) FROM ({new})").fetchall()[0][0]
    if not added and path.is_file():
        return 0
    old = f"SELECT * FROM read_parquet({quoted(path)}) UNION ALL BY NAME " if path.is_file() else ""
    whole = path.with_suffix(".new")
    session.raw.execute(f"COPY ({old}{new}) TO {quoted(whole)} ({options})")
    whole.replace(path)
    return int(added)


def _derived(count: int, tables: list[str]) -> Problem:
    return Problem(
        "customers-derived",
        Severity.NOTE,
        "customers",
        f"There is no customers table; {count:,} customers were taken from {', '.join(tables)}.",
        "Add [sources.customers] for names, segments and dates.",
    )


def _unknown(name: str, source: str, count: int, example: str) -> Problem:
    return Problem(
        "unknown-customer",
        Severity.WARNING,
        name,
        f"{count:,} customers of {name} are not in {source}; they were added with their id alone.",
        "Export all customers, or check that both tables use the same id.",
        column="customer_id",
        value=example,
        count=count,
    )
