"""Since when a customer is one."""

from datetime import date, datetime

from tests.scores.conftest import AS_OF, months_ago

from tierwise.scores import tenure


def table(make, *rows):
    """A summary with first orders alone."""
    lines = make(
        "order_lines",
        *({"customer_id": name, "created_at": at} for name, at in rows),
        columns="customer_id created_at",
    )
    return lines.select("customer_id", first_order_at="created_at")


def test_record_or_first_order_whichever_is_first(session, make):
    """Neither a late record nor a late first order makes a customer younger; one will do."""
    summary = table(
        make,
        ("a", datetime(2024, 5, 5, 12)),
        ("b", datetime(2024, 5, 5, 12)),
        ("c", datetime(2024, 5, 5, 12)),
        ("d", None),
        ("e", None),
    )
    customers = make(
        "customers",
        {"customer_id": "a", "created_on": date(2020, 1, 1)},
        {"customer_id": "b", "created_on": date(2025, 1, 1)},
        {"customer_id": "d", "created_on": date(2025, 1, 1)},
    )
    found = {r["customer_id"]: r["since"] for r in session.rows(tenure.since(summary, customers))}
    assert found == {
        "a": date(2020, 1, 1),
        "b": date(2024, 5, 5),
        "c": date(2024, 5, 5),
        "d": date(2025, 1, 1),
        "e": None,
    }
    alone = {r["customer_id"]: r["since"] for r in session.rows(tenure.since(summary, None))}
    assert (alone["a"], alone["d"]) == (date(2024, 5, 5), None)


def test_years_are_whole_and_end_at_five(session, make):
    """Eleven months are no year, sixty years are five, and who knows when is null."""
    rows = [
        (name, datetime.combine(months_ago(m), datetime.min.time()))
        for name, m in (("a", 11), ("b", 13), ("c", 59), ("d", 720))
    ]
    summary = tenure.since(table(make, *rows, ("e", None)), None)
    found = session.rows(
        summary.select("customer_id", years=tenure.years(summary, AS_OF)).order_by("customer_id")
    )
    assert [row["years"] for row in found] == [0, 1, 4, 5, None]


def test_quartiles_are_quarters_oldest_first(session, make):
    """Eight customers make quarters of two, ties by id."""
    days = [datetime(2020, 1, 1)] * 3 + [datetime(2021, 1, d) for d in range(1, 6)]
    rows = [(name, day) for name, day in zip("hgfedcba", days, strict=True)]
    summary = tenure.since(table(make, *rows), None)
    found = session.rows(summary.select("customer_id", q=tenure.quartile(summary)))
    assert {row["customer_id"]: row["q"] for row in found} == {
        "f": 0,
        "g": 0,
        "h": 1,
        "e": 1,
        "d": 2,
        "c": 2,
        "b": 3,
        "a": 3,
    }
