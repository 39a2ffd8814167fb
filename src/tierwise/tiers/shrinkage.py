"""Regression to the mean, measured: what the best of last time brought the next time.

A top list is partly luck. How much is no opinion: those who led the window before are
looked up in this one, beside everybody else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.tiers.values import total
from tierwise.units import Unit, format_value


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """What became of the top list of the window before."""

    customers: int  # on the list then
    then: float  # money that they brought in the window before
    now: float  # money that the same customers brought in this one
    kept_low: float  # 95% interval of now / then
    kept_high: float
    all_then: float  # money of all customers then
    all_now: float

    @property
    def kept(self) -> float:
        """Money now for one unit of money then."""
        return self.now / self.then if self.then > 0 else float("nan")

    @property
    def beyond_trend(self) -> float:
        """What is kept beside what all customers kept: below 1, the list's lead was partly luck."""
        trend = self.all_now / self.all_then if self.all_then > 0 else float("nan")
        return self.kept / trend if trend > 0 else float("nan")

    def words(self, currency: str) -> str:
        """The warning that stands under every top list."""
        then, now = (format_value(v, Unit.MONEY, currency) for v in (self.then, self.now))
        return (
            f"The top of a list is partly luck. The best {self.customers:,} of the window before"
            f" brought {then} then and {now} in this one: {self.kept:.0%}"
            f" ({self.kept_low:.0%} to {self.kept_high:.0%}); all customers together"
            f" {self.all_now / self.all_then:.0%}. Expect the same of this list."
        )


UNMEASURED = (
    "The top of a list is partly luck: expect it to come closer to the rest. How much cannot be"
    " measured here, for the data hold no whole window before this one."
)


def query(before: ir.Table, now: ir.Table, customers: int) -> ir.Table:
    """One row: sums over the best `customers` of `before`, in both windows.

    Both have `customer_id` and `value`; equal values go by customer id.
    """
    order = [ibis.desc("value"), ibis.asc("customer_id")]
    ranked = before.mutate(place=ibis.row_number().over(order_by=order) + 1)
    later = now.select("customer_id", later="value")
    both = ranked.outer_join(later, "customer_id")
    old, new = (both[c].cast("float64").fill_null(0.0) for c in ("value", "later"))
    both = both.mutate(old=old, new=new, top=(both.place <= customers).fill_null(False))
    return both.aggregate(
        customers=both.top.sum(),
        old=total(both.old * both.top.cast("int64")),
        new=total(both.new * both.top.cast("int64")),
        old2=total(both.old * both.old * both.top.cast("int64")),
        new2=total(both.new * both.new * both.top.cast("int64")),
        cross=total(both.old * both.new * both.top.cast("int64")),
        all_old=total(both.old),
        all_new=total(both.new),
    )


def measured(row: dict[str, Any]) -> Shrinkage | None:
    """What `query` found, with the interval of a ratio of sums; None where nobody was there."""
    old, new, n = float(row["old"] or 0), float(row["new"] or 0), int(row["customers"] or 0)
    if n < 2 or old <= 0 or float(row["all_old"] or 0) <= 0:
        return None
    kept = new / old
    spread = float(row["new2"]) - 2 * kept * float(row["cross"]) + kept**2 * float(row["old2"])
    error = math.sqrt(max(spread, 0.0) * n / (n - 1)) / old
    return Shrinkage(
        n,
        old,
        new,
        max(kept - 1.96 * error, 0.0),
        kept + 1.96 * error,
        float(row["all_old"]),
        float(row["all_new"]),
    )
