"""Demand against spend, customer by customer, and who is over-served.

A customer is over-served here who takes a share of contacts, agent minutes or
cost to serve that is several times the share of the lens, and more than an
average customer takes. The list says where to look, not that service was wrong.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.members import cut_notes
from tierwise.value.ranking import LABELS, Measure, require_customers, require_positive
from tierwise.value.shares import Rows

FAR = 3.0
"""Times its share of the lens that a customer's share of service must be to be over-served."""

TAKES = {"contacts": "contacts", "agent_minutes": "minutes", "cost_to_serve": "cost"}
"""What service is counted in, as the summary calls it, and the short name of its columns."""

_WINDOW_TOTALS = ("n", "total", "unknown", "over_count", "over_value_share")


def shares(summary: ir.Table, measure: Measure) -> ir.Table:
    """Everybody who bought, called or caused cost: shares taken and brought, ratios, excess.

    `excess` is how far the largest share taken is above the share brought, in
    shares of 1; zero for who is not over-served.
    """
    some = (summary.lines > 0) | (summary.contacts.fill_null(0) > 0)
    base = summary.filter(some | (summary.cost_to_serve.fill_null(Decimal(0)) != 0))
    base = base.mutate(value=base[measure].cast(SUM_TYPE))
    base = base.mutate(
        n=base.count().over(),
        total=base.value.sum().over().cast(SUM_TYPE),
        unknown=base.value.isnull().sum().over(),
        value_share=_share_of_all(base.value),
        **{f"{short}_share": _share_of_all(base[name]) for name, short in TAKES.items()},
    )
    pays = base.value_share > 0
    ratios = {f"{s}_to_spend": base[f"{s}_share"] / base.value_share for s in TAKES.values()}
    base = base.mutate(**{name: pays.ifelse(ratio, None) for name, ratio in ratios.items()})
    return base.mutate(excess=ibis.greatest(*(_excess(base, s) for s in TAKES.values())))


def _share_of_all(column: ir.NumericColumn) -> ir.FloatingValue:
    amount = column.cast("float64")
    part: ir.FloatingValue = amount / amount.sum().over().nullif(0)
    return part


def _excess(base: ir.Table, short: str) -> ir.FloatingValue:
    taken = base[f"{short}_share"]
    far = (taken >= FAR * base.value_share) & (taken > 1 / base.n)
    above: ir.FloatingValue = far.fill_null(False).ifelse(taken - base.value_share, 0.0)
    return above


def over_served(summary: ir.Table, measure: Measure) -> ir.Table:
    """Ids of the over-served customers."""
    table = shares(summary, measure)
    return table.filter(table.excess > 0).select("customer_id")


def expression(summary: ir.Table, measure: Measure, limit: int) -> ir.Table:
    """The first `limit` customers by demand to spend, and by excess, each with its rank.

    Who takes and pays nothing stands before any ratio; equal ones go by customer_id.
    """
    table = shares(summary, measure)
    takes = ibis.or_(*(table[f"{s}_share"].fill_null(0) > 0 for s in TAKES.values()))
    table = table.mutate(for_nothing=takes & (table.value_share <= 0))
    ratios = [
        ibis.desc(f"{s}_{kind}", nulls_first=False)
        for kind in ("to_spend", "share")
        for s in TAKES.values()
    ]
    by_ratio = [ibis.desc("for_nothing"), *ratios, ibis.asc("customer_id")]
    by_excess = [ibis.desc("excess"), ibis.asc("customer_id")]
    over = table.excess > 0
    group = {f"over_{s}_share": table[f"{s}_share"].sum(where=over).over() for s in TAKES.values()}
    table = table.mutate(
        demand_rank=ibis.row_number().over(order_by=by_ratio) + 1,
        over_rank=ibis.row_number().over(order_by=by_excess) + 1,
        over_count=over.sum().over(),
        over_value_share=table.value_share.sum(where=over).over(),
        **group,
    )
    wanted = (table.demand_rank <= limit) | ((table.excess > 0) & (table.over_rank <= limit))
    kept = [c.name for c in _COLUMNS if c.name in table.columns]
    return table.filter(wanted).select(*kept, "over_rank", *_WINDOW_TOTALS, *group)


