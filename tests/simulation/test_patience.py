"""Patience: Kaplan and Meier, ties, models, retrials."""

import duckdb
import numpy as np
import pytest

from tierwise.errors import MissingDataError
from tierwise.simulation import patience
from tierwise.simulation.retrials import retrials
from tierwise.simulation.shapes import constant, empirical, exponential, lognormal, weibull
from tierwise.simulation.tails import drawn_beyond, share_longer


def test_survival_with_ties_by_hand():
    """An answer in the second in which somebody gives up counts as later, or as earlier."""
    wait = np.array([10.0, 20.0, 20.0, 20.0, 30.0])
    gave_up = np.array([True, True, False, False, True])
    later = patience.survival(wait, gave_up)[1]
    earlier = patience.survival_answered_first(wait, gave_up)[1]
    assert later == pytest.approx([4 / 5, 4 / 5 * 3 / 4, 0])
    assert earlier == pytest.approx([4 / 5, 4 / 5 * 1 / 2, 0])


@pytest.mark.parametrize(
    ("priority", "later", "earlier"), [(2, 508, 508), (1, 349, 327), (0, 167, 166)]
)
def test_median_patience_of_the_bank(shared_data, priority, later, earlier):
    """February 1999, PHANTOM calls left out, of those who waited; waits in whole seconds.

    508, 327 and 166 s are published for answers in the same second taken as earlier.
    """
    file = shared_data / "anonymous_bank_calls_feb1999" / "calls_feb1999.parquet"
    rows = duckdb.sql(
        f"select q_time::double as wait_s, outcome = 'HANG' as gave_up from '{file}'"
        f" where outcome <> 'PHANTOM' and q_time > 0 and priority = {priority}"
    ).fetchnumpy()
    wait, gave_up = np.asarray(rows["wait_s"]), np.asarray(rows["gave_up"])
    assert patience.median_s(patience.survival(wait, gave_up)) == later
    assert patience.median_s(patience.survival_answered_first(wait, gave_up)) == earlier


def censored(stays, generator, mean=150.0):
    offered = generator.exponential(mean, stays.size)
    return np.minimum(stays, offered), stays <= offered


def test_models_of_patience_find_their_parameters_behind_answers():
    rng = np.random.default_rng(4)
    wait, gave_up = censored(200 * rng.weibull(1.6, 20_000), rng)
    simple, found = patience.fitted("patience", wait, gave_up)
    assert found.duration.a == pytest.approx(200, rel=0.03)
    assert found.duration.b == pytest.approx(1.6, rel=0.03)
    assert found.fits
    assert not simple.fits


def test_a_class_in_which_nobody_gave_up_has_no_model_of_patience():
    with pytest.raises(MissingDataError, match="nobody gave up"):
        patience.fitted("patience", np.array([3.0]), np.array([False]))


DURATIONS = [exponential(90), weibull(100, 0.7), lognormal(80, 60), empirical(np.arange(1, 400.0))]


@pytest.mark.parametrize("duration", DURATIONS, ids=lambda d: str(d.shape))
def test_draws_beyond_a_wait_follow_the_rest_of_the_distribution(duration):
    beyond = np.full(40_000, 60.0)
    drawn = drawn_beyond(duration, beyond, np.random.default_rng(1))
    assert (drawn >= 60).all()
    left = share_longer(duration, np.array([60.0, 150.0]))
    assert (drawn > 150).mean() == pytest.approx(left[1] / left[0], abs=0.01)


def test_draws_beyond_everything_measured_go_on():
    drawn = drawn_beyond(empirical([10.0, 20.0]), np.full(2000, 30.0), np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(45, rel=0.1)
    assert drawn_beyond(constant(5), np.array([9.0]), np.random.default_rng(1)) == [9.0]


def test_retrials_are_counted_above_those_who_would_have_come_anyway():
    rng = np.random.default_rng(2)
    n = 4000
    at = np.sort(rng.uniform(0, 4e7, n))
    answered = rng.random(n) < 0.7
    again = rng.random(n) < np.where(answered, 0.1, 0.4)
    times = np.concatenate([at, at[again] + 600.0])
    order = np.argsort(times)
    customer = np.concatenate([np.arange(n), np.arange(n)[again]])[order]
    helped = np.concatenate([answered, np.ones(again.sum(), dtype=bool)])[order]
    found = retrials(times[order], customer, helped, 5e7)
    assert found.low < 0.3 + 0.05
    assert found.share == pytest.approx(0.33, abs=0.05)  # whoever came again came no third time
    assert found.delay_s == pytest.approx(600)
    assert retrials(times[order], customer, np.ones(times.size, dtype=bool), 5e7).gave_up == 0
