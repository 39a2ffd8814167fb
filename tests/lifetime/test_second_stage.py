"""The boosted second stage: what it reads, what it learns, and when it refuses."""

import subprocess
import sys
from datetime import date, datetime
from importlib.util import find_spec

import ibis
import numpy as np
import pandas as pd
import pytest
from tests.conftest import lacking

from tierwise.errors import RefusedError, UsageError
from tierwise.lifetime import second_stage
from tierwise.lifetime.second_stage import Known, channels, features, grow, sample

DAY = date(2025, 6, 30)
SCORES = {name: [1.0, 2.0] for name in ("spend", "value", "purchases", "order_value", "near_value")}
SCORED = {"customer_id": ["a", "b"], "x": [1, 0], "t_x_days": [10, 0], "T_days": [50, 90], **SCORES}
SCORED |= {"p_active": [0.5, 0.9]}


@pytest.fixture
def boosting() -> None:
    """Skips, or fails in CI, where scikit-learn is missing."""
    if find_spec("sklearn") is None:
        lacking("scikit-learn", 'pip install "tierwise[boost]"')


def lines(*rows: tuple[str, datetime, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "created_at", "total_amount"])


def known_at(day: date, **more: pd.DataFrame) -> pd.DataFrame:
    tables = {name: ibis.memtable(table) for name, table in more.items()}
    naive = ibis.memtable(pd.DataFrame({"customer_id": ["b"], "rule_past_spend": [7.0]}))
    scored = ibis.memtable(pd.DataFrame(SCORED))
    known = Known(tables["lines"], tables.get("contacts"), tables.get("customers"))
    found = channels(known.contacts, day)
    names = () if found is None else tuple(found.execute()["channel"])
    table = features(scored, naive, known, day, names)
    return table.execute().set_index("customer_id").sort_index()


BOUGHT = lines(
    ("a", datetime(2025, 1, 1), 100.0),
    ("a", datetime(2025, 2, 1), -25.0),
    ("b", datetime(2025, 6, 30, 23), 10.0),
)
CALLED = pd.DataFrame(
    {
        "customer_id": ["a", "a", "a", "b"],
        "created_at": [
            datetime(2025, 6, 1),
            datetime(2025, 5, 1),
            datetime(2020, 1, 1),
            datetime(2025, 6, 30, 23),
        ],
        "channel": ["phone", "mail", "phone", "phone"],
    }
)
ENTERED = pd.DataFrame({"customer_id": ["a", "b"], "created_on": [date(2025, 6, 20), None]})


def test_features_by_hand():
    """Recency, returns, contacts of the year in all and by channel, days since entered."""
    found = known_at(DAY, lines=BOUGHT, contacts=CALLED, customers=ENTERED)
    a, b = found.loc["a"], found.loc["b"]
    assert (a["recency"], a["mean_spend"], a["returned"], a["tenure"]) == (40, 0.5, 0.25, 10)
    assert (a["contacts_year"], a["contacts_0"], a["contacts_1"]) == (2, 1, 1)
    assert (b["contacts_year"], b["contacts_0"], b["rule_past_spend"]) == (1, 1, 7)
    assert a["rule_past_spend"] == 0
    assert np.isnan(b["tenure"])
    assert sorted(found["row"]) == [0, 1]


def test_nothing_later_is_read():
    """What happens after the day changes no feature."""
    later = datetime(2025, 7, 1)
    more = pd.concat([BOUGHT, lines(("a", later, 999.0), ("b", later, -9.0))])
    rows = [("a", later, "chat"), ("b", later, "chat"), ("b", later, "chat")]
    calls = pd.concat([CALLED, pd.DataFrame(rows * 3, columns=list(CALLED.columns))])
    entered = ENTERED.assign(created_on=[date(2025, 6, 20), date(2025, 7, 1)])
    before = known_at(DAY, lines=BOUGHT, contacts=CALLED, customers=ENTERED)
    after = known_at(DAY, lines=more, contacts=calls, customers=entered)
    pd.testing.assert_frame_equal(before, after)


def test_tables_that_are_not_there_are_done_without():
    """Order lines are enough."""
    found = known_at(DAY, lines=BOUGHT)
    assert "contacts_year" not in found.columns
    assert "tenure" not in found.columns


