"""The value vector: what each customer is worth, component beside component.

No total is made: direct value is counted, referral value is a part of other
customers' direct value, influence is an estimate and strategic value a decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError, MissingDataError, UsageError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores.components import SCHEMA, WHOLE, Component
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.shares import Rows


def expression(components: Sequence[ir.Table]) -> ir.Table:
    """All components as one table in the shape of value_scores.

    Raises MissingDataError where there is none.
    """
    if not components:
        raise MissingDataError("No component of value is known.", "Add [sources.order_lines].")
    return reduce(lambda a, b: a.union(b), components)


def overview(vector: ir.Table) -> ir.Table:
    """One row a component: customers who have it, sums of value and interval, dates."""
    rows = vector.filter(vector.context == WHOLE)
    return rows.group_by("component").aggregate(
        customers=rows.count(),
        unknown=rows.value.isnull().sum(),
        value=rows.value.sum().cast(SUM_TYPE),
        low=rows.low.sum().cast(SUM_TYPE),
        high=rows.high.sum().cast(SUM_TYPE),
        newest=rows.observed_on.max(),
        next_expiry=rows.expires_on.min(),
    )


def side_by_side(vector: ir.Table, by: Component, limit: int) -> ir.Table:
    """One row a customer with a column a component, best first by one of them."""
    rows = vector.filter(vector.context == WHOLE)
    found = rows.group_by("customer_id").aggregate(
        **{
            str(name): rows.value.sum(where=rows.component == str(name)).cast(SUM_TYPE)
            for name in Component
        }
    )
    order = [ibis.desc(str(by), nulls_first=False), ibis.asc("customer_id")]
    return found.order_by(order).limit(limit)


def of_some(vector: ir.Table, chosen: ir.Table) -> ir.Table:
    """All rows of the customers in `chosen` (`side_by_side`), in its order, whole before parts."""
    place = chosen.select(
        "customer_id",
        place=ibis.row_number().over(order_by=[ibis.desc("direct"), ibis.asc("customer_id")]),
    )
    rows = vector.inner_join(place, "customer_id")
    order = ["place", "component", ibis.asc(rows.context != WHOLE), ibis.desc("value"), "context"]
    return rows.order_by(order).select(*SCHEMA)


def of_customer(vector: ir.Table, customer_id: str) -> ir.Table:
    """The customer's rows, whole before contexts, largest context first."""
    own = vector.filter(vector.customer_id == customer_id)
    own = own.mutate(is_part=own.context != WHOLE)
    order = [ibis.asc("component"), ibis.asc("is_part"), ibis.desc("value"), ibis.asc("context")]
    return own.order_by(order).drop("is_part")


def answer(context: Context, totals: Rows, rows: Rows, long: Rows, names: dict[str, str]) -> Answer:
    """What each component comes to, and customers with all of theirs side by side.

    `totals` are the rows of `overview`, `rows` those of `side_by_side`, `long` those
    of `of_some`: the same customers once more, one row a context and component.
    """
    if not totals:
        raise EmptyWindowError("Nobody is worth anything in this window.", "Widen --window.")
    found = {row["component"]: row for row in totals}
    listed = tuple(
        {
            **row,
            "name": names.get(row["customer_id"], ""),
            "opens": f"customer:{row['customer_id']}",
        }
        for row in rows
    )
    return Answer(
        kind="vector",
        title="What customers are worth, in every way that is known",
        context=context,
        figures=tuple(_total(found[name]) for name in Component if name in found),
        grids=(
            Grid("vector", "Customers, component beside component", _SIDE_BY_SIDE, listed, "opens"),
            Grid("components", "Components", _COMPONENTS, tuple(_described(found))),
            Grid("value_scores", "Every score by itself", _LONG, tuple(long)),
        ),
        notes=(_NOT_SUMMED,),
    )


