"""Windows of time, always seen from the as-of date."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir
from dateutil.relativedelta import relativedelta

from tierwise.settings import Window


def first_day(as_of: date, window: Window) -> date | None:
    """Return the first day that counts; None when all history does.

    >>> first_day(date(2025, 12, 31), Window(months=12))
    datetime.date(2025, 1, 1)
    """
    if window.months is None:
        return None
    return _day_after(as_of) - relativedelta(months=window.months)


def earlier(as_of: date, window: Window) -> date:
    """Return the as-of date of the window of the same length that came before.

    Raises ValueError for all history: nothing came before it.
    """
    start = first_day(as_of, window)
    if start is None:
        raise ValueError("all history has no earlier window")
    return start - relativedelta(days=1)


def _day_after(day: date) -> date:
    return day + relativedelta(days=1)


def between(table: ir.Table, column: str, start: date | None, as_of: date) -> ir.BooleanValue:
    """True for rows dated from `start` (None: ever) to the as-of date, both inclusive."""
    moment = table[column]
    inside = moment < _day_after(as_of)
    return inside if start is None else inside & (moment >= start)
