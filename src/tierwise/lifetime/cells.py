"""Cells: distinct purchase histories, and how many customers share each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tierwise.errors import DataError

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]

MOST_DAYS = 2**20
"""More days than any calendar of the engines spans between year 1 and the as-of date."""

DAYS_PER_WEEK = 7.0
"""Models reckon in weeks, tables in days."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Purchase histories (x, t_x, T) with the customers of each.

    All four arrays have shape (cells,). Purchases of one day count as one: the
    caller merges them, so a repeat purchase is never at t_x = 0. Whole days are
    kept as int64, anything else as float64. A cell may occur twice, but fits are
    faster when it does not: see `count`. DataError names every kind of problem.
    """

    x: npt.NDArray[np.int64]  # repeat purchases, after the first
    t_x_days: npt.NDArray[Any]  # days from the first purchase to the last, 0 without a repeat
    T_days: npt.NDArray[Any]  # days from the first purchase to the end of observation
    n: npt.NDArray[np.int64]  # customers with this history

    # Logs and gamma functions are taken once per value of these tables.
    x_values: Vector = field(init=False, repr=False)  # distinct x, ascending
    x_index: Indices = field(init=False, repr=False)  # of each cell into x_values
    weeks: Vector = field(init=False, repr=False)  # distinct t_x and T, in weeks, ascending
    t_x_index: Indices = field(init=False, repr=False)  # of each cell into weeks
    T_index: Indices = field(init=False, repr=False)  # of each cell into weeks
    n_by_x: Vector = field(init=False, repr=False)  # customers at each of x_values
    n_by_T: Vector = field(init=False, repr=False)  # customers whose T is each of weeks
    x_by_T: Vector = field(init=False, repr=False)  # their repeat purchases

    def __post_init__(self) -> None:
        columns = {name: np.asarray(getattr(self, name)) for name in ("x", "t_x_days", "T_days")}
        counts = np.asarray(self.n)
        if problems := _problems(columns["x"], columns["t_x_days"], columns["T_days"], counts):
            raise DataError(
                f"These purchase histories cannot be: {'; '.join(problems)}.",
                "Merge the purchases of one day, count repeats after the first purchase, and end"
                " observation no earlier than the last purchase.",
            )
        self._set("x", columns["x"].astype(np.int64))
        self._set("t_x_days", _whole_days(columns["t_x_days"]))
        self._set("T_days", _whole_days(columns["T_days"]))
        self._set("n", counts.astype(np.int64))
        self._make_tables()

    def _set(self, name: str, values: npt.NDArray[Any]) -> None:
        object.__setattr__(self, name, values)

    def _make_tables(self) -> None:
        x_values, x_index = distinct(self.x)
        days, index = distinct(np.concatenate([self.t_x_days, self.T_days]))
        t_x_index, T_index = index[: self.x.size], index[self.x.size :]
        self._set("x_values", x_values.astype(np.float64))
        self._set("x_index", x_index)
        self._set("weeks", days / DAYS_PER_WEEK)
        self._set("t_x_index", t_x_index)
        self._set("T_index", T_index)
        self._set("n_by_x", np.bincount(x_index, self.n, x_values.size))
        self._set("n_by_T", np.bincount(T_index, self.n, days.size))
        self._set("x_by_T", np.bincount(T_index, self.n * self.x, days.size))

    @property
    def customers(self) -> int:
        """Customers in all cells."""
        return int(self.n.sum())

    @property
    def size(self) -> int:
        """Number of cells."""
        return int(self.x.size)

    def part(self, start: int, stop: int) -> Cells:
        """The cells from `start` up to `stop`, for work in bounded memory."""
        return self._of(slice(start, stop))

    def sample(self, step: int) -> Cells:
        """Every `step`-th cell: in sorted cells a sample of histories of every kind."""
        return self._of(slice(None, None, step))

    def _of(self, rows: slice) -> Cells:
        return Cells(self.x[rows], self.t_x_days[rows], self.T_days[rows], self.n[rows])


def of_numbers(numbers: npt.NDArray[np.int64]) -> Cells:
    """Cells, in order, from the history of every customer as one number (customers,).

    A number is (x * MOST_DAYS + t_x) * MOST_DAYS + T, in days: `histories.number`.
    """
    ordered = np.sort(numbers)
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    found = ordered[starts]
    pair, T_days = np.divmod(found, MOST_DAYS)
    x, t_x_days = np.divmod(pair, MOST_DAYS)
    return Cells(x, t_x_days, T_days, np.diff(starts, append=ordered.size))


def one_cell(x: int, t_x_days: float, T_days: float) -> Cells:
    """One customer's history as cells."""
    return Cells(np.array([x]), np.array([t_x_days]), np.array([T_days]), np.array([1]))


