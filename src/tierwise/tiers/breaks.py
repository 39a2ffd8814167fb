"""Natural breaks: classes of values whose spread about their own means is least, exactly.

Fisher 1958, Journal of the American Statistical Association 53, 789-798. The best
classes of sorted values are runs of them, found by dynamic programming; since the best
start of the last class never moves left when a value is added on the right, each layer
takes O(n log n) by divide and conquer instead of O(n^2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from tierwise.errors import RefusedError
from tierwise.settings import BreakScale

EXACT = 20_000
"""Distinct values that are looked at one by one; more are first put into so many bins."""

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Breaks:
    """The lowest value of every class but the lowest, best first."""

    values: tuple[float, ...]  # money
    explained: float  # share of the spread that lies between classes: goodness of variance fit
    bin_width: float  # no break is further off than this, as a ratio or in money; 0 when exact


def distinct(values: ir.Table, scale: BreakScale) -> ir.Table:
    """Distinct values above zero with the customers `n` of each, ascending.

    Cut to EXACT bins of equal width where there are more: `low` is the least value of
    a bin and `at` the mean place of its customers in the scale.
    """
    positive = values.filter(values.value > 0)
    place = positive.value.cast("float64")
    place = place.ln() if scale is BreakScale.LOG else place
    table = positive.select(value=positive.value, place=place)
    table = table.mutate(
        kinds=table.value.nunique().over(),
        least=table.place.min().over(),
        most=table.place.max().over(),
    )
    width = (table.most - table.least) / EXACT
    bin_of = ((table.place - table.least) / width.nullif(0.0)).floor().fill_null(0.0)
    key = (table.kinds > EXACT).ifelse(bin_of, table.place)
    table = table.mutate(key=key, width=(table.kinds > EXACT).ifelse(width, 0.0))
    grouped = table.group_by("key").aggregate(
        low=table.value.min().cast("float64"),
        at=table.place.cast("decimal(38, 10)").sum().cast("float64") / table.count(),
        n=table.count(),
        width=table.width.max(),
    )
    return grouped.order_by("low").drop("key")


def natural_breaks(columns: dict[str, npt.NDArray[Any]], classes: int) -> Breaks:
    """The best `classes` classes of what `distinct` gives.

    Raises RefusedError where there are fewer distinct values than classes.
    """
    at, n = columns["at"].astype(float), columns["n"].astype(float)
    if at.size < classes:
        raise RefusedError(
            f"There are {at.size} different values above zero, too few for {classes} tiers with"
            " gaps between them.",
            "Use another rule, or fewer names in [tiers].",
        )
    starts, within = _starts(at, n, classes)
    whole = float(n @ (at - (n @ at) / n.sum()) ** 2)
    lows = columns["low"].astype(float)
    width = float(columns["width"].max()) if columns["width"].size else 0.0
    return Breaks(
        tuple(float(lows[start]) for start in reversed(starts[1:])),
        1 - within / whole if whole else 1.0,
        width,
    )


def _starts(at: Vector, n: Vector, classes: int) -> tuple[list[int], float]:
    """First index of each class, ascending, and the spread that is left within them."""
    cost = _Cost(at, n)
    best = cost.between(np.zeros(at.size, dtype=np.intp), np.arange(at.size))
    picked = []
    for layer in range(1, classes):
        best, chosen = _layer(best, cost, layer)
        picked.append(chosen)
    starts, end = [], at.size - 1
    for chosen in reversed(picked):
        start = int(chosen[end])
        starts.append(start)
        end = start - 1
    return [0, *reversed(starts)], float(best[-1])


class _Cost:
    """Weighted spread of any run of the values, in constant time."""

    def __init__(self, at: Vector, n: Vector) -> None:
        centred = at - (n @ at) / n.sum()  # small numbers lose less to rounding
        zero = np.zeros(1)
        self.weight = np.concatenate([zero, np.cumsum(n)])
        self.total = np.concatenate([zero, np.cumsum(n * centred)])
        self.squares = np.concatenate([zero, np.cumsum(n * centred**2)])

    def between(self, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp] | int) -> Vector:
        """Spread of the values from `first` to `last`, both included."""
        end = np.asarray(last) + 1
        weight = self.weight[end] - self.weight[first]
        total = self.total[end] - self.total[first]
        squares = self.squares[end] - self.squares[first]
        return np.asarray(np.maximum(squares - total**2 / weight, 0.0))


def _layer(before: Vector, cost: _Cost, layer: int) -> tuple[Vector, npt.NDArray[np.intp]]:
    """One class more: least spread up to each value, and where its last class starts."""
    size = before.size
    best = np.full(size, np.inf)
    chosen = np.zeros(size, dtype=np.intp)
    stretches = [(layer, size - 1, layer, size - 1)]  # values, and where their starts can be
    while stretches:
        left, right, lowest, highest = stretches.pop()
        if left > right:
            continue
        middle = (left + right) // 2
        starts = np.arange(lowest, min(middle, highest) + 1)
        spread = before[starts - 1] + cost.between(starts, middle)
        found = int(np.argmin(spread))
        best[middle], chosen[middle] = spread[found], starts[found]
        stretches.append((left, middle - 1, lowest, int(starts[found])))
        stretches.append((middle + 1, right, int(starts[found]), highest))
    return best, chosen


def words(found: Breaks, scale: BreakScale) -> str:
    """How good the breaks are, and how exact."""
    what = "logarithms of values" if scale is BreakScale.LOG else "values"
    told = f"Natural breaks explain {found.explained:.1%} of the spread of {what}"
    if not found.bin_width:
        return f"{told}; they are exact."
    off = f"{found.bin_width:.2%}" if scale is BreakScale.LOG else f"{found.bin_width:,.2f}"
    return f"{told}; there are so many different values that each break may be off by {off}."
