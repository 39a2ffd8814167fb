"""How values are written for people: the words around `format_value`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tierwise.results import Context, Figure
from tierwise.settings import TierBasis, TierRule
from tierwise.units import Unit, format_value

LENS_NAMES = {
    "revenue": "revenue",
    "revenue_before_returns": "revenue before returns",
    "gross_profit": "gross profit",
    "profit": "profit after cost to serve",
}

RULE_NAMES = {
    TierRule.RANK: "ranks",
    TierRule.SHARE: "shares of value",
    TierRule.THRESHOLD: "amounts",
    TierRule.NATURAL_BREAK: "natural breaks",
    TierRule.CAPACITY: "as many as can be served",
}

BASIS_NAMES = {
    TierBasis.WINDOW: "what the window brought",
    TierBasis.AHEAD: "expected of the window to come",
    TierBasis.EVER: "expected without end",
}

_CENTS_BELOW = 10_000


def day(value: date | datetime | None) -> str:
    """`31 Dec 2025`, and an en dash for none."""
    return f"{value.day} {value:%b %Y}" if value else "–"


def window_name(window: str) -> str:
    """`12m` as `last 12 months`."""
    return "all history" if window == "all" else f"last {window.removesuffix('m')} months"


def short_id(build: str) -> str:
    """The digest of a build id as people quote it: `2025-12-31-0123456789ab` as `0123456`."""
    return build[len("2025-12-31-") :][:7]


def customers(count: int) -> str:
    """`1 customer`, `5,000 customers`."""
    return "1 customer" if count == 1 else f"{count:,} customers"


def context_line(context: Context) -> str:
    """What every figure on the page stands on, in one line."""
    of_window = [window_name(context.window)] if context.window else []
    parts = [
        f"as of {day(context.as_of)}",
        *([LENS_NAMES.get(context.lens, context.lens)] if context.lens else []),
        *of_window,
        context.currency,
        *([customers(context.customers)] if of_window else []),
        *([context.slice] if context.slice else []),
        f"build {short_id(context.build)}",
    ]
    return "  ·  ".join(parts)


def capital(text: str) -> str:
    """With a capital at the start, and the rest as it is."""
    return text[:1].upper() + text[1:]


def shown(figure: Figure) -> str:
    """The value of a figure without its unit; large amounts without cents, for want of room."""
    if figure.unit is Unit.MONEY and figure.value is not None:
        places = 0 if abs(Decimal(figure.value)) >= _CENTS_BELOW else 2
        return f"{figure.value:,.{places}f}"
    if figure.name.endswith("_change") and figure.value is not None:
        return f"{'+' if figure.value > 0 else ''}{format_value(figure.value, figure.unit)}"
    if figure.unit in (Unit.MINUTES, Unit.SECONDS) and figure.value is not None:
        return f"{figure.value:,.0f}"
    return format_value(figure.value, figure.unit)


def suffix(figure: Figure, currency: str) -> str:
    """The unit that stands beside the value of a card."""
    if figure.value is None:
        return ""
    return {Unit.MONEY: currency, Unit.MINUTES: "min", Unit.SECONDS: "s"}.get(figure.unit, "")


def interval(figure: Figure) -> str:
    """`between 1.20 and 1.40`, or nothing for an exact count."""
    if figure.low is None or figure.high is None:
        return ""
    low, high = (shown(replace(figure, value=end)) for end in (figure.low, figure.high))
    return f"between {low} and {high}"


_OPTIONS = {
    "--lens": "“Ranked by”",
    "--window": "“Over”",
    "--as-of": "“As of”",
    "--where": "“Only where”",
    "--goal": "one under “Goal”",
    "; --limit shows more": "",
}


def in_console(text: str) -> str:
    """Advice that names options of the command line, said with the names of the pickers."""
    for option, picker in _OPTIONS.items():
        text = text.replace(option, picker)
    return text


def plain(value: Any) -> Any:
    """A value as JSON has it; decimals become numbers for charts and grids to format."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else value
