"""The answer to "what will they be worth": the year ahead and all time, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
from scipy.special import ndtri

from tierwise.lifetime.histories import total
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.shares import Rows

BANDS = (0.01, 0.05, 0.2, 0.5, 1.0)
"""Upper ends of the bands, as shares of customers."""

CHANCES = (0.99, 0.95, 0.9, 0.75, 0.5, 0.25, 0.0)
"""Lower ends of the steps in which the probability to be active is told."""


def ranked(scored: ir.Table, past: ir.Table) -> ir.Table:
    """`scored` customers best first by value ever, else near; `past_value` beside it.

    `past` has `customer_id` and `past_value`, what they brought in the window.
    """
    joined = scored.left_join(past, "customer_id")
    table = joined.select(*scored.columns, past_value=joined.past_value.fill_null(0.0))
    worth = ibis.coalesce(table.ever_value, table.near_value)
    order = [ibis.desc(worth), ibis.desc(table.near_value), ibis.asc("customer_id")]
    return table.mutate(rank=ibis.row_number().over(order_by=order) + 1, n=table.count().over())


def totals(table: ir.Table) -> ir.Table:
    """One row: what all customers together are expected to do. `table` is `ranked`."""
    return table.aggregate(
        n=table.count(),
        active=total(table.p_active),
        purchases=total(table.purchases),
        near_value=total(table.near_value),
        near_variance=total(table.near_value_sd * table.near_value_sd),
        ever_value=total(table.ever_value),
        ever_variance=total(table.ever_value_sd * table.ever_value_sd),
        past_value=total(table.past_value),
        unbounded=table.near_value_high.isnull().sum(),
    )


def bands(table: ir.Table) -> ir.Table:
    """One row a band of customers, best first. `table` is `ranked`."""
    place = table["rank"] / table.n
    band = ibis.cases(*((place <= end, i) for i, end in enumerate(BANDS)), else_=len(BANDS) - 1)
    grouped = table.group_by(band=band).aggregate(
        first_rank=table["rank"].min(),
        last_rank=table["rank"].max(),
        customers=table.count(),
        active=total(table.p_active),
        purchases=total(table.purchases),
        past_value=total(table.past_value),
        near_value=total(table.near_value),
        ever_value=total(table.ever_value),
    )
    return grouped.order_by("band")


def activity(table: ir.Table) -> ir.Table:
    """One row a step of P(active), the likeliest first; `table` is `ranked`.

    Customers of whom it cannot be told stand in no row.
    """
    known = table.filter(table.p_active.notnull())
    cases = ((known.p_active >= low, i) for i, low in enumerate(CHANCES))
    step = ibis.cases(*cases, else_=len(CHANCES) - 1)
    grouped = known.group_by(step=step).aggregate(
        customers=known.count(),
        past_value=known.past_value.sum(),
        near_value=known.near_value.sum(),
    )
    return grouped.order_by("step")


def listed(table: ir.Table, limit: int) -> ir.Table:
    """The best customers in order."""
    return table.order_by("rank").limit(limit)


def answer(
    context: Context,
    total: dict[str, Any],
    by_band: Rows,
    by_chance: Rows,
    rows: Rows,
    names: dict[str, str],
    doubt: tuple[float, float],
    level: float,
    horizon_months: int,
    notes: Sequence[str],
    *,
    by_model: bool,
) -> Answer:
    """Totals with intervals, bands, steps of P(active), and customers with their intervals.

    `doubt` are the relative standard errors of all purchases that the
    parameters' doubt makes, near and ever. Not `by_model`: all customers are taken
    to buy at one rate.
    """
    told = (f"The first {len(rows):,} of {total['n']:,} are listed; --limit shows more.",)
    return Answer(
        kind="lifetime",
        title=f"What customers will be worth: the next {horizon_months} months, and without end",
        context=context,
        figures=_figures(total, doubt, level, horizon_months),
        grids=(
            Grid("bands", "Bands of customers, best first", _BANDS, _bands(by_band, total)),
            Grid("activity", "How likely they still buy", _ACTIVITY, _activity(by_chance, total)),
            Grid(
                "customers",
                "Customers by expected value",
                columns(horizon_months),
                tuple(customer_row(row, names) for row in rows),
                "opens",
            ),
        ),
        notes=(*notes, *(told if total["n"] > len(rows) else ())),
        extra={"fitted": by_model},
    )


def _figures(
    total: dict[str, Any], doubt: tuple[float, float], level: float, months: int
) -> tuple[Figure, ...]:
    n, near, ever = total["n"], total["near_value"], total["ever_value"]
    figures = [
        Figure("customers_valued", "Customers who ever bought", n, Unit.COUNT),
        Figure("purchases", f"Purchases in {months} months", total["purchases"], Unit.NUMBER),
        Figure("past_value", "Value in the window behind us", total["past_value"], Unit.MONEY),
        _money(
            "near_value",
            f"Value of the next {months} months",
            near,
            total["near_variance"],
            doubt[0],
            level,
        ),
    ]
    if total["active"] is not None:
        share = total["active"] / n
        figures.insert(1, Figure("active_share", "Still active, expected", share, Unit.SHARE))
    if ever is not None:
        label = "Value without end, discounted"
        figures.append(_money("ever_value", label, ever, total["ever_variance"], doubt[1], level))
    return tuple(figures)


def _money(
    name: str, label: str, value: float, variance: float | None, doubt: float, level: float
) -> Figure:
    """A total; its customers are independent, the parameters common to all."""
    if variance is None:
        return Figure(name, label, value, Unit.MONEY)
    reach = float(ndtri((1 + level) / 2)) * math.sqrt(variance + (doubt * value) ** 2)
    return Figure(name, label, value, Unit.MONEY, value - reach, value + reach)


def _bands(rows: Rows, total: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            **{name: row[name] for name in _COUNTED},
            "ranks": _ranks(row["first_rank"], row["last_rank"]),
            "near_share": _part(row["near_value"], total["near_value"]),
            "past_share": _part(row["past_value"], total["past_value"]),
        }
        for row in rows
    )


def _activity(by_chance: Rows, total: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Every step from the likeliest down, also those that nobody is in; none where none is told."""
    found = {row["step"]: row for row in by_chance}
    nobody = {"customers": 0, "past_value": 0.0, "near_value": 0.0}
    rows = [found.get(step, nobody) for step in range(len(CHANCES))] if found else []
    ends = zip(CHANCES, (1.0, *CHANCES), strict=False)
    return tuple(
        {
            "chance": f"{low * 100:.0f}-{high:.0%}",
            **{name: row[name] for name in nobody},
            "share": _part(row["customers"], total["n"]),
            "near_share": _part(row["near_value"], total["near_value"]),
        }
        for (low, high), row in zip(ends, rows, strict=False)
    )