def answer(
    context: Context, rows: Rows, measure: Measure, names: dict[str, str], limit: int
) -> Answer:
    """Who asks for most beside what they bring, and the list of the over-served."""
    first = require_customers(rows, measure)
    require_positive(first["total"], measure, context.currency)
    if all(row[f"{short}_share"] is None for row in rows for short in TAKES.values()):
        raise MissingDataError(
            "Nothing is known of what customers ask of service.",
            "Add [sources.contacts] or [sources.costs].",
        )
    shown = [row | {"name": names.get(row["customer_id"], "")} for row in rows]
    taking = (r for r in shown if r["excess"] > 0 and r["over_rank"] <= limit)
    over = sorted(taking, key=lambda r: int(r["over_rank"]))
    asking = sorted(shown, key=lambda r: int(r["demand_rank"]))
    listed = [row for row in asking if row["demand_rank"] <= limit]
    found = int(first["over_count"])
    return Answer(
        kind="demand",
        title=f"Demand for service against {LABELS[measure]}",
        context=context,
        figures=_figures(first, measure),
        grids=(
            _grid("over_served", "Over-served: they take far more than they bring", over),
            _grid("demand", "Demand to spend, highest first", listed),
        ),
        notes=(
            f"Over-served: a share of contacts, minutes or cost at least {FAR:g} times the share"
            f" of {LABELS[measure]}, and more than an average customer takes.",
            *cut_notes(len(over), found, "over-served customers"),
            *cut_notes(len(listed), int(first["n"]), "customers"),
        ),
    )


def _figures(first: dict[str, Any], measure: Measure) -> tuple[Figure, ...]:
    opens = "over-served"
    found = int(first["over_count"])
    brought = first["over_value_share"] or 0.0
    taken = {"contacts": "of contacts", "minutes": "of agent minutes", "cost": "of cost to serve"}
    return (
        Figure("over_served_count", "Over-served customers", found, Unit.COUNT, opens=opens),
        Figure(
            "over_value_share", f"of {LABELS[measure]} is theirs", brought, Unit.SHARE, opens=opens
        ),
        *(
            Figure(f"over_{short}_share", f"{label} is theirs", share, Unit.SHARE, opens=opens)
            for short, label in taken.items()
            if (share := first[f"over_{short}_share"]) is not None
        ),
    )


def _grid(name: str, title: str, rows: Rows) -> Grid:
    listed = tuple(
        {c.name: row[c.name] for c in _COLUMNS} | {"opens": f"customer:{row['customer_id']}"}
        for row in rows
    )
    return Grid(name, title, _COLUMNS, listed, "opens")


_COLUMNS = (
    Column("demand_rank", "Rank by demand", Unit.RANK, "By demand to spend; 1 asks for most"),
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("value", "Brings", Unit.MONEY, "By the lens"),
    Column("value_share", "of all", Unit.SHARE),
    Column("contacts", "Contacts", Unit.COUNT),
    Column("contacts_share", "of contacts", Unit.SHARE),
    Column("minutes_share", "of minutes", Unit.SHARE),
    Column("cost_to_serve", "Cost to serve", Unit.MONEY),
    Column("cost_share", "of cost", Unit.SHARE),
    Column(
        "contacts_to_spend",
        "Demand to spend",
        Unit.RATIO,
        "Share of contacts divided by share of the lens; empty where nothing is brought",
    ),
    Column("minutes_to_spend", "Minutes to spend", Unit.RATIO),
    Column("cost_to_spend", "Cost to spend", Unit.RATIO),
    Column(
        "excess", "Taken beyond", Unit.SHARE, "Largest share taken less the share brought; 0: fair"
    ),
)
