"""Contracts to tenures, against a walk through the calendar month by month."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest

from tierwise.errors import MissingDataError
from tierwise.lifetime.contract_tenures import (
    BACKWARDS,
    ENDED,
    NO_END,
    RUNNING,
    placed,
    share_error,
    states,
    tenures,
    totals,
    troubles,
)

AS_OF = date(2025, 12, 31)
SCHEMA = pa.schema(
    [
        ("contract_id", pa.string()),
        ("customer_id", pa.string()),
        ("started_on", pa.date32()),
        ("term_end_on", pa.date32()),
        ("status", pa.string()),
        ("auto_renew", pa.bool_()),
        ("monthly_amount", pa.decimal128(18, 4)),
        ("monthly_cost", pa.decimal128(18, 4)),
    ]
)


def table(*rows: dict[str, Any]) -> Any:
    filled = [{"contract_id": str(i), "customer_id": "c", **row} for i, row in enumerate(rows)]
    return ibis.memtable(pa.Table.from_pylist(filled, schema=SCHEMA))


def placed_rows(*rows: dict[str, Any], less_cost: bool = False) -> list[dict[str, Any]]:
    found = states(table(*rows), AS_OF, less_cost=less_cost).order_by("contract_id")
    return found.to_pyarrow().to_pylist()


def one(**row: Any) -> dict[str, Any]:
    return placed_rows({"started_on": date(2025, 1, 31), **row})[0]


def months_over(start: date, end: date) -> int:
    """Days walked one by one: a month is over on its day, or where it has none, on the next 1st."""
    days = [start + timedelta(days=i) for i in range(1, (end - start).days + 1)]
    return sum(
        day.day == start.day or (day.day == 1 and (day - timedelta(days=1)).day < start.day)
        for day in days
    )


def test_tenures_are_months_of_the_calendar():
    """Running contracts count months that are over, ended ones the month they ended in too."""
    rng = random.Random(5)
    pairs = [
        (AS_OF - timedelta(days=rng.randint(0, 1500)), rng.randint(0, 900)) for _ in range(400)
    ]
    spans = [(start, min(start + timedelta(days=days), AS_OF)) for start, days in pairs]
    rows = [{"started_on": start, "status": "active"} for start, _ in spans]
    rows += [{"started_on": start, "term_end_on": end, "status": "ended"} for start, end in spans]
    numbered = [{**row, "contract_id": f"{i:04}"} for i, row in enumerate(rows)]
    found = [row["tenure"] for row in placed_rows(*numbered)]
    assert found[:400] == [months_over(start, AS_OF) for start, _ in spans]
    assert found[400:] == [
        max(months_over(start, end) + (end.day != start.day), 1) for start, end in spans
    ]


@pytest.mark.parametrize(
    ("start", "end", "tenure"),
    [
        (date(2025, 1, 1), date(2025, 1, 31), 1),  # the last day of the first month
        (date(2025, 1, 1), date(2025, 2, 1), 1),  # or the first that is not billed
        (date(2025, 1, 1), date(2025, 2, 2), 2),
        (date(2024, 1, 1), date(2024, 12, 31), 12),
        (date(2025, 1, 31), date(2025, 4, 30), 3),
        (date(2025, 3, 5), date(2025, 3, 5), 1),  # ended on the day it began
    ],
)
def test_both_ways_to_write_an_end_count_alike(start: date, end: date, tenure: int):
    """A term that ends with its last day and one that ends with the day after are as long."""
    assert one(started_on=start, term_end_on=end, status="ended")["tenure"] == tenure


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        ({"term_end_on": date(2025, 6, 30)}, True),
        ({"term_end_on": AS_OF}, True),  # at the as-of date
        ({"term_end_on": date(2026, 1, 1)}, False),
        ({"term_end_on": None}, False),
        ({"term_end_on": date(2025, 6, 30), "auto_renew": True}, False),
        ({"term_end_on": date(2025, 6, 30), "auto_renew": True, "status": "Cancelled"}, True),
        ({"term_end_on": date(2025, 6, 30), "status": "rolling"}, False),
        ({"term_end_on": date(2025, 6, 30), "status": " Past due "}, False),
        ({"term_end_on": date(2025, 6, 30), "status": "who knows"}, True),
        ({"term_end_on": date(2026, 6, 30), "status": "cancelled"}, False),  # runs to its end
    ],
)
def test_who_is_lost(row: dict[str, Any], lost: bool):
    """The end has come, and neither status nor automatic renewal says that it went on."""
    assert one(**row)["lost"] is lost


def test_no_word_means_both():
    """A status says that a contract runs or that it ended, never both."""
    assert not ENDED & RUNNING


def test_contracts_that_cannot_be_placed_are_told():
    """An end without a day, and an end before the beginning, are counted and left out."""
    found = states(
        table(
            {"started_on": date(2025, 1, 1), "status": "ended"},
            {"started_on": date(2025, 1, 1), "term_end_on": date(2024, 1, 1)},
            {"started_on": date(2025, 1, 1)},
        ),
        AS_OF,
        less_cost=False,
    )
    told = {r["trouble"]: r["contracts"] for r in troubles(found).to_pyarrow().to_pylist()}
    assert told == {NO_END: 1, BACKWARDS: 1}
    assert placed(found).count().to_pyarrow().as_py() == 1


def test_later_contracts_are_not_read():
    """What begins after the as-of date is unknown."""
    assert placed_rows({"started_on": AS_OF + timedelta(days=1)}) == []


def test_margin_is_the_amount_less_its_cost():
    """Without a cost the amount is the margin; without an amount it is unknown."""
    rows = (
        {"started_on": AS_OF, "monthly_amount": Decimal(10), "monthly_cost": Decimal(4)},
        {"started_on": AS_OF, "monthly_amount": Decimal(10)},
        {"started_on": AS_OF, "monthly_cost": Decimal(4)},
    )
    assert [row["margin"] for row in placed_rows(*rows, less_cost=True)] == [6, 10, None]
    assert [row["margin"] for row in placed_rows(*rows)] == [10, 10, None]


def test_no_ends_known():
    """Without term_end_on nobody can be seen to leave."""
    bare = table({"started_on": AS_OF}).drop("term_end_on")
    with pytest.raises(MissingDataError, match="no term_end_on"):
        states(bare, AS_OF, less_cost=False)


def test_money_is_pooled_by_renewal():
    """Two contracts and three months: at risk and lost, in contracts and in money."""
    by_contract, by_amount = tenures(
        {"tenure": [1, 2], "lost": [1, 0], "alive": [0, 1]}
        | {"lost_amount": _floats(30), "alive_amount": _floats(0, 70)}
    )
    assert (by_contract.at_risk.tolist(), by_contract.lost.tolist()) == ([2, 1], [1, 0])
    assert (by_amount.at_risk.tolist(), by_amount.lost.tolist()) == ([100, 70], [30, 0])


def _floats(first: float, second: float = 0) -> Any:
    return pa.array([float(first), float(second)]).to_numpy()


def test_error_of_a_share_of_money():
    """The linearised error of a ratio: the square root of the squared residuals over the sum."""
    amounts, lost = [10, 20, 30, 40], [True, False, False, True]
    rows = [
        {
            "started_on": date(2025, 1, 1),
            "monthly_amount": Decimal(a),
            "term_end_on": date(2025, 6, 1) if gone else None,
        }
        for a, gone in zip(amounts, lost, strict=True)
    ]
    found = totals(placed(states(table(*rows), AS_OF, less_cost=False)))
    row = found.to_pyarrow().to_pylist()[0]
    assert (row["amount"], row["lost_amount"], row["lost"]) == (100, 50, 2)
    residuals = [a * (gone - 0.5) for a, gone in zip(amounts, lost, strict=True)]
    assert share_error(row) == pytest.approx(sum(r * r for r in residuals) ** 0.5 / 100)
