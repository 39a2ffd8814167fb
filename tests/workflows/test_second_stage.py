"""The second stage in the tournament: asked for, refused, and blind to what it predicts."""

from datetime import date, timedelta
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pytest
from tests.conftest import lacking

import tierwise as tw
from tierwise.errors import UsageError
from tierwise.lifetime import second_stage
from tierwise.results import Answer

FIRST, AS_OF = date(2024, 1, 1), date(2025, 6, 30)
LABEL = second_stage.LABEL


@pytest.fixture
def boosting() -> None:
    """Skips, or fails in CI, where scikit-learn is missing."""
    if find_spec("sklearn") is None:
        lacking("scikit-learn", 'pip install "tierwise[boost]"')


def orders(customers: int = 900) -> pa.Table:
    """Customers who buy at rates of their own, some of whom leave."""
    rng = np.random.default_rng(4)
    rows = []
    span = (AS_OF - FIRST).days
    for i in range(customers):
        day, rate = rng.integers(0, 200), rng.gamma(1.5, 25.0) + 5
        spend, alive = rng.lognormal(3, 0.7), True
        while day < span and alive:
            rows.append((f"c{i}", FIRST + timedelta(days=int(day)), round(float(spend), 2)))
            day, alive = day + rng.exponential(rate) + 1, rng.random() > 0.08
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ("customer_id", "created_at", "total_amount")
    table = dict(zip(names, columns, strict=True))
    return pa.table({"header_id": [str(i) for i in range(len(rows))], **table})


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tw.Desk:
    folder = tmp_path_factory.mktemp("orders")
    lifetime = {"draws": 20}
    settings = {"value": {"lens": "revenue", "window": "all", "lifetime": lifetime}}
    return tw.desk_from_tables({"order_lines": orders()}, folder, as_of=AS_OF, settings=settings)


def rules(answer: Answer) -> set[str]:
    return {row["rule"] for row in answer.grid("rounds").rows}


def test_nobody_enters_it_unasked(desk: tw.Desk):
    """The default is off, and then nothing is said of it."""
    found = desk.tournament(holdout_weeks=16)
    assert LABEL not in rules(found)
    assert not any(LABEL in note for note in found.notes)


@pytest.mark.usefixtures("boosting")
def test_it_takes_part_where_a_period_before_is_known(desk: tw.Desk):
    """It stands among the rules of rounds with a period before them; the oldest refuses it."""
    found = desk.tournament(holdout_weeks=16, second_stage=True)
    row = next(row for row in found.grid("standings").rows if row["rule"] == LABEL)
    assert 1 <= row["rounds"] < found.figure("rounds_played").value
    assert any(f"{LABEL} took no part: Before" in note for note in found.notes)
    line = next(row for row in found.grid("rounds").rows if row["rule"] == LABEL)
    assert line["predicted"] > 0
    again = desk.tournament(holdout_weeks=16, second_stage=True)
    for grid in ("standings", "rounds"):
        assert again.grid(grid).rows == found.grid(grid).rows


@pytest.mark.usefixtures("boosting")
def test_the_period_it_predicts_is_not_read(desk: tw.Desk, tmp_path):
    """With the period held out made ten times as rich, its predictions stay the same."""
    split = desk.tournament(holdout_weeks=16).grid("rounds").rows[0]["known_on"]
    table = orders()
    later = [day > split for day in table["created_at"].to_pylist()]
    amounts = table["total_amount"].to_numpy() * np.where(later, 10, 1)
    rich = table.set_column(3, "total_amount", pa.array(amounts))
    settings = {"value": desk.settings.model_dump(mode="json", include={"lens", "lifetime"})}
    other = tw.desk_from_tables({"order_lines": rich}, tmp_path, as_of=AS_OF, settings=settings)
    said = [
        next(
            row["predicted"]
            for row in one.tournament(holdout_weeks=16, second_stage=True).grid("rounds").rows
            if row["rule"] == LABEL and row["known_on"] == split
        )
        for one in (desk, other)
    ]
    assert said[0] == pytest.approx(said[1], rel=1e-6)


def test_a_missing_package_is_said_before_anything_is_fitted(
    desk: tw.Desk, monkeypatch: pytest.MonkeyPatch
):
    """Asked for without scikit-learn, the answer is the install command."""
    monkeypatch.setattr(second_stage, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"tierwise\[boost\]"):
        desk.tournament(second_stage=True)
