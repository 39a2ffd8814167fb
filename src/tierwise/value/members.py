"""Lists of customers: the rows behind a figure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from tierwise.errors import UsageError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import Period
from tierwise.units import Unit
from tierwise.value.concentration import Rows
from tierwise.value.ranking import LABELS, known_rank, ranked

STATES = ("active", "new", "retained", "reactivated", "lost")


@dataclass(frozen=True, slots=True)
class Selector:
    """Whose rows are asked for, written `rank:1-40`, `loss-makers` or `state:lost:2025-Q3`."""

    kind: str
    first: int = 0
    last: int = 0
    value: str = ""  # customer id, state, or label of the slice
    period: str = ""  # of a state; "" for the whole window


def parse(text: str) -> Selector:
    """Read a selector; UsageError shows the forms."""
    kind, _, rest = text.partition(":")
    ranks = re.fullmatch(r"(\d+)(?:-(\d+))?", rest)
    if kind == "rank" and ranks:
        return Selector("rank", int(ranks[1]), int(ranks[2] or ranks[1]))
    if text == "loss-makers":
        return Selector("loss-makers")
    if kind in ("customer", "slice", "find") and rest.strip():
        return Selector(kind, value=rest)
    state, _, period = rest.partition(":")
    if kind == "state" and state in STATES and (period or state != "retained"):
        return Selector("state", value=state, period=period)
    raise UsageError(
        f'"{text}" does not select customers.',
        "Use rank:1-40, loss-makers, customer:ID, find:TEXT, slice:DIMENSION=VALUE,"
        " state:lost or state:lost:2025-Q3.",
    )


def period_of(label: str) -> Period:
    """The kind of period that a label such as `2025-Q3` names; UsageError if it is none."""
    shapes = {
        r"[12]\d{3}-Q[1-4]": Period.QUARTER,
        r"[12]\d{3}-(0[1-9]|1[0-2])": Period.MONTH,
        r"[12]\d{3}": Period.YEAR,
    }
    for shape, period in shapes.items():
        if re.fullmatch(shape, label):
            return period
    raise UsageError(f'"{label}" is no period.', "Write 2025, 2025-Q3 or 2025-09.")


def title(selector: Selector, lens: str) -> str:
    """What the list is called."""
    match selector.kind:
        case "rank" if selector.first == selector.last:
            return f"Rank {selector.first:,} by {LABELS[lens]}"
        case "rank":
            return f"Ranks {selector.first:,}-{selector.last:,} by {LABELS[lens]}"
        case "loss-makers":
            return f"Customers with negative {LABELS[lens]}, largest loss first"
        case "state":
            return f"Customers {selector.value} in {selector.period or 'the window'}"
        case "find":
            return f"Customers that fit “{selector.value}”"
        case "slice":
            return f"Customers with {selector.value.replace('=', ' = ')}"
        case _:
            return f"Customer {selector.value}"


def expression(
    summary: ir.Table, measure: str, selector: Selector, ids: ir.Table | None, limit: int
) -> ir.Table:
    """The selected customers in rank order, with how many there are in all.

    `ids` are the customers of a state or a slice; they are listed even where
    they are not ranked (a lost customer has no revenue in this window).
    """
    table = ranked(summary, measure)
    table = table.mutate(rank=known_rank(table))
    if selector.kind == "slice":
        chosen = table
    elif ids is not None:
        unranked = summary.anti_join(table, "customer_id").mutate(rank=ibis.null("int64"))
        every = table.select(*summary.columns, "rank").union(unranked)
        chosen = every.semi_join(ids, "customer_id")
    elif selector.kind == "rank":
        chosen = table.filter(table["rank"].between(selector.first, selector.last))
    elif selector.kind == "loss-makers":
        chosen = table.filter(table.value < 0)
    else:
        chosen = table.filter(table.customer_id == selector.value)
    chosen = chosen.select(*summary.columns, "rank")
    chosen = chosen.mutate(found=chosen.count().over())
    order = [ibis.asc("rank", nulls_first=False), ibis.asc("customer_id")]
    if selector.kind == "loss-makers":
        order = [ibis.desc("rank"), ibis.asc("customer_id")]
    return chosen.order_by(order).limit(limit)


def answer(context: Context, rows: Rows, title: str, names: dict[str, str]) -> Answer:
    """The list with its length; says so when it is cut."""
    found = int(rows[0]["found"]) if rows else 0
    listed = tuple(
        {**{c.name: row.get(c.name) for c in _COLUMNS}, **_own(row, names)} for row in rows
    )
    notes = (
        (f"The first {len(rows):,} of {found:,} are listed; --limit shows more.",)
        if found > len(rows)
        else ()
    )
    return Answer(
        kind="members",
        title=title,
        context=context,
        figures=(Figure("found", "Customers", found, Unit.COUNT),),
        grids=(Grid("members", title, _COLUMNS, listed, "opens"),),
        notes=notes,
    )


def _own(row: dict[str, object], names: dict[str, str]) -> dict[str, object]:
    customer = str(row["customer_id"])
    return {
        "name": names.get(customer, ""),
        "first_order_on": _day(row["first_order_at"]),
        "last_order_on": _day(row["last_order_at"]),
        "opens": f"customer:{customer}",
    }


def _day(moment: object) -> object:
    return moment.date() if hasattr(moment, "date") else moment


_COLUMNS = (
    Column("rank", "Rank", Unit.RANK),
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("revenue", "Revenue", Unit.MONEY),
    Column("gross_profit", "Gross profit", Unit.MONEY),
    Column("cost_to_serve", "Cost to serve", Unit.MONEY),
    Column("profit", "Profit", Unit.MONEY),
    Column("contacts", "Contacts", Unit.COUNT),
    Column("agent_minutes", "Agent minutes", Unit.MINUTES),
    Column("orders", "Orders", Unit.COUNT),
    Column("first_order_on", "First order", Unit.DATE),
    Column("last_order_on", "Last order", Unit.DATE),
)
