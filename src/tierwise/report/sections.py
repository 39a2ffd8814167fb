"""Sections of the report, in reading order: answers become figures, charts and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tierwise.report import charts
from tierwise.report.asking import Asked
from tierwise.report.drawing import Chart
from tierwise.report.tables import Card, Table, card, shaded, table
from tierwise.report.titles import basis
from tierwise.results import Answer

BAND_BRINGS = ("band", "customers", "share_of_customers", "revenue", "revenue_share",
               "gross_profit", "profit", "profit_share")  # fmt: skip
BAND_TAKES = ("band", "contacts", "contacts_share", "agent_minutes", "agent_minutes_share",
              "cost_to_serve", "cost_share", "demand_to_spend")  # fmt: skip
SLICE_BRINGS = ("slice", "customers", "share_of_customers", "revenue", "revenue_share",
                "gross_profit", "profit")  # fmt: skip
SLICE_IS_WORTH = ("slice", "revenue_per_customer", "revenue_per_customer_same_tenure",
                  "top_20_share", "gini", "revenue_year_earlier", "change")  # fmt: skip
MARGIN = ("rank", "customer_id", "name", "revenue", "gross_profit", "gross_margin", "discount",
          "discount_rate", "excess_discount")  # fmt: skip

TOP_GAPS = 20  # customers in the list of wallets

UNRANKED = {"population", "slices", "contact_costs", "wallet"}
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


def contents(asked: Asked) -> tuple[list[Section], list[Missing]]:
    """Sections that could be answered, and the others with their reason."""
    sections = []
    for kind, (_, lay) in _LAYOUTS.items():
        if kind in asked.answers:
            sections.append(lay(asked.answers[kind]))
        elif kind == "slices":
            sections += [_slices(answer, place) for place, answer in enumerate(asked.slices, 1)]
    missing = [
        Missing(title, str(asked.refusals[kind]))
        for kind, (title, _) in _LAYOUTS.items()
        if kind in asked.refusals and not (kind == "slices" and asked.slices)
    ]
    return sections, missing


def _section(
    answer: Answer,
    lead: str,
    drawn: tuple[Chart | None, ...],
    tables: tuple[Table, ...],
    id: str = "",
) -> Section:
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


def _plain(answer: Answer, lead: str, *drawn: Chart | None, id: str = "") -> Section:
    """A section that shows every grid of its answer as it is."""
    tables = tuple(table(grid, answer.context.currency) for grid in answer.grids)
    return _section(answer, lead, drawn, tables, id)


def _concentration(answer: Answer) -> Section:
    lead = (
        "Customers stand in order of worth, the best first. The further the curve bends away"
        " from the straight line, the more depends on few."
    )
    return _plain(answer, lead, charts.concentration(answer))


def _contact_concentration(answer: Answer) -> Section:
    lead = "The same question for the demand on service: how few customers ask for how much of it."
    return _plain(answer, lead, charts.concentration(answer), id="contact-concentration")


def _whale(answer: Answer) -> Section:
    lead = (
        "Profit added up from the best customer to the worst. What is earned up to the peak"
        " shrinks again with the customers after it."
    )
    return _plain(answer, lead, charts.whale(answer))


def _bands(answer: Answer) -> Section:
    lead = (
        "What each band of ranks brings, beside what it takes. A band whose share of contacts or"
        " cost is above its share of revenue asks for more than it pays."
    )
    grid, currency = answer.grid("bands"), answer.context.currency
    rest = [table(g, currency) for g in answer.grids if g.name != "bands"]
    brings = table(grid, currency, BAND_BRINGS, f"{grid.title}: what they bring")
    takes = table(grid, currency, BAND_TAKES, f"{grid.title}: what they take")
    known = any(
        row[name] is not None for row in grid.rows for name in ("contacts_share", "cost_share")
    )
    tables = (brings, *([takes] if known else []), *rest)
    return _section(answer, lead, (charts.bands(answer),), tables)


def _population(answer: Answer) -> Section:
    lead = (
        f"Active means: {answer.extra['active_rule']}. In every period, active = active before"
        " + new + back again - lost."
    )
    return _plain(answer, lead, charts.population(answer))


def _movement(answer: Answer) -> Section:
    lead = (
        "Each row is a tenth of the customers of the window before; the columns say where they"
        " are now. A stronger shade holds more customers."
    )
    return _section(answer, lead, (), (shaded(answer.grids[0], answer.context.currency),))


def _dependency(answer: Answer) -> Section:
    return _plain(
        answer, "What would be missing if the best customers left, all at once or one of them."
    )


def _margins(answer: Answer) -> Section:
    grid, currency = answer.grids[0], answer.context.currency
    lead = "Gross margin of the firm. Discounts are not known, so nobody is listed."
    if answer.figure("discount").value is None:
        return _section(answer, lead, (), ())
    lead = (
        "Gross margin of the firm, and the customers whose discounts go furthest beyond the"
        " firm's own rate."
    )
    return _section(answer, lead, (), (table(grid, currency, MARGIN),))


def _slices(answer: Answer, place: int) -> Section:
    grid, currency = answer.grids[0], answer.context.currency
    by = grid.columns[0].label
    tables = (
        table(grid, currency, SLICE_BRINGS, f"By {by.lower()}: what they bring"),
        table(grid, currency, SLICE_IS_WORTH, f"By {by.lower()}: what a customer is worth"),
    )
    lead = "Differences between slices are real only where their intervals stand well apart."
    section = _section(answer, lead, (charts.slices(answer),), tables, id=f"slices-{place}")
    return replace(section, title=f"Value by {by.lower()}")


def _contact_costs(answer: Answer) -> Section:
    return _plain(
        answer,
        "What one contact costs, by channel, by reason and over time.",
        charts.contacts(answer),
    )


def _wallet(answer: Answer) -> Section:
    lead = "What customers buy here, of all that they buy from anybody."
    listed = table(answer.grids[0], answer.context.currency, most=TOP_GAPS)
    return _section(answer, lead, (), (listed,))


_LAYOUTS: dict[str, tuple[str, Lay]] = {
    "concentration": ("Concentration", _concentration),
    "whale": ("Whale curve", _whale),
    "bands": ("What each band brings and takes", _bands),
    "contact_concentration": ("Concentration of contacts", _contact_concentration),
    "contact_costs": ("What a contact costs", _contact_costs),
    "population": ("Customers by period", _population),
    "movement": ("Movement between deciles", _movement),
    "dependency": ("Dependency on the best customers", _dependency),
    "margins": ("Gross margin and discount leakage", _margins),
    "slices": ("Value by slice", lambda answer: _slices(answer, 1)),
    "wallet": ("Share of wallet", _wallet),
}
"""Reading order, with the title that a missing section goes by."""
