"""Direct value by context: one customer may be several, by product line, channel or site.

Contexts add up to the customer to the last decimal. Cost to serve follows the
customer and not the order line, so under profit it has a context of its own.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from tierwise.scores.components import Component, scores
from tierwise.settings import Lens
from tierwise.units import SUM_TYPE
from tierwise.value.orders import goods_cost, has_goods_cost
from tierwise.value.ranking import LABELS, counted
from tierwise.value.windows import between

NOT_BY_LINE = "(cost to serve)"
"""Context of the cost that no order line explains; below zero."""


def by_context(
    lines: ir.Table, summary: ir.Table, lens: Lens, start: date | None, as_of: date
) -> ir.Table:
    """One row a customer and context: `customer_id`, `context`, `value`, `observed_on`.

    `lines` carry `label` (see `slices.labelled`), `summary` is of the same window.
    A context with a line of unknown cost is null under gross profit and profit.
    """
    inside = lines.filter(between(lines, "created_at", start, as_of))
    cells = inside.mutate(amount=_amount(inside, lens).cast(SUM_TYPE))
    unknown = cells.amount.isnull().any()
    found = cells.group_by("customer_id", context="label").aggregate(
        value=unknown.ifelse(None, cells.amount.sum()).cast(SUM_TYPE),
        observed_on=cells.created_at.max().date(),
    )
    if lens is not Lens.PROFIT:
        return found
    served = summary.filter(summary.cost_to_serve != 0)
    cost = served.select(
        "customer_id",
        context=ibis.literal(NOT_BY_LINE),
        value=(-served.cost_to_serve).cast(SUM_TYPE),
        observed_on=ibis.literal(as_of),
    )
    return found.union(cost)


def _amount(lines: ir.Table, lens: Lens) -> ir.Value:
    total = lines.total_amount
    if lens is Lens.REVENUE:
        return total
    if lens is Lens.REVENUE_BEFORE_RETURNS:
        return ibis.ifelse(total > 0, total, 0)
    cost = goods_cost(lines) if has_goods_cost(lines) else ibis.null(SUM_TYPE)
    return total - cost


def whole(contexts: ir.Table) -> ir.Table:
    """Roll contexts up to customers: null where one of them is, for the sum is not known then."""
    unknown = contexts.value.isnull().any()
    return contexts.group_by("customer_id").aggregate(
        value=unknown.ifelse(None, contexts.value.sum()).cast(SUM_TYPE),
        observed_on=contexts.observed_on.max(),
    )


def of_summary(summary: ir.Table, lens: Lens, as_of: date) -> ir.Table:
    """Each customer that the lens counts as a whole: `customer_id`, `value`, `observed_on`."""
    table = counted(summary, lens)
    observed = table.last_order_at.date()
    if lens is Lens.PROFIT:
        observed = (table.cost_to_serve != 0).fill_null(False).ifelse(as_of, observed)
    return table.select("customer_id", value=table[lens].cast(SUM_TYPE), observed_on=observed)


def component(contexts: ir.Table, lens: Lens, window: str, as_of: date) -> ir.Table:
    """The direct component of value_scores: every context, and each customer as a whole."""
    parts = (contexts, whole(contexts))
    one, two = (_scores(part, lens, window, as_of) for part in parts)
    return one.union(two)


def whole_component(wholes: ir.Table, lens: Lens, window: str, as_of: date) -> ir.Table:
    """The direct component without contexts; `wholes` are those of `of_summary`."""
    return _scores(wholes, lens, window, as_of)


def _scores(part: ir.Table, lens: Lens, window: str, as_of: date) -> ir.Table:
    told = part.mutate(source=ibis.literal("order lines"))
    return scores(told, Component.DIRECT, as_of, f"{LABELS[lens]}, {window}")
