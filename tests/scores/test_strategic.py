"""Strategic value: owned, reasoned, ending, and few."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scores.conftest import AS_OF, context

from tierwise.errors import MissingDataError
from tierwise.scores import strategic
from tierwise.scores.strategic import State
from tierwise.settings import StrategicSettings

WHY = {"owner": "Ada", "reason": "reference", "evidence": "minutes", "expires_on": AS_OF}


def decided(customer, amount, set_on=date(2025, 5, 1), **more):
    """A row that counts, unless changed."""
    return {"customer_id": customer, "amount": Decimal(amount), "set_on": set_on, **WHY, **more}


@pytest.fixture(scope="session")
def values(make):
    """Direct values: 1,000 above zero, and a loss that does not lower the cap."""
    rows = [
        {"customer_id": "a", "amount": Decimal(1000), "set_on": AS_OF},
        {"customer_id": "b", "amount": Decimal(-300), "set_on": AS_OF},
    ]
    table = make("strategic", *rows)
    return table.select("customer_id", value=table.amount)


def asked(session, make, values, rows, **changes):
    """All rows judged."""
    chosen = StrategicSettings(**{"max_share": 0.1, "max_customers": 20, **changes})
    table = make("strategic", *rows, columns="customer_id amount set_on")
    return session.rows(strategic.expression(table, values, chosen, AS_OF))


def states(rows):
    """State by customer."""
    return {row["customer_id"]: row["state"] for row in rows}


def test_refused_with_everything_it_lacks(session, make, values):
    """A row without owner, reason, evidence or expiry is refused, and each gap is named at once."""
    rows = [
        decided("a", 10, owner=None, reason=" ", evidence=None, expires_on=None),
        decided("b", -5, owner=""),
        decided("c", 10),
    ]
    found = {row["customer_id"]: row for row in asked(session, make, values, rows)}
    assert found["a"]["missing"] == "no owner; no reason; no evidence; no expiry"
    assert found["b"]["missing"] == "no amount above zero; no owner"
    assert found["c"]["missing"] is None
    assert states(found.values()) == {"a": "refused", "b": "refused", "c": "in force"}


def test_columns_that_are_not_there_refuse_all(session, make, values):
    """A table without an owner column has no row with an owner."""
    bare = {"customer_id": "a", "amount": Decimal(5), "set_on": AS_OF}
    (row,) = asked(session, make, values, [bare])
    assert (row["state"], row["missing"]) == (
        State.REFUSED,
        "no owner; no reason; no evidence; no expiry",
    )


def test_expired_fall_away(session, make, values):
    """The last day still counts; the day after does not; what is decided later is not yet."""
    rows = [
        decided("a", 10),
        decided("b", 10, expires_on=date(2025, 12, 30)),
        decided("c", 10, set_on=date(2026, 1, 1), expires_on=date(2027, 1, 1)),
    ]
    found = asked(session, make, values, rows)
    assert states(found) == {"a": State.IN_FORCE, "b": State.EXPIRED, "c": State.LATER}


def test_oldest_decisions_stand_within_the_cap(session, make, values):
    """A tenth of 1,000 is 100: 60 and 40 fit, whatever is decided after that is over."""
    rows = [
        decided("late", 1, date(2025, 9, 9)),
        decided("first", 60, date(2025, 1, 1)),
        decided("second", 40, date(2025, 2, 2)),
    ]
    found = asked(session, make, values, rows)
    assert states(found) == {
        "first": State.IN_FORCE,
        "second": State.IN_FORCE,
        "late": State.OVER_CAP,
    }
    few = asked(session, make, values, rows, max_customers=1)
    assert [name for name, state in states(few).items() if state == State.IN_FORCE] == ["first"]


def test_renewal_keeps_its_place(session, make, values):
    """The newest decision of a customer counts, in the place of its first."""
    rows = [
        decided("a", 30, date(2025, 1, 1)),
        decided("a", 70, date(2025, 6, 1)),
        decided("b", 40, date(2025, 3, 1)),
    ]
    found = [
        (r["customer_id"], r["amount"], r["state"]) for r in asked(session, make, values, rows)
    ]
    assert found == [
        ("a", 70, State.IN_FORCE),
        ("b", 40, State.OVER_CAP),
        ("a", 30, State.REPLACED),
    ]


def test_expired_decision_keeps_no_place(session, make, values):
    """A gap between two decisions puts the customer at the end of the queue again."""
    rows = [
        decided("a", 90, date(2024, 1, 1), expires_on=date(2024, 12, 31)),
        decided("a", 90, date(2025, 6, 1)),
        decided("b", 90, date(2025, 3, 1)),
    ]
    found = asked(session, make, values, rows)
    standing = [row["customer_id"] for row in found if row["state"] == State.IN_FORCE]
    assert standing == ["b"]


def test_answer_lists_everything(session, make, values):
    """What does not count is listed beside what does; nothing is silently cut."""
    rows = [decided("a", 60), decided("b", 60), decided("c", 5, owner=None)]
    found = strategic.answer(
        context, asked(session, make, values, rows), StrategicSettings(), {"a": "Anna"}
    )
    assert [grid.name for grid in found.grids] == ["in_force", "over_cap", "refused"]
    assert found.grid("in_force").rows[0]["name"] == "Anna"
    assert found.grid("refused").rows[0]["missing"] == "no owner"
    assert found.figure("strategic_value").value == 60
    assert found.figure("strategic_cap").value == 100
    with pytest.raises(MissingDataError):
        strategic.answer(context, [], StrategicSettings(), {})


def test_component_carries_owner_and_end(session, make, values):
    """A score names who decided, why, when and until when."""
    table = make("strategic", decided("a", 60), decided("b", 60))
    found = strategic.expression(table, values, StrategicSettings(), AS_OF)
    (row,) = session.rows(strategic.component(found, AS_OF))
    assert (row["customer_id"], row["value"], row["low"], row["high"]) == ("a", 60, 0, 60)
    assert (row["source"], row["method"]) == ("Ada", "decided: reference")
    assert (row["observed_on"], row["expires_on"]) == (date(2025, 5, 1), AS_OF)


drawn_rows = st.lists(
    st.builds(
        decided,
        st.sampled_from("abcd"),
        st.integers(-1, 60),
        st.dates(date(2025, 1, 1), date(2026, 1, 3)),
        owner=st.sampled_from(["Ada", "Ada", None]),
        expires_on=st.sampled_from([None, date(2025, 6, 1), AS_OF, AS_OF]),
    ),
    max_size=8,
    unique_by=lambda row: (row["customer_id"], row["set_on"]),
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(drawn_rows, st.integers(0, 3))
def test_caps_hold(session, make, values, rows, most):
    """What is in force is one row a customer within both caps, and every row has a state."""
    found = asked(session, make, values, rows, max_customers=most)
    assert len(found) == len(rows)
    standing = [row for row in found if row["state"] == State.IN_FORCE]
    assert len({row["customer_id"] for row in standing}) == len(standing) <= most
    assert sum(row["amount"] for row in standing) <= 100
    valid = [
        row
        for row in rows
        if row["owner"]
        and row["amount"] > 0
        and row["expires_on"]
        and row["set_on"] <= AS_OF
        and row["expires_on"] >= AS_OF
    ]
    first = {}
    for row in sorted(valid, key=lambda row: row["set_on"]):
        first.setdefault(row["customer_id"], row["set_on"])
    newest = {row["customer_id"]: row for row in sorted(valid, key=lambda row: row["set_on"])}
    running, expected = 0, []
    for name in sorted(first, key=lambda name: (first[name], name)):
        running += newest[name]["amount"]
        if running > 100 or len(expected) == most:
            break
        expected.append(name)
    assert sorted(row["customer_id"] for row in standing) == sorted(expected)
