"""Shares, totals and list lengths: the arithmetic that all questions have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import ibis.expr.types as ir


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
