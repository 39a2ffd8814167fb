"""What every figure stands on, in words."""

from __future__ import annotations

from tierwise.results import Context
from tierwise.units import Unit, format_value, number_of

LENSES = {
    "revenue": "revenue",
    "revenue_before_returns": "revenue before returns",
    "gross_profit": "gross profit",
    "profit": "profit after cost to serve",
    "contacts": "number of contacts",
}


def span(context: Context) -> str:
    """The window in words: `all history to 2017-12-31`."""
    last = format_value(context.as_of, Unit.DATE)
    if context.window_from is None:
        return f"all history to {last}"
    return f"{format_value(context.window_from, Unit.DATE)} to {last} ({context.window})"


def basis(context: Context, ranked: bool = True) -> str:
    """One line under a heading: who is counted, by what where order matters, over which days."""
    counted = number_of(context.customers, "customer")
    by = f"by {LENSES.get(context.lens, context.lens)}" if ranked else ""
    return " · ".join(part for part in (counted, by, span(context), context.slice) if part)


def facts(context: Context) -> list[tuple[str, str]]:
    """The title block, as term and description."""
    return [
        ("As of", format_value(context.as_of, Unit.DATE)),
        ("Customers ranked by", LENSES.get(context.lens, context.lens)),
        ("Window", span(context)),
        ("Slice", context.slice or "none, the whole firm"),
        ("Customers", format_value(context.customers, Unit.COUNT)),
        ("Input lines", format_value(context.lines, Unit.COUNT)),
        ("Currency", context.currency),
        ("Build", context.build),
    ]
