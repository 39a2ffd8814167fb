"""Influence: decay, cap, expiry, newest per source, and where it came from."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scores.conftest import AS_OF, context

from tierwise.errors import MissingDataError
from tierwise.scores import influence
from tierwise.settings import InfluenceSettings


def days_ago(days):
    """Noon of a day so many days before the as-of date."""
    return datetime(2025, 12, 31, 12) - timedelta(days=days)


def seen(customer, days, source="panel", **more):
    """A row of the table of influence."""
    return {"customer_id": customer, "at": days_ago(days), "source": source, **more}


@pytest.fixture(scope="session")
def values(make):
    """Direct values; the median of those above zero is 200."""
    rows = [{"customer_id": n, "amount": Decimal(v), "set_on": AS_OF} for n, v in WORTH.items()]
    table = make("strategic", *rows)
    return table.select("customer_id", value=table.amount)


WORTH = {"a": 100, "b": 200, "c": 9000, "d": -5, "e": -70, "f": 0}
PRICED = {"value_per_1000": 10.0, "half_life_days": 100}


def asked(session, make, values, rows, contacts=None, **changes):
    """Rows by customer."""
    table = make("influence", *rows) if rows else None
    observed = influence.observations(contacts, table, AS_OF)
    found = influence.expression(observed, values, InfluenceSettings(**changes), AS_OF)
    return {row["customer_id"]: row for row in session.rows(found)}


def test_reach_decays_by_half(session, make, values):
    """By hand: 4,000 people at 10 a thousand are 40; 100 days later 20, after 200 days 10."""
    rows = [seen("a", 0, reach=4000.0), seen("b", 100, reach=4000.0), seen("c", 200, reach=4000.0)]
    found = asked(session, make, values, rows, **PRICED)
    assert [found[name]["value"] for name in "abc"] == [40, 20, 10]
    assert [found[name]["high"] for name in "abc"] == [40, 40, 40]
    assert found["b"]["low"] == 0
    assert found["b"]["source"] == "panel"
    assert found["b"]["observed_on"] == days_ago(100).date()
    assert found["b"]["expires_on"] == days_ago(100).date() + timedelta(days=730)


def test_cap_is_the_least_of_both(session, make, values):
    """A voice counts for the median direct value at most, or for the amount where that is less."""
    rows = [seen("a", 0, reach=1e6)]
    assert asked(session, make, values, rows, **PRICED)["a"]["value"] == 200
    doubled = asked(session, make, values, rows, cap_multiple=2.0, **PRICED)["a"]
    assert (doubled["value"], doubled["cap"], doubled["uncapped"]) == (400, 400, 10_000)
    assert asked(session, make, values, rows, cap_amount=50.0, **PRICED)["a"]["value"] == 50


def test_score_is_a_share_of_the_cap(session, make, values):
    """A score of 60 of 80 without a reach is three quarters of the cap; beyond the scale is all."""
    rows = [seen("a", 0, score=60.0, scale_max=80.0), seen("b", 0, score=99.0, scale_max=80.0)]
    found = asked(session, make, values, rows, **PRICED)
    assert (found["a"]["value"], found["b"]["value"]) == (150, 200)


def test_newest_of_each_source_and_best_of_them(session, make, values):
    """An older observation of a source gives way; of several sources the most valuable counts."""
    rows = [
        seen("a", 0, "panel", reach=1000.0),
        seen("a", 5, "panel", reach=9000.0),
        seen("a", 0, "forum", reach=2000.0),
        seen("b", 0, "old", score=1.0),
        seen("b", 0, "priced", reach=100.0, value_per_1000=Decimal(500)),
    ]
    found = asked(session, make, values, rows, **PRICED)
    assert (found["a"]["value"], found["a"]["source"]) == (20, "forum")
    assert (found["b"]["value"], found["b"]["source"]) == (50, "priced")


def test_old_observations_fall_away_and_are_listed(session, make, values):
    """The day of expiry still counts, the day after does not; what has no price says so."""
    rows = [seen("a", 730, reach=1000.0), seen("b", 731, reach=1000.0), seen("c", 0, reach=1.0)]
    found = asked(session, make, values, rows, **PRICED)
    assert (found["a"]["state"], found["b"]["state"]) == ("counts", "expired")
    assert found["b"]["value"] == 0
    unpriced = asked(session, make, values, rows[2:])
    assert (unpriced["c"]["state"], unpriced["c"]["value"]) == ("not priced", None)
    shown = influence.answer(
        context, [*found.values(), unpriced["c"]], InfluenceSettings(), {"a": "Anna"}
    )
    counts = ("observed", "influence_counts", "influence_expired", "influence_unpriced")
    assert [shown.figure(name).value for name in counts] == [4, 2, 1, 1]
    assert {row["name"] for row in shown.grid("influence").rows} == {"Anna", ""}


def test_public_complaints_reach_people(session, make, values):
    """Contacts tell the reach of public complaints; private ones and later ones do not count."""
    base = {"contact_id": "1", "reach": 3000.0, "is_public_complaint": True}
    contacts = make(
        "contacts",
        {**base, "customer_id": "a", "created_at": days_ago(0)},
        {**base, "customer_id": "b", "created_at": days_ago(0), "is_public_complaint": False},
        {**base, "customer_id": "c", "created_at": days_ago(-1)},
        {**base, "customer_id": None, "created_at": days_ago(0)},
    )
    found = asked(session, make, values, [], contacts, **PRICED)
    assert {name: row["value"] for name, row in found.items()} == {"a": 30}
    assert found["a"]["source"] == influence.COMPLAINTS
    rows = [seen("a", 0, reach=100.0)]
    assert asked(session, make, values, rows, contacts, **PRICED)["a"]["value"] == 30


def test_component_leaves_out_what_does_not_count(session, make, values):
    """Only what counts today is a score; it keeps source, date, cap and expiry."""
    rows = [seen("a", 0, reach=1000.0), seen("b", 900, reach=1000.0)]
    observed = influence.observations(None, make("influence", *rows), AS_OF)
    chosen = InfluenceSettings(**PRICED)
    found = influence.expression(observed, values, chosen, AS_OF)
    (row,) = session.rows(influence.component(found, chosen, AS_OF))
    assert (row["customer_id"], row["component"], row["value"]) == ("a", "influence", 10)
    assert (row["source"], row["cap"], row["observed_on"]) == ("panel", 200, AS_OF)
    assert row["expires_on"] == date(2027, 12, 31)


def test_nothing_observed(demo):
    """Without reach anywhere the message names the tables that could tell; so does an empty one."""
    with pytest.raises(MissingDataError, match="influence"):
        influence.observations(demo["contacts"].drop("reach"), None, AS_OF)
    with pytest.raises(MissingDataError, match="influence"):
        influence.answer(context, [], InfluenceSettings(), {})


observed_rows = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(-5, 900),
        st.sampled_from(["panel", "forum"]),
        st.none() | st.integers(0, 100_000).map(float),
        st.none() | st.integers(0, 12).map(float),
        st.none() | st.integers(0, 90).map(Decimal),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[:3],
)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(observed_rows)
def test_against_a_loop(session, make, values, drawn):
    """Each customer's value is that of a loop over its sources."""
    rows = [
        seen(c, days, s, reach=reach, score=score, scale_max=10.0, value_per_1000=price)
        for c, days, s, reach, score, price in drawn
    ]
    found = asked(session, make, values, rows, **PRICED)
    for name in "ab":
        newest = {}
        for customer, days, source, *rest in sorted(drawn, key=lambda row: -row[1]):
            if customer == name and days >= 0:
                newest[source] = (days, *rest)
        worth = []
        for days, reach, score, price in newest.values():
            fresh = None
            if reach is not None:
                fresh = reach / 1000 * (10 if price is None else float(price))
            elif score is not None:
                fresh = min(score / 10, 1) * 200
            if days <= 730 and fresh is not None:
                worth.append(min(200, fresh * 0.5 ** (days / 100)))
        if worth:
            assert float(found[name]["value"]) == pytest.approx(max(worth), abs=1e-4)
            assert found[name]["low"] <= found[name]["value"] <= found[name]["high"] <= 200
        else:
            assert name not in found or found[name]["state"] != "counts"
