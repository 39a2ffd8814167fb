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


class PurchaseModelName(StrEnum):
    """Models of repeat purchase."""

    MBG_NBD = "mbg_nbd"  # a customer may leave after each purchase, the first included
    BG_NBD = "bg_nbd"  # after each repeat purchase
    PARETO_NBD = "pareto_nbd"  # at any time
    NBD = "nbd"  # never


class SpendModelName(StrEnum):
    """What an order of a customer is expected to bring."""

    AUTO = "auto"  # gamma_gamma where its assumptions hold, else profit_per_order
    GAMMA_GAMMA = "gamma_gamma"  # spend above zero, independent of how often one buys
    PROFIT_PER_ORDER = "profit_per_order"  # losses allowed


class TierRule(StrEnum):
    """How customers in order of value are cut into tiers."""

    RANK = "rank"  # so many customers, or such shares of customers
    SHARE = "share"  # those who bring such shares of the value
    THRESHOLD = "threshold"  # amounts
    NATURAL_BREAK = "natural_break"  # where values leave gaps: Fisher 1958
    CAPACITY = "capacity"  # as many as high-touch service can protect best


class TierBasis(StrEnum):
    """Which value decides: of the window behind, or expected."""

    WINDOW = "window"  # what the window brought
    AHEAD = "ahead"  # expected in the horizon of [value.lifetime]
    EVER = "ever"  # expected without end, discounted


class BreakScale(StrEnum):
    """What natural breaks are looked for in."""

    LOG = "log"  # in ratios: values of customers differ by powers of ten
    MONEY = "money"  # in amounts
