"""What a referred customer is worth against another of the same tenure."""

from datetime import datetime, timedelta
from decimal import Decimal
from statistics import fmean

import pytest
from scipy import stats
from tests.scores.conftest import AS_OF, START, context, months_ago

from tierwise.errors import MissingDataError
from tierwise.scores import referral, referred
from tierwise.value.summary import summarise

COLUMNS = "customer_id created_on acquisition_cost referred_by_id"


def firm(make, groups, cost=True):
    """Customers with one order each: groups of (months ago, referrer, amount, cost) rows."""
    people, lines = [], []
    for number, (months, referrer, amount, paid) in enumerate(groups):
        name = f"c{number:03}"
        won = months_ago(months)
        people.append({"customer_id": name, "created_on": won, "referred_by_id": referrer})
        if cost:
            people[-1]["acquisition_cost"] = Decimal(paid)
        lines.append(
            {
                "customer_id": name,
                "header_id": name,
                "created_at": datetime(2025, 12, 1) + timedelta(hours=number),
                "total_amount": Decimal(amount),
            }
        )
    customers = make("customers", *people)
    summary = summarise({"order_lines": make("order_lines", *lines)}, START, AS_OF)
    values = summary.mutate(value=summary.revenue)
    edges = referral.edges(None, customers, values, AS_OF)
    return summary, customers, edges


def asked(session, summary, customers, edges, min_group=2):
    """The answer on revenue."""
    rows = session.rows(referred.expression(summary, customers, edges, "revenue", AS_OF))
    return referred.answer(context, rows, "revenue", min_group)


def test_same_tenure_alone_is_compared(session, make):
    """Referred customers of the last year are set against others of the last year.

    The old customers' 9,000 do not count: nobody referred is old. The interval is
    SciPy's Welch over the new ones, and so is that of value less cost of sale.
    """
    brought = [(3, "x", 100 + 7 * i, 10 + i) for i in range(5)]
    new = [(4, None, 60 + 5 * i, 50 + 3 * i) for i in range(6)]
    old = [(40, None, 9000, 1) for _ in range(4)]
    found = asked(session, *firm(make, brought + new + old))
    one, two = ([row[2] for row in group] for group in (brought, new))
    assert found.figure("value_difference").value == pytest.approx(fmean(one) - fmean(two))
    peer = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    shown = found.figure("value_difference")
    assert (shown.low, shown.high) == pytest.approx((peer.low, peer.high))
    saved = fmean(r[3] for r in new) - fmean(r[3] for r in brought)
    assert found.figure("cost_of_sale_avoided").value == pytest.approx(saved)
    nets = [[float(row[2] - row[3]) for row in group] for group in (brought, new)]
    net = stats.ttest_ind(*nets, equal_var=False).confidence_interval(0.95)
    advantage = found.figure("referred_advantage")
    assert advantage.value == pytest.approx(shown.value + saved)
    assert (advantage.low, advantage.high) == pytest.approx((net.low, net.high))
    assert (found.figure("referred").value, found.figure("others").value) == (5, 10)


def test_too_few_to_say(session, make):
    """Under the smallest group no difference is shown, and a note says so."""
    groups = [(3, "x", 100, 1)] * 3 + [(3, None, 50, 1)] * 9
    found = asked(session, *firm(make, groups), min_group=4)
    assert [figure.name for figure in found.figures] == ["referred", "others"]
    assert "Too few to say" in found.notes[0]


def test_unknown_cost_of_sale(session, make):
    """Where nobody knows what winning customers cost, value alone is compared."""
    groups = [(3, "x", 100 + i, 1) for i in range(3)] + [(3, None, 50 + i, 1) for i in range(3)]
    found = asked(session, *firm(make, groups, cost=False))
    assert "value_difference" in {figure.name for figure in found.figures}
    assert "cost_of_sale_avoided" not in {figure.name for figure in found.figures}
    assert "acquisition_cost" in found.notes[-1]


def test_nobody_referred(session, make):
    """Without a referred customer in the window there is nothing to compare."""
    groups = [(3, None, 50, 1)] * 3
    summary, customers, _ = firm(make, [*groups, (3, "x", 5, 1)])
    edges = referral.edges(None, customers, summary.mutate(value=summary.revenue), AS_OF)
    with pytest.raises(MissingDataError, match="referred"):
        asked(session, summary, customers, edges.filter(edges.referrer_id == "nobody"))


def test_fairfield(session, demo, demo_summary):
    """The case study has enough referred customers to say, over four years of tenure."""
    values = demo_summary.mutate(value=demo_summary.gross_profit)
    edges = referral.edges(demo["referrals"], demo["customers"], values, AS_OF)
    rows = session.rows(
        referred.expression(demo_summary, demo["customers"], edges, "gross_profit", AS_OF)
    )
    found = referred.answer(context, rows, "gross_profit", 30)
    shown = found.figure("referred_advantage")
    assert shown.low < shown.value < shown.high
    assert 250 <= found.figure("referred").value <= 306