def _total(row: dict[str, Any]) -> Figure:
    exact = row["low"] == row["high"]
    return Figure(
        f"{row['component']}_value",
        f"{row['component'].capitalize()} value",
        row["value"],
        Unit.MONEY,
        low=None if exact or row["low"] is None else float(row["low"]),
        high=None if exact or row["high"] is None else float(row["high"]),
        note=f"of {row['customers']:,} customers",
    )


def _described(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**found[name], "meaning": _MEANING[name]} for name in Component if name in found]


def customer_answer(context: Context, rows: Rows, name: str) -> Answer:
    """One customer's vector: each component with interval, method, source, cap and end.

    Raises UsageError where the customer has no score.
    """
    if not rows:
        raise UsageError("This customer has no score in this window.", "Widen --window.")
    customer_id = rows[0]["customer_id"]
    wholes = [row for row in rows if row["context"] == WHOLE]
    parts = tuple(row for row in rows if row["context"] != WHOLE)
    contexts = (Grid("contexts", "By context", _CONTEXTS, parts),) if parts else ()
    return Answer(
        kind="customer_vector",
        title=f"What {name or customer_id} is worth",
        context=context,
        figures=tuple(_own(row) for row in wholes),
        grids=(Grid("scores", "Components", _SCORES, tuple(wholes)), *contexts),
        notes=(_NOT_SUMMED,),
        extra={"customer_id": customer_id},
    )


def _own(row: dict[str, Any]) -> Figure:
    exact = row["low"] == row["high"]
    return Figure(
        f"{row['component']}_value",
        f"{row['component'].capitalize()} value",
        row["value"],
        Unit.MONEY,
        low=None if exact or row["low"] is None else float(row["low"]),
        high=None if exact or row["high"] is None else float(row["high"]),
        note=row["method"] or "",
    )


_NOT_SUMMED = (
    "Components are not added up: referral value is part of other customers' direct value,"
    " influence is an estimate, strategic value a decision."
)
_MEANING = {
    Component.DIRECT: "what its own business brings, counted",
    Component.REFERRAL: "a share of what the customers bring whom it brought",
    Component.INFLUENCE: "what its voice reaches, estimated, fading and capped",
    Component.STRATEGIC: "decided by an owner, with a reason and an end, capped",
}
_SIDE_BY_SIDE = (
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    *(Column(str(name), str(name).capitalize(), Unit.MONEY, _MEANING[name]) for name in Component),
)
_COMPONENTS = (
    Column("component", "Component"),
    Column("meaning", "What it is"),
    Column("customers", "Customers", Unit.COUNT),
    Column("unknown", "Unknown", Unit.COUNT),
    Column("value", "Together", Unit.MONEY),
    Column("low", "from", Unit.MONEY),
    Column("high", "to", Unit.MONEY),
    Column("newest", "Newest fact", Unit.DATE),
    Column("next_expiry", "First to expire", Unit.DATE),
)
_SCORES = (
    Column("component", "Component"),
    Column("value", "Value", Unit.MONEY),
    Column("low", "from", Unit.MONEY),
    Column("high", "to", Unit.MONEY),
    Column("method", "How it is come by"),
    Column("source", "Source"),
    Column("observed_on", "Newest fact", Unit.DATE),
    Column("cap", "At most", Unit.MONEY),
    Column("expires_on", "Expires on", Unit.DATE),
)
_CONTEXTS = (
    Column("context", "Context"),
    Column("component", "Component"),
    Column("value", "Value", Unit.MONEY),
    Column("observed_on", "Newest fact", Unit.DATE),
)
_LONG = (
    Column("customer_id", "Customer"),
    Column("context", "Context"),
    Column("component", "Component"),
    Column("value", "Value", Unit.MONEY),
    Column("low", "from", Unit.MONEY),
    Column("high", "to", Unit.MONEY),
    Column("as_of", "As of", Unit.DATE),
    Column("method", "How it is come by"),
)
"""Rows have the other columns of SCHEMA too; on a screen these are enough."""
