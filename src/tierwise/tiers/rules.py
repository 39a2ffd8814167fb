"""Where the cuts between tiers are, by rule.

One law holds for every rule: nobody whose value is zero or less stands above the
last tier. Rules that cut by rank or share may cut between equal values; the tie then
goes by customer id. Rules that cut at an amount never part equal values.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.settings import CapacitySettings, TierRule, TiersSettings
from tierwise.value.shares import Rows, top_rank

NOBODY = 0
"""Last rank of a tier that nobody is in."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cuts of one population, the best tier first; one fewer than there are tiers."""

    last_ranks: tuple[int, ...]  # rank of the last customer in each tier but the last
    values: tuple[float, ...]  # value of that customer; infinite where nobody is in it
    customers: int  # ranked
    note: str = ""  # what to know about how they were found

    @property
    def sizes(self) -> tuple[int, ...]:
        """Customers in each tier."""
        ends = (0, *self.last_ranks, self.customers)
        return tuple(end - start for start, end in itertools.pairwise(ends))


def cut_query(ordered: ir.Table, settings: TiersSettings, at: Sequence[float] = ()) -> ir.Table:
    """One row: `n`, `positive` and `last_1`, `last_2`, ... before the law of zero.

    `ordered` as `values.in_order`. `at` are amounts for rule natural_break, and the
    first last rank for rule capacity.
    """
    ordered = ordered.mutate(total=ordered.earned.sum().over())
    positive = (ordered.value > 0).sum()
    lasts = [last.fill_null(NOBODY) for last in _lasts(ordered, settings, at)]
    return ordered.aggregate(
        n=ordered.count(),
        positive=positive.fill_null(0),
        **{f"last_{k}": last.cast("int64") for k, last in enumerate(lasts, 1)},
    )


def _lasts(ordered: ir.Table, settings: TiersSettings, at: Sequence[float]) -> list[ir.Value]:
    rank, n = ordered["rank"], ordered.count()
    match settings.rule:
        case TierRule.RANK if settings.last_ranks:
            return [ibis.least(last, n) for last in settings.last_ranks]
        case TierRule.RANK:
            return [top_rank(share, n) for share in settings.customer_shares]
        case TierRule.SHARE:
            return [rank.min(where=_reaches(ordered, s)) for s in settings.value_shares]
        case TierRule.CAPACITY:
            return _after_capacity(ordered, settings, int(at[0]))
        case TierRule.THRESHOLD:
            return [(ordered.value >= _money(t)).sum() for t in settings.thresholds]
        case TierRule.NATURAL_BREAK:
            return [(ordered.value >= _money(t)).sum() for t in at]


def _reaches(ordered: ir.Table, share: float) -> ir.BooleanValue:
    """True from the customer on whose value brings the sum to `share` of what all earn."""
    reached: ir.BooleanValue = (ordered.cumulative >= ordered.total * _money(share)) & (
        ordered.total > 0
    )
    return reached


def _money(amount: float) -> ir.Scalar:
    """An amount or share as a decimal: floats in comparisons would cut engines apart."""
    return ibis.literal(f"{amount:.10f}").cast("decimal(28, 10)").cast("decimal(38, 10)")


def _after_capacity(ordered: ir.Table, settings: TiersSettings, first: int) -> list[ir.Value]:
    """The first cut as given; the others are those of the value shares, none before it."""
    rank = ordered["rank"]
    lasts: list[ir.Value] = [ibis.literal(first)]
    for share in settings.value_shares[1:]:
        lasts.append(ibis.greatest(rank.min(where=_reaches(ordered, share)), first))
    return lasts


def cuts_of(row: dict[str, Any], tiers: int, note: str = "") -> Cuts:
    """The cuts that `cut_query` found, no tier but the last reaching to values of zero or less.

    `value_1`, ... are filled in by `with_values`.
    """
    positive = int(row["positive"])
    lasts, before = [], 0
    for k in range(1, tiers):
        before = max(before, min(int(row[f"last_{k}"] or 0), positive))
        lasts.append(before)
    return Cuts(tuple(lasts), (float("inf"),) * (tiers - 1), int(row["n"]), note)


def value_query(ordered: ir.Table, cuts: Cuts) -> ir.Table:
    """Values of the customers at the cuts: `rank`, `value`."""
    return ordered.filter(ordered["rank"].isin(list(cuts.last_ranks))).select("rank", "value")


def with_values(cuts: Cuts, rows: Rows) -> Cuts:
    """The cuts with what `value_query` gave."""
    found = {row["rank"]: float(row["value"]) for row in rows}
    values = tuple(found.get(last, float("inf")) for last in cuts.last_ranks)
    return Cuts(cuts.last_ranks, values, cuts.customers, cuts.note)


def tier_at(rank: ir.IntegerValue, cuts: Cuts) -> ir.IntegerValue:
    """Number of the tier that a rank falls into, 1 the best."""
    above = [(rank > last).cast("int64") for last in cuts.last_ranks]
    tier: ir.IntegerValue = sum(above, ibis.literal(1))
    return tier


def capacity_query(ordered: ir.Table, capacity: CapacitySettings) -> ir.Table:
    """The rank to which the best service protects most: one row, `rank`, `protected`.

    Serving the best c customers protects the share `loss_prevented` of what they
    bring, as far as capacity reaches: of a need of 120 minutes against 100, five
    sixths. Each costs `cost_per_customer`. `ordered` needs `minutes` for a capacity in
    minutes. The earliest of equal maxima is taken.
    """
    rank = ordered["rank"]
    if capacity.customers is not None:
        reached = ibis.least(1.0, capacity.customers / rank.cast("float64"))
    else:
        asked = ordered.minutes.fill_null(0.0).cast("decimal(38, 4)")
        need = asked.sum().over(order_by=ibis.asc("rank"), rows=(None, 0)).cast("float64")
        reached = ibis.least(1.0, (float(capacity.minutes or 0) / need.nullif(0.0)).fill_null(1.0))
    gain = ordered.cumulative.cast("float64") * capacity.loss_prevented * reached
    table = ordered.select(
        "rank", "value", protected=gain - rank.cast("float64") * capacity.cost_per_customer
    ).filter(ordered.value > 0)
    return table.order_by([ibis.desc("protected"), ibis.asc("rank")]).limit(1)


def capacity_words(row: dict[str, Any], capacity: CapacitySettings) -> str:
    """What the best boundary protects, and on what assumption."""
    limit = (
        f"{capacity.customers:,} customers"
        if capacity.customers is not None
        else f"{capacity.minutes:,.0f} agent minutes"
    )
    return (
        f"With room for {limit} the first tier protects most when it ends at rank"
        f" {row['rank']:,}: {row['protected']:,.0f}, if such service protects"
        f" {capacity.loss_prevented:.0%} of value (a stated assumption)."
    )
