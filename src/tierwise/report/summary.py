"""The summary: plain sentences and cards, each from a figure that stands further down too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tierwise.report.asking import Asked
from tierwise.report.tables import Card, card
from tierwise.results import Answer, Figure
from tierwise.results.answer import Row
from tierwise.units import Unit, format_value

CARDS = (
    ("today", ("customers_active", "revenue", "spend_per_active", "profit", "customers_new",
               "customers_reactivated", "customers_lost", "revenue_change", "revenue_lost")),
    ("concentration", ("largest_share", "top_fifth_share", "gini")),
    ("whale", ("peak_share", "loss_makers", "profit_destroyed")),
    ("contact_costs", ("cost_per_contact",)),
    ("lifetime", ("active_share", "near_value")),
)  # fmt: skip
"""Figures of the first page, by answer."""


MOST = 0.8
"""The share whose customers are counted, if the project asks for it."""


def sentences(asked: Asked) -> list[str]:
    """What a head of service should know after half a minute."""
    return [
        s
        for kind, say in _SAYINGS.items()
        if kind in asked.answers
        for s in say(asked.answers[kind])
    ]


def cards(asked: Asked) -> list[Card]:
    """Figures of the first page, as far as they are known."""
    return [
        card(figure, answer.context.currency)
        for kind, names in CARDS
        if (answer := asked.answers.get(kind))
        for figure in answer.figures
        if figure.name in names and figure.value is not None
    ]


def _concentration(answer: Answer) -> Iterator[str]:
    grid, of = answer.grid("needed"), answer.grid("needed").columns[0].label
    best = _telling(answer.grid("top").rows)
    part, n = _share(best["share_of_customers"]), _count(answer.figure("counted").value)
    who, bring = ("customer", "brings") if best["customers"] == 1 else (_customers(best), "bring")
    yield f"The best {who}, {part} of {n}, {bring} {_share(best['share'])} {of}."
    for row in grid.rows:
        if row["share"] == MOST:
            part = _share(row["share_of_customers"])
            yield f"{_share(MOST)} {of} come from {_customers(row)}, {part} of all."


def _telling(rows: tuple[Row, ...]) -> Row:
    """The shortest list that brings half of the total; the longest where none does."""
    return next((row for row in rows if row["share"] >= 0.5), rows[-1])


def _whale(answer: Answer) -> Iterator[str]:
    figures, currency = _values(answer), answer.context.currency
    losers = figures["loss_makers"].value
    if not losers:
        yield "No customer loses money."
        return
    lost = format_value(figures["profit_destroyed"].value, Unit.MONEY, currency)
    ahead = f"the best {_count(figures['customers_at_peak'].value)} customers"
    peak = figures["peak_share"].value
    reached = (
        f"Profit peaks at {_share(peak)} of its total with {ahead}; " if peak is not None else ""
    )
    yield f"{reached}{_count(losers)} customers lose money, {lost} together."


def _bands(answer: Answer) -> Iterator[str]:
    for figure in answer.figures:
        yield f"{str(figure.value).capitalize()}, the most of any band."


def _population(answer: Answer) -> Iterator[str]:
    figures, now = _values(answer), answer.grid("periods").rows[-1]
    new, back, lost = (_count(figures[name].value) for name in ("new", "reactivated", "lost"))
    so_far = "" if now["complete"] else " so far"
    yield (
        f"{_count(figures['active'].value)} customers were active in {now['period']}{so_far}:"
        f" {new} new, {back} back again; {lost} were lost."
    )


def _movement(answer: Answer) -> Iterator[str]:
    if (figures := _values(answer)) and figures["best_kept"].value is not None:
        kept = _share(figures["best_kept"].value)
        yield f"Of the best tenth of the window before, {kept} are still in it."


def _dependency(answer: Answer) -> Iterator[str]:
    yield f"The largest customer brings {_share(answer.figure('largest_share').value)}."


def _margins(answer: Answer) -> Iterator[str]:
    figures, currency = _values(answer), answer.context.currency
    if figures["gross_margin"].value is not None:
        yield f"The gross margin is {_share(figures['gross_margin'].value)}."
    if figures["leakage"].value:
        amount = format_value(figures["leakage"].value, Unit.MONEY, currency)
        yield f"Discounts beyond the firm's own rate come to {amount}."


def _contact_concentration(answer: Answer) -> Iterator[str]:
    best = _telling(answer.grid("top").rows)
    part, made = _share(best["share_of_customers"]), _share(best["share"])
    yield f"{_customers(best)}, {part} of those who called, make {made} of the contacts."


def _contact_costs(answer: Answer) -> Iterator[str]:
    figures, currency = _values(answer), answer.context.currency
    if figures["cost_per_contact"].value is not None:
        amount = format_value(figures["cost_per_contact"].value, Unit.MONEY, currency)
        yield f"A contact costs {amount} on average."


def _lifetime(answer: Answer) -> Iterator[str]:
    figures, currency = _values(answer), answer.context.currency
    near = figures["near_value"]
    ends = [format_value(end, Unit.MONEY) for end in (near.low, near.high)]
    ranged = f" ({' to '.join(ends)})" if near.low is not None else ""
    amount = format_value(near.value, Unit.MONEY, currency)
    yield f"{near.label} of those who ever bought: {amount}{ranged}, expected."
    if "active_share" in figures:
        yield f"{_share(figures['active_share'].value)} of them are expected to be still active."


def _tournament(answer: Answer) -> Iterator[str]:
    yield str(answer.extra["verdict"])


def _values(answer: Answer) -> dict[str, Figure]:
    return {figure.name: figure for figure in answer.figures}


def _share(value: object) -> str:
    return format_value(value, Unit.SHARE)


def _count(value: object) -> str:
    return format_value(value, Unit.COUNT)


def _customers(row: Row) -> str:
    return f"{_count(row['customers'])} customer{'s' if row['customers'] != 1 else ''}"


_SAYINGS: Mapping[str, Callable[[Answer], Iterator[str]]] = {
    "concentration": _concentration,
    "dependency": _dependency,
    "whale": _whale,
    "margins": _margins,
    "bands": _bands,
    "contact_concentration": _contact_concentration,
    "contact_costs": _contact_costs,
    "population": _population,
    "movement": _movement,
    "lifetime": _lifetime,
    "tournament": _tournament,
}
