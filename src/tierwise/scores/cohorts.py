"""Newly won customers by when they were won, and what they brought month by month since.

Won: the month of the first order. Customers whose record is older than the first
order line may have ordered before the data begin; they are left out.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
from dateutil.relativedelta import relativedelta

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import Period
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.orders import attributed, goods_cost, has_goods_cost
from tierwise.value.population import index_of, label_of, period_index
from tierwise.value.shares import Rows
from tierwise.value.windows import between

MARKS = (0, 2, 5, 11, 23)
"""Ages in months that the table shows: after the first month, three, six, 12 and 24."""


def expression(
    lines: ir.Table,
    customers: ir.Table | None,
    period: Period,
    as_of: date,
    begin: date | None = None,
) -> ir.Table:
    """One row a cohort and age: `cohort`, `age` in months, `customers`, `revenue`, `gross_profit`.

    `customers` is the size of the whole cohort; amounts are those of that month of
    age alone. Gross profit is null where a line of it has no cost. `first_day` is
    that of the data: `begin`, or of the first line where these are all lines.
    """
    known = attributed(lines)
    known = known.filter(between(known, "created_at", None, as_of))
    won = _won(known, customers, period, begin)
    cost = goods_cost(known) if has_goods_cost(known) else ibis.null(SUM_TYPE)
    known = known.mutate(margin=known.total_amount - cost)
    dated = known.inner_join(won, "customer_id")
    dated = dated.mutate(age=period_index(dated.created_at, Period.MONTH) - dated.won_month)
    whole = dated.margin.count() == dated.count()
    cells = dated.group_by("cohort", "age").aggregate(
        customers=dated.size.max(),
        revenue=dated.total_amount.sum().cast(SUM_TYPE),
        gross_profit=whole.ifelse(dated.margin.sum().cast(SUM_TYPE), None),
        first_day=dated.first_day.max(),
    )
    return cells.order_by("cohort", "age")


def _won(
    known: ir.Table, customers: ir.Table | None, period: Period, begin: date | None
) -> ir.Table:
    """One row a newly won customer: month and cohort it was won in, and the cohort's size."""
    first = known.group_by("customer_id").aggregate(first_at=known.created_at.min())
    first_day = first.first_at.min().over().date() if begin is None else ibis.literal(begin)
    first = first.mutate(first_day=first_day)
    if customers is not None and "created_on" in customers.columns:
        made = customers.select("customer_id", "created_on")
        first = first.left_join(made, "customer_id").drop("customer_id_right")
        first = first.filter(first.created_on.isnull() | (first.created_on >= first.first_day))
    first = first.mutate(
        won_month=period_index(first.first_at, Period.MONTH),
        cohort=period_index(first.first_at, period),
    )
    size = first.count().over(ibis.window(group_by="cohort"))
    return first.mutate(size=size).select("customer_id", "won_month", "cohort", "size", "first_day")


def answer(
    context: Context, rows: Rows, period: Period, as_of: date, early_months: int = 3
) -> Answer:
    """Cumulative revenue and gross profit per customer by age, complete months only.

    `early_months` is the age by which early value is told. Raises MissingDataError
    where nobody was won.
    """
    if not rows:
        raise MissingDataError(
            "No newly won customer can be told from an old one.",
            "Add earlier order lines, or map created_on in [sources.customers].",
        )
    cells: dict[int, Rows] = defaultdict(list)
    for row in rows:
        cells[int(row["cohort"])].append(row)
    curves = [_curve(index, part, period, as_of) for index, part in sorted(cells.items())]
    table = tuple(_row(curve, early_months) for curve in curves)
    ages = tuple(point for curve in curves for point in curve)
    return Answer(
        kind="cohorts",
        title="What newly won customers bring",
        context=context,
        figures=_figures(table, early_months),
        grids=(
            Grid("cohorts", f"By {period} won", _columns(early_months), table),
            Grid("ages", "Cumulative per customer, by months since the first order", _AGES, ages),
        ),
        notes=(
            "Months count from that of the first order, which is month 0; only months that are"
            " over for a whole cohort are shown.",
            "Customers whose record is older than the first order line are left out; without"
            f" its date the first cohorts hold old ones. Data begin on {rows[0]['first_day']}.",
        ),
        extra={"period": str(period), "early_months": early_months},
    )


