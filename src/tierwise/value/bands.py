"""Rank bands: what each band brings beside what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.ranking import LABELS, Measure, goods_notes, ranked, require_customers
from tierwise.value.shares import Rows, share, top_rank, total, whole_sum

DEFAULT_SHARES = (0.01, 0.05, 0.2, 0.5, 0.8)

AMOUNTS = ("revenue", "gross_profit", "profit", "cost_to_serve")
COUNTS = ("contacts", "agent_minutes")
SHARES = {
    "revenue": "revenue_share",
    "profit": "profit_share",
    "cost_to_serve": "cost_share",
    "contacts": "contacts_share",
    "agent_minutes": "agent_minutes_share",
}


def expression(summary: ir.Table, measure: Measure, last_ranks: Sequence[int]) -> ir.Table:
    """One row a band. Empty `last_ranks`: the top 1, 5, 20, 50, 80 percent and the rest."""
    table = ranked(summary, measure)
    limits = [ibis.literal(k) for k in last_ranks] or [top_rank(p, table.n) for p in DEFAULT_SHARES]
    index = sum(((table["rank"] > limit).cast("int64") for limit in limits), ibis.literal(0))
    table = table.mutate(band_index=index)
    return (
        table.group_by("band_index")
        .aggregate(
            first_rank=table["rank"].min(),
            last_rank=table["rank"].max(),
            customers=table.count(),
            n=table.n.max(),
            unknown=table.unknown.max(),
            uncosted=table.gross_profit.isnull().sum(),
            **{name: whole_sum(table[name]) for name in (*AMOUNTS, *COUNTS)},
        )
        .order_by("band_index")
    )


def answer(
    context: Context,
    rows: Rows,
    measure: Measure,
    ledger: Rows,
    assigned: dict[str, Any],
    cut: str = "",
) -> Answer:
    """Shares of each band, demand against spend, and the ledger that costs reconcile to.

    `cut` names the property of lines by which customers are cut: service follows whole ones.
    """
    require_customers(rows, measure)
    totals = {name: total(rows, name) for name in SHARES}
    bands = tuple(_band(row, totals) for row in rows)
    grids = [Grid("bands", f"Bands by {LABELS[measure]}", _COLUMNS, bands, "opens")]
    if ledger or assigned:
        grids.append(_reconciliation(ledger, assigned))
    return Answer(
        kind="bands",
        title="What each band brings and takes",
        context=context,
        figures=_figures(bands),
        grids=tuple(grids),
        notes=(
            *_notes(totals, cut),
            *goods_notes(sum(int(row["uncosted"]) for row in rows), int(rows[0]["n"])),
        ),
    )


def _band(row: dict[str, Any], totals: dict[str, Any]) -> dict[str, Any]:
    first, last, n = int(row["first_rank"]), int(row["last_rank"]), int(row["n"])
    shares = {SHARES[name]: share(row[name], totals[name]) for name in SHARES}
    revenue, contacts = shares["revenue_share"], shares["contacts_share"]
    return {
        "band": f"{first:,}-{last:,}" if first != last else f"{first:,}",
        "first_rank": first,
        "last_rank": last,
        "customers": int(row["customers"]),
        "share_of_customers": int(row["customers"]) / n,
        **{name: row[name] for name in (*AMOUNTS, *COUNTS)},
        **shares,
        "demand_to_spend": contacts / revenue if contacts is not None and revenue else None,
        "opens": f"rank:{first}-{last}",
    }


def _figures(bands: tuple[dict[str, Any], ...]) -> tuple[Figure, ...]:
    figures = []
    for name, label in (("contacts_share", "contacts"), ("cost_share", "cost to serve")):
        known = [band for band in bands if band[name] is not None]
        if known:
            most = max(known, key=lambda band: band[name])
            text = f"ranks {most['band']}: {most[name]:.1%} of {label}"
            figures.append(
                Figure(f"most_{name}", f"Most {label}", text, Unit.TEXT, opens=most["opens"])
            )
    return tuple(figures)


def _notes(totals: dict[str, Any], cut: str) -> tuple[str, ...]:
    notes = []
    if cut:
        notes.append(f"Contacts, cost to serve and profit are not known by {cut}.")
    elif totals["contacts"] in (None, 0):
        notes.append("No contacts: add [sources.contacts] to see what each band asks of service.")
    if totals["cost_to_serve"] is None and not cut:
        notes.append(
            "Cost to serve is unknown: add [sources.costs], or contacts with agents' hourly cost."
        )
    notes += [
        f"Total {name.replace('_', ' ')} is not positive: its shares are not shown."
        for name in ("revenue", "profit")
        if totals[name] is not None and totals[name] <= 0
    ]
    return tuple(notes)


def _reconciliation(ledger: Rows, assigned: dict[str, Any]) -> Grid:
    """Ledger amount = assigned to customers + unallocated, driver by driver."""
    booked = {row["driver"]: row["ledger"] for row in ledger}
    names = [*booked, *(name for name in assigned if name not in booked and assigned[name])]
    rows = []
    for name in sorted(names, key=lambda driver: (driver == "overhead", driver)):
        amount, given = booked.get(name), assigned.get(name) or 0
        rows.append(
            {
                "driver": name,
                "ledger": amount,
                "assigned": given,
                "unallocated": None if amount is None else amount - given,
            }
        )
    if booked:
        rows.append(_ledger_total(rows))
    columns = (
        Column("driver", "Driver"),
        Column("ledger", "Ledger", Unit.MONEY, "What the costs table holds for the window"),
        Column("assigned", "Charged to customers", Unit.MONEY),
        Column("unallocated", "Unallocated", Unit.MONEY, "Overhead and capacity that nobody used"),
    )
    return Grid("reconciliation", "Cost to serve reconciled to the ledger", columns, tuple(rows))


def _ledger_total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    booked = [row for row in rows if row["ledger"] is not None]
    return {"driver": "total of the ledger"} | {
        name: sum(row[name] for row in booked) for name in ("ledger", "assigned", "unallocated")
    }


_COLUMNS = (
    Column("band", "Ranks"),
    Column("customers", "Customers", Unit.COUNT),
    Column("share_of_customers", "of customers", Unit.SHARE),
    Column("revenue", "Revenue", Unit.MONEY),
    Column("revenue_share", "of revenue", Unit.SHARE),
    Column("gross_profit", "Gross profit", Unit.MONEY),
    Column("profit", "Profit", Unit.MONEY, "Gross profit less cost to serve"),
    Column("profit_share", "of profit", Unit.SHARE),
    Column("contacts", "Contacts", Unit.COUNT),
    Column("contacts_share", "of contacts", Unit.SHARE),
    Column("agent_minutes", "Agent minutes", Unit.MINUTES),
    Column("agent_minutes_share", "of minutes", Unit.SHARE),
    Column("cost_to_serve", "Cost to serve", Unit.MONEY),
    Column("cost_share", "of cost", Unit.SHARE),
    Column(
        "demand_to_spend",
        "Demand to spend",
        Unit.RATIO,
        "Share of contacts divided by share of revenue; above 1: asks for more than it spends",
    ),
)
