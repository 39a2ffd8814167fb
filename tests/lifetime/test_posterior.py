"""Scores with their doubt: expectations, intervals, and one customer's count."""

import math

import numpy as np
import pytest

from tierwise.errors import UsageError
from tierwise.lifetime import posterior
from tierwise.lifetime.cells import count
from tierwise.lifetime.models import LEAVING, MODELS
from tierwise.lifetime.posterior import Question, forecast, score

every_model = pytest.mark.parametrize("model", LEAVING.values(), ids=LEAVING)
THETA = {
    "bg_nbd": (0.8, 4.4, 0.8, 2.4),
    "mbg_nbd": (0.9, 6.2, 0.9, 1.6),
    "pareto_nbd": (0.9, 10.6, 0.8, 11.7),
}
QUESTION = Question(horizon_weeks=52, discount_per_week=0.002)


def some_cells():
    """A dozen histories, one of them without any time."""
    x = [0, 0, 0, 1, 1, 2, 3, 5, 8, 20, 60]
    t_x = [0, 0, 0, 10, 200, 100, 250, 40, 260, 270, 272]
    T = [0, 30, 273, 273, 210, 273, 273, 273, 273, 273, 273]
    return count(x, t_x, T)


def some_draws(model, size, spread=0.1):
    """Parameters around the truth."""
    normal = np.random.default_rng(1).standard_normal((size, 4))
    return np.array(THETA[model.name]) * np.exp(spread * normal)


@every_model
def test_scores_are_the_expectations_of_the_model(model):
    """Values are the model's own; intervals hold them and order them."""
    cells, theta = some_cells(), THETA[model.name]
    scores = score(model, theta, some_draws(model, 50), cells, QUESTION)
    own = {
        "p_active": model.p_active(theta, cells),
        "purchases": model.expected_purchases(theta, cells, 52),
        "discounted": model.discounted_purchases(theta, cells, math.inf, 0.002),
    }
    for name, value in own.items():
        estimate = getattr(scores, name)
        assert estimate.value == pytest.approx(value, rel=1e-9)
        assert (estimate.low <= estimate.high).all()
        assert (estimate.low <= value * (1 + 1e-9)).all()
        assert (estimate.high >= value * (1 - 1e-9)).all()


@every_model
def test_intervals_are_the_quantiles_over_the_draws(model):
    """Low and high are quantiles of what each draw expects."""
    cells, draws = some_cells(), some_draws(model, 40)
    scores = score(model, THETA[model.name], draws, cells, QUESTION)
    each = [model.expected_purchases(tuple(theta), cells, 52) for theta in draws]
    low, high = np.quantile(each, [0.05, 0.95], axis=0)
    assert scores.purchases.low == pytest.approx(low, rel=1e-9)
    assert scores.purchases.high == pytest.approx(high, rel=1e-9)


@every_model
def test_work_in_parts_changes_no_score(model, monkeypatch):
    """Bounded memory is not paid for with other numbers."""
    cells, draws = some_cells(), some_draws(model, 20)
    whole = score(model, THETA[model.name], draws, cells, QUESTION)
    monkeypatch.setattr(posterior, "ENTRIES", 60)
    parts = score(model, THETA[model.name], draws, cells, QUESTION)
    for name in ("p_active", "purchases", "discounted"):
        for end in ("value", "low", "high"):
            own = getattr(getattr(whole, name), end)
            assert getattr(getattr(parts, name), end) == pytest.approx(own, rel=1e-9)


@every_model
def test_a_forecast_agrees_with_the_expectation(model):
    """The mean of N is the expected number of purchases, within 5 errors of simulation."""
    cells, theta, size = some_cells(), THETA[model.name], 4000
    draws = np.tile(theta, (size, 1))
    found = forecast(model, draws, cells, QUESTION, np.random.default_rng(3))
    expected = model.expected_purchases(theta, cells, 52)
    gone = 1 - model.p_active(theta, cells)
    # An error needs some simulated customers that are active.
    some = gone < 0.95
    assert (np.abs(found.mean - expected) <= 5 * found.sd / math.sqrt(size))[some].all()
    assert (found.p_none >= gone - 5 * np.sqrt(gone * (1 - gone) / size) - 1e-12).all()


@every_model
def test_a_forecast_summarises_the_simulated_counts(model, monkeypatch):
    """Mean, spread and quantiles are those of the counts, whole numbers where N is one."""
    monkeypatch.setattr(posterior, "ENTRIES", 10**9)
    cells, draws = some_cells(), some_draws(model, 200)
    found = forecast(model, draws, cells, QUESTION, np.random.default_rng(4))
    counts = model.posterior_purchases(draws, cells, 52, np.random.default_rng(4))
    assert found.mean == pytest.approx(counts.mean(axis=0))
    assert found.sd == pytest.approx(counts.std(axis=0, ddof=1))
    assert found.p_none == pytest.approx((counts == 0).mean(axis=0))
    assert ((counts < found.low).mean(axis=0) < 0.05).all()
    assert ((counts <= found.high).mean(axis=0) >= 0.95).all()
    assert (found.low == np.floor(found.low)).all()
    assert (found.high == np.floor(found.high)).all()


@every_model
def test_one_seed_gives_one_forecast(model):
    """The generator decides everything that is drawn."""
    cells, draws = some_cells(), some_draws(model, 30)
    once, again = (
        forecast(model, draws, cells, QUESTION, np.random.default_rng(7)) for _ in range(2)
    )
    assert (once.mean == again.mean).all()


@every_model
def test_forecasts_hold_what_simulated_customers_do(model):
    """Of simulated customers, about as many fall into the 90% range of N as it says."""
    generator, theta = np.random.default_rng(9), THETA[model.name]
    firm = model.simulate(theta, generator.integers(150, 273, 1500), 364, generator)
    order = np.lexsort((firm.t_x_days, firm.T_days, firm.x))
    cells = count(firm.x, firm.t_x_days, firm.T_days)
    place = np.repeat(np.arange(cells.size), cells.n)
    found = forecast(model, np.tile(theta, (400, 1)), cells, QUESTION, generator)
    future = firm.future[order]
    inside = (found.low[place] <= future) & (future <= found.high[place])
    # Counts are whole numbers, so the range holds at least what it says.
    assert inside.mean() > 0.9 - 5 * math.sqrt(0.09 / 1500)


@pytest.mark.parametrize(
    ("question", "draws", "said"),
    [
        (Question(math.inf, 0.01), 5, "horizon"),
        (Question(52, 0.0), 5, "infinite"),
        (Question(52, 0.01, level=1.5), 5, "level"),
        (Question(52, 0.01), 1, "several draws"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(question, draws, said):
    """Infinite counts, undiscounted for ever, no level, no draws: each has its words."""
    model = MODELS["mbg_nbd"]
    with pytest.raises(UsageError, match=said):
        score(model, THETA["mbg_nbd"], some_draws(model, draws), some_cells(), question)
    with pytest.raises(UsageError, match=said):
        forecast(model, some_draws(model, draws), some_cells(), question, np.random.default_rng(1))
