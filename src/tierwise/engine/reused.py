"""Order ids that stand for more than one order: noticed among the lines kept, never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tierwise.engine.connect import Session, quoted
from tierwise.tables.problems import Problem, Severity

APART_DAYS = 90
"""Sold lines of one order further apart than this are taken for two orders."""

LOOKED_AT_WHOLE = 3_000_000
"""Lines up to which every order id is looked at."""
STRIDE = 8

_NEEDED = ("header_id", "customer_id", "created_at", "total_amount")


@dataclass(frozen=True, slots=True)
class Reused:
    """Order ids of several customers, or of days far apart, and the first line of one of them."""

    ids: int
    of_customers: int  # ids, of these, that name several customers
    amount: Decimal  # of all their lines, in the project's currency
    file: str
    row: int
    example: str  # an order id


def find_reused(session: Session, lines: Path, columns: tuple[str, ...]) -> Reused | None:
    """Look through the order lines that were written; None where no id is used again.

    Returns may follow an order late, so days are those of lines with an amount above
    zero. Ids are grouped by their hash, and those that stand out once more by themselves.
    Of very many lines, one id in `STRIDE` is looked at first, and all only where one of
    these is used again: numbers that start again do so everywhere.
    """
    if not set(_NEEDED) <= set(columns):
        return None
    table = f"read_parquet({quoted(lines)})"
    raw = session.raw
    lines_kept = raw.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    if lines_kept > LOOKED_AT_WHOLE and not _suspects(session, table, f"h % {STRIDE} = 0"):
        return None
    if not _suspects(session, table, "true"):
        return None
    raw.execute(
        "CREATE OR REPLACE TEMP TABLE reused_ids AS"
        " SELECT header_id, min(customer_id) < max(customer_id) AS several,"
        " sum(total_amount) AS amount"
        f" FROM {table} SEMI JOIN reused_suspects ON hash(header_id) = h"
        f" GROUP BY header_id HAVING {_stands_out('customer_id')}"
    )
    ids, several, amount = raw.execute(
        "SELECT count(*), count(*) FILTER (several), sum(amount) FROM reused_ids"
    ).fetchall()[0]
    if not ids:
        return None
    first = raw.execute(
        f"SELECT source_file, source_row, header_id FROM {table} SEMI JOIN reused_ids"
        " USING (header_id) ORDER BY source_file, source_row LIMIT 1"
    ).fetchall()[0]
    return Reused(ids, several, Decimal(amount or 0), *first)


def _suspects(session: Session, table: str, which: str) -> int:
    """Hold the hashes `h` of ids that seem to be used again; how many there are."""
    done = session.raw.execute(
        "CREATE OR REPLACE TEMP TABLE reused_suspects AS"
        " SELECT h FROM (SELECT hash(header_id) AS h, hash(customer_id) AS customer, created_at,"
        f" total_amount FROM {table} WHERE header_id IS NOT NULL) WHERE {which}"
        f" GROUP BY h HAVING {_stands_out('customer')}"
    ).fetchall()
    return int(done[0][0])


def _stands_out(customer: str) -> str:
    sold = "FILTER (total_amount > 0)"
    days = f"max(created_at) {sold} - min(created_at) {sold}"
    return f"min({customer}) < max({customer}) OR {days} > to_days({APART_DAYS})"


def reused_problem(found: Reused, column: str) -> Problem:
    """What is said of order ids that are used again."""
    far = found.ids - found.of_customers
    parts = [f"{found.of_customers:,} of several customers"] if found.of_customers else []
    parts += [f"{far:,} of one, sold more than {APART_DAYS} days apart"] if far else []
    return Problem(
        "reused-order-id",
        Severity.NOTE,
        "order_lines",
        f"Order ids stand for more than one order: {', '.join(parts)}. All lines are kept; a"
        " customer's lines of one id count as one order."
        f" They sum to {found.amount:,.2f}.",
        "If numbers start again each year or in each shop, make them distinct, such as"
        " header_id = { sql = \"year || '-' || order_no\" }.",
        found.file,
        found.row,
        column,
        found.example[:80],
        found.ids,
    )
