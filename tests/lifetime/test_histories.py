"""Histories from order lines: a slow obvious twin, and customers beside their cells."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tierwise.engine.connect import open_session
from tierwise.lifetime import scoring
from tierwise.lifetime.cells import of_numbers
from tierwise.lifetime.histories import have_returns, histories, number
from tierwise.lifetime.models import MBG_NBD
from tierwise.lifetime.order_terms import GammaGammaOrders, OwnOrders
from tierwise.settings import Activity, Lens

START, AS_OF = date(2024, 1, 1), date(2024, 6, 1)
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "created_at": pa.timestamp("us"),
        "total_amount": pa.decimal128(18, 4),
        "total_cost": pa.decimal128(18, 4),
    }
)
every_event = pytest.mark.parametrize("event", [Activity.PURCHASE, Activity.ORDER])
every_lens = pytest.mark.parametrize(
    "lens", [Lens.REVENUE, Lens.REVENUE_BEFORE_RETURNS, Lens.GROSS_PROFIT]
)


def lines(lowest):
    """Lines of 60 customers, some of one day, some free or without amount or customer."""
    generator = np.random.default_rng(5)
    rows = []
    for _ in range(900):
        amount = int(generator.integers(lowest, 30))
        at = datetime(2024, 1, 1) + timedelta(days=int(generator.integers(0, 170)), hours=9)
        customer = int(generator.gamma(1.0, 15.0))
        rows.append(
            {
                "customer_id": f"c{customer}" if customer else None,
                "created_at": at,
                "total_amount": None if amount == 7 else Decimal(max(amount, lowest)) / 4,
                "total_cost": Decimal(1),
            }
        )
    return rows


def twin(rows, lens, event):
    """The same, line by line."""
    days = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["customer_id"] and row["created_at"].date() <= AS_OF:
            days[row["customer_id"]][row["created_at"].date()].append(row)
    found = {}
    for customer, by_day in days.items():
        bought = sorted(day for day, lines_ in by_day.items() if _bought(lines_, event))
        if not bought:
            continue
        every = [row for lines_ in by_day.values() for row in lines_]
        own = [sum(_value(row, lens) for row in by_day[day]) for day in bought]
        before = sum(_spend(row) for row in every)
        first = sum(_spend(row) for row in by_day[bought[0]])
        net = before if lens is Lens.REVENUE_BEFORE_RETURNS else sum(map(_amount, every))
        stayed = min(max(net / before, 0.0), 1.0) if before else 0.0
        found[customer] = {
            "customer_id": customer,
            "first_on": bought[0],
            "last_on": bought[-1],
            "x": len(bought) - 1,
            "t_x_days": (bought[-1] - bought[0]).days,
            "T_days": (AS_OF - bought[0]).days,
            "spend": pytest.approx(before * stayed),
            "repeat_spend": pytest.approx((before - first) * stayed),
            "value": pytest.approx(sum(_value(row, lens) for row in every)),
            "squares": pytest.approx(sum((v - np.mean(own)) ** 2 for v in own), abs=1e-9),
        }
    return found


def _amount(row):
    return float(row["total_amount"] or 0)


def _spend(row):
    return max(_amount(row), 0.0)


def _value(row, lens):
    if row["total_amount"] is None:
        return 0.0
    if lens is Lens.GROSS_PROFIT:
        return _amount(row) - float(row["total_cost"])
    return _amount(row) if lens is Lens.REVENUE else _spend(row)


def _bought(rows, event):
    if event is Activity.ORDER:
        return any(row["total_amount"] is not None for row in rows)
    return any(_amount(row) > 0 for row in rows)


@pytest.fixture(scope="module")
def session():
    with open_session() as opened:
        yield opened


@every_lens
@every_event
def test_histories_are_those_of_the_slow_twin(session, lens, event):
    """With returns, free lines and lines without amount, through every lens."""
    rows = lines(-10)
    table = session.hold_arrow("lines", pa.Table.from_pylist(rows, SCHEMA))
    found = session.rows(histories(table, AS_OF, lens, event))
    assert {row["customer_id"]: row for row in found} == twin(rows, lens, event)


@every_lens
@every_event
def test_without_returns_the_shorter_way_finds_the_same(session, lens, event):
    """Telling the engine that no line is below zero changes no figure."""
    table = session.hold_arrow("lines", pa.Table.from_pylist(lines(0), SCHEMA))
    whole, shorter = (
        session.rows(histories(table, AS_OF, lens, event, returns=r).order_by("customer_id"))
        for r in (True, False)
    )
    assert whole == shorter


@pytest.mark.parametrize(("lowest", "expected"), [(-10, True), (0, False)])
def test_returns_are_seen(session, lowest, expected):
    """One line below zero is enough; none are none."""
    table = session.hold_arrow("lines", pa.Table.from_pylist(lines(lowest), SCHEMA))
    assert session.rows(have_returns(table)) == [{"found": expected}]
    assert session.rows(have_returns(table.limit(0))) == [{"found": False}]


def test_every_customer_stands_beside_the_own_cell(session):
    """What is expected of a customer is what is expected of the customer's history."""
    table = session.hold_arrow("lines", pa.Table.from_pylist(lines(-10), SCHEMA))
    known = session.keep("known", histories(table, AS_OF, Lens.REVENUE))
    counted = of_numbers(session.columns(known.select(number=number(known)))["number"])
    theta = (0.9, 6.2, 0.9, 1.6)
    columns = scoring.expectations(MBG_NBD, theta, counted, scoring.Asked(52, 0.002, 0.9))
    orders = GammaGammaOrders((6.0, 4.0, 15.0), 0.8)
    valued = scoring.expected_values(known, session.hold("expected", columns), orders)
    told = {row["customer_id"]: row for row in session.rows(valued)}
    customers = session.rows(known)
    assert len(told) == len(customers) == counted.customers
    names = ("x", "t_x_days", "T_days", "near_mean")
    near = {tuple(cell): mean for *cell, mean in zip(*(columns[n] for n in names), strict=True)}
    for row in customers:
        expected = near[row["x"], row["t_x_days"], row["T_days"]]
        one = told[row["customer_id"]]
        assert one["purchases"] == expected
        order = 0.8 * 6 * (15 + row["repeat_spend"]) / (6 * row["x"] + 4 - 1)
        assert one["near_value"] == pytest.approx(expected * order)


