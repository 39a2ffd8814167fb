"""The customers table completed: everyone who occurs elsewhere is a customer too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tierwise.engine.connect import Session, quoted
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.schema import TABLES
from tierwise.units import number_of

_SILENT = frozenset({"rates", "customers"})


def complete_customers(
    session: Session, folder: Path, loaded: Mapping[str, Sequence[str]], source: str, options: str
) -> tuple[int, tuple[Problem, ...]]:
    """Append ids that other tables have; derive the table when there is none. Rows added.

    `loaded` names the columns of every table in `folder`.
    """
    path = folder / "customers.parquet"
    ids = _occurring(folder, loaded)
    if not ids:
        return 0, ()
    if not path.is_file():
        added = _write(session, path, " UNION ".join(ids.values()), options)
        return added, (_derived(added, list(ids)),)
    known = f"SELECT customer_id FROM read_parquet({quoted(path)})"
    new = {name: f"({sql} EXCEPT {known})" for name, sql in ids.items()}
    said = [
        _unknown(name, source, count, example)
        for name, sql in new.items()
        for count, example in session.raw.execute(
            f"SELECT count(*), min(customer_id) FROM {sql}"
        ).fetchall()
        if count
    ]
    added = _append(session, path, " UNION ".join(new.values()), options) if said else 0
    return added, tuple(said)


def similar_ids(session: Session, folder: Path) -> tuple[Problem, ...]:
    """A note on ids that differ in case or blanks alone: most often one customer, counted as two.

    One pass over the customers.
    """
    path = folder / "customers.parquet"
    if not path.is_file():
        return ()
    groups = (
        "SELECT count(*) AS n, min(customer_id) AS a, max(customer_id) AS b"
        f" FROM read_parquet({quoted(path)})"
        " GROUP BY replace(lower(customer_id), ' ', '') HAVING count(*) > 1"
    )
    ids, one, other = session.raw.execute(
        f"SELECT sum(n), arg_min(a, a), arg_min(b, a) FROM ({groups})"
    ).fetchall()[0]
    return (_similar(int(ids), one, other),) if ids else ()


def _similar(ids: int, one: str, other: str) -> Problem:
    return Problem(
        "similar-ids",
        Severity.NOTE,
        "customers",
        f"{ids:,} ids differ from another in upper and lower case or in blanks alone, such as"
        f' "{one}" and "{other}"; each is a customer of its own.',
        "If they are the same, bring the ids to one form where they are mapped, such as"
        ' customer_id = { sql = "upper(ID)" }.',
        column="customer_id",
        value=other,
        count=ids,
    )


def _occurring(folder: Path, loaded: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For each table, the query for the customers it names."""
    return {
        name: f"SELECT DISTINCT {table.customer} AS customer_id"
        f" FROM read_parquet({quoted(folder / f'{name}.parquet')})"
        f" WHERE {table.customer} IS NOT NULL"
        for name, table in TABLES.items()
        if name not in _SILENT and table.customer in loaded.get(name, ())
    }


def _append(session: Session, path: Path, new: str, options: str) -> int:
    """Write the table anew with the ids that were not in it; return how many."""
    added = path.with_suffix(".added")
    count = _write(session, added, new, options)
    whole = path.with_suffix(".whole")
    both = " UNION ALL BY NAME ".join(f"FROM read_parquet({quoted(p)})" for p in (path, added))
    session.raw.execute(f"COPY ({both}) TO {quoted(whole)} ({options})")
    added.unlink()
    whole.replace(path)
    return count


def _write(session: Session, path: Path, ids: str, options: str) -> int:
    """Ids alone; no row of a source stands behind them."""
    rows = (
        "SELECT customer_id, CAST(NULL AS BIGINT) AS source_row,"
        f" CAST(NULL AS VARCHAR) AS source_file FROM ({ids})"
    )
    done = session.raw.execute(f"COPY ({rows}) TO {quoted(path)} ({options})").fetchall()
    return int(done[0][0])


def _derived(count: int, tables: list[str]) -> Problem:
    return Problem(
        "customers-derived",
        Severity.NOTE,
        "customers",
        f"There is no customers table; {number_of(count, 'customer')} taken from"
        f" {', '.join(tables)}.",
        "Add [sources.customers] for names, segments and dates.",
    )


def _unknown(name: str, source: str, count: int, example: str) -> Problem:
    return Problem(
        "unknown-customer",
        Severity.WARNING,
        name,
        f"{number_of(count, 'customer')} of {name} not in {source}; added with the id alone.",
        "Export all customers, or check that both tables use the same id.",
        column="customer_id",
        value=example,
        count=count,
    )
