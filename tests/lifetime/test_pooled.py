"""The fall-back: exact intervals, the same for everybody, and words that admit it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tierwise.errors import DataError
from tierwise.lifetime.pooled import constant_retention, event_rate, pooled
from tierwise.lifetime.tenures import tenures_from_survivors


@given(st.integers(0, 400))
@settings(max_examples=40, deadline=None)
def test_the_rates_interval_is_exact(events: int):
    """At its ends the Poisson chance of what was seen, or further out, is 5%."""
    found = event_rate(events, 1.0, 0.9)
    assert stats.poisson.cdf(events, found.high) == pytest.approx(0.05, abs=1e-9)
    if events:
        assert stats.poisson.sf(events - 1, found.low) == pytest.approx(0.05, abs=1e-9)
    assert found.low <= found.value <= found.high


def test_a_handful_of_repeat_buyers():
    """Three repeat orders in 120 weeks: .025 a week each, 52 weeks 1.3, spend 20 an order."""
    found = pooled([0, 2, 0, 1], [30, 40, 20, 30], [np.nan, 15.0, np.nan, 30.0])
    assert found.rate_per_week.value == pytest.approx(0.025)
    assert found.expected_orders(52).value == pytest.approx(1.3)
    assert found.expected_orders(52).high == pytest.approx(52 * found.rate_per_week.high)
    assert found.spend_per_order.value == pytest.approx(20.0)
    assert (found.repeat_buyers, found.customers) == (2, 4)
    assert "only 2 of 4 customers bought again" in found.words
    assert "cannot be told" in found.words


def test_nobody_bought_again():
    """No repeats: the rate is 0 with an upper end, the spend unknown."""
    found = pooled([0, 0], [10, 20], [np.nan, np.nan])
    assert (found.rate_per_week.value, found.rate_per_week.low) == (0.0, 0.0)
    assert found.rate_per_week.high == pytest.approx(-np.log(0.05) / 30)
    assert np.isnan(found.spend_per_order.value)


def test_one_repeat_buyer_bounds_no_spend():
    """A single customer says what it spent, and nothing about how others differ."""
    found = pooled([3], [10], [15.0])
    assert found.spend_per_order.value == 15.0
    assert found.spend_per_order.high == np.inf


def test_spend_intervals_hold_the_truth_as_often_as_they_say():
    """40 repeat buyers with unequal orders, 400 times: between 84% and 94% of 90% intervals."""
    generator, hits = np.random.default_rng(1), 0
    for _ in range(400):
        x = generator.geometric(0.5, 40)
        mean = generator.gamma(9.0, 4.0, 40) + generator.normal(0, 5 / np.sqrt(x))
        spend = pooled(x, np.full(40, 39.0), mean).spend_per_order
        hits += spend.low <= 36.0 <= spend.high
    assert 0.84 <= hits / 400 <= 0.94


def test_without_need_the_words_do_not_blame_the_customers():
    """Pooled by choice over 60 repeat buyers: nothing is said to be too few."""
    assert "no model was used" in pooled([1] * 60, [9.0] * 60, [5.0] * 60).words


def test_constant_retention_is_the_exact_binomial():
    """30 of 30 renewed: 1, but at least .05 ^ (1/30)."""
    found = constant_retention(tenures_from_survivors([30, 30]))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.05 ** (1 / 30))
    assert constant_retention(tenures_from_survivors([30, 0])).value == 0.0
    assert constant_retention(tenures_from_survivors([40, 30, 20])).value == pytest.approx(50 / 70)


def test_nothing_observed_is_refused():
    """No time, no renewals, arrays that do not fit and negative counts give no estimate."""
    with pytest.raises(DataError):
        pooled([0, 0], [0.0, 0.0], [np.nan, np.nan])  # T = 0 for everybody
    with pytest.raises(DataError):
        pooled([1], [3.0, 4.0], [5.0])
    for x, weeks, spend in (([-1], [3.0], [5.0]), ([1], [np.nan], [5.0]), ([1], [3.0], [np.nan])):
        with pytest.raises(DataError):
            pooled(x, weeks, spend)
    with pytest.raises(DataError):
        event_rate(-1, 3.0)
    with pytest.raises(DataError):
        constant_retention(tenures_from_survivors([0, 0]))
