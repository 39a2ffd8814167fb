"""One customer: what the value is made of, down to the order lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.tables import TABLES, Kind
from tierwise.units import Unit
from tierwise.value.cost_to_serve import COST_COLUMNS
from tierwise.value.members import cut_notes
from tierwise.value.ranking import LABELS, Measure, rank_notes
from tierwise.value.shares import Rows

UNIT_OF = {
    Kind.MONEY: Unit.MONEY,
    Kind.TIME: Unit.TEXT,
    Kind.DATE: Unit.DATE,
    Kind.NUMBER: Unit.RATIO,
    Kind.INTEGER: Unit.COUNT,
}
COST_LABELS = {
    "cost_direct": "Booked to the customer",
    "cost_order": "Order handling",
    "cost_contact": "Service contacts",
    "cost_delivery": "Deliveries",
    "cost_return": "Handling of returns",
    "cost_visit": "Visits",
}


def orders(lines: ir.Table, customer_id: str) -> ir.Table:
    """The customer's orders, newest first."""
    own = lines.filter(lines.customer_id == customer_id)
    return (
        own.group_by("header_id")
        .aggregate(
            ordered_at=own.created_at.min(),
            lines=own.count(),
            revenue=own.total_amount.sum(),
        )
        .order_by(ibis.desc("ordered_at"), ibis.asc("header_id"))
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a list that may be cut."""

    rows: Rows
    found: int  # how many there are in all


def rows_of(table: ir.Table, customer_id: str, happened: str) -> ir.Table:
    """The customer's rows of any canonical table, newest first."""
    own = table.filter(table.customer_id == customer_id)
    shown = [c for c in own.columns if c != "attributes"]
    order = [ibis.desc(happened)] if happened in own.columns else []
    return own.select(*shown).order_by([*order, ibis.asc("source_row")])


def grid_of(name: str, title: str, rows: Rows, order: tuple[str, ...] = ()) -> Grid:
    """A grid of canonical rows, with the units that the schema gives its columns."""
    kinds = {c.name: c.kind for c in TABLES[name].columns} if name in TABLES else {}
    names = order or (tuple(rows[0]) if rows else ())
    used = [n for n in names if any(row.get(n) is not None for row in rows)]
    columns = tuple(Column(n, _label(n), _unit(n, kinds.get(n))) for n in used)
    return Grid(name, title, columns, tuple({n: row[n] for n in used} for row in rows))


def _label(name: str) -> str:
    return "Source row" if name == "source_row" else name.replace("_", " ").capitalize()


def _unit(name: str, kind: Kind | None) -> Unit:
    if name == "source_row":
        return Unit.RANK
    return UNIT_OF.get(kind, Unit.TEXT) if kind else Unit.TEXT


def answer(
    context: Context,
    row: dict[str, Any],
    profile: dict[str, Any],
    measure: Measure,
    orders: Listed,
    lines: Listed,
    contacts: Listed,
) -> Answer:
    """Rank, figures, the steps from revenue to profit, and the rows underneath."""
    name = profile.get("name") or row["customer_id"]
    orders_grid = Grid("orders", "Orders, newest first", _ORDERS, tuple(orders.rows))
    return Answer(
        kind="customer",
        title=str(name),
        context=context,
        figures=_figures(row, measure),
        grids=(
            Grid("drivers", "From revenue to profit", _DRIVERS, _drivers(row)),
            orders_grid,
            grid_of("order_lines", "Order lines, newest first", lines.rows),
            grid_of("contacts", "Contacts, newest first", contacts.rows),
        ),
        notes=(
            *(() if row["gross_profit"] is not None else _NO_COST),
            *rank_notes(row["unknown"], measure),
            *cut_notes(len(orders.rows), orders.found, "orders"),
            *cut_notes(len(lines.rows), lines.found, "order lines"),
            *cut_notes(len(contacts.rows), contacts.found, "contacts"),
        ),
        extra={"customer_id": row["customer_id"], "profile": profile},
    )


def _figures(row: dict[str, Any], measure: Measure) -> tuple[Figure, ...]:
    ranked = row["rank"]
    return (
        Figure(
            "rank",
            f"Rank by {LABELS[measure]}",
            ranked,
            Unit.RANK,
            note=f"of {row['n']:,}" if ranked else "",
        ),
        Figure("revenue", "Revenue", row["revenue"], Unit.MONEY),
        Figure("gross_profit", "Gross profit", row["gross_profit"], Unit.MONEY),
        Figure("cost_to_serve", "Cost to serve", row["cost_to_serve"], Unit.MONEY),
        Figure("profit", "Profit", row["profit"], Unit.MONEY),
        Figure("order_count", "Orders", row["orders"], Unit.COUNT),
        Figure("contact_count", "Contacts", row["contacts"], Unit.COUNT),
        Figure("agent_minutes", "Agent minutes", row["agent_minutes"], Unit.MINUTES),
        Figure("first_order_on", "First order", row["first_order_at"], Unit.DATE),
        Figure("last_order_on", "Last order", row["last_order_at"], Unit.DATE),
    )


def _drivers(row: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The steps of the waterfall: totals stand, changes add up to the next total."""
    steps: list[tuple[str, Any, bool]] = [
        ("Sales before returns", row["revenue_before_returns"], True)
    ]
    steps.append(("Returns", row["revenue"] - row["revenue_before_returns"], False))
    steps.append(("Revenue", row["revenue"], True))
    if row["gross_profit"] is not None:
        steps += [
            ("Cost of goods", row["gross_profit"] - row["revenue"], False),
            ("Gross profit", row["gross_profit"], True),
        ]
        steps += [
            (label, -row[name], False)
            for name, label in COST_LABELS.items()
            if name in COST_COLUMNS and row[name]
        ]
        steps.append(("Profit", row["profit"], True))
    return tuple(
        {"component": label, "amount": amount, "is_total": total} for label, amount, total in steps
    )


_NO_COST = ("Cost of goods is unknown, so profit is.",)
_DRIVERS = (Column("component", "Step"), Column("amount", "Amount", Unit.MONEY))
_ORDERS = (
    Column("header_id", "Order"),
    Column("ordered_at", "Ordered at"),
    Column("lines", "Lines", Unit.COUNT),
    Column("revenue", "Revenue", Unit.MONEY),
)