def test_a_sample_is_drawn_by_the_seed(monkeypatch: pytest.MonkeyPatch):
    """Small firms are read whole, large ones in a sample that the seed decides."""
    assert sample(5, np.random.default_rng(1)).tolist() == [0, 1, 2, 3, 4]
    monkeypatch.setattr(second_stage, "SAMPLE", 10)
    drawn = sample(1000, np.random.default_rng(1))
    assert drawn.tolist() == sorted(set(drawn.tolist()))
    assert drawn.size == 10
    assert drawn.tolist() == sample(1000, np.random.default_rng(1)).tolist()


def firm(rng: np.random.Generator, customers: int = 4000) -> tuple[dict, np.ndarray]:
    """Customers whose first stage misses that those who call bring three times as much."""
    near, calls = rng.gamma(1.0, 50.0, customers), rng.integers(0, 2, customers).astype(float)
    brought = near * np.where(calls > 0, 1.5, 0.5) * rng.gamma(2.0, 0.5, customers)
    columns = {"near_value": near, "contacts_year": calls}
    return columns | {"purchases": near / 50, "mean_spend": np.full(customers, 50.0)}, brought


@pytest.mark.usefixtures("boosting")
def test_what_the_first_stage_misses_is_learnt():
    """On customers never seen the factor that was left out is found; the total stays."""
    columns, brought = firm(np.random.default_rng(1))
    trees = grow(columns, brought, seed=1)
    fresh, happened = firm(np.random.default_rng(2))
    said = trees.predict(fresh)
    near, calls = fresh["near_value"], fresh["contacts_year"] > 0
    assert said[calls].sum() / near[calls].sum() == pytest.approx(1.5, abs=0.15)
    assert said[~calls].sum() / near[~calls].sum() == pytest.approx(0.5, abs=0.15)
    assert np.abs(said - happened).mean() < np.abs(near - happened).mean()
    assert said.sum() == pytest.approx(near.sum(), rel=0.05)


@pytest.mark.usefixtures("boosting")
def test_the_level_of_the_first_stage_stays():
    """A period that brought twice as much to everybody does not double the next one."""
    columns, brought = firm(np.random.default_rng(1))
    once, twice = (grow(columns, factor * brought, seed=1).predict(columns) for factor in (1, 2))
    assert twice.sum() == pytest.approx(once.sum(), rel=0.01)


@pytest.mark.usefixtures("boosting")
def test_equal_seeds_and_last_digits_change_nothing():
    """Noise in the last digit, which a parallel sum has, does not reach the trees."""
    columns, brought = firm(np.random.default_rng(1))
    noisy = {name: np.nextafter(values, np.inf) for name, values in columns.items()}
    one = grow(columns, brought, seed=5).predict(columns)
    other = grow(noisy, brought, seed=5).predict(noisy)
    assert other == pytest.approx(one, rel=1e-6)


@pytest.mark.usefixtures("boosting")
def test_what_is_unknown_is_done_without():
    """No expected value, or a loss, of some customers: predictions are there and not negative."""
    columns, brought = firm(np.random.default_rng(1))
    columns["near_value"][:500] = np.nan
    brought[:100] = -50
    said = grow(columns, brought, seed=1).predict(columns)
    assert np.isfinite(said).all()
    assert (said >= 0).all()


@pytest.mark.usefixtures("boosting")
def test_too_few_customers_are_refused():
    """A handful of customers, or of buyers, teaches noise."""
    columns, brought = firm(np.random.default_rng(1), 400)
    with pytest.raises(RefusedError, match="too few"):
        grow(columns, brought, seed=1)
    columns, brought = firm(np.random.default_rng(1), 600)
    brought[50:] = 0
    with pytest.raises(RefusedError, match="50 of whom bought"):
        grow(columns, brought, seed=1)


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch):
    """Without scikit-learn the answer is how to install it."""
    monkeypatch.setattr(second_stage, "find_spec", lambda _: None)
    with pytest.raises(UsageError) as missing:
        second_stage.require_package()
    assert 'pip install "tierwise[boost]"' in missing.value.remedy


def test_the_package_is_read_only_where_it_is_used():
    """Importing the second stage imports no scikit-learn."""
    code = "import sys, tierwise.lifetime.second_stage; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
