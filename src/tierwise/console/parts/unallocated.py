"""Cost that no customer was charged: profit figures are before it, and say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tierwise.console.view import View
from tierwise.errors import TierwiseError
from tierwise.results import Context, Figure
from tierwise.settings import Lens
from tierwise.units import CENT
from tierwise.workflows.value import Desk

_PROFITS = ("profit", "total_profit")


def before_unallocated(desk: Desk, view: View) -> str:
    """`before 9,545,671 EUR that no customer is charged`; "" where all of the ledger is charged.

    Nothing is said of a slice either: the ledger cannot be told apart by customers.
    """
    try:
        answer = desk.bands(view.question())
    except TierwiseError:
        return ""
    ledger = next((grid for grid in answer.grids if grid.name == "reconciliation"), None)
    left = ledger.rows[-1]["unallocated"] if ledger else None
    if not left or abs(left) < CENT:
        return ""
    return f"before {left:,.0f} {answer.context.currency} that no customer is charged"


def with_unallocated(
    figures: Iterable[Figure], context: Context, desk: Desk, view: View
) -> list[Figure]:
    """The figures, those of profit after cost to serve with what they leave out."""
    said = before_unallocated(desk, view) if _after_costs(context) else ""
    return [
        replace(f, note=said) if said and f.name in _PROFITS and f.value is not None else f
        for f in figures
    ]


def _after_costs(context: Context) -> bool:
    """Today tells profit whatever the lens; gross profit leaves out all cost to serve."""
    return context.lens != Lens.GROSS_PROFIT


def unallocated_note(desk: Desk, view: View) -> tuple[str, ...]:
    """The same as a note of its own, for pages that tell profit in a table."""
    said = before_unallocated(desk, view)
    return (
        (f"Profit is after cost to serve, {said}: overhead and unused capacity.",) if said else ()
    )
