"""Order lines to purchase histories: what every model of repeat purchase looks at.

A purchase is a day with the event that makes a customer active (a line above zero,
unless any order is declared to count); several orders of one day are one purchase,
as in Fader & Hardie's counts. All
history up to the as-of date is read: a window would make old customers young.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.lifetime.cells import MOST_DAYS
from tierwise.settings import Activity, Lens
from tierwise.units import AMOUNT_TYPE, SUM_TYPE
from tierwise.value.orders import attributed, goods_cost, has_goods_cost
from tierwise.value.windows import between

HISTORY = ("x", "t_x_days", "T_days")
"""Columns that make up a cell, see `tierwise.lifetime.cells.Cells`."""


REVENUES = frozenset({Lens.REVENUE, Lens.REVENUE_BEFORE_RETURNS})
"""Lenses through which customers may take back what they brought, and no more."""


def histories(
    lines: ir.Table,
    as_of: date,
    lens: Lens,
    event: Activity = Activity.PURCHASE,
    *,
    returns: bool = True,
) -> ir.Table:
    """One row a customer who ever bought: history, and what the purchases brought.

    `x` purchases after the first, `t_x_days` from the first to the last,
    `T_days` from the first to the as-of date. `spend` is what the purchases
    brought and `repeat_spend` what those after the first did, both less the
    customer's returns in proportion: who sent everything back has spent nothing.
    `value` is the customer's total through the lens, `squares` the sum of squared
    distances of the purchases' own values from their mean. Money as floating point: models need
    no cents. `returns` is `have_returns`: False, where no line is below zero, spares the engine
    two sums and changes nothing. Raises MissingDataError for a lens whose cost is unknown.
    """
    days = _by_day(lines, as_of, lens, event, returns)
    bought, rough = days.bought, days.value.cast("float64")
    table = days.group_by("customer_id").aggregate(
        first_on=days.day.min(where=bought),
        last_on=days.day.max(where=bought),
        purchases=days.count(where=bought),
        before_returns=_exactly(days.spend.sum()).fill_null(0.0),
        net=_exactly(days.net.sum()).fill_null(0.0),
        first_spend=days.spend.cast("float64").argmin(days.day, where=bought).fill_null(0.0),
        value=_exactly(days.value.sum()).fill_null(0.0),
        own=_exactly(days.value.sum(where=bought)).fill_null(0.0),
        own_squares=_exactly((rough * rough).cast(SUM_TYPE).sum(where=bought)).fill_null(0.0),
    )
    table = table.filter(table.purchases > 0)
    own_mean = table.own / table.purchases
    stayed = (table.net / table.before_returns.nullif(0.0)).fill_null(0.0).clip(0.0, 1.0)
    kept = stayed if returns else ibis.literal(1.0)
    return table.select(
        "customer_id",
        "first_on",
        "last_on",
        x=table.purchases - 1,
        t_x_days=table.last_on.delta(table.first_on, unit="day").cast("int64"),
        T_days=ibis.literal(as_of).delta(table.first_on, unit="day").cast("int64"),
        spend=table.before_returns * kept,
        repeat_spend=(table.before_returns - table.first_spend) * kept,
        value=table.value,
        # Rounding of the difference must not make a sum of squares negative.
        squares=ibis.greatest(table.own_squares - table.own * own_mean, 0.0),
    )


def have_returns(lines: ir.Table) -> ir.Table:
    """One row: `found`, whether any line is below zero."""
    below = lines.filter(lines.total_amount < 0)
    return below.aggregate(found=below.count() > 0)


def _exactly(total: ir.Value) -> ir.Value:
    """A sum of decimals as floating point: sums of floats depend on the order of the rows."""
    return total.cast(SUM_TYPE).cast("float64")


def total(column: ir.Value) -> ir.Value:
    """Sum of a floating-point column that comes out alike whatever the order of the rows."""
    return _exactly(column.cast(SUM_TYPE).sum())


def _by_day(lines: ir.Table, as_of: date, lens: Lens, event: Activity, returns: bool) -> ir.Table:
    """One row a customer and day; sums are null where there was nothing to add.

    There are nearly as many as lines, so each sum more and each step on them costs.
    """
    known = attributed(lines)
    known = known.filter(between(known, "created_at", None, as_of))
    amount = known.total_amount
    positive = amount.sum(where=amount > 0)
    plain = lens is Lens.REVENUE_BEFORE_RETURNS or not returns
    net = positive if plain else amount.sum()
    in_revenue = lens in REVENUES
    days = known.group_by("customer_id", day=known.created_at.date()).aggregate(
        spend=positive,
        net=net,
        value=net if in_revenue else _margin(known).sum(),
        orders=amount.count(),
    )
    bought = days.orders > 0 if event is Activity.ORDER else days.spend.notnull()
    return days.mutate(bought=bought)


def _margin(lines: ir.Table) -> ir.Value:
    """Amounts less the cost of goods; cost to serve is no matter of lines."""
    if not has_goods_cost(lines):
        raise MissingDataError(
            "The cost of goods is unknown, and so is what a purchase brings.",
            "Map unit_cost or total_cost in [sources.order_lines], or use --lens revenue.",
        )
    return lines.total_amount - goods_cost(lines).fill_null(0)


def by_line(lines: ir.Table, as_of: date, lens: Lens) -> ir.Table:
    """What `tierwise.lifetime.gathering` asks of lines: customer_id, day, amount, perhaps value."""
    known = attributed(lines)
    known = known.filter(between(known, "created_at", None, as_of), known.total_amount.notnull())
    value = {}
    if lens is Lens.REVENUE_BEFORE_RETURNS:
        value["value"] = known.total_amount.clip(lower=0).cast(AMOUNT_TYPE)
    elif lens is not Lens.REVENUE:
        value["value"] = _margin(known).fill_null(0).cast(AMOUNT_TYPE)
    return known.select(
        "customer_id", day=known.created_at.date(), amount=known.total_amount, **value
    )


def number(table: ir.Table) -> ir.IntegerColumn:
    """Each history as one number, see `tierwise.lifetime.cells.of_numbers`. `table`: `histories`.

    Below 2^60, as x is no more than the days: matched and counted sooner than three columns are.
    """
    return (table.x * MOST_DAYS + table.t_x_days) * MOST_DAYS + table.T_days


def spend_cells(table: ir.Table) -> ir.Table:
    """Repeat buyers by `x` and `mean_spend` per repeat purchase, with the customers `n` of each.

    Who got the repeats for nothing is left out: see `tierwise.lifetime.gamma_gamma`.
    """
    repeat = table.filter((table.x > 0) & (table.repeat_spend > 0))
    repeat = repeat.mutate(mean_spend=repeat.repeat_spend / repeat.x)
    counted = repeat.group_by("x", "mean_spend").aggregate(n=repeat.count())
    return counted.order_by("x", "mean_spend")


def order_statistics(table: ir.Table) -> ir.Table:
    """`x` purchases (the first one too), `mean` value of one and `squares` about it, by customer.

    Equal rows are kept apart: the model of profit per order weighs customers one by one.
    """
    purchases = table.x + 1
    found = table.select(x=purchases, mean=table.value / purchases, squares=table.squares)
    return found.order_by("x", "mean", "squares")


def after_cost_to_serve(table: ir.Table, summary: ir.Table) -> ir.Table:
    """`histories` with the cost to serve of all history taken off `value`.

    `summary` is `tierwise.value.summary.summarise` over all history.
    """
    costs = summary.select("customer_id", cost=summary.cost_to_serve.fill_null(0).cast("float64"))
    joined = table.left_join(costs, "customer_id")
    return joined.mutate(value=joined.value - joined.cost.fill_null(0.0)).select(*table.columns)


def totals(table: ir.Table) -> ir.Table:
    """One row: customers, repeat buyers, money, first and last day. `table`: `histories`."""
    return table.aggregate(
        customers=table.count(),
        repeat_buyers=(table.x > 0).sum(),
        unpaid_repeats=((table.x > 0) & (table.repeat_spend <= 0)).sum(),
        spend=_exactly(table.spend.cast(SUM_TYPE).sum()),
        # Who sent back all that was bought or more has spent nothing that a share could stay of.
        value_of_spenders=_exactly(
            table.value.cast(SUM_TYPE).sum(where=table.spend > 0).fill_null(0)
        ),
        first_on=table.first_on.min(),
        last_on=table.last_on.max(),
    )
