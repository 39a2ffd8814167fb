"""The demo's calendar: its three years, its as-of date and its opening hours."""

from __future__ import annotations

from datetime import date

import numpy as np

from tierwise.demo.columns import Flags, Floats, Ints

AS_OF = date(2025, 12, 31)
YEARS = (2023, 2024, 2025)

DAY_S = 86_400
OPENS_S = 9 * 3600
CLOSES_S = 17 * 3600

_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _EPOCH


AS_OF_DAY = day_number(AS_OF)
END_S = (AS_OF_DAY + 1) * DAY_S - 1  # the last second that may be known


def year_days(year: int) -> tuple[int, int]:
    """First and last day of a calendar year, as day numbers."""
    return day_number(date(year, 1, 1)), day_number(date(year, 12, 31))


def weekday(days: Ints) -> Ints:
    """0 Monday .. 6 Sunday; 1970-01-01 was a Thursday."""
    return (days + 3) % 7


def is_working(days: Ints) -> Flags:
    """Monday to Friday, closed on 1 January, 25 and 26 December."""
    stamps = days.astype("datetime64[D]")
    of_month = (stamps - stamps.astype("datetime64[M]")).astype(np.int64) + 1
    month = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    new_year = (month == 1) & (of_month == 1)
    christmas = (month == 12) & ((of_month == 25) | (of_month == 26))
    return np.asarray((weekday(days) < 5) & ~new_year & ~christmas, dtype=np.bool_)


def to_weekday(days: Ints, earliest: Ints) -> Ints:
    """Move a weekend day back to the Friday before it, never before `earliest`."""
    return np.maximum(days - np.maximum(weekday(days) - 4, 0), earliest)


def office_seconds(rng: np.random.Generator, days: Ints) -> Ints:
    """A moment in opening hours of each day, in seconds since 1970."""
    return days * DAY_S + rng.integers(OPENS_S, CLOSES_S, len(days))


def draw_codes(rng: np.random.Generator, weights: Floats, count: int) -> Ints:
    """`count` codes 0..k-1 drawn with the given weights."""
    cumulative = np.cumsum(weights) / np.sum(weights)
    return np.searchsorted(cumulative, rng.random(count), side="right").astype(np.int64)


def draw_rows(rng: np.random.Generator, weights: Floats, rows: Ints) -> Ints:
    """One code per entry of `rows`, drawn with the weights of that row of a matrix."""
    cumulative = np.cumsum(weights, axis=1) / np.sum(weights, axis=1, keepdims=True)
    below = cumulative[rows] <= rng.random(len(rows))[:, None]
    return np.asarray(below.sum(axis=1), dtype=np.int64)
