"""Contracts to tenures: who was lost after how many months, who still runs, as of a date.

A contract faces a renewal each month. Running ones have been renewed as often as whole
months have passed since they began; one that ended is lost at the renewal it did not
reach: in the middle of its third month at renewal 3, after three months exactly too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.lifetime.tenures import Array, Tenures, tenures_from_counts
from tierwise.units import AMOUNT_TYPE

ENDED = frozenset(
    [
        "cancelled",
        "canceled",
        "churned",
        "closed",
        "completed",
        "deactivated",
        "ended",
        "expired",
        "inactive",
        "lapsed",
        "left",
        "lost",
        "terminated",
    ]
)
"""Words of `status` for a contract that ends, or ended, with its term."""

RUNNING = frozenset(
    [
        "active",
        "billed",
        "current",
        "live",
        "ongoing",
        "open",
        "past_due",
        "renewed",
        "rolling",
        "running",
        "signed",
        "trialing",
        "valid",
    ]
)
"""Words of `status` for a contract that runs, past its term too."""

NO_END = "ended, and nobody says when"
BACKWARDS = "end before they begin"


def states(contracts: ir.Table, as_of: date, *, less_cost: bool) -> ir.Table:
    """One row a contract begun by the as-of date: what became of it.

    `tenure` in whole months, `lost` true or false; `amount` a month and `margin`, which is
    the amount `less_cost` or all of it (null where unknown); `product` or null;
    `trouble` null, or why the contract cannot be placed. A contract is lost when
    `term_end_on` has come and it was not renewed: its status says that it ended, or
    no status says that it runs and `auto_renew` is not set. Raises MissingDataError
    without `term_end_on`: nobody could be seen to leave.
    """
    if "term_end_on" not in contracts.columns:
        raise MissingDataError(
            "Contracts have no term_end_on, so none of them can be seen to end.",
            "Map term_end_on in [sources.contracts].",
        )
    today = ibis.literal(as_of)
    t = contracts.filter(contracts.started_on <= today)
    status = _word(t)
    over = (t.term_end_on <= today).fill_null(False)
    renews = t.auto_renew.fill_null(False) if "auto_renew" in t.columns else ibis.literal(False)
    ended = status.isin(ENDED)
    lost = over & (ended | ~(status.isin(RUNNING) | renews))
    trouble = ibis.cases(
        (ended & t.term_end_on.isnull(), NO_END),
        (lost & (t.term_end_on < t.started_on), BACKWARDS),
        else_=ibis.null("string"),
    )
    amount = _money(t, "monthly_amount")
    margin = amount - _money(t, "monthly_cost").fill_null(0) if less_cost else amount
    return t.select(
        "contract_id",
        "customer_id",
        "started_on",
        "term_end_on",
        tenure=ibis.ifelse(
            lost, _months(t, t.term_end_on, begun=True), _months(t, today, begun=False)
        ),
        lost=lost,
        trouble=trouble,
        product=t.product_id if "product_id" in t.columns else ibis.null("string"),
        amount=amount,
        margin=margin.cast("float64"),
    )


def _word(contracts: ir.Table) -> ir.StringValue:
    if "status" not in contracts.columns:
        return ibis.literal("")
    return contracts.status.fill_null("").strip().lower().re_replace("[ -]+", "_")


def _money(contracts: ir.Table, column: str) -> ir.DecimalValue:
    if column not in contracts.columns:
        return ibis.null(AMOUNT_TYPE)
    return contracts[column].cast(AMOUNT_TYPE)


def _months(t: ir.Table, end: ir.DateValue, *, begun: bool) -> ir.IntegerValue:
    """Whole months from the start to the end; those `begun` count too, and are one at least."""
    months = (end.year() - t.started_on.year()) * 12 + end.month() - t.started_on.month()
    missing = end.day() - t.started_on.day()
    if begun:
        return ibis.greatest(months + (missing > 0).cast("int64"), 1).cast("int64")
    return ibis.greatest(months - (missing < 0).cast("int64"), 0).cast("int64")


def placed(found: ir.Table) -> ir.Table:
    """The rows of `states` whose tenure is known."""
    return found.filter(found.trouble.isnull())


def troubles(found: ir.Table) -> ir.Table:
    """How many contracts cannot be placed, by why. `found` is `states`."""
    left_out = found.filter(found.trouble.notnull())
    return left_out.group_by("trouble").aggregate(contracts=left_out.count()).order_by("trouble")


def counts(known: ir.Table) -> ir.Table:
    """By `tenure`: contracts `lost` and `alive`, their monthly amounts, margin of the alive.

    `known` is `placed`. Amounts are floating point: curves need no cents.
    """
    here, amount = ~known.lost, known.amount.cast("float64")
    return (
        known.group_by("tenure")
        .aggregate(
            lost=known.lost.sum(),
            alive=here.sum(),
            lost_amount=amount.sum(where=known.lost).fill_null(0.0),
            alive_amount=amount.sum(where=here).fill_null(0.0),
            alive_margin=known.margin.sum(where=here).fill_null(0.0),
        )
        .order_by("tenure")
    )


def tenures(counted: Mapping[str, Array]) -> tuple[Tenures, Tenures]:
    """Contracts at risk and lost by renewal, and the same of their monthly amounts.

    `counted` are the columns of `counts`, each (tenures,).
    """
    by_contract = tenures_from_counts(counted["tenure"], counted["lost"], counted["alive"])
    by_amount = tenures_from_counts(
        counted["tenure"],
        _not_below_zero(counted["lost_amount"]),
        _not_below_zero(counted["alive_amount"]),
    )
    return by_contract, by_amount


def _not_below_zero(amounts: Array) -> Array:
    # Credits may outweigh what is billed at some tenure; nobody pays less than nothing.
    kept: Array = amounts.clip(min=0.0)
    return kept


def shares(known: ir.Table) -> dict[str, ir.Value]:
    """Contracts and monthly money, seen and lost: what `by_product` and `totals` aggregate.

    The squares are for the standard error of a ratio of sums (Cochran 1977, eq. 2.39).
    """
    gone, amount = known.lost, known.amount
    squares = amount.cast("float64") * amount.cast("float64")
    return {
        "contracts": known.count(),
        "lost": gone.sum(),
        "amount": amount.sum().fill_null(0),
        "lost_amount": amount.sum(where=gone).fill_null(0),
        "squares": squares.sum().fill_null(0.0),
        "lost_squares": squares.sum(where=gone).fill_null(0.0),
    }


def by_product(known: ir.Table) -> ir.Table:
    """One row a product, the most contracts first. `known` is `placed`."""
    grouped = known.group_by("product").aggregate(**shares(known))
    return grouped.order_by([ibis.desc("contracts"), ibis.asc("product")])


def totals(known: ir.Table) -> ir.Table:
    """One row: everything together, and the days that say how far back the table looks."""
    return known.aggregate(
        **shares(known),
        customers=known.customer_id.nunique(),
        first_on=known.started_on.min(),
        first_lost_on=known.term_end_on.min(where=known.lost),
        unpriced=known.amount.isnull().sum(),
    )


def share_error(row: Mapping[str, Any]) -> float:
    """Standard error of the share of money lost, contracts being independent; NaN without money."""
    whole = float(row["amount"])
    if whole <= 0:
        return float("nan")
    share = float(row["lost_amount"]) / whole
    lost, kept = float(row["lost_squares"]), float(row["squares"] - row["lost_squares"])
    return math.sqrt(lost * (1 - share) ** 2 + kept * share**2) / whole


def worth(known: ir.Table, remaining: ir.Table) -> ir.Table:
    """One row a customer with running contracts, worth most first.

    `remaining` has by `tenure` what one of margin a month is worth: `near`, `ever`
    with `_low` and `_high`. The ends of a customer's contracts add up, for all of
    them stand on the same parameters.
    """
    running = known.filter(~known.lost & known.margin.notnull())
    joined = running.inner_join(remaining, "tenure")
    low, high = (joined.margin * joined[f"{p}_{e}"] for p, e in (("near", "low"), ("near", "high")))
    ever_low, ever_high = joined.margin * joined.ever_low, joined.margin * joined.ever_high
    table = joined.group_by("customer_id").aggregate(
        contracts=joined.count(),
        margin=joined.margin.sum(),
        tenure=joined.tenure.max(),
        # Of a contract at a loss the long end is the low one.
        near=(joined.margin * joined.near).sum(),
        near_low=ibis.least(low, high).sum(),
        near_high=ibis.greatest(low, high).sum(),
        ever=(joined.margin * joined.ever).sum(),
        ever_low=ibis.least(ever_low, ever_high).sum(),
        ever_high=ibis.greatest(ever_low, ever_high).sum(),
        next_end_on=joined.term_end_on.min(),
    )
    order = [ibis.desc("ever"), ibis.asc("customer_id")]
    return table.mutate(rank=ibis.row_number().over(order_by=order) + 1)
