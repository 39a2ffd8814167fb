"""The tournament: every rule predicts a period that it has not seen, beside naive past spend.

Expressions over a table of customers known at a split date: columns
`actual_value`, `actual_purchases` of the held-out period and `rule_NAME` for the
value that each rule expected. Nothing of the held-out period was read when the
rules made up their minds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from dateutil.relativedelta import relativedelta

from tierwise.errors import RefusedError
from tierwise.lifetime.histories import histories, total
from tierwise.settings import Activity, Lens
from tierwise.value.windows import between

TOP_SHARE = 0.2
BINS = 10
COVERED = (1.0, 0.2, 0.05, 0.01)
"""Shares of customers, best first by past spend, whose intervals are held to account."""

LEAST_DOUBT = 0.1
"""No round counts more than ten times the least certain one: lists may agree by chance."""

NAIVE = "past_spend"
"""The rule to beat: what the customer brought in a period of the same length before the split."""


@dataclass(frozen=True, slots=True)
class Split:
    """One held-out period: all up to `known_on` is known, the days after it to `end_on` are not."""

    known_on: date
    end_on: date

    @property
    def weeks(self) -> float:
        """Length of the held-out period."""
        return (self.end_on - self.known_on).days / 7


def splits(
    first_on: date, as_of: date, wanted_days: int, *, exactly: bool = False, most: int = 3
) -> tuple[Split, ...]:
    """Held-out periods that end with the as-of date and roll back, newest first.

    Each has `wanted_days`, or a third of the history where that is shorter, and
    at least as long a history before it; with `exactly`, up to three quarters and
    a quarter before it. Raises RefusedError for less than three weeks of data.
    """
    span = (as_of - first_on).days
    days = min(wanted_days, span * 3 // 4 if exactly else span // 3)
    if days < 7:
        raise RefusedError(
            f"The order lines span {span} days; nothing can be held out and scored.",
            "Load a longer history, at least a few months.",
        )
    before = span // 4 if exactly else days
    found: list[Split] = []
    end = as_of
    while len(found) < most and (end - first_on).days >= days + before:
        known = end - relativedelta(days=days)
        found.append(Split(known, end))
        end = known
    return tuple(found)


def outcomes(lines: ir.Table, split: Split, lens: Lens, event: Activity) -> ir.Table:
    """What each customer did in the held-out period: `actual_purchases`, `actual_value`."""
    later = lines.filter(
        between(lines, "created_at", split.known_on + relativedelta(days=1), split.end_on)
    )
    seen = histories(later, split.end_on, lens, event)
    return seen.select("customer_id", actual_purchases=seen.x + 1, actual_value=seen.value)


def naive(lines: ir.Table, split: Split, lens: Lens, event: Activity) -> ir.Table:
    """Value of a period of the same length up to the split date, as `rule_past_spend`."""
    days = (split.end_on - split.known_on).days
    start = split.known_on - relativedelta(days=days - 1)
    before = lines.filter(between(lines, "created_at", start, split.known_on))
    seen = histories(before, split.known_on, lens, event)
    return seen.select("customer_id", **{f"rule_{NAIVE}": seen.value})


def prediction(scored: ir.Table, rule: str) -> ir.Table:
    """Expected value of the held-out period by customer, as `rule_NAME`.

    Not discounted: what happened is not either.
    """
    return scored.select("customer_id", **{f"rule_{rule}": scored.near_value * _undone(scored)})


def _undone(scored: ir.Table) -> ir.FloatingValue:
    """By how much discounting lessened what is expected of each customer."""
    plain = scored.purchases * scored.order_value
    factor: ir.FloatingValue = (plain / scored.near_value.nullif(0.0)).fill_null(1.0)
    return factor


def promises(table: ir.Table, scored: ir.Table) -> ir.Table:
    """Outcomes beside what the model said might happen: `p_buys` and the intervals."""
    said = scored.select(
        "customer_id",
        "p_buys",
        "purchases_low",
        "purchases_high",
        value_low=scored.near_value_low * _undone(scored),
        value_high=scored.near_value_high * _undone(scored),
    )
    return table.inner_join(said, "customer_id")


def beside(known: ir.Table, *others: ir.Table) -> ir.Table:
    """`known` customers with columns of other tables; who is not in one has zero there."""
    for other in others:
        columns = [name for name in other.columns if name != "customer_id"]
        joined = known.left_join(other, "customer_id").select(*known.columns, *columns)
        known = joined.mutate(**{name: joined[name].fill_null(0) for name in columns})
    return known


def comparison(table: ir.Table, rules: Sequence[str]) -> ir.Table:
    """One row: how far each rule was off, and what the best fifth by it really brought.

    For rule R: `R_total` predicted, `R_error` mean absolute error (money),
    `R_captured` value that its top fifth brought, `R_found` how many of the true
    top fifth it lists; `R_gain`, `R_gain_se` captured share beyond the naive
    list's with its standard error (ratio of sums); `R_closer`, `R_closer_se` how
    much smaller its mean absolute error is than the naive one's. Shares are null
    where nobody brought anything.
    """
    # The small amount keeps .2 * 5 from being a little more than 1.
    top = (table.count().over() * TOP_SHARE - 1e-9).ceil()
    table = table.mutate(__top=top, __total=table.actual_value.sum().over())
    table = table.mutate(
        __true=_rank("actual_value") <= table["__top"],
        **{f"__{rule}": _rank(f"rule_{rule}") <= table["__top"] for rule in rules},
    )
    naive_list = table[f"__{NAIVE}"].cast("float64")
    naive_error = (table[f"rule_{NAIVE}"] - table.actual_value).abs()
    gains = {
        f"__gain_{rule}": table.actual_value * (table[f"__{rule}"].cast("float64") - naive_list)
        for rule in rules
    }
    nearer = {
        f"__closer_{rule}": naive_error - (table[f"rule_{rule}"] - table.actual_value).abs()
        for rule in rules
    }
    table = table.mutate(**gains, **nearer)
    gain = {
        rule: table[f"__gain_{rule}"].sum().over() / table["__total"].nullif(0) for rule in rules
    }
    table = table.mutate(
        **{
            f"__apart_{rule}": (table[f"__gain_{rule}"] - gain[rule] * table.actual_value) ** 2
            for rule in rules
        }
    )
    measured: dict[str, ir.Value] = {}
    for rule in rules:
        measured |= _measured(table, rule)
    return table.aggregate(
        customers=table.count(),
        buyers=(table.actual_purchases > 0).sum(),
        actual_total=total(table.actual_value),
        actual_purchases=table.actual_purchases.sum(),
        best_captured=table.actual_value.sum(where=table["__true"]),
        **measured,
    )


def _rank(column: str) -> ir.IntegerValue:
    order = [ibis.desc(column), ibis.asc("customer_id")]
    return ibis.row_number().over(order_by=order) + 1


def _measured(table: ir.Table, rule: str) -> dict[str, ir.Value]:
    listed, off = table[f"__{rule}"], (table[f"rule_{rule}"] - table.actual_value).abs()
    whole, closer = total(table.actual_value).nullif(0), table[f"__closer_{rule}"]
    return {
        f"{rule}_total": total(table[f"rule_{rule}"]),
        f"{rule}_error": total(off) / table.count(),
        f"{rule}_captured": table.actual_value.sum(where=listed),
        f"{rule}_found": (listed & table["__true"]).sum(),
        f"{rule}_gain": total(table[f"__gain_{rule}"]) / whole,
        f"{rule}_gain_se": total(table[f"__apart_{rule}"]).sqrt() / whole,
        f"{rule}_closer": total(closer) / table.count(),
        f"{rule}_closer_se": closer.std(how="sample") / table.count().cast("float64").sqrt(),
    }


def calibration(table: ir.Table) -> ir.Table:
    """Ten bins of `p_buys`: customers, mean probability, and the share who really bought."""
    width = ibis.least((table.p_buys * BINS).floor().cast("int64"), BINS - 1)
    binned = table.group_by(bin=width).aggregate(
        customers=table.count(),
        expected=table.p_buys.mean(),
        bought=(table.actual_purchases > 0).mean(),
    )
    return binned.order_by("bin")


def coverage(table: ir.Table) -> ir.Table:
    """One row: share of customers whose purchases and value lay inside their intervals.

    Of all, and of the best by past spend, as `PLACE_customers`, `PLACE_purchases_inside`,
    `PLACE_value_inside` and `PLACE_value_above`, PLACE the place in `COVERED`.
    """
    count = table.actual_purchases.between(table.purchases_low, table.purchases_high)
    value = table.actual_value.between(table.value_low, table.value_high)
    # The small amount keeps .2 * 5 from being a little more than 1.
    ranked = table.mutate(
        __inside=count,
        __value=value,
        __above=table.actual_value > table.value_high,
        __place=(_rank(f"rule_{NAIVE}") - 1 + 1e-9) / table.count().over(),
    )
    found: dict[str, ir.Value] = {}
    for place, share in enumerate(COVERED):
        best = ranked["__place"] < share
        found |= {
            f"{place}_customers": best.sum(),
            f"{place}_purchases_inside": ranked["__inside"].mean(where=best),
            f"{place}_value_inside": ranked["__value"].mean(where=best),
            f"{place}_value_above": ranked["__above"].mean(where=best),
        }
    return ranked.aggregate(**found)


def pooled_verdict(gains: Sequence[Mapping[str, float]]) -> tuple[float, float, float]:
    """Mean gain over splits and its 95% interval, splits weighing by their precision.

    Each mapping has `gain` and `se`. Splits share customers, so their errors are
    taken as fully dependent: the interval is wide rather than narrow.
    """
    widest = max(one["se"] for one in gains) or 1.0
    weights = [1 / max(one["se"], widest * LEAST_DOUBT) for one in gains]
    whole = sum(weights)
    mean = sum(w * one["gain"] for w, one in zip(weights, gains, strict=True)) / whole
    error = sum(w * one["se"] for w, one in zip(weights, gains, strict=True)) / whole
    return mean, mean - 1.96 * error, mean + 1.96 * error
