"""What a setting may be called: names that the command line shows without reading any settings."""

from __future__ import annotations

from enum import StrEnum


class Lens(StrEnum):
    """What a customer's worth is measured by."""

    REVENUE = "revenue"  # net of returns and discounts
    REVENUE_BEFORE_RETURNS = "revenue_before_returns"  # positive lines only
    GROSS_PROFIT = "gross_profit"  # revenue less cost of goods
    PROFIT = "profit"  # gross profit less cost to serve


class Activity(StrEnum):
    """The event that makes a customer active."""

    PURCHASE = "purchase"  # a line with a positive amount
    ORDER = "order"  # any line, returns and free goods too
    CONTACT = "contact"


class Period(StrEnum):
    """Calendar periods that the population is counted by."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Length in months."""
        return {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[self]
