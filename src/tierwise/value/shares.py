"""Shares, totals and list lengths: the arithmetic that all questions have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

Rows = list[dict[str, Any]]
"""What an executed expression gives."""

_HAIR = 1e-9  # 0.07 * 100 is 7.000000000000001 in floating point, and still 7 customers


def share(part: Any, whole: Any) -> float | None:
    """Part of a positive whole; None where either is unknown or a share would say nothing.

    >>> share(1, 4), share(1, 0), share(None, 4)
    (0.25, None, None)
    """
    if part is None or whole is None or whole <= 0:
        return None
    return float(part) / float(whole)


def total(rows: Iterable[Mapping[str, Any]], column: str) -> Any:
    """Sum of a column; None where any row's amount is unknown, or where there is no row.

    >>> total([{"cost": 1}, {"cost": 2}], "cost"), total([{"cost": 1}, {"cost": None}], "cost")
    (3, None)
    """
    amounts = [row[column] for row in rows]
    return None if not amounts or any(a is None for a in amounts) else sum(amounts)


def whole_sum(column: ir.NumericColumn) -> ir.NumericScalar:
    """The same of a column of the engine: its sum, null where any value is null."""
    summed: ir.NumericScalar = (column.isnull().sum() == 0).ifelse(column.sum(), None)
    return summed


def top_count(share: float, n: int) -> int:
    """Customers in the top `share` of n: rounded up, so that a top list is never empty.

    >>> top_count(0.01, 4372)
    44
    """
    return min(n, max(1, math.ceil(share * n - _HAIR)))


def top_rank(share: float, n: ir.IntegerValue) -> ir.IntegerValue:
    """The same in the engine: the last rank of the top `share` of n."""
    last: ir.IntegerValue = ibis.greatest(1, (n * share - _HAIR).ceil().cast("int64"))
    return last
