"""What keeping a customer is worth."""

from decimal import Decimal
from statistics import fmean, stdev

import pytest
from tests.scores.conftest import context

from tierwise.errors import MissingDataError
from tierwise.scores import retention


def people(make, *costs):
    """Customers whose cost of winning is known, or None."""
    return make(
        "customers",
        *(
            {"customer_id": f"c{i}", "acquisition_cost": None if c is None else Decimal(c)}
            for i, c in enumerate(costs)
        ),
    )


def kept(make, **values):
    """Margins as a table of expected lifetime values with an interval of one in ten."""
    rows = [{"customer_id": n, "monthly_amount": Decimal(v)} for n, v in values.items()]
    table = make("contracts", *rows)
    value = table.monthly_amount.cast("decimal(38, 4)")
    spread = value.abs() / 10
    return table.select("customer_id", value=value, low=value - spread, high=value + spread)


def test_margin_plus_what_a_new_one_costs(session, make):
    """By hand: costs 100, 200 and 300 mean 200; a margin of 50 kept is worth 250."""
    rows = session.rows(
        retention.expression(kept(make, a=50, b=-30), people(make, 100, 200, 300, None))
    )
    half = 1.959964 * stdev([100, 200, 300]) / 3**0.5
    assert [(row["customer_id"], row["value"]) for row in rows] == [("a", 250), ("b", 170)]
    assert float(rows[0]["low"]) == pytest.approx(45 + 200 - half, abs=1e-3)
    assert float(rows[0]["high"]) == pytest.approx(55 + 200 + half, abs=1e-3)


def test_one_known_cost_has_no_interval(session, make):
    """A single cost says nothing about its spread, so the interval is unknown."""
    (row,) = session.rows(retention.expression(kept(make, a=50), people(make, 70)))
    assert (row["value"], row["low"], row["high"]) == (120, None, None)


def test_unknown_costs_are_told(session, make, demo_summary):
    """Without the column, or with nothing in it, the message says what to fill."""
    with pytest.raises(MissingDataError, match="acquisition_cost"):
        retention.expression(kept(make, a=1), None)
    found = retention.expression(kept(make, a=1), people(make, None))
    (total,) = session.rows(retention.totals(found))
    with pytest.raises(MissingDataError, match="known of nobody"):
        retention.answer(context, total, [], "x", {})
    nobody = retention.expression(
        retention.trailing(demo_summary.filter(demo_summary.lines < 0), "revenue"),
        people(make, 5),
    )
    (total,) = session.rows(retention.totals(nobody))
    with pytest.raises(MissingDataError, match="nobody to keep"):
        retention.answer(context, total, [], "x", {})


def test_fairfield(session, demo, demo_summary):
    """The case study's margins add up, and the answer counts whom it keeps at a loss."""
    margin = retention.trailing(demo_summary, "profit")
    found = retention.expression(margin, demo["customers"])
    (total,) = session.rows(retention.totals(found))
    rows = session.rows(found.limit(20))
    shown = retention.answer(context, total, rows, retention.label_of("profit"), {})
    (expected,) = session.rows(
        demo_summary.aggregate(
            profit=demo_summary.profit.sum(), losing=(demo_summary.profit < 0).sum()
        )
    )
    assert shown.figure("margin_kept").value == expected["profit"]
    assert shown.figure("customers_losing").value == expected["losing"]
    costs = [
        float(row["acquisition_cost"])
        for row in session.rows(demo["customers"].select("acquisition_cost"))
        if row["acquisition_cost"] is not None
    ]
    cost = shown.figure("acquisition_cost")
    assert float(cost.value) == pytest.approx(fmean(costs), abs=1e-3)
    assert cost.low < cost.value < cost.high
    assert len(shown.grid("retention").rows) == 20
    assert "profit after cost to serve of the window" in shown.notes[0]
