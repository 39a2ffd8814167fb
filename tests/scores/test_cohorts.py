"""Newly won customers by cohort."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scores.conftest import context

from tierwise.errors import MissingDataError
from tierwise.scores import cohorts
from tierwise.settings import Period

AS_OF = date(2025, 6, 30)


def line(customer, day, amount, cost=None):
    """An order of one line at noon."""
    return {
        "customer_id": customer,
        "header_id": f"{customer}{day}{amount}",
        "created_at": datetime(day.year, day.month, day.day, 12),
        "total_amount": Decimal(amount),
        "total_cost": None if cost is None else Decimal(cost),
    }


def asked(session, make, lines, customers=None, period=Period.MONTH, as_of=AS_OF, early=3):
    """The answer on some lines."""
    found = cohorts.expression(make("order_lines", *lines), customers, period, as_of)
    return cohorts.answer(context, session.rows(found), period, as_of, early)


def test_cumulative_per_customer(session, make):
    """By hand: two customers won in January bring 30 then 10 then nothing: 15, 20, 20 each."""
    lines = [
        line("a", date(2025, 1, 5), 20, 8),
        line("b", date(2025, 1, 31), 10, 2),
        line("a", date(2025, 2, 1), 10, 5),
        line("c", date(2025, 5, 1), 99),
        line(None, date(2025, 1, 1), 7),
    ]
    found = asked(session, make, lines)
    ages = [row for row in found.grid("ages").rows if row["cohort"] == "2025-01"]
    assert [row["revenue_per_customer"] for row in ages] == [15, 20, 20, 20, 20, 20]
    assert [row["gross_profit_per_customer"] for row in ages][:2] == [10, Decimal("12.5")]
    january, may = found.grid("cohorts").rows
    assert (january["customers"], january["early_revenue"]) == (2, 20)
    assert (may["customers"], may["early_revenue"], may["revenue_1m"]) == (1, None, 99)
    assert found.figure("early_revenue").value == 20
    unknown = [r for r in found.grid("ages").rows if r["cohort"] == "2025-05"]
    assert [row["gross_profit_per_customer"] for row in unknown] == [None, None]


def test_months_that_are_not_over_are_not_shown(session, make):
    """On the 29th of June the last whole month is May; a quarter counts from its last month."""
    lines = [line("a", date(2025, 5, 5), 20), line("b", date(2025, 6, 5), 20)]
    found = asked(session, make, lines, as_of=date(2025, 6, 29))
    shown = [(row["cohort"], row["age"]) for row in found.grid("ages").rows]
    assert shown == [("2025-05", 0), ("2025-06", None)]
    quarter = asked(session, make, lines, period=Period.QUARTER)
    assert [(r["cohort"], r["age"]) for r in quarter.grid("ages").rows] == [("2025-Q2", 0)]


def test_old_customers_are_not_newly_won(session, make):
    """Whose record is older than the data may have ordered before; a new record has not."""
    customers = make(
        "customers",
        {"customer_id": "old", "created_on": date(2010, 1, 1)},
        {"customer_id": "new", "created_on": date(2025, 2, 1)},
    )
    lines = [line(name, date(2025, 2, 3), 10) for name in ("old", "new", "unlisted")]
    lines.append(line("old", date(2025, 1, 1), 10))
    found = asked(session, make, lines, customers)
    assert [(r["cohort"], r["customers"]) for r in found.grid("cohorts").rows] == [("2025-02", 2)]


def test_nobody_won(session, make):
    """Where everybody is older than the data, the message says how to find out more."""
    customers = make("customers", {"customer_id": "a", "created_on": date(2010, 1, 1)})
    with pytest.raises(MissingDataError, match="newly won"):
        asked(session, make, [line("a", date(2025, 1, 5), 20)], customers)


drawn_lines = st.lists(
    st.builds(
        line,
        st.sampled_from("abcd"),
        st.dates(date(2024, 11, 1), date(2025, 7, 2)),
        st.integers(-20, 90),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(drawn_lines, st.sampled_from([Period.MONTH, Period.QUARTER]))
def test_against_a_loop(session, make, lines, period):
    """Each point is the sum of a loop over lines, over the size of the cohort."""
    lines = [row for row in lines if row["created_at"].date() <= AS_OF]
    if not lines:
        return

    def month(day):
        return day.year * 12 + day.month - 1

    first = {}
    for row in sorted(lines, key=lambda row: row["created_at"]):
        first.setdefault(row["customer_id"], month(row["created_at"]))
    size = defaultdict(int)
    for won in first.values():
        size[won // period.months] += 1
    found = asked(session, make, lines, period=period)
    assert found.figure("customers_won").value == len(first)
    for point in found.grid("ages").rows:
        if point["age"] is None:
            continue
        year, _, rest = point["cohort"].partition("-")
        number = (int(rest[1:]) - 1) * 3 if rest.startswith("Q") else int(rest) - 1
        index = (int(year) * 12 + number) // period.months
        mine = [
            row
            for row in lines
            if first[row["customer_id"]] // period.months == index
            and month(row["created_at"]) - first[row["customer_id"]] <= point["age"]
        ]
        revenue = sum(row["total_amount"] for row in mine) / Decimal(size[index])
        cost = sum(row["total_cost"] for row in mine) / Decimal(size[index])
        assert point["customers"] == size[index]
        assert point["revenue_per_customer"] == pytest.approx(revenue)
        assert point["gross_profit_per_customer"] == pytest.approx(revenue - cost)


def test_fairfield(session, demo):
    """The case study's cohorts hold customers whose record is as new as the data."""
    found = cohorts.expression(
        demo["order_lines"], demo["customers"], Period.QUARTER, date(2025, 12, 31)
    )
    shown = cohorts.answer(context, session.rows(found), Period.QUARTER, date(2025, 12, 31))
    assert shown.figure("cohort_count").value == 12
    assert 0 < shown.figure("customers_won").value < 5474
    assert shown.figure("early_revenue").value > 0