_COUNTED = ("customers", "active", "purchases", "past_value", "near_value", "ever_value")


def _ranks(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,}-{last:,}"


def _part(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole and whole > 0 else None


def customer_row(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """One customer of a list."""
    kept = ("rank", "customer_id", "p_active", "purchases", "purchases_low", "purchases_high")
    return {
        **{name: row[name] for name in (*kept, "order_value", "past_value")},
        **{name: row[name] if _known(row, name) else None for name in _RANGES},
        "name": names.get(row["customer_id"], ""),
        "last_on": row["last_on"],
        "opens": f"customer:{row['customer_id']}",
    }


_RANGES = tuple(f"{part}_value{end}" for part in ("near", "ever") for end in ("", "_low", "_high"))


def _known(row: dict[str, Any], name: str) -> bool:
    """Whether the value that an end of an interval belongs to can be told."""
    return row[name.removesuffix("_low").removesuffix("_high")] is not None


def columns(months: int) -> tuple[Column, ...]:
    """Columns of a list of customers; the horizon stands in their labels."""
    return (
        Column("rank", "Rank", Unit.RANK),
        Column("customer_id", "Customer"),
        Column("name", "Name"),
        Column("p_active", "P(active)", Unit.SHARE, "Probability that the customer still buys"),
        Column("near_value", f"Value, {months} months", Unit.MONEY, "Expected and discounted"),
        Column("near_value_low", "from", Unit.MONEY, "Lower end of what this one may bring"),
        Column("near_value_high", "to", Unit.MONEY, "Upper end"),
        Column("ever_value", "Value without end", Unit.MONEY, "Expected and discounted"),
        Column("ever_value_low", "from", Unit.MONEY, "Lower end"),
        Column("ever_value_high", "to", Unit.MONEY, "Upper end"),
        Column("purchases", f"Purchases, {months} months", Unit.NUMBER, "Expected"),
        Column("purchases_low", "from", Unit.NUMBER, "Lower end of what this one may do"),
        Column("purchases_high", "to", Unit.NUMBER, "Upper end"),
        Column("order_value", "An order brings", Unit.MONEY, "Expected, through the lens"),
        Column("past_value", "Window behind us", Unit.MONEY, "What the customer brought"),
        Column("last_on", "Last purchase", Unit.DATE),
    )


_BANDS = (
    Column("ranks", "Ranks"),
    Column("customers", "Customers", Unit.COUNT),
    Column("active", "Still active", Unit.NUMBER, "Expected number"),
    Column("purchases", "Purchases ahead", Unit.NUMBER, "Expected in the horizon"),
    Column("past_value", "Window behind us", Unit.MONEY),
    Column("past_share", "Share", Unit.SHARE),
    Column("near_value", "Year ahead", Unit.MONEY, "Expected value in the horizon"),
    Column("near_share", "Share", Unit.SHARE),
    Column("ever_value", "Without end", Unit.MONEY, "Expected value, discounted"),
)
_ACTIVITY = (
    Column("chance", "P(active)", help="Probability that the customer still buys"),
    Column("customers", "Customers", Unit.COUNT),
    Column("share", "Of customers", Unit.SHARE),
    Column("past_value", "Window behind us", Unit.MONEY),
    Column("near_value", "Year ahead", Unit.MONEY, "Expected value in the horizon"),
    Column("near_share", "Share", Unit.SHARE, "Of the value of the year ahead"),
)


def customer_answer(
    context: Context, row: dict[str, Any], name: str, level: float, months: int, method: str
) -> Answer:
    """What one customer may be worth; `row` is of `ranked`, `method` names the models."""
    customer_id = row["customer_id"]
    return Answer(
        kind="customer-lifetime",
        title=f"What {name or customer_id} may be worth",
        context=context,
        figures=tuple(figure for figure in _own(row, months) if figure.value is not None),
        notes=(
            f"{method} Nothing dated after {context.as_of.isoformat()} was read.",
            f"The {level:.0%} intervals of purchases and value say what this one may do; that of"
            " the probability, how well it is known.",
        ),
        extra={"customer_id": customer_id, "level": level},
    )


def _own(row: dict[str, Any], months: int) -> tuple[Figure, ...]:
    def ranged(name: str, label: str, unit: Unit) -> Figure:
        return Figure(name, label, row[name], unit, row[f"{name}_low"], row[f"{name}_high"])

    place = f"of {row['n']:,}"
    return (
        ranged("p_active", "Probability to be still active", Unit.SHARE),
        Figure("last_on", "Last purchase", row["last_on"], Unit.DATE),
        ranged("purchases", f"Purchases in {months} months", Unit.NUMBER),
        Figure("order_value", "An order brings", row["order_value"], Unit.MONEY, note="expected"),
        Figure("past_value", "Value in the window behind us", row["past_value"], Unit.MONEY),
        ranged("near_value", f"Value of the next {months} months", Unit.MONEY),
        ranged("ever_value", "Value without end, discounted", Unit.MONEY),
        Figure("worth_rank", "Rank by expected value", row["rank"], Unit.RANK, note=place),
    )
