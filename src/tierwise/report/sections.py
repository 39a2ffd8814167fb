"""Sections of the report, in reading order: answers become figures, charts and tables."""

from __future__ import annotations

from dataclasses import replace

from tierwise.report import charts, lifetimes
from tierwise.report.asking import Asked
from tierwise.report.layout import Lay, Missing, Section, plain, section
from tierwise.report.tables import shaded, table
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

DEMAND = ("demand_rank", "customer_id", "name", "value", "contacts", "contacts_share",
          "cost_to_serve", "cost_share", "contacts_to_spend", "excess")  # fmt: skip

TOP_GAPS = 20  # customers in the lists of wallets and of demand


def contents(asked: Asked) -> tuple[list[Section], list[Missing]]:
    """Sections that could be answered, and the others with their reason."""
    sections: list[Section] = []
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


def _concentration(answer: Answer) -> Section:
    lead = (
        "Customers stand in order of worth, the best first. The further the curve bends away"
        " from the straight line, the more depends on few."
    )
    return plain(answer, lead, charts.concentration(answer))


def _contact_concentration(answer: Answer) -> Section:
    lead = "The same question for the demand on service: how few customers ask for how much of it."
    return plain(answer, lead, charts.concentration(answer), id="contact-concentration")


def _whale(answer: Answer) -> Section:
    lead = (
        "Profit added up from the best customer to the worst. What is earned up to the peak"
        " shrinks again with the customers after it."
    )
    return plain(answer, lead, charts.whale(answer))


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
    return section(answer, lead, (charts.bands(answer),), tables)


def _population(answer: Answer) -> Section:
    lead = (
        f"Active means: {answer.extra['active_rule']}. In every period, active = active before"
        " + new + back again - lost."
    )
    return plain(answer, lead, charts.population(answer))


def _movement(answer: Answer) -> Section:
    lead = (
        "Each row is a tenth of the customers of the window before; the columns say where they"
        " are now. A stronger shade holds more customers."
    )
    return section(answer, lead, (), (shaded(answer.grids[0], answer.context.currency),))


def _dependency(answer: Answer) -> Section:
    return plain(
        answer, "What would be missing if the best customers left, all at once or one of them."
    )


def _margins(answer: Answer) -> Section:
    grid, currency = answer.grids[0], answer.context.currency
    lead = "Gross margin of the firm. Discounts are not known, so nobody is listed."
    if answer.figure("discount").value is None:
        return section(answer, lead, (), ())
    lead = (
        "Gross margin of the firm, and the customers whose discounts go furthest beyond the"
        " firm's own rate."
    )
    return section(answer, lead, (), (table(grid, currency, MARGIN),))


def _slices(answer: Answer, place: int) -> Section:
    grid, currency = answer.grids[0], answer.context.currency
    by = grid.columns[0].label
    tables = (
        table(grid, currency, SLICE_BRINGS, f"By {by.lower()}: what they bring"),
        table(grid, currency, SLICE_IS_WORTH, f"By {by.lower()}: what a customer is worth"),
    )
    lead = "Differences between slices are real only where their intervals stand well apart."
    laid = section(answer, lead, (charts.slices(answer),), tables, id=f"slices-{place}")
    return replace(laid, title=f"Value by {by.lower()}")


def _demand(answer: Answer) -> Section:
    lead = (
        "How much of the service each customer asks for beside what it brings. The list says where"
        " to look, not that service was wrong."
    )
    tables = (table(grid, answer.context.currency, DEMAND, most=TOP_GAPS) for grid in answer.grids)
    return section(answer, lead, (), tuple(tables))


def _contact_costs(answer: Answer) -> Section:
    return plain(
        answer,
        "What one contact costs, by channel, by reason and over time.",
        charts.contacts(answer),
    )


def _wallet(answer: Answer) -> Section:
    lead = "What customers buy here, of all that they buy from anybody."
    listed = table(answer.grids[0], answer.context.currency, most=TOP_GAPS)
    return section(answer, lead, (), (listed,))


_LAYOUTS: dict[str, tuple[str, Lay]] = {
    "concentration": ("Concentration", _concentration),
    "whale": ("Whale curve", _whale),
    "bands": ("What each band brings and takes", _bands),
    "contact_concentration": ("Concentration of contacts", _contact_concentration),
    "demand": ("Demand for service beside spend", _demand),
    "contact_costs": ("What a contact costs", _contact_costs),
    "population": ("Customers by period", _population),
    "movement": ("Movement between deciles", _movement),
    "dependency": ("Dependency on the best customers", _dependency),
    "margins": ("Gross margin and discount leakage", _margins),
    "slices": ("Value by slice", lambda answer: _slices(answer, 1)),
    "wallet": ("Share of wallet", _wallet),
    **lifetimes.LAYOUTS,
}
"""Reading order, with the title that a missing section goes by."""
