"""Steps from the average customer to one of them add up exactly."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scores.conftest import AS_OF, START, context

from tierwise.errors import MissingDataError, UsageError
from tierwise.scores import drivers
from tierwise.scores.drivers import Totals
from tierwise.settings import Lens
from tierwise.value.summary import summarise

fractions = st.fractions(-50, 50, max_denominator=90)
amounts = st.decimals(-90_000, 90_000, places=4, allow_nan=False).map(Fraction)
some_totals = st.builds(
    Totals,
    customers=st.integers(1, 40),
    years=st.fractions(0, 40, max_denominator=1461),
    orders=st.integers(0, 50),
    amount=st.just(Fraction(0)) | amounts,
    margin=st.just(Fraction(0)) | amounts,
    cost=amounts,
    value=amounts,
    p_active=st.fractions(0, 1, max_denominator=64),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(some_totals, some_totals)
def test_steps_add_up_exactly(firm, one):
    """From any average to any customer the steps make the whole difference, to the last place."""
    average = drivers.factors(firm)
    own = drivers.factors(one, average)
    assert drivers.value_of(average) == firm.value / firm.customers
    assert drivers.value_of(own) == one.value / one.customers
    parts = drivers.shapley(average, own, drivers.value_of)
    start, end = drivers.value_of(average), drivers.value_of(own)
    assert sum(parts.values()) == end - start
    shown = drivers.rounded(start, parts)
    assert sum(shown.values()) == drivers.to_amount(end) - drivers.to_amount(start)
    assert all(
        abs(Fraction(shown[name]) - part) <= Fraction(1, 10_000) for name, part in parts.items()
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.tuples(fractions, fractions), min_size=4, max_size=4))
def test_shapley_is_the_mean_over_all_orders(pairs):
    """Against a walk through all orders of changing the factors one after the other."""
    names = ("years", "orders_per_year", "spend_per_order", "margin")
    fixed = {"cost_to_serve": Fraction(3), "p_active": Fraction(1), "rest": Fraction(2)}
    start = {name: pair[0] for name, pair in zip(names, pairs, strict=True)} | fixed
    end = {name: pair[1] for name, pair in zip(names, pairs, strict=True)} | fixed
    expected = dict.fromkeys(names, Fraction(0))
    for order in permutations(names):
        now = dict(start)
        for name in order:
            before = drivers.value_of(now)
            now[name] = end[name]
            expected[name] += (drivers.value_of(now) - before) / factorial(len(names))
    found = drivers.shapley(start, end, drivers.value_of)
    assert {name: found[name] for name in names} == expected
    assert found["cost_to_serve"] == found["rest"] == 0


def line(customer, amount, cost, at=datetime(2025, 7, 1), order="1"):
    """An order of one line."""
    return {
        "customer_id": customer,
        "header_id": f"{customer}{order}",
        "created_at": at,
        "total_amount": Decimal(amount),
        "total_cost": None if cost is None else Decimal(cost),
    }


OLD = {"customer_id": "a", "created_on": date(2020, 1, 1)}


def asked(session, summary, customers, who, lens, active=None):
    """The answer for one customer."""
    found = drivers.expression(summary, customers, who, lens, START, AS_OF, active)
    return drivers.answer(context, session.rows(found), lens, who, "")


def firm(make, *lines, costs=()):
    """A summary of some lines."""
    tables = {"order_lines": make("order_lines", *lines)}
    if costs:
        tables["costs"] = make("costs", *costs)
    return summarise(tables, START, AS_OF)


def steps_of(found):
    """Amount of each step by its words."""
    return {r["component"]: r["amount"] for r in found.grid("steps").rows if not r["is_total"]}


def test_spend_alone_makes_the_difference(session, make):
    """By hand: two old customers with one order each at the same margin; spend makes all of it."""
    customers = make("customers", OLD, {**OLD, "customer_id": "b"})
    summary = firm(make, line("a", 300, 150), line("b", 100, 50))
    found = asked(session, summary, customers, "a", Lens.GROSS_PROFIT)
    assert found.figure("average_value").value == 100
    assert found.figure("value").value == 150
    assert steps_of(found) == {"Spend per order": 50}


def test_cost_to_serve_and_margin_have_their_steps(session, make):
    """By hand: revenue equal, margin 80% against a mean of 60%, cost 30 against a mean of 15."""
    customers = make("customers", OLD, {**OLD, "customer_id": "b"})
    costs = [{"customer_id": "a", "cost_date": date(2025, 3, 1), "amount": Decimal(30)}]
    summary = firm(make, line("a", 100, 20), line("b", 100, 60), costs=costs)
    found = asked(session, summary, customers, "a", Lens.PROFIT)
    assert steps_of(found) == {"Margin on it": 20, "Cost to serve": -15}
    assert (found.figure("value").value, found.figure("average_value").value) == (50, 45)
    rows = {row["component"]: row for row in found.grid("steps").rows}
    assert (rows["Margin on it"]["average"], rows["Margin on it"]["own"]) == (0.6, 0.8)


def test_new_customers_had_less_time(session, make):
    """A customer of half a year with the same yearly business is worth less by time alone."""
    half = datetime(2025, 7, 2)
    customers = make("customers", OLD, {"customer_id": "b", "created_on": half.date()})
    summary = firm(
        make,
        line("a", 100, 0, datetime(2025, 8, 1)),
        line("a", 100, 0, datetime(2025, 9, 1), "2"),
        line("b", 100, 0, half),
    )
    found = steps_of(asked(session, summary, customers, "b", Lens.REVENUE))
    assert found["Years with us in the window"] < -45
    assert abs(found["Orders a year"]) < 1
    assert sum(found.values()) == -50


def test_chance_to_be_still_there(session, make):
    """Where a model tells the chance of being active, it has a step and the note says so."""
    customers = make("customers", OLD, {**OLD, "customer_id": "b"})
    summary = firm(make, line("a", 100, 0), line("b", 100, 0))
    chances = make(
        "influence",
        {"customer_id": "a", "score": 0.5, "at": datetime(2025, 1, 1), "source": "x"},
    )
    active = chances.select("customer_id", p_active=chances.score)
    found = asked(session, summary, customers, "a", Lens.REVENUE, active)
    assert steps_of(found) == {"Chance to be still there": -25}
    assert (found.figure("value").value, found.figure("average_value").value) == (50, 75)
    assert "times the chance" in found.notes[0]


def test_what_no_factor_tells_is_the_rest(session, make):
    """Goods given away for nothing are cost without revenue: no factor, but still in the sum."""
    customers = make("customers", OLD, {**OLD, "customer_id": "b"})
    summary = firm(make, line("a", 0, 40), line("b", 100, 40))
    found = asked(session, summary, customers, "a", Lens.GROSS_PROFIT)
    steps = steps_of(found)
    assert steps["What these do not tell"] == -40
    assert sum(steps.values()) == -40 - 10


def test_unknown_value(session, make):
    """Who has no known value is refused by name; a window with nobody says so."""
    summary = firm(make, line("a", 100, None), line("b", 100, 50))
    with pytest.raises(UsageError, match="of a is not known"):
        asked(session, summary, None, "a", Lens.GROSS_PROFIT)
    nobody = summary.filter(summary.lines < 0)
    with pytest.raises(MissingDataError, match="Nobody"):
        asked(session, nobody, None, "a", Lens.REVENUE)


@pytest.mark.parametrize("lens", list(Lens))
def test_fairfield(session, demo, demo_summary, lens):
    """For the case study's customers the waterfall ends at the summary's own figure."""
    ranked = session.rows(demo_summary.filter(demo_summary.lines > 0).order_by("profit"))
    for own in (ranked[0], ranked[2500], ranked[-1]):
        found = asked(session, demo_summary, demo["customers"], own["customer_id"], lens)
        assert found.figure("value").value == own[lens]
        rows = found.grid("steps").rows
        assert rows[0]["amount"] + sum(steps_of(found).values()) == rows[-1]["amount"]
        assert "What these do not tell" not in steps_of(found)
