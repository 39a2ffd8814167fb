"""Parent accounts: scores of customers who belong together, rolled up."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores.components import WHOLE, Component
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.shares import Rows

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
    return unknown.ifelse(None, total).cast(SUM_TYPE)


def side_by_side(rolled: ir.Table, belonging: ir.Table, limit: int) -> ir.Table:
    """One row an account with a column a component, best first by direct value.

    `rolled` is what `roll_up` gives. `members` are all customers of the account;
    `found`, `groups`, `grouped` and `unresolved` count accounts, those of several
    customers, the customers in these, and customers who lead to no end.
    """
    rows = rolled.filter(rolled.context == WHOLE)
    worth = rows.group_by("account_id").aggregate(
        **{
            str(name): rows.value.sum(where=rows.component == str(name)).cast(SUM_TYPE)
            for name in Component
        }
    )
    size = belonging.group_by("account_id").aggregate(
        members=belonging.count(), unresolved=belonging.is_unresolved.sum()
    )
    table = worth.left_join(size, "account_id").drop("account_id_right")
    table = table.mutate(members=table.members.fill_null(1))
    several = table.members > 1
    table = table.mutate(
        found=table.count().over(),
        groups=several.cast("int64").sum().over(),
        grouped=several.ifelse(table.members, 0).sum().over(),
        unresolved=table.unresolved.fill_null(0).sum().over(),
    )
    return table.order_by(ibis.desc("direct", nulls_first=False), "account_id").limit(limit)


def answer(context: Context, rows: Rows, names: dict[str, str]) -> Answer:
    """What accounts are worth, component beside component; `rows` are those of `side_by_side`."""
    if not rows:
        raise EmptyWindowError("Nobody is worth anything in this window.", "Widen --window.")
    first = rows[0]
    return Answer(
        kind="accounts",
        title="What accounts are worth, members taken together",
        context=context,
        figures=(
            Figure("accounts_found", "Accounts", first["found"], Unit.COUNT),
            Figure("groups", "Of several customers", first["groups"], Unit.COUNT),
            Figure("grouped", "Customers in those", first["grouped"], Unit.COUNT),
            Figure("unresolved", "Parents that lead nowhere", first["unresolved"], Unit.COUNT),
        ),
        grids=(
            Grid(
                "accounts",
                "Largest accounts first",
                _COLUMNS,
                tuple(_row(row, names) for row in rows),
                "opens",
            ),
        ),
        notes=(
            "Members' values add up, but influence, of which the largest counts: they may reach"
            " the same people.",
            "Components are not added up.",
        ),
    )


def _row(row: dict[str, object], names: dict[str, str]) -> dict[str, object]:
    account = str(row["account_id"])
    shown = {column.name: row.get(column.name) for column in _COLUMNS}
    return {**shown, "name": names.get(account, ""), "opens": f"customer:{account}"}


_COLUMNS = (
    Column("account_id", "Account", help="Its topmost parent"),
    Column("name", "Name"),
    Column("members", "Customers", Unit.COUNT),
    *(Column(str(name), str(name).capitalize(), Unit.MONEY) for name in Component),
)
