"""Tiers held against what happened: built as of the middle of the data, scored on the rest.

Nothing dated after a review is read to make up its tiers. Value that came after is
money through the lens, by order lines alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.tiers.rules import Cuts, tier_at
from tierwise.tiers.values import mean, total
from tierwise.units import Unit
from tierwise.value.shares import Rows, share

BINS = 10
WANTED_FEWER, WANTED_LOSS = 0.4, 0.01
"""What holding members in place should do: so many fewer moves for so little captured value."""


def outcome(known: ir.Table, later: ir.Table) -> ir.Table:
    """`known` customers with `future`, the value that came after; zero for who did not come.

    `later` is `lifetime.heldout.outcomes`.
    """
    came = later.select("customer_id", future="actual_value")
    joined = known.left_join(came, "customer_id").drop("customer_id_right")
    return joined.mutate(future=joined.future.fill_null(0.0))


def interval(members: ir.Table, prior: ir.Table | None, tiers: int) -> ir.Table:
    """One row: moves at this review, and what each list brought until the next.

    `members` have `tier` (held), `rule_tier`, `rank`, `future`; `prior` those of the
    review before. For each k but the last tier: `held_k`, `rule_k` what tiers up to k
    brought, `held_n_k`, `rule_n_k` their sizes, and `equal_k` what as many by the rule's
    order brought as were held.
    """
    if prior is None:
        table = members.mutate(was=ibis.null("int64"), rule_was=ibis.null("int64"))
    else:
        was = prior.select("customer_id", was="tier", rule_was="rule_tier")
        table = members.left_join(was, "customer_id").drop("customer_id_right")
    sums: dict[str, ir.Value] = {}
    for k in range(1, tiers):
        size = (table.tier <= k).sum().over()
        table = table.mutate(**{f"__size_{k}": size})
    for k in range(1, tiers):
        held, ruled = table.tier <= k, table.rule_tier <= k
        sums |= {
            f"held_{k}": _sum_of(table.future, held),
            f"rule_{k}": _sum_of(table.future, ruled),
            f"equal_{k}": _sum_of(table.future, table["rank"] <= table[f"__size_{k}"]),
            f"held_n_{k}": held.sum(),
            f"rule_n_{k}": ruled.sum(),
        }
    return table.aggregate(
        customers=table.count(),
        total=total(table.future).fill_null(0.0),
        held_moves=(table.was != table.tier).sum().fill_null(0),
        rule_moves=(table.rule_was != table.rule_tier).sum().fill_null(0),
        **sums,
    )


def _sum_of(column: ir.Value, chosen: ir.BooleanValue) -> ir.Value:
    return total(chosen.ifelse(column, 0.0)).fill_null(0.0)


def calibration(placed: ir.Table, cuts: Cuts, tiers: int) -> ir.Table:
    """Ten bins of P(tier) over every customer and tier: pairs, mean P, share that came true.

    `placed` has `p_to_1`, ..., `future`. Where a customer came to be is the place among
    the values that came, cut where the rule cuts; nothing brought is the last tier.
    """
    order = [ibis.desc("future"), ibis.asc("customer_id")]
    table = placed.mutate(place=ibis.row_number().over(order_by=order) + 1)
    came = (table.future > 0).ifelse(tier_at(table.place, cuts), tiers)
    table = table.mutate(came=came)
    parts = []
    for k in range(1, tiers + 1):
        upper = table[f"p_to_{k}"] if k < tiers else ibis.literal(1.0)
        lower = table[f"p_to_{k - 1}"] if k > 1 else ibis.literal(0.0)
        parts.append(table.select(p=upper - lower, true=table.came == k, tier=ibis.literal(k)))
    pairs = ibis.union(*parts)
    bin_of = ibis.least((pairs.p * BINS).floor().cast("int64"), BINS - 1)
    grouped = pairs.group_by(bin=bin_of).aggregate(
        pairs=pairs.count(), expected=mean(pairs.p), came=pairs.true.mean()
    )
    return grouped.order_by("bin")


def captured(placed: ir.Table, naive: ir.Table, tiers: int) -> ir.Table:
    """One row: what tiers up to each k brought, and what as many by past spend did.

    `placed` has `rule_tier` and `future`, `naive` is `lifetime.heldout.naive`.
    """
    table = placed.left_join(naive, "customer_id").drop("customer_id_right")
    table = table.mutate(spent=table.rule_past_spend.fill_null(0.0))
    order = [ibis.desc("spent"), ibis.asc("customer_id")]
    table = table.mutate(place=ibis.row_number().over(order_by=order) + 1)
    for k in range(1, tiers):
        table = table.mutate(**{f"__size_{k}": (table.rule_tier <= k).sum().over()})
    sums: dict[str, ir.Value] = {"total": total(table.future), "customers": table.count()}
    for k in range(1, tiers):
        sums[f"n_{k}"] = (table.rule_tier <= k).sum()
        sums[f"captured_{k}"] = _sum_of(table.future, table.rule_tier <= k)
        naive_list = table.place <= table[f"__size_{k}"]
        sums[f"naive_{k}"] = _sum_of(table.future, naive_list)
    return table.aggregate(**sums)


@dataclass(frozen=True, slots=True)
class Scored:
    """All that was measured."""

    middle: date
    end: date
    names: tuple[str, ...]
    intervals: Sequence[tuple[date, Mapping[str, Any]]]  # review day and its `interval`
    calibration: Rows
    rules: Sequence[tuple[str, str, Mapping[str, Any]]]  # rule, value, its `captured`


def answer(context: Context, scored: Scored, notes: Sequence[str]) -> Answer:
    """Stability, calibration and captured value; says plainly what did not come true."""
    fewer, lost = _fewer(scored), _lost(scored)
    error = _calibration_error(scored.calibration)
    figures = (
        Figure("middle", "Built as of", scored.middle, Unit.DATE),
        Figure("end", "Scored up to", scored.end, Unit.DATE),
        Figure("rule_moves", "Moves by the rule alone", _sum(scored, "rule_moves"), Unit.COUNT),
        Figure("held_moves", "Moves when held in place", _sum(scored, "held_moves"), Unit.COUNT),
        Figure("fewer_moves", "Fewer moves", fewer, Unit.SHARE),
        Figure("captured_less", "Captured value given up, at equal sizes", lost, Unit.SHARE),
        Figure("calibration_error", "P(tier) is off by, on average", error, Unit.SHARE),
    )
    return Answer(
        kind="tiers-backtest",
        title="Tiers held against what happened",
        context=context,
        figures=figures,
        grids=(
            Grid("stability", "Held in place, and by the rule alone", _STABLE, _stable(scored)),
            Grid("calibration", "P(tier) and what came true", _BINS, tuple(scored.calibration)),
            Grid("captured", "What the lists then brought", _CAPTURED, _captured(scored)),
        ),
        notes=(_verdict(fewer, lost), *notes),
        extra={"holds": fewer is not None and fewer >= WANTED_FEWER and (lost or 0) <= WANTED_LOSS},
    )


def _verdict(fewer: float | None, lost: float | None) -> str:
    if fewer is None or lost is None:
        return "Nobody moved by the rule alone, so there is nothing to hold in place."
    good = fewer >= WANTED_FEWER and lost <= WANTED_LOSS
    told = f"Holding members in place makes {fewer:.0%} fewer moves and gives up {lost:z.1%} of"
    told += " captured value at equal sizes"
    if good:
        return f"{told}: at least {WANTED_FEWER:.0%} fewer for at most {WANTED_LOSS:.0%}."
    return f"{told}; {WANTED_FEWER:.0%} fewer for at most {WANTED_LOSS:.0%} was hoped for."


def _sum(scored: Scored, name: str) -> int:
    return sum(int(row[name]) for _, row in scored.intervals)


def _fewer(scored: Scored) -> float | None:
    moves = _sum(scored, "rule_moves")
    return 1 - _sum(scored, "held_moves") / moves if moves else None


def _lost(scored: Scored) -> float | None:
    """Of all value that came, what a held list captures less than the rule's order cut as long.

    Of the list that loses most, for a gain elsewhere does not make up for it.
    """
    total = sum(float(row["total"]) for _, row in scored.intervals)
    lists = range(1, len(scored.names))
    apart = [
        sum(float(row[f"equal_{k}"]) - float(row[f"held_{k}"]) for _, row in scored.intervals)
        for k in lists
    ]
    return max(apart) / total if total > 0 else None


def _calibration_error(rows: Rows) -> float | None:
    pairs = sum(int(row["pairs"]) for row in rows)
    off = sum(int(row["pairs"]) * abs(row["expected"] - row["came"]) for row in rows)
    return off / pairs if pairs else None


def _stable(scored: Scored) -> tuple[dict[str, Any], ...]:
    rows = []
    total = sum(float(row["total"]) for _, row in scored.intervals)
    for k, name in enumerate(scored.names[:-1], 1):
        sums = {
            part: sum(float(row[f"{part}_{k}"]) for _, row in scored.intervals)
            for part in ("held", "rule", "equal", "held_n", "rule_n")
        }
        reviews = max(len(scored.intervals), 1)
        rows.append(
            {
                "tiers": f"up to {name}",
                "held_customers": round(sums["held_n"] / reviews),
                "rule_customers": round(sums["rule_n"] / reviews),
                "held": share(sums["held"], total),
                "rule": share(sums["rule"], total),
                "equal": share(sums["equal"], total),
            }
        )
    return tuple(rows)


def _captured(scored: Scored) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "rule": rule,
            "value": value,
            "tiers": f"up to {name}",
            "customers": row[f"n_{k}"],
            "captured": share(row[f"captured_{k}"], row["total"]),
            "naive": share(row[f"naive_{k}"], row["total"]),
        }
        for rule, value, row in scored.rules
        for k, name in enumerate(scored.names[:-1], 1)
    )


_STABLE = (
    Column("tiers", "Tiers"),
    Column("held_customers", "Customers, held", Unit.COUNT, "Mean over the reviews"),
    Column("rule_customers", "By the rule", Unit.COUNT, "Mean over the reviews"),
    Column("held", "Captured, held", Unit.SHARE, "Of the value until the next review"),
    Column("rule", "By the rule", Unit.SHARE),
    Column("equal", "By the rule, as many", Unit.SHARE, "The rule's order cut at the held size"),
)
_BINS = (
    Column("bin", "Bin", Unit.RANK),
    Column("pairs", "Customers x tiers", Unit.COUNT),
    Column("expected", "P(tier)", Unit.SHARE),
    Column("came", "Came true", Unit.SHARE),
)
_CAPTURED = (
    Column("rule", "Rule"),
    Column("value", "By value"),
    Column("tiers", "Tiers"),
    Column("customers", "Customers", Unit.COUNT),
    Column("captured", "Captured", Unit.SHARE, "Of all value of the rest of the data"),
    Column("naive", "Past spend, as many", Unit.SHARE, "The naive list of the same length"),
)
