"""Contracts stand in for order lines where a firm keeps no orders."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

import tierwise as tw

CONTRACTS = pa.table(
    {
        "contract_id": ["k1", "k2", "k3", "k4"],
        "customer_id": ["a", "b", "c", "d"],
        "started_on": [
            date(2025, 1, 31),
            date(2024, 6, 15),
            date(2025, 5, 1),
            date(2026, 1, 1),
        ],
        "term_end_on": [date(2025, 4, 30), date(2025, 6, 14), None, None],
        "auto_renew": [False, True, None, None],
        "monthly_amount": pa.array(
            [Decimal("100.00"), Decimal("50.00"), Decimal("10.00"), Decimal("9.00")],
            pa.decimal128(18, 4),
        ),
        "monthly_cost": pa.array(
            [Decimal("40"), Decimal("20"), Decimal("12"), Decimal("1")], pa.decimal128(18, 4)
        ),
    }
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contracts")
    return tw.desk_from_tables({"contracts": CONTRACTS}, folder, as_of=date(2025, 12, 31))


@pytest.mark.parametrize(
    ("customer", "revenue", "profit"),
    [
        ("a", 400, 240),  # four months, the last on the day it ends
        ("b", 600, 360),  # renews itself: all twelve months of the window
        ("c", 80, -16),  # no end: May to December, below cost
    ],
)
def test_a_contract_bills_each_month_begun(desk, customer, revenue, profit):
    """Months count from the start to the end or the as-of date, in the window."""
    answer = desk.customer(customer)
    assert answer.figure("revenue").value == revenue
    assert answer.figure("profit").value == profit


def test_a_month_without_the_day_bills_on_its_last_day(desk):
    """A contract of the 31st is billed on 28 February."""
    days = [row["ordered_at"].date() for row in desk.customer("a").grid("orders").rows]
    assert days == [date(2025, 4, 30), date(2025, 3, 31), date(2025, 2, 28), date(2025, 1, 31)]


def test_a_contract_after_the_as_of_date_is_not_read(desk):
    """What starts next year is unknown today."""
    with pytest.raises(tw.UsageError, match="no customer"):
        desk.customer("d")


def test_a_derived_line_opens_the_contract_it_came_from(desk):
    """source_row is the row of the contract."""
    lines = desk.customer("b").grid("order_lines").rows
    assert {row["source_row"] for row in lines} == {2}
    assert "order_lines" in {table["name"] for table in desk.build.manifest["tables"]}


def test_a_project_without_any_of_them_is_refused_in_words(tmp_path):
    """Customers alone say nothing about value."""
    customers = pa.table({"customer_id": ["a"]})
    with pytest.raises(tw.MissingDataError, match="no order lines, contacts or costs"):
        tw.desk_from_tables({"customers": customers}, tmp_path, as_of=date(2025, 12, 31))
