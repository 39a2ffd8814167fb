"""Units and number formats that every floor shares.

Money is a decimal with four places at rest: unit prices and line profits carry
more than two places in real exports, and rounding line by line would move
totals by cents. Sums are exact; only what is shown is rounded to the cent.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

AMOUNT_TYPE = "decimal(18, 4)"
"""Type of every money column at rest, in major units of its currency."""

SUM_TYPE = "decimal(38, 4)"
"""Type of sums of amounts: no number of rows makes one too large."""

AMOUNT_PLACES = 4
AMOUNT_LIMIT = Decimal(10) ** 14
"""Amounts of this size and above do not fit AMOUNT_TYPE."""

CENT = Decimal("0.01")

LEAST_CHANCE = 0.001
"""Chances below it are not told apart."""


class Unit(StrEnum):
    """What a figure counts, so that every face can print it the same way."""

    MONEY = "money"
    SHARE = "share"  # 0..1
    RATIO = "ratio"
    NUMBER = "number"  # an estimate without a unit of its own
    CHANCE = "chance"  # 0..1, a p-value: only its size counts
    COUNT = "count"
    RANK = "rank"
    MINUTES = "minutes"
    SECONDS = "seconds"
    DATE = "date"
    TEXT = "text"


def number_of(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 customer`, `2,000 customers`; `many` where it is not one and s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def to_cents(amount: Decimal) -> Decimal:
    """Round an exact amount to the cent for showing; half to even, as ledgers do."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def format_value(value: object, unit: Unit, currency: str = "") -> str:
    """One value as people read it: `1,234.50 EUR`, `69.0%`, `2025-12-31`, `–` for none.

    What rounds to zero has no sign.
    """
    if value is None:
        return "–"
    match unit:
        case Unit.MONEY:
            return f"{value:z,.2f} {currency}".strip()
        case Unit.SHARE:
            return (
                f"{float(value):z.1%}" if isinstance(value, int | float | Decimal) else str(value)
            )
        case Unit.RATIO:
            return f"{value:z,.2f}"
        case Unit.NUMBER:
            return _significant(float(value)) if isinstance(value, int | float | Decimal) else "–"
        case Unit.CHANCE:
            return _chance(float(value)) if isinstance(value, int | float | Decimal) else "–"
        case Unit.COUNT | Unit.RANK:
            return f"{value:,}"
        case Unit.MINUTES | Unit.SECONDS:
            return f"{value:z,.0f} {'min' if unit is Unit.MINUTES else 's'}"
        case Unit.DATE:
            return value.isoformat()[:10] if isinstance(value, date | datetime) else str(value)[:10]
        case Unit.TEXT:
            return str(value)


def _chance(value: float) -> str:
    """Three decimals; what is smaller is said to be smaller."""
    return f"{value:.3f}" if value >= LEAST_CHANCE else f"< {LEAST_CHANCE}"


def _significant(value: float) -> str:
    """Four significant digits; of a large number two decimals, where it has any."""
    return f"{value:,.2f}".removesuffix(".00") if abs(value) >= 100 else f"{value:.4g}"
