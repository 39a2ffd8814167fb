"""Parent accounts: scores of customers who belong together, rolled up."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tierwise.scores.components import Component
from tierwise.value.ranking import SUM

DOUBLINGS = 3
"""Parents are followed 2 ** DOUBLINGS levels up."""


def accounts(customers: ir.Table) -> ir.Table:
    """One row a customer: `customer_id`, `account_id` (topmost parent), `is_unresolved`.

    Parents are followed eight levels up. A customer whose chain is longer, or comes
    back to itself, stays an account of its own and is marked unresolved.
    """
    parent = customers.parent_id if "parent_id" in customers.columns else ibis.null("string")
    above = parent.fill_null(customers.customer_id)
    hop = customers.select("customer_id", account_id=above)
    reached = hop
    for _ in range(DOUBLINGS):
        reached = _after(reached, reached)
    beyond = _after(reached, hop).select("customer_id", beyond="account_id")
    table = reached.left_join(beyond, "customer_id").drop("customer_id_right")
    unresolved = table.beyond != table.account_id
    return table.select(
        "customer_id",
        account_id=unresolved.ifelse(table.customer_id, table.account_id),
        is_unresolved=unresolved,
    )


def _after(first: ir.Table, then: ir.Table) -> ir.Table:
    """Follow `first`, then `then`; whoever is no customer has no parent."""
    further = then.select(account_id="customer_id", further="account_id")
    joined = first.left_join(further, "account_id").drop("account_id_right")
    return joined.select("customer_id", account_id=joined.further.fill_null(joined.account_id))


def roll_up(scores: ir.Table, belonging: ir.Table) -> ir.Table:
    """One row an account, context and component, from value_scores and `accounts`.

    Values add up within a component, but influence, of which the largest counts:
    members may reach the same people. A value of which a part is unknown is unknown.
    Interval ends add up too, as if all members were wrong in the same direction.
    """
    table = scores.left_join(belonging, "customer_id").drop("customer_id_right")
    table = table.mutate(account_id=table.account_id.fill_null(table.customer_id))
    is_influence = table.component == str(Component.INFLUENCE)
    return table.group_by("account_id", "context", "component").aggregate(
        members=table.customer_id.nunique(),
        **{name: _together(table, name, is_influence) for name in ("value", "low", "high")},
        as_of=table.as_of.max(),
        observed_on=table.observed_on.max(),
        expires_on=table.expires_on.min(),
    )


def _together(table: ir.Table, name: str, is_influence: ir.BooleanValue) -> ir.Value:
    column = table[name]
    most = column.max(where=is_influence)
    unknown = column.isnull().any()
    total = ibis.coalesce(most, column.sum(where=~is_influence))
    return unknown.ifelse(None, total).cast(SUM)