def count(x: npt.ArrayLike, t_x_days: npt.ArrayLike, T_days: npt.ArrayLike) -> Cells:
    """Cells of customers given one by one, each array of shape (customers,), sorted by x."""
    x, t_x, T = np.asarray(x), _whole_days(np.asarray(t_x_days)), _whole_days(np.asarray(T_days))
    everyone = np.ones(x.shape, dtype=np.int64)
    if _problems(x, t_x, T, everyone):
        return Cells(x, t_x, T, everyone)  # which says what is wrong
    x = x.astype(np.int64)
    x_values, x_index = distinct(x)
    t_values, t_index = distinct(t_x)
    T_values, T_index = distinct(T)
    key = (x_index * T_values.size + T_index) * t_values.size + t_index
    key, n = np.unique(key, return_counts=True)
    key, t_index = np.divmod(key, t_values.size)
    x_index, T_index = np.divmod(key, T_values.size)
    return Cells(x_values[x_index], t_values[t_index], T_values[T_index], n)


def distinct(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Indices]:
    """Distinct values in order, and the place of each value among them."""
    whole = values.dtype.kind in "iu" and values.size and values.min() >= 0
    if not whole or values.max() > 4 * values.size + 100_000:
        found, index = np.unique(values, return_inverse=True)
        return found, index
    # Counting takes one pass where sorting takes twenty.
    seen = np.zeros(int(values.max()) + 1, dtype=bool)
    seen[values] = True
    place = np.cumsum(seen) - 1
    return np.flatnonzero(seen), place[values]


def _whole_days(days: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if days.dtype.kind in "iu":
        return days.astype(np.int64)
    floats = days.astype(np.float64)
    whole = np.isfinite(floats).all() and (floats == np.floor(floats)).all()
    return floats.astype(np.int64) if whole else floats


def _fine(
    x: npt.NDArray[Any], t_x: npt.NDArray[Any], T: npt.NDArray[Any], n: npt.NDArray[Any]
) -> bool:
    """Whether these are whole numbers without any problem: the usual case, told in few passes."""
    arrays = (x, t_x, T, n)
    if any(a.dtype.kind not in "iu" or a.shape != x.shape or a.ndim != 1 for a in arrays):
        return False
    if not x.size or x.min() < 0 or t_x.min() < 0 or n.min() < 1:
        return False
    return bool((t_x <= T).all() and ((x == 0) == (t_x == 0)).all())


def _problems(
    x: npt.NDArray[Any], t_x: npt.NDArray[Any], T: npt.NDArray[Any], n: npt.NDArray[Any]
) -> list[str]:
    """What is wrong, kind by kind, with the number of cells and the first of them."""
    if _fine(x, t_x, T, n):
        return []
    shapes = {array.shape for array in (x, t_x, T, n)}
    if len(shapes) > 1 or x.ndim != 1:
        return [f"x, t_x, T and n are not of one length (shapes {sorted(shapes)})"]
    if x.size == 0:
        return ["there are none"]
    arrays = {"x": x, "t_x": t_x, "T": T, "n": n}
    if bad := [name for name, array in arrays.items() if array.dtype.kind not in "iuf"]:
        return [f"{name} does not hold numbers" for name in bad]
    finite = np.isfinite(x) & np.isfinite(t_x) & np.isfinite(T) & np.isfinite(n)
    with np.errstate(invalid="ignore"):
        kinds = {
            "a value is missing or infinite": ~finite,
            "x is not a whole number of purchases": finite & (x != np.floor(x)),
            "x is negative": x < 0,
            "t_x is negative": t_x < 0,
            "t_x is later than T": t_x > T,
            "x is 0 but t_x is not": finite & (x == 0) & (t_x != 0),
            "a repeat purchase stands at t_x = 0": finite & (x > 0) & (t_x == 0),
            "n is not a whole number of at least 1": finite & ((n < 1) | (n != np.floor(n))),
        }
    return [
        f"{kind} ({int(where.sum()):,} of {x.size:,} cells, first at {int(where.argmax())}:"
        f" x {x[where.argmax()]}, t_x {t_x[where.argmax()]}, T {T[where.argmax()]} days)"
        for kind, where in kinds.items()
        if where.any()
    ]
