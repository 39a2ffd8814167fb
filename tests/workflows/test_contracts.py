"""Contracts, from a project folder to the answer: value to come, fall-backs, bad input."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dateutil.relativedelta import relativedelta

import tierwise as tw
from tierwise.lifetime.discounting import rate_per_period
from tierwise.lifetime.sbg import simulate
from tierwise.results import Answer

AS_OF = date(2025, 12, 1)
Rows = list[dict[str, Any]]
Ask = Callable[..., Answer]


def contract(
    name: str, months: int, *, lost: bool = False, amount: float = 10, cost: float = 4, **more: Any
) -> dict[str, Any]:
    """A contract that has run so many months, or was lost at that renewal last month."""
    return {
        "contract_id": name,
        "customer_id": name.split("-")[0],
        "started_on": AS_OF - relativedelta(months=months),
        "term_end_on": AS_OF if lost else None,
        "status": "cancelled" if lost else "active",
        "monthly_amount": Decimal(amount),
        "monthly_cost": Decimal(cost),
        **more,
    }


TYPES = {"monthly_amount": pa.decimal128(18, 4), "monthly_cost": pa.decimal128(18, 4)}
TYPES |= {"term_end_on": pa.date32()}


@pytest.fixture
def ask(tmp_path) -> Ask:
    """The answer about some contracts."""

    def asked(rows: Rows, *, lens: str = "revenue", limit: int = 500, **where: str) -> Answer:
        table = pa.Table.from_pylist(rows)
        fields = [pa.field(f.name, TYPES.get(f.name, f.type)) for f in table.schema]
        table = table.cast(pa.schema(fields))
        settings = {"value": {"lens": lens, "window": "all"}}
        desk = tw.desk_from_tables({"contracts": table}, tmp_path, as_of=AS_OF, settings=settings)
        question = tw.Question(where=tuple(where.items()))
        return desk.contracts(question, limit=limit)

    return asked


@pytest.fixture(scope="module")
def firm() -> Rows:
    """Two thousand contracts that obey an sBG, each seen for up to three years."""
    rng = np.random.default_rng(11)
    ends, seen = simulate((0.6, 6.0), 2000, rng), rng.integers(1, 36, 2000)
    return [
        contract(f"c{i}", int(min(end, age)), lost=bool(end <= age), product_id=f"P{i % 2}")
        for i, (end, age) in enumerate(zip(ends, seen, strict=True))
    ]


def test_models_and_curve_stand_beside_each_other(ask: Ask, firm: Rows):
    """All three curves have a value and an interval at each month, and they agree."""
    found = ask(firm, limit=3)
    rows = found.grid("survival").rows
    assert [row["months"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        for name in ("seen", "sbg", "bdw"):
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
        assert row["sbg"] == pytest.approx(row["seen"], abs=0.05)
    assert sum(row["used"] == "yes" for row in found.grid("models").rows) == 1
    assert sum(row["lost"] for row in found.grid("products").rows) == sum(
        row["status"] == "cancelled" for row in firm
    )
    assert found.context.lens == "revenue"


def test_customers_are_worth_margin_times_what_is_to_come(ask: Ask, firm: Rows):
    """A customer's value is each contract's margin times what its tenure is worth, added up."""
    two = [
        contract("x-1", 5, amount=100, cost=40),
        contract("x-2", 20, amount=30, cost=40),  # at a loss
        contract("x-3", 7, lost=True, amount=999),
    ]
    found = ask([*firm, *two], lens="gross_profit")
    each = {row["tenure"]: row for row in found.grid("tenures").rows}
    mine = next(row for row in found.grid("worth").rows if row["customer_id"] == "x")
    assert (mine["contracts"], mine["margin"], mine["tenure"]) == (2, 50, 20)
    for part in ("near", "ever"):
        assert mine[part] == pytest.approx(60 * each[5][part] - 10 * each[20][part])
        low, high = f"{part}_low", f"{part}_high"
        assert mine[low] == pytest.approx(60 * each[5][low] - 10 * each[20][high])
        assert mine[high] == pytest.approx(60 * each[5][high] - 10 * each[20][low])
    total = sum(row["margin"] * row["near"] for row in found.grid("tenures").rows)
    assert found.figure("near_value").value == pytest.approx(total)
    assert found.context.lens == "gross_profit"


def test_the_list_is_the_worth_most_first(ask: Ask, firm: Rows):
    """Ranks follow value without end, and the list opens customers."""
    rows = ask(firm, limit=7).grid("worth").rows
    assert [row["rank"] for row in rows] == list(range(1, 8))
    assert [row["ever"] for row in rows] == sorted((row["ever"] for row in rows), reverse=True)
    assert rows[0]["opens"] == f"customer:{rows[0]['customer_id']}"


def test_a_slice_may_be_one_of_contracts(ask: Ask, firm: Rows):
    """--where product_id=P1 asks for the contracts of one product."""
    found = ask(firm, product_id="P1")
    assert [row["product"] for row in found.grid("products").rows] == ["P1"]
    assert found.figure("contracts").value == 1000


def test_all_alive_falls_back_on_one_rate(ask: Ask):
    """Nobody lost: no model, one rate of renewal with its exact lower end, and a note."""
    found = ask([contract(f"c{i}", 3) for i in range(20)])
    kept = found.figure("retention_rate")
    assert (kept.value, kept.high) == (1, 1)
    assert kept.low == pytest.approx(0.05 ** (1 / 60))  # 60 renewals, all renewed
    assert any("No model could be fitted" in note for note in found.notes)
    rate = rate_per_period(0.10, 12)
    perpetuity = 200 * (1 + rate) ** 0.5 / rate
    ever = found.figure("ever_value")
    assert ever.value == pytest.approx(perpetuity)
    assert ever.low < ever.value == pytest.approx(ever.high)


def test_one_cohort_at_one_renewal_falls_back(ask: Ask):
    """A cohort seen at its first renewal alone tells one rate and no more."""
    found = ask([contract(f"c{i}", 1, lost=i < 3) for i in range(10)])
    assert found.figure("retention_rate").value == pytest.approx(0.7)
    assert {row["used"] for row in found.grid("models").rows} == {""}
    assert all(row["said"] for row in found.grid("models").rows)


def test_one_cohort(ask: Ask):
    """Contracts that all began on one day are as good as any others."""
    rows = [contract(f"c{i}", 6) for i in range(60)]
    for i in range(30):
        rows[i] |= {"term_end_on": rows[i]["started_on"] + relativedelta(months=1 + i * i // 190)}
        rows[i] |= {"status": "ended"}
    found = ask(rows)
    assert found.grid("retention").rows[0]["at_risk"] == 60
    assert found.grid("survival").rows[-1]["seen"] == pytest.approx(0.5)


def test_all_lost(ask: Ask):
    """Where every contract has ended nothing is to come, and that is said."""
    found = ask([contract(f"c{i}", 1 + i % 4, lost=True) for i in range(40)])
    assert found.figure("running").value == 0
    assert not found.grid("worth").rows
    assert any("nothing is to come" in note for note in found.notes)


def test_ends_alone_tell_no_value(ask: Ask, firm: Rows):
    """Without amounts only how long contracts last is told."""
    bare = [{k: v for k, v in row.items() if not k.startswith("monthly")} for row in firm]
    customers = [row | {"monthly_amount": None} for row in bare]
    found = ask(customers)
    names = {figure.name for figure in found.figures}
    assert "near_value" not in names
    assert "lost_share" in names
    assert any("no monthly_amount" in note for note in found.notes)


def test_contracts_that_cannot_be_placed_are_noted(ask: Ask, firm: Rows):
    """An end before the beginning is left out, counted, and said."""
    wrong = contract("w", 3) | {"term_end_on": date(2020, 1, 1), "status": "ended"}
    found = ask([*firm, wrong])
    assert "1 contracts end before they begin; they are left out." in found.notes
    assert found.figure("contracts").value == 2000


def test_dates_in_the_future_are_not_read(ask: Ask, firm: Rows):
    """A contract of next year is unknown today; an end of next year leaves it running."""
    later = contract("later", 0) | {"started_on": AS_OF + timedelta(days=40)}
    bound = contract("bound", 3) | {"term_end_on": AS_OF + timedelta(days=400)}
    found = ask([*firm, later, bound])
    assert found.figure("contracts").value == 2001
    assert found.figure("running").value == 1 + sum(r["status"] == "active" for r in firm)


def test_nobody_ran_for_a_month(ask: Ask):
    """Contracts of this week say nothing about renewals."""
    with pytest.raises(tw.RefusedError, match="has run for a month"):
        ask([contract("a", 0), contract("b", 0)])


def test_no_contracts(tmp_path):
    """A project without contracts is refused in words."""
    lines = pa.table(
        {
            "header_id": ["1"],
            "customer_id": ["a"],
            "created_at": [date(2025, 1, 1)],
            "total_amount": [Decimal("1.00")],
        }
    )
    desk = tw.desk_from_tables({"order_lines": lines}, tmp_path, as_of=AS_OF)
    with pytest.raises(tw.MissingDataError, match="no contracts"):
        desk.contracts()


def test_json_has_every_name_once(ask: Ask, firm: Rows):
    """Figures, grids and context do not hide each other in JSON."""
    found = ask(firm)
    names = [f.name for f in found.figures] + [g.name for g in found.grids]
    names += type(found.context).__slots__
    assert len(names) == len(set(names))
    assert isinstance(found.to_json()["near_value"], float)
