"""Histories gathered by compiled code are those of the engine."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tierwise.engine import connect
from tierwise.engine.connect import open_session
from tierwise.lifetime.histories import have_returns, histories
from tierwise.settings import Activity, Lens
from tierwise.workflows import histories as homes
from tierwise.workflows.histories import kept

AS_OF = date(2025, 3, 1)
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "created_at": pa.timestamp("us"),
        "total_amount": pa.decimal128(18, 4),
        "total_cost": pa.decimal128(18, 4),
    }
)
EXACT = ("customer_id", "first_on", "last_on", "x", "t_x_days", "T_days", "value")
LENSES = (Lens.REVENUE, Lens.REVENUE_BEFORE_RETURNS, Lens.GROSS_PROFIT)


def lines(customers, number, lowest, seed=3):
    """Lines in no order: returns, free lines, several a day, no amount, nobody's, too late."""
    generator = np.random.default_rng(seed)
    owner = np.minimum(generator.gamma(0.6, customers / 2, number).astype(int), customers)
    days = generator.integers(0, 450, number)
    cents = np.maximum(generator.integers(lowest, 40_000, number), lowest)
    start = datetime(2024, 1, 1, 13)
    rows = {
        "customer_id": [f"K\u00f6ln-{one}" * (1 + one % 3) if one else None for one in owner],
        "created_at": [start + timedelta(days=int(day)) for day in days],
        "total_amount": [None if one % 97 == 1 else Decimal(int(one)) / 100 for one in cents],
        "total_cost": [None if one % 5 == 1 else Decimal(int(one)) / 300 for one in cents],
    }
    rows["total_cost"] = [
        None if one is None else one.quantize(Decimal("0.0001")) for one in rows["total_cost"]
    ]
    return pa.table(rows, SCHEMA)


@pytest.fixture
def session():
    with open_session() as opened:
        yield opened


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Few lines are gathered too, by few at a time."""
    monkeypatch.setattr(homes, "GATHERED_FROM", 1)
    monkeypatch.setattr(connect, "BATCH_ROWS", 2048)


def both(session, table, lens, event):
    """Columns by the engine and gathered, customers in order."""
    returns = session.rows(have_returns(table))[0]["found"]
    asked = histories(table, AS_OF, lens, event, returns=returns)
    own = kept(session, "gathered", table, AS_OF, lens, event)
    assert tuple(own.columns) == tuple(asked.columns)
    return (session.columns(one.order_by("customer_id")) for one in (asked, own))


def alike(expected, found):
    for name, values in expected.items():
        if name in EXACT:
            np.testing.assert_array_equal(found[name], values, err_msg=name)
        else:
            np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("event", [Activity.PURCHASE, Activity.ORDER])
@pytest.mark.parametrize("lowest", [-9_000, 0])
def test_gathered_histories_are_those_of_the_engine(session, lens, event, lowest):
    table = session.hold_arrow("lines", lines(700, 9_000, lowest))
    alike(*both(session, table, lens, event))


def test_shares_of_the_customers_make_up_the_whole(session, monkeypatch):
    monkeypatch.setattr(homes, "AT_ONCE", 2_000)
    table = session.hold_arrow("lines", lines(900, 9_000, -9_000))
    alike(*both(session, table, Lens.REVENUE, Activity.PURCHASE))


def test_only_the_columns_asked_for_are_made(session):
    table = session.hold_arrow("lines", lines(50, 400, 0))
    found = kept(session, "some", table, AS_OF, Lens.REVENUE, columns=("x", "customer_id"))
    assert found.columns == ("x", "customer_id")


def test_sums_beyond_64_bits_are_left_to_the_engine(session):
    huge = Decimal(99_999_999_999_999)
    rows = [
        {"customer_id": "a", "created_at": datetime(2024, 5, day), "total_amount": huge}
        for day in range(1, 9)
    ]
    table = session.hold_arrow("lines", pa.Table.from_pylist(rows, SCHEMA))
    found = session.rows(kept(session, "large", table, AS_OF, Lens.REVENUE))
    assert found[0]["value"] == float(8 * huge)


def test_nobody_bought_is_an_empty_table(session):
    table = session.hold_arrow("lines", lines(5, 20, -9_000).slice(0, 0))
    assert session.rows(kept(session, "none", table, AS_OF, Lens.REVENUE)) == []
