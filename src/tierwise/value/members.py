"""Lists of customers: the rows behind a figure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

import ibis
import ibis.expr.types as ir

from tierwise.errors import UsageError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import Activity, Period, Window
from tierwise.units import Unit
from tierwise.value.ranking import LABELS, MEASURES, Measure, known_rank, measure_of, ranked
from tierwise.value.shares import Rows

STATES = ("active", "new", "retained", "reactivated", "lost")
FORMS = (
    "Use rank:1-40, rank:1-40:contacts, loss-makers, over-served, customer:ID, find:TEXT,"
    " slice:DIMENSION=VALUE, state:lost, state:lost:3m or state:lost:2025-Q3:order."
)


class Picks(StrEnum):
    """How a selector names customers."""

    RANK = "rank"
    LOSS_MAKERS = "loss-makers"
    OVER_SERVED = "over-served"
    CUSTOMER = "customer"
    SLICE = "slice"
    FIND = "find"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Selector:
    """Whose rows are asked for, written `rank:1-40`, `loss-makers` or `state:lost:2025-Q3`."""

    picks: Picks
    first: int = 0
    last: int = 0
    value: str = ""  # customer id, state, or label of the slice
    measure: Measure | None = None  # what is ranked by; None: the lens of the question
    period: str = ""  # of a state; "" for the whole window
    span: Window | None = None  # of a state without period; None for the window of the question
    event: Activity | None = None  # what makes active; None for what the project declares


def parse(text: str) -> Selector:
    """Read a selector; UsageError shows the forms."""
    start, _, rest = text.partition(":")
    if start not in list(Picks):
        raise _not_understood(text)
    picks = Picks(start)
    if picks in (Picks.CUSTOMER, Picks.SLICE, Picks.FIND):
        found = Selector(picks, value=rest) if rest.strip() else None
    elif picks is Picks.OVER_SERVED:
        found = None if rest else Selector(picks)
    elif picks is Picks.STATE:
        found = _state(rest)
    else:
        found = _ranks(picks, rest)
    if found is None:
        raise _not_understood(text)
    return found


def _not_understood(text: str) -> UsageError:
    return UsageError(f'"{text}" does not select customers.', FORMS)


def _ranks(picks: Picks, rest: str) -> Selector | None:
    """Ranks, or the loss-makers, by a measure where one is named."""
    if picks is Picks.LOSS_MAKERS:
        return Selector(picks, measure=_measure(rest)) if rest in ("", *MEASURES) else None
    found = re.fullmatch(r"(\d+)(?:-(\d+))?(?::(\w+))?", rest)
    if not found or (found[3] or "") not in ("", *MEASURES):
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return Selector(picks, first, last, measure=_measure(found[3]))


def _measure(name: str | None) -> Measure | None:
    return measure_of(name) if name else None


def _state(rest: str) -> Selector | None:
    """A state with the period, span of months and event that it is told for, in any order."""
    state, *more = rest.split(":")
    event = next((Activity(part) for part in more if part in list(Activity)), None)
    others = [part for part in more if part not in list(Activity)]
    if state not in STATES or len(others) > 1 or "" in others:
        return None
    if state == "retained" and not others:
        return None
    when = others[0] if others else ""
    if not re.fullmatch(r"\d+m", when):
        return Selector(Picks.STATE, value=state, period=when, event=event)
    try:
        return Selector(Picks.STATE, value=state, span=Window.parse(when), event=event)
    except ValueError:
        return None


def by_measure(answer: Answer, measure: Measure) -> Answer:
    """The answer with its rows opened by rank in `measure`, whatever the lens of the question."""

    def named(selector: object) -> object:
        ranks = str(selector or "").startswith("rank:") or selector == Picks.LOSS_MAKERS
        return f"{selector}:{measure}" if ranks else selector

    figures = tuple(replace(f, opens=str(named(f.opens))) for f in answer.figures)
    grids = tuple(
        replace(g, rows=tuple({**row, g.opens: named(row.get(g.opens))} for row in g.rows))
        if g.opens
        else g
        for g in answer.grids
    )
    return replace(answer, figures=figures, grids=grids)


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
    match selector.picks:
        case Picks.RANK if selector.first == selector.last:
            return f"Rank {selector.first:,} by {LABELS[lens]}"
        case Picks.RANK:
            return f"Ranks {selector.first:,}-{selector.last:,} by {LABELS[lens]}"
        case Picks.LOSS_MAKERS:
            return f"Customers with negative {LABELS[lens]}, largest loss first"
        case Picks.OVER_SERVED:
            return f"Customers who take far more service than their share of {LABELS[lens]}"
        case Picks.STATE:
            when = selector.period or _span(selector.span)
            by = f", by {selector.event}" if selector.event else ""
            return f"Customers {selector.value} in {when}{by}"
        case Picks.FIND:
            return f"Customers that fit “{selector.value}”"
        case Picks.SLICE:
            return f"Customers with {selector.value.replace('=', ' = ')}"
        case Picks.CUSTOMER:
            return f"Customer {selector.value}"


def _span(span: Window | None) -> str:
    return "the window" if span is None else f"the last {span.months} months"


def expression(
    summary: ir.Table, measure: Measure, selector: Selector, ids: ir.Table | None, limit: int
) -> ir.Table:
    """The selected customers in rank order, with how many there are in all.

    `ids` are the customers of a state or a slice; they are listed even where
    they are not ranked (a lost customer has no revenue in this window).
    """
    table = ranked(summary, measure)
    table = table.mutate(rank=known_rank(table))
    if selector.picks is Picks.SLICE:
        chosen = table
    elif ids is not None:
        unranked = summary.anti_join(table, "customer_id").mutate(rank=ibis.null("int64"))
        every = table.select(*summary.columns, "rank").union(unranked)
        chosen = every.semi_join(ids, "customer_id")
    elif selector.picks is Picks.RANK:
        chosen = table.filter(table["rank"].between(selector.first, selector.last))
    elif selector.picks is Picks.LOSS_MAKERS:
        chosen = table.filter(table.value < 0)
    else:
        chosen = table.filter(table.customer_id == selector.value)
    chosen = chosen.select(*summary.columns, "rank")
    chosen = chosen.mutate(found=chosen.count().over())
    order = [ibis.asc("rank", nulls_first=False), ibis.asc("customer_id")]
    if selector.picks is Picks.LOSS_MAKERS:
        order = [ibis.desc("rank"), ibis.asc("customer_id")]
    return chosen.order_by(order).limit(limit)


def answer(context: Context, rows: Rows, title: str, names: dict[str, str]) -> Answer:
    """The list with its length; says so when it is cut."""
    found = int(rows[0]["found"]) if rows else 0
    listed = tuple(
        {**{c.name: row.get(c.name) for c in _COLUMNS}, **_own(row, names)} for row in rows
    )
    return Answer(
        kind="members",
        title=title,
        context=context,
        figures=(Figure("found", "Customers", found, Unit.COUNT),),
        grids=(Grid("members", title, _COLUMNS, listed, "opens"),),
        notes=cut_notes(len(rows), found, "customers"),
    )


def cut_notes(shown: int, found: int, what: str) -> tuple[str, ...]:
    """Says so where a list is cut."""
    if shown >= found:
        return ()
    return (f"The first {shown:,} of {found:,} {what} are listed; a higher limit shows more.",)


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
