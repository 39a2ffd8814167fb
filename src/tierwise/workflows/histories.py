"""Purchase histories kept in the session: by the engine, or gathered where lines are very many."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date

import ibis.expr.types as ir

from tierwise.engine.connect import Session
from tierwise.lifetime import histories
from tierwise.settings import Activity, Lens

GATHERED_FROM = 1_000_000
"""Lines from which compiled code beats the engine by more than its start."""

AT_ONCE = 12_000_000
"""Lines gathered at a time, some 60 bytes each; of more, a share of the customers after another."""


def kept(
    session: Session,
    name: str,
    lines: ir.Table,
    as_of: date,
    lens: Lens,
    event: Activity = Activity.PURCHASE,
    columns: Sequence[str] = (),
) -> ir.Table:
    """`histories.histories` held under a name in the session; all columns, unless some are named.

    Raises MissingDataError for a lens whose cost is unknown.
    """
    returns = bool(session.rows(histories.have_returns(lines))[0]["found"])
    number = session.rows(lines.aggregate(n=lines.count()))[0]["n"]
    if number >= GATHERED_FROM:
        found = _gathered(session, lines, as_of, lens, event, columns, returns, number)
        if found is not None:
            return found
    table = histories.histories(lines, as_of, lens, event, returns=returns)
    return session.keep(name, table.select(*columns) if columns else table)


def _gathered(
    session: Session,
    lines: ir.Table,
    as_of: date,
    lens: Lens,
    event: Activity,
    columns: Sequence[str],
    returns: bool,
    number: int,
) -> ir.Table | None:
    """None where sums may be too large for compiled code."""
    from tierwise.lifetime.gathering import COLUMNS, TooLargeError, gathered  # imports Numba

    asked = histories.by_line(lines, as_of, lens)
    plain = lens is Lens.REVENUE_BEFORE_RETURNS or not returns
    try:
        return session.store(
            gathered(
                session.batches(share),
                as_of,
                event,
                columns or COLUMNS,
                returns=not plain,
                threads=os.cpu_count() or 1,
            )
            for share in _shares(asked, -(-number // AT_ONCE))
        )
    except TooLargeError:
        return None


def _shares(lines: ir.Table, number: int) -> Iterator[ir.Table]:
    """The lines of every customer in one of so many tables."""
    if number == 1:
        yield lines
        return
    for share in range(number):
        yield lines.filter((lines.customer_id.hash() % number).abs() == share)