def _curve(index: int, rows: Rows, period: Period, as_of: date) -> list[dict[str, Any]]:
    """Points at each age that all of the cohort has reached; at least one, to show its size."""
    by_age = {int(row["age"]): row for row in rows}
    size = int(rows[0]["customers"])
    last_won = (index + 1) * period.months - 1
    reached = _last_whole_month(as_of) - last_won
    revenue, profit = Decimal(0), Decimal(0)
    known = True
    points = []
    for age in range(reached + 1):
        row = by_age.get(age)
        revenue += row["revenue"] if row else 0
        known = known and (row is None or row["gross_profit"] is not None)
        profit += row["gross_profit"] if row and known else 0
        points.append(
            _point(index, period, size, age, revenue / size, profit / size if known else None)
        )
    return points or [_point(index, period, size, None, None, None)]


def _point(
    index: int,
    period: Period,
    size: int,
    age: int | None,
    revenue: Decimal | None,
    profit: Decimal | None,
) -> dict[str, Any]:
    return {
        "cohort": label_of(index, period),
        "customers": size,
        "age": age,
        "revenue_per_customer": revenue,
        "gross_profit_per_customer": profit,
    }


def _last_whole_month(as_of: date) -> int:
    """Index of the last month that is over at the end of the as-of date."""
    return index_of(as_of + relativedelta(days=1), Period.MONTH) - 1


def _row(curve: list[dict[str, Any]], early_months: int) -> dict[str, Any]:
    at = {point["age"]: point for point in curve}
    early = at.get(early_months - 1, {})
    marks = {f"revenue_{age + 1}m": at.get(age, {}).get("revenue_per_customer") for age in MARKS}
    return {
        "cohort": curve[0]["cohort"],
        "customers": curve[0]["customers"],
        "early_revenue": early.get("revenue_per_customer"),
        "early_gross_profit": early.get("gross_profit_per_customer"),
        **marks,
    }


def _figures(table: tuple[dict[str, Any], ...], early_months: int) -> tuple[Figure, ...]:
    told = [row for row in table if row["early_revenue"] is not None]
    won = sum(row["customers"] for row in table)
    figures = [
        Figure("customers_won", "Newly won customers", won, Unit.COUNT),
        Figure("cohort_count", "Cohorts", len(table), Unit.COUNT),
    ]
    if told:
        n = sum(row["customers"] for row in told)
        mean = sum(row["early_revenue"] * row["customers"] for row in told) / n
        label = f"Revenue in their first {early_months} months"
        figures.append(
            Figure("early_revenue", label, mean, Unit.MONEY, note=f"per customer, of {n:,}")
        )
    return tuple(figures)


def _columns(early_months: int) -> tuple[Column, ...]:
    spans = (
        Column(
            f"revenue_{age + 1}m",
            f"Revenue, {age + 1} months" if age else "Revenue, 1 month",
            Unit.MONEY,
            "Cumulative per customer",
        )
        for age in MARKS
    )
    return (
        Column("cohort", "Won in"),
        Column("customers", "Customers", Unit.COUNT),
        Column("early_revenue", f"Early revenue ({early_months} months)", Unit.MONEY),
        Column("early_gross_profit", "Early gross profit", Unit.MONEY),
        *spans,
    )


_AGES = (
    Column("cohort", "Won in"),
    Column("customers", "Customers", Unit.COUNT),
    Column("age", "Months since", Unit.COUNT),
    Column("revenue_per_customer", "Revenue so far", Unit.MONEY),
    Column("gross_profit_per_customer", "Gross profit so far", Unit.MONEY),
)
