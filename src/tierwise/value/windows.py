"""Windows of time, always seen from the as-of date."""

from __future__ import annotations

from datetime import date, timedelta

import ibis.expr.types as ir
from dateutil.relativedelta import relativedelta

from tierwise.settings import Window

SLACK = timedelta(days=3)


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


def reaches_back(first_on: date, as_of: date, window: Window) -> bool:
    """Whether data that begin on `first_on` hold the window before this one too.

    A firm that opens its books after a holiday begins a few days late, so a
    fiftieth of the window, or three days, is forgiven. True for all history.

    >>> reaches_back(date(2024, 1, 4), date(2025, 12, 31), Window(months=12))
    True
    """
    start = first_day(as_of, window)
    if start is None:
        return True
    last = earlier(as_of, window)
    begun = first_day(last, window) or last
    return first_on <= begun + max(SLACK, (last - begun) / 50)


def _day_after(day: date) -> date:
    return day + relativedelta(days=1)


def between(table: ir.Table, column: str, start: date | None, as_of: date) -> ir.BooleanValue:
    """True for rows dated from `start` (None: ever) to the as-of date, both inclusive."""
    moment = table[column]
    inside = moment < _day_after(as_of)
    return inside if start is None else inside & (moment >= start)
