"""Why a customer is worth what it is: steps from the average customer to this one.

Value is a product of factors less cost, so what one factor makes depends on the
others. Each step is the factor's Shapley value (Shapley 1953; Shorrocks 2013, Journal
of Economic Inequality 11): its effect averaged over every order in which the factors
could be changed. The steps add up exactly, whatever the factors are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError, UsageError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores import tenure
from tierwise.settings import Lens
from tierwise.units import AMOUNT_PLACES, SUM_TYPE, Unit
from tierwise.value.ranking import LABELS, counted
from tierwise.value.shares import Rows

Values = Mapping[str, Fraction]

STEPS: Mapping[str, str] = {
    "years": "Years with us in the window",
    "orders_per_year": "Orders a year",
    "spend_per_order": "Spend per order",
    "margin": "Margin on it",
    "cost_to_serve": "Cost to serve",
    "p_active": "Chance to be still there",
    "rest": "What these do not tell",
}
"""The factors by name, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over some customers in the window; means come from dividing by `customers`."""

    customers: int
    years: Fraction  # with us within the window
    orders: int
    amount: Fraction  # revenue, or revenue before returns
    margin: Fraction  # what of it is left after goods; the amount itself under a revenue lens
    cost: Fraction  # cost to serve; 0 under other lenses than profit
    value: Fraction  # what is explained: (margin - cost), times the chance where it is known
    p_active: Fraction  # mean chance to be still active, weighed by value; 1 where not known


def factors(totals: Totals, otherwise: Values | None = None) -> dict[str, Fraction]:
    """Factors of the mean of some customers; one that is undefined is as in `otherwise`, or 0.

    Without orders nobody knows what one would be worth, so the average's is taken
    and makes no step. `rest` is what the product of the factors lacks.
    """
    n = totals.customers

    def ratio(part: Fraction, whole: Fraction | int, name: str) -> Fraction:
        return part / whole if whole else (otherwise or {}).get(name, Fraction(0))

    found = {
        "years": totals.years / n,
        "orders_per_year": ratio(Fraction(totals.orders), totals.years, "orders_per_year"),
        "spend_per_order": ratio(totals.amount, totals.orders, "spend_per_order"),
        "margin": ratio(totals.margin, totals.amount, "margin"),
        "cost_to_serve": totals.cost / n,
        "p_active": totals.p_active,
        "rest": Fraction(0),
    }
    return found | {"rest": totals.value / n - value_of(found)}


def value_of(found: Values) -> Fraction:
    """What the factors make together, in money."""
    orders = found["years"] * found["orders_per_year"]
    margin = orders * found["spend_per_order"] * found["margin"]
    return found["p_active"] * (margin - found["cost_to_serve"]) + found["rest"]


def shapley(start: Values, end: Values, value: Callable[[Values], Fraction]) -> dict[str, Fraction]:
    """Share the change of a value out among the factors that differ; the parts add up exactly.

    phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S)), where
    v(S) has the factors of S at their end and all others at their start.
    """
    names = [name for name in start if start[name] != end[name]]
    n = len(names)
    reached = {
        frozenset(chosen): value({**start, **{name: end[name] for name in chosen}})
        for size in range(n + 1)
        for chosen in combinations(names, size)
    }
    parts = dict.fromkeys(start, Fraction(0))
    for chosen, before in reached.items():
        weight = Fraction(factorial(len(chosen)) * factorial(max(0, n - len(chosen) - 1)))
        for name in names:
            if name not in chosen:
                gain = reached[chosen | {name}] - before
                parts[name] += weight / factorial(n) * gain
    return parts


def rounded(start: Fraction, parts: Values) -> dict[str, Decimal]:
    """Parts with four places that add up to the rounded end less the rounded start.

    Each is the difference of two rounded running totals.
    """
    shown, running = {}, start
    for name, part in parts.items():
        shown[name] = to_amount(running + part) - to_amount(running)
        running += part
    return shown


def to_amount(exact: Fraction) -> Decimal:
    """An exact amount with four places, half to even."""
    return Decimal(round(exact * 10**AMOUNT_PLACES)).scaleb(-AMOUNT_PLACES)


def expression(
    summary: ir.Table,
    customers: ir.Table | None,
    customer_id: str,
    lens: Lens,
    start: date | None,
    as_of: date,
    active: ir.Table | None = None,
) -> ir.Table:
    """One row: sums over the firm (`all_...`) and over the customer (`own_...`).

    Of the customers that the lens counts and whose value is known. `active` has
    `customer_id` and `p_active` where a model tells it; who is not in it counts as 1.
    """
    table = tenure.since(counted(summary, lens), customers)
    table = table.filter(table[lens].notnull())
    first = table.since.fill_null(start or as_of)
    if start is not None:
        first = ibis.greatest(first, ibis.literal(start))
    days = ibis.literal(as_of).delta(first, unit="day") + 1
    table = table.mutate(days=days.cast("int64"), **_parts(table, lens))
    table = _with_chance(table, active)
    worth = table.value.cast("float64")
    table = table.mutate(expected=worth * table.p_active)
    own = table.customer_id == customer_id
    return table.aggregate(**_sums(table, "all", None), **_sums(table, "own", own))


def _parts(table: ir.Table, lens: Lens) -> dict[str, ir.Value]:
    before = lens is Lens.REVENUE_BEFORE_RETURNS
    amount = table.revenue_before_returns if before else table.revenue
    costed = lens in (Lens.GROSS_PROFIT, Lens.PROFIT)
    zero = ibis.literal(0).cast(SUM_TYPE)
    return {
        "amount": amount,
        "margin": table.gross_profit if costed else amount,
        "cost": table.cost_to_serve.fill_null(zero) if lens is Lens.PROFIT else zero,
        "value": table[lens],
    }


def _with_chance(table: ir.Table, active: ir.Table | None) -> ir.Table:
    if active is None:
        return table.mutate(p_active=ibis.literal(1.0))
    chance = active.select("customer_id", p_active=active.p_active.cast("float64"))
    joined = table.left_join(chance, "customer_id").drop("customer_id_right")
    return joined.mutate(p_active=joined.p_active.fill_null(1.0))


def _sums(table: ir.Table, prefix: str, where: ir.BooleanValue | None) -> dict[str, ir.Scalar]:
    names = ("days", "orders", "amount", "margin", "cost", "value", "expected", "p_active")
    sums = {f"{prefix}_{name}": table[name].sum(where=where) for name in names}
    return {f"{prefix}_customers": table.count(where=where), **sums}


def totals(row: Mapping[str, Any], prefix: str) -> Totals:
    """Read back what `expression` summed; without a model's chance, values are exact."""
    n = int(row[f"{prefix}_customers"])
    value, expected = Fraction(row[f"{prefix}_value"]), Fraction(row[f"{prefix}_expected"])
    chance = Fraction(row[f"{prefix}_p_active"])
    certain = chance == n
    mean = expected / value if value and n > 1 else chance / n
    return Totals(
        customers=n,
        years=Fraction(int(row[f"{prefix}_days"])) / Fraction(tenure.DAYS_A_YEAR),
        orders=int(row[f"{prefix}_orders"] or 0),
        amount=Fraction(row[f"{prefix}_amount"]),
        margin=Fraction(row[f"{prefix}_margin"]),
        cost=Fraction(row[f"{prefix}_cost"]),
        value=value if certain else expected,
        p_active=Fraction(1) if certain else mean,
    )


