"""What a section of the report is made of, and how an answer becomes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tierwise.report.drawing import Chart
from tierwise.report.tables import Card, Table, card, table
from tierwise.report.titles import basis
from tierwise.results import Answer

UNRANKED = {"population", "slices", "contact_costs", "wallet", "lifetime-fit"}
"""Answers that do not depend on the lens."""


@dataclass(frozen=True, slots=True)
class Section:
    """One answer laid out."""

    id: str
    title: str
    basis: str
    lead: str = ""  # how to read it
    cards: tuple[Card, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A section that the data cannot give, and what would change that."""

    title: str
    reason: str


Lay = Callable[[Answer], Section]


def section(
    answer: Answer,
    lead: str,
    drawn: tuple[Chart | None, ...],
    tables: tuple[Table, ...],
    id: str = "",
) -> Section:
    """An answer with its figures as cards; drawings and tables without anything are left out."""
    currency = answer.context.currency
    return Section(
        id=id or answer.kind.replace("_", "-"),
        title=answer.title,
        basis=basis(answer.context, answer.kind not in UNRANKED),
        lead=lead,
        cards=tuple(card(f, currency) for f in answer.figures if f.value is not None),
        charts=tuple(chart for chart in drawn if chart is not None),
        tables=tuple(t for t in tables if len(t.heads) > 1 and t.rows),
        notes=answer.notes,
    )


def plain(answer: Answer, lead: str, *drawn: Chart | None, id: str = "") -> Section:
    """A section that shows every grid of its answer as it is."""
    tables = tuple(table(grid, answer.context.currency) for grid in answer.grids)
    return section(answer, lead, drawn, tables, id)
