"""Numbers as people read them."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.units import Unit, format_value, number_of, to_cents

PRINTED = [
    (1.042e-06, Unit.CHANCE, "< 0.001"),
    (0.0414, Unit.CHANCE, "0.041"),
    (Decimal("1234.5"), Unit.MONEY, "1,234.50 EUR"),
    (Decimal("-1234567.895"), Unit.MONEY, "-1,234,567.90 EUR"),  # half to even
    (Decimal("0.005"), Unit.MONEY, "0.00 EUR"),
    (0.6912, Unit.SHARE, "69.1%"),
    (Decimal("0.69"), Unit.SHARE, "69.0%"),
    (-0.05, Unit.SHARE, "-5.0%"),
    (-0.0004, Unit.SHARE, "0.0%"),  # what rounds to zero has no sign
    (Decimal("-0.004"), Unit.MONEY, "0.00 EUR"),
    (1.005, Unit.RATIO, "1.00"),
    (23570, Unit.COUNT, "23,570"),
    (1, Unit.RANK, "1"),
    (1234.4, Unit.MINUTES, "1,234 min"),
    (90.6, Unit.SECONDS, "91 s"),
    (date(2025, 12, 31), Unit.DATE, "2025-12-31"),
    (datetime(2025, 12, 31, 23, 59), Unit.DATE, "2025-12-31"),
    ("2025-12-31T10:00", Unit.DATE, "2025-12-31"),
    ("Anna", Unit.TEXT, "Anna"),
]


@pytest.mark.parametrize(("value", "unit", "printed"), PRINTED)
def test_printed(value: object, unit: Unit, printed: str):
    """Each unit has one way to be printed."""
    assert format_value(value, unit, "EUR") == printed


@pytest.mark.parametrize("unit", Unit)
def test_nothing_is_a_dash(unit: Unit):
    """What is not known is printed as a dash in every unit, never as zero."""
    assert format_value(None, unit, "EUR") == "–"


def test_money_without_a_currency():
    """Where the currency stands in a heading the amount stands alone."""
    assert format_value(Decimal(5), Unit.MONEY) == "5.00"


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("0.005", "0.00"), ("0.015", "0.02"), ("0.0251", "0.03"), ("-0.025", "-0.02"), ("7", "7.00")],
)
def test_half_to_even(amount: str, cents: str):
    """Halves of a cent go to the even cent, as in ledgers."""
    assert str(to_cents(Decimal(amount))) == cents


@given(st.decimals(-(10**13), 10**13, places=4))
def test_rounding_moves_by_half_a_cent_at_most(amount: Decimal):
    """A shown amount is never more than half a cent from the exact one."""
    assert abs(to_cents(amount) - amount) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 customers"), (1, "1 customer"), (2_000, "2,000 customers")]
)
def test_a_number_has_its_noun_in_the_right_form(number, said):
    assert number_of(number, "customer") == said


def test_a_plural_of_its_own_can_be_given():
    assert number_of(3, "policy", "policies") == "3 policies"
