"""Contracts as order lines, for firms that bill by contract and keep no orders."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from tierwise.units import AMOUNT_TYPE

LONGEST_MONTHS = 1200
"""A hundred years: enough for any contract, and a bound for the months that are listed."""


def can_bill(contracts: ir.Table) -> bool:
    """True when contracts say what they cost the customer each month."""
    return "monthly_amount" in contracts.columns


def as_lines(contracts: ir.Table, as_of: date) -> ir.Table:
    """One line a contract and month begun, from its start to its end or the as-of date.

    A contract that renews itself, or has no end, is billed up to the as-of date;
    one that ends is billed for the months begun before its end. Columns are
    those of order_lines; `source_row` and `source_file` are the contract's.
    """
    last = _last_day(contracts, as_of)
    months = (last.year() - contracts.started_on.year()) * 12
    months = months + last.month() - contracts.started_on.month()
    step = ibis.range(0, ibis.least(months, LONGEST_MONTHS) + 1).unnest()
    billed = contracts.mutate(month=step, last_on=last)
    day = (billed.started_on + billed.month.as_interval("M")).cast("date")
    billed = billed.mutate(billed_on=day)
    billed = billed.filter(billed.billed_on <= billed.last_on)
    optional = {
        "total_cost": "monthly_cost",
        "product_id": "product_id",
        "currency": "currency",
        "original_currency": "original_currency",
        "source_file": "source_file",
    }
    return billed.select(
        header_id=billed.contract_id + ibis.literal("/") + billed.month.cast("string"),
        customer_id=billed.customer_id,
        created_at=billed.billed_on.cast("timestamp(6)"),
        total_amount=billed.monthly_amount.cast(AMOUNT_TYPE),
        **{own: billed[theirs] for own, theirs in optional.items() if theirs in billed.columns},
        source_row=billed.source_row,
    )


def _last_day(contracts: ir.Table, as_of: date) -> ir.DateValue:
    """The day up to which a contract is billed."""
    today = ibis.literal(as_of)
    if "term_end_on" not in contracts.columns:
        return today
    end = ibis.coalesce(contracts.term_end_on, today)
    if "auto_renew" in contracts.columns:
        end = contracts.auto_renew.fill_null(False).ifelse(today, end)
    return ibis.least(end, today)
