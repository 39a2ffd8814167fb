"""Order ids that stand for two orders are said, and every line stays."""

from decimal import Decimal

import pytest

from tierwise.engine import reused
from tierwise.tables.problems import Severity

HEAD = "order,customer,date,amount\n"


def test_one_id_of_two_customers_is_noted_with_count_and_amount(load_csv):
    loaded = load_csv(f"{HEAD}1,a,2024-01-05,10\n1,b,2024-01-05,5\n2,a,2024-01-06,7\n")
    said = loaded.problem("reused-order-id")
    assert (said.severity, said.count, said.value, said.row) == (Severity.NOTE, 1, "1", 2)
    assert "1 of several customers" in said.message
    assert "They sum to 15.00" in said.message
    assert said.column == "order"
    assert [row["total_amount"] for row in loaded.rows()] == [Decimal(10), Decimal(5), Decimal(7)]


def test_one_id_on_days_far_apart_is_noted(load_csv):
    loaded = load_csv(f"{HEAD}1,a,2023-01-05,10\n1,a,2024-01-05,5\n2,a,2024-01-06,7\n")
    said = loaded.problem("reused-order-id")
    assert said.count == 1
    assert "1 of one, sold more than 90 days apart" in said.message
    assert len(loaded.rows()) == 3


def test_of_very_many_lines_a_part_tells_whether_to_look_at_all(load_csv, monkeypatch):
    """Numbers that start again in each shop are all counted, however few are looked at first."""
    monkeypatch.setattr(reused, "LOOKED_AT_WHOLE", 10)
    lines = "".join(f"{n},{shop}{n},2024-01-05,1\n" for n in range(100) for shop in "ab")
    assert load_csv(HEAD + lines).problem("reused-order-id").count == 100


@pytest.mark.parametrize(
    "lines",
    [
        "1,a,2024-01-05,10\n1,a,2024-04-04,5\n",  # a second delivery after 90 days
        "1,a,2023-01-05,10\n1,a,2024-01-05,-10\n",  # a return a year later
        "1,a,2024-01-05,10\n1,,2024-01-05,5\n",  # one line without a customer
        ",a,2024-01-05,10\n,b,2024-01-05,5\n",  # no id at all
    ],
)
def test_one_order_is_not_taken_for_two(load_csv, lines):
    assert "reused-order-id" not in load_csv(HEAD + lines).codes()


def test_other_tables_and_sources_without_ids_are_left_alone(load_csv):
    columns = 'customer_id = "customer", created_at = "date", total_amount = "amount"'
    loaded = load_csv(f"{HEAD}1,a,2024-01-05,10\n1,b,2024-01-05,5\n", columns=columns)
    assert "reused-order-id" not in loaded.codes()
