"""How values are written for people: the words around `format_value`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tierwise.results import Context, Figure
from tierwise.units import Unit, format_value

LENS_NAMES = {
    "revenue": "revenue",
    "revenue_before_returns": "revenue before returns",
    "gross_profit": "gross profit",
    "profit": "profit after cost to serve",
}


def day(value: date | datetime | None) -> str:
    """`31 Dec 2025`, and an en dash for none."""
    return f"{value.day} {value:%b %Y}" if value else "–"


def window_name(window: str) -> str:
    """`12m` as `last 12 months`."""
    return "all history" if window == "all" else f"last {window.removesuffix('m')} months"


def short_id(build: str) -> str:
    """The digest of a build id, as short as people quote it: `2025-12-31-0123456789ab` as `0123456`."""
    return build[len("2025-12-31-") :][:7]


def context_line(context: Context) -> str:
    """What every figure on the page stands on, in one line."""
    parts = [
        f"as of {day(context.as_of)}",
        LENS_NAMES.get(context.lens, context.lens),
        window_name(context.window),
        context.currency,
        f"{context.customers:,} customers",
        *([context.slice] if context.slice else []),
        f"build {short_id(context.build)}",
    ]
    return "  ·  ".join(parts)


def shown(figure: Figure) -> str:
    """The value of a figure without its unit; money without cents, as cards have no room."""
    if figure.unit is Unit.MONEY and isinstance(figure.value, int | float | Decimal):
        return f"{figure.value:,.0f}"
    return format_value(figure.value, figure.unit)


def suffix(figure: Figure, currency: str) -> str:
    """The unit that stands beside the value of a card."""
    return currency if figure.unit is Unit.MONEY and figure.value is not None else ""


def interval(figure: Figure, currency: str) -> str:
    """`95%: 1.2 to 1.4`, or nothing for an exact count."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = (format_value(end, figure.unit, currency) for end in (figure.low, figure.high))
    return f"between {low} and {high}"


def plain(value: Any) -> Any:
    """A value as JSON has it; decimals become numbers for charts and grids to format."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else value
