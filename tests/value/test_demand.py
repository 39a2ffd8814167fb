"""Demand against spend: who is over-served, against a naive twin."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given
from tests.value import naive
from tests.value.conftest import Bench
from tests.value.firms import AS_OF, START, context, examples, firms, positive
from tests.value.naive import Contact, Firm, Line

from tierwise.errors import MissingDataError, RefusedError
from tierwise.results import Answer
from tierwise.value import demand
from tierwise.value.summary import summarise

AT = datetime(2024, 6, 1)


def asked(bench: Bench, firm: Firm, limit: int = 100) -> Answer:
    """Demand of a firm against its revenue."""
    bench.fill(firm)
    rows = bench.ask(
        ("demand", limit),
        lambda t: demand.expression(summarise(t, START, AS_OF), "revenue", limit),
    )
    return demand.answer(context, rows, "revenue", {}, limit)


@examples
@given(firms(positive, at_least=1))
def test_over_served(bench: Bench, firm: Firm):
    """The list holds whom loops over shares find, the largest excess first."""
    twins = naive.summary(firm, START, AS_OF)
    ledger = sum((c.cost_to_serve for c in twins.values()), Decimal(0))
    assume(sum(c.revenue for c in twins.values()) > 0 and ledger >= 0)
    assume(ledger or any(c.contacts for c in twins.values()))
    expected = naive.over_served(twins)
    rows = asked(bench, firm).grid("over_served").rows
    assert {row["customer_id"]: row["excess"] for row in rows} == pytest.approx(expected)
    beyond = [row["excess"] for row in rows]
    assert beyond == sorted(beyond, reverse=True)


def line(customer: str, amount: int) -> Line:
    return Line(customer, customer, AT, Decimal(amount))


def contacts(customer: str, count: int) -> list[Contact]:
    return [Contact(f"{customer}{n}", customer, AT, 60.0) for n in range(count)]


def test_who_pays_nothing_asks_for_most(bench: Bench):
    """Contacts without revenue have no ratio, and stand before every ratio; silence stands last."""
    firm = Firm(
        [line("a", 90), line("b", 10), line("quiet", 50)],
        [*contacts("a", 5), *contacts("b", 4), *contacts("free", 1)],
    )
    rows = asked(bench, firm).grid("demand").rows
    assert [row["customer_id"] for row in rows] == ["free", "b", "a", "quiet"]
    ratios = [row["contacts_to_spend"] for row in rows]
    assert ratios[0] is None
    assert ratios[1:] == pytest.approx([0.4 / (10 / 150), 0.5 / (90 / 150), 0])


def test_small_demand_is_not_over_served(bench: Bench):
    """One contact of a small customer is many times the spend, and still less than the average."""
    firm = Firm(
        [line("a", 1000), line("b", 1000), line("c", 1)],
        [*contacts("a", 10), *contacts("b", 10), *contacts("c", 1)],
    )
    found = asked(bench, firm)
    assert found.grid("over_served").rows == ()
    assert found.figure("over_served_count").value == 0
    assert found.grid("demand").rows[0]["customer_id"] == "c"


def test_demand_of_a_loss_is_refused(bench: Bench):
    """Shares of a loss would mislead; without contacts and costs nothing can be said."""
    with pytest.raises(RefusedError):
        asked(bench, Firm([line("a", -5)], contacts("a", 1)))
    bench.fill(Firm([line("a", 5)]))
    rows = bench.ask(
        "demand of lines alone",
        lambda t: demand.expression(
            summarise({"order_lines": t["order_lines"]}, START, AS_OF), "revenue", 9
        ),
    )
    with pytest.raises(MissingDataError):
        demand.answer(replace(context), rows, "revenue", {}, 9)
