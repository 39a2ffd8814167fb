"""Means over groups with intervals that know customers: contacts of one are not independent.

A mean is a ratio of sums over customers, its variance that of a ratio estimate with
customers as clusters (Cochran 1977, Sampling Techniques, 3rd ed., eq. 2.46).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from tierwise.tiers.values import total


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95% interval."""

    value: float | None  # None where nothing was counted
    low: float | None
    high: float | None
    of: int  # rows behind it


def per_customer(rows: ir.Table, measures: Mapping[str, ir.Value], by: Sequence[str]) -> ir.Table:
    """Sums `s_NAME` and counts `n_NAME` of each measure, null left out, one row a customer."""
    table = rows.select(*by, **{name: value.cast("float64") for name, value in measures.items()})
    sums: dict[str, ir.Value] = {}
    for name in measures:
        sums[f"s_{name}"] = total(table[name]).fill_null(0.0)
        sums[f"n_{name}"] = table[name].count().cast("float64")
    return table.group_by(*by).aggregate(contacts=table.count(), **sums)


def by_group(table: ir.Table, names: Sequence[str], group: str) -> ir.Table:
    """One row a group: what `mean_of` needs of each measure. `table` is of `per_customer`."""
    sums: dict[str, ir.Value] = {"served": table.count(), "contacts": table.contacts.sum()}
    for name in names:
        s, n = table[f"s_{name}"], table[f"n_{name}"]
        sums |= {
            f"s_{name}": total(s),
            f"n_{name}": total(n),
            f"ss_{name}": total(s * s),
            f"sn_{name}": total(s * n),
            f"nn_{name}": total(n * n),
            f"c_{name}": (n > 0).sum(),
        }
    return table.group_by(group).aggregate(**sums).order_by(group)


def mean_of(row: Mapping[str, Any], name: str, *, most: float | None = None) -> Mean:
    """The mean of a measure in a group of `by_group`; `most` caps its interval (1 for shares)."""
    n, clusters = float(row[f"n_{name}"] or 0), int(row[f"c_{name}"] or 0)
    if n == 0:
        return Mean(None, None, None, 0)
    mean = float(row[f"s_{name}"]) / n
    if clusters < 2:
        return Mean(mean, None, None, int(n))
    spread = (
        float(row[f"ss_{name}"])
        - 2 * mean * float(row[f"sn_{name}"])
        + mean**2 * float(row[f"nn_{name}"])
    )
    reach = 1.96 * math.sqrt(max(spread, 0.0) * clusters / (clusters - 1)) / n
    high = mean + reach
    return Mean(mean, max(mean - reach, 0.0), high if most is None else min(high, most), int(n))
