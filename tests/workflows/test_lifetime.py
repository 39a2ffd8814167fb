"""Lifetime value of firms that are too small, too young, too regular or too odd for a model."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

import tierwise as tw
from tierwise.errors import FitError, RefusedError
from tierwise.settings import Lens
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk

AS_OF = date(2025, 12, 31)
START = datetime(2025, 1, 1, 12)
Line = tuple[str, int, float]  # customer, day of the year counted from 0, amount


def desk_of(lines: list[Line], folder, **lifetime: object) -> Desk:
    columns = {
        "header_id": [f"o{place}" for place in range(len(lines))],
        "customer_id": [customer for customer, _, _ in lines],
        "created_at": [START + timedelta(days=day) for _, day, _ in lines],
        "total_amount": [amount for _, _, amount in lines],
    }
    settings = {
        "project": {"currency": "EUR"},
        "value": {"lens": "revenue", "window": "all", "lifetime": {"draws": 50, **lifetime}},
    }
    return tw.desk_from_tables(
        {"order_lines": pa.table(columns)}, folder, as_of=AS_OF, settings=settings
    )


def firm(customers: int, seed: int = 1) -> list[Line]:
    """Customers who buy at rates of their own and leave after some purchase."""
    generator = np.random.default_rng(seed)
    lines = []
    for who in range(customers):
        day, size = generator.integers(0, 180), generator.gamma(4)
        rate, dropout = generator.gamma(0.8, 0.08), generator.beta(0.8, 2.0)
        while day < 365:
            lines.append((f"c{who}", int(day), round(float(10 * size * generator.gamma(6) / 6), 2)))
            if generator.random() < dropout:
                break
            day += 1 + generator.exponential(1 / rate)
    return lines


@pytest.fixture(scope="module")
def usual(tmp_path_factory) -> Desk:
    return desk_of(firm(400), tmp_path_factory.mktemp("usual"))


def test_equal_seeds_give_equal_figures(usual: Desk):
    """Two desks over the same build, neither knowing the other, agree to the last digit."""
    other = Desk(usual.project, usual.build)
    assert usual.lifetime().to_json() == other.lifetime().to_json()


def test_every_customer_who_bought_is_valued(usual: Desk):
    """Nobody is lost between histories, cells and scores."""
    document = usual.lifetime(limit=1_000).to_json()
    assert len(document["customers_rows"]) == document["customers_valued"] == 400
    assert [row["rank"] for row in document["customers_rows"]] == list(range(1, 401))


def test_bands_add_up_to_the_totals(usual: Desk):
    """Bands are a cut of the same customers."""
    document = usual.lifetime().to_json()
    for name in ("near_value", "ever_value", "purchases"):
        assert sum(row[name] for row in document["bands"]) == pytest.approx(document[name])


def test_a_slice_has_models_of_its_own(usual: Desk):
    """Gross profit is refused where the cost of goods is unknown, not taken for revenue."""
    with pytest.raises(tw.TierwiseError, match="cost of goods is unknown"):
        usual.lifetime(Question(lens=Lens.GROSS_PROFIT))


def test_one_mean_for_all_survives_crooked_amounts(tmp_path):
    """Where nothing can be told apart, means with many digits are multiplied all the same."""
    lines = [(f"c{n}", 31 * (n % 5), 20.0 + n) for n in range(30)]
    lines += [(f"c{n}", 200 + 30 * (n % 3), 15.0 + n) for n in range(12)]
    answer = desk_of(lines, tmp_path).lifetime()
    near = answer.figure("near_value")
    assert near.low < near.value < near.high


def test_too_few_repeat_buyers_are_pooled_and_told(tmp_path):
    """Below fifty repeat buyers everybody gets one rate; who is active is not claimed."""
    lines = [line for line in firm(60) if int(line[0][1:]) < 30]
    answer = desk_of(lines, tmp_path).lifetime()
    assert any("a model needs 50" in note for note in answer.notes)
    document = answer.to_json()
    assert "active_share" not in document
    assert {row["p_active"] for row in document["customers_rows"]} == {None}
    assert len({row["purchases"] for row in document["customers_rows"]}) == 1
    assert {row["ever_value"] for row in document["customers_rows"]} == {None}


def test_one_cohort_is_fitted(tmp_path):
    """All customers may have begun on one day."""
    first = {}
    lines = []
    for who, day, amount in firm(400):
        first.setdefault(who, day)
        lines.append((who, day - first[who], amount))
    assert desk_of(lines, tmp_path).lifetime().figure("near_value").value > 0


def test_customers_all_alike_say_so(tmp_path):
    """Nothing differs, so no distribution can be seen: an error with a way out, or no spread."""
    lines = [(f"c{who}", day, 10.0) for who in range(80) for day in (0, 100, 200, 300)]
    with pytest.raises(FitError) as refused:
        desk_of(lines, tmp_path).lifetime()
    assert refused.value.remedy


def test_free_orders_are_left_to_the_other_model(tmp_path):
    """Customers who got everything for nothing do not stop Gamma-Gamma for the others."""
    lines = firm(400) + [(f"free{who}", day, 0.0) for who in range(20) for day in (5, 50)]
    document = desk_of(lines, tmp_path).lifetime(limit=1_000).to_json()
    assert document["customers_valued"] == 400  # a free order is no purchase


def test_refunds_larger_than_purchases_are_worth_nothing(tmp_path):
    """Who sent everything back is not valued at what was booked."""
    lines = [*firm(400), ("c_big", 10, 5e5), ("c_big", 20, 5e5), ("c_big", 30, -1.2e6)]
    for spend in ("gamma_gamma", "profit_per_order"):
        desk = desk_of(lines, tmp_path / spend, spend=spend)
        rows = desk.lifetime(limit=1_000).to_json()["customers_rows"]
        big = next(row for row in rows if row["customer_id"] == "c_big")
        assert big["near_value"] < 5_000


def test_customers_of_the_last_day_are_valued(tmp_path):
    """T = 0 tells nothing, and is no error."""
    lines = [*firm(400), *((f"new{who}", 364, 20.0) for who in range(30))]
    rows = desk_of(lines, tmp_path).lifetime(limit=1_000).to_json()["customers_rows"]
    new = [row for row in rows if row["customer_id"].startswith("new")]
    assert len(new) == 30
    assert all(row["purchases"] > 0 for row in new)


def test_nothing_after_the_as_of_date_is_read(tmp_path):
    """Purchases dated later change no figure."""
    lines = firm(400)
    alone = desk_of(lines, tmp_path / "alone").lifetime_fit().to_json()
    later = desk_of([*lines, ("c1", 500, 9e9)], tmp_path / "later").lifetime_fit().to_json()
    assert later["parameters"] == alone["parameters"]


def test_thousands_of_purchases_by_one_customer(tmp_path):
    """A customer who buys daily, on every line of the day, stays finite."""
    busy = [("busy", day, 3.0) for day in range(365) for _ in range(10)]
    document = desk_of([*firm(400), *busy], tmp_path).lifetime(limit=1_000).to_json()
    row = next(row for row in document["customers_rows"] if row["customer_id"] == "busy")
    assert row["p_active"] > 0.9
    assert 100 < row["purchases"] < 400


@pytest.mark.parametrize("model", ["bg_nbd", "pareto_nbd", "nbd"])
def test_other_models_can_be_chosen(tmp_path, model: str):
    """The setting decides, and the answer names it."""
    answer = desk_of(firm(400), tmp_path, model=model).lifetime()
    label = {"bg_nbd": "BG/NBD", "pareto_nbd": "Pareto/NBD", "nbd": "NBD"}[model]
    assert any(note.startswith(f"Purchases by {label}") for note in answer.notes)


def test_a_tournament_needs_a_history(tmp_path):
    """Two weeks of orders cannot be held out."""
    lines = [(f"c{who}", 350 + who % 14, 10.0) for who in range(100)]
    with pytest.raises(RefusedError, match="nothing can be held out"):
        desk_of(lines, tmp_path).tournament()


def test_probabilities_and_intervals_are_held_to_account(usual: Desk):
    """On a firm that obeys the model, nine of ten customers stay inside 90% intervals."""
    document = usual.tournament().to_json()
    for row in document["coverage"]:
        assert row["purchases_inside"] >= 0.85
    assert {row["rule"] for row in document["rounds"]} >= {"Past spend", "MBG/NBD"}