def forecasts(session, known):
    """Cells with their forecasts at parameters of a firm of heavy and light buyers."""
    counted = of_numbers(session.columns(known.select(number=number(known)))["number"])
    generator, theta = np.random.default_rng(1), (0.9, 6.2, 0.9, 1.6)
    draws = np.array([theta] * 200)
    asked = scoring.Asked(52.0, 0.002, 0.9)
    return scoring.cell_scores(MBG_NBD, theta, draws, counted, asked, generator)


@pytest.mark.parametrize("losses", [True, False])
def test_value_spans_what_the_purchases_span(session, losses):
    """At an order's expected worth, the ends of the purchases lie inside those of the value."""
    table = session.hold_arrow("lines", pa.Table.from_pylist(lines(0), SCHEMA))
    known = session.keep("known", histories(table, AS_OF, Lens.REVENUE))
    columns = forecasts(session, known)
    found = scoring.scored(
        known, session.hold("forecasts", columns), OwnOrders(0.3), 0.9, losses=losses
    )
    rows = session.rows(found)
    assert rows
    for row in rows:
        worth = row["near_value"] / row["purchases"]  # of a purchase, discounted
        low, high = (row[f"near_value_{end}"] for end in ("low", "high"))
        assert low <= worth * row["purchases_low"] * (1 + 1e-9)
        assert high >= worth * row["purchases_high"] * (1 - 1e-9)
        assert losses or low >= 0


def test_through_revenue_nobody_brings_less_than_is_taken_back(session):
    """An interval holds its expectation even of those who sent back more than they bought."""
    table = session.hold_arrow("lines", pa.Table.from_pylist(lines(-40), SCHEMA))
    known = session.keep("known", histories(table, AS_OF, Lens.REVENUE))
    cells = session.hold("forecasts", forecasts(session, known))
    rows = session.rows(scoring.scored(known, cells, OwnOrders(0.3), 0.9, losses=False))
    assert any(row["near_value"] < 0 for row in rows)
    for row in rows:
        assert row["near_value_low"] <= row["near_value"] <= row["near_value_high"]
        assert row["near_value_low"] >= min(row["near_value"], 0.0)