def answer(context: Context, rows: Rows, lens: Lens, customer_id: str, name: str) -> Answer:
    """The waterfall from the average customer to this one.

    Raises MissingDataError where nobody's value is known, UsageError where this customer's
    is not.
    """
    (row,) = rows
    if not row["all_customers"]:
        raise MissingDataError(
            f"Nobody's {LABELS[lens]} is known in this window.", "Widen --window or change --lens."
        )
    if not row["own_customers"]:
        raise UsageError(
            f"{LABELS[lens].capitalize()} of {customer_id} is not known in this window.",
            "Widen --window, or choose another --lens.",
        )
    average = factors(totals(row, "all"))
    own = factors(totals(row, "own"), average)
    start, end = to_amount(value_of(average)), to_amount(value_of(own))
    steps = rounded(value_of(average), shapley(average, own, value_of))
    is_expected = own["p_active"] != 1 or average["p_active"] != 1
    listed = _grid_rows(start, steps, end, average, own)
    return Answer(
        kind="drivers",
        title=f"Why {name or customer_id} is worth what it is",
        context=context,
        figures=(
            Figure("value", "This customer", end, Unit.MONEY),
            Figure("average_value", "Average customer", start, Unit.MONEY),
            Figure("value_difference", "Difference", end - start, Unit.MONEY),
        ),
        grids=(Grid("steps", "From the average customer to this one", _COLUMNS, listed),),
        notes=_notes(lens, is_expected),
        extra={"customer_id": customer_id},
    )


def _grid_rows(
    start: Decimal, steps: Mapping[str, Decimal], end: Decimal, average: Values, own: Values
) -> tuple[dict[str, Any], ...]:
    changed = tuple(
        {
            "component": STEPS[name],
            "amount": amount,
            "average": float(average[name]),
            "own": float(own[name]),
            "is_total": False,
        }
        for name, amount in steps.items()
        if average[name] != own[name]
    )
    ends = [
        {"component": label, "amount": amount, "average": None, "own": None, "is_total": True}
        for label, amount in (("Average customer", start), ("This customer", end))
    ]
    return (ends[0], *changed, ends[1])


def _notes(lens: Lens, is_expected: bool) -> tuple[str, ...]:
    chance = ", times the chance that the customer is still there" if is_expected else ""
    return (
        f"Value is {LABELS[lens]} of the window{chance}.",
        "Each step is its effect averaged over every order of the steps (Shapley), so they add up"
        " exactly; they describe the difference, they do not say what causes it.",
    )


_COLUMNS = (
    Column("component", "Step"),
    Column("amount", "Makes", Unit.MONEY),
    Column("average", "Average", Unit.RATIO),
    Column("own", "This customer", Unit.RATIO),
)
