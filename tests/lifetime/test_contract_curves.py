"""What is to come of running contracts, by model and by one rate for all."""

import numpy as np
import pytest

from tierwise.lifetime.contract_curves import (
    LONG_MONTHS,
    better,
    curves,
    remaining,
    remaining_at_one_rate,
    renewed_shares,
)
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.kaplan_meier import kaplan_meier
from tierwise.lifetime.sbg import SBG, simulate
from tierwise.lifetime.tenures import Tenures, tenures_from_contracts, tenures_from_survivors

# Fader & Hardie 2007, survivors of 1,000: the high-end cohort.
HIGH_END = tenures_from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
RATE = 0.008


def by_sums(survival, renewed: int, months: int, rate: float) -> float:
    """Each payment to come, one by one: the next renewal is half a month away."""
    return sum(
        survival(renewed + k) / survival(renewed) / (1 + rate) ** (k - 0.5)
        for k in range(1, months + 1)
    )


def test_known_cohort():
    """The parameters of the paper are found, and its curve stays close to what was seen."""
    sbg, bdw = curves(HIGH_END)
    assert sbg.fit is not None
    assert sbg.fit.theta == pytest.approx((0.668, 3.806), abs=0.001)
    assert bdw.fit is not None
    assert better((sbg, bdw)) in (sbg, bdw)
    assert sbg.outside(kaplan_meier(HIGH_END)) < 0.02


def test_to_come_is_the_sum_of_payments():
    """Near and ever are sums of discounted survival, total and months too."""
    sbg = curves(HIGH_END)[0]
    model = SBG(*sbg.fit.theta)
    tenures, margin = np.array([0.0, 3.0]), np.array([10.0, -2.0])
    found = remaining(sbg, tenures, margin, 12, RATE, np.random.default_rng(1), 40, 0.9)

    def survival(t: float) -> float:
        return float(np.exp(model.log_survival(t)))

    near = [by_sums(survival, n, 12, RATE) for n in (0, 3)]
    assert found.near.value == pytest.approx(near)
    assert found.ever.value == pytest.approx([by_sums(survival, n, 4000, RATE) for n in (0, 3)])
    months = sum(survival(3 + k) / survival(3) for k in range(1, LONG_MONTHS + 1))
    assert found.months.value[1] == pytest.approx(months)
    assert found.near_total.value == pytest.approx(near @ margin)


def test_intervals_hold_their_estimates():
    """Every interval of the draws has a width and its estimate inside."""
    sbg = curves(HIGH_END)[0]
    ones = np.ones(3)
    found = remaining(sbg, np.arange(3.0), ones, 12, RATE, np.random.default_rng(1), 100, 0.9)
    for band in (found.near, found.ever, found.months):
        assert np.all((band.low < band.value) & (band.value < band.high))
    assert found.ever_total.low < found.ever_total.value < found.ever_total.high


def test_one_rate_is_a_geometric_sum():
    """With one rate, payments to come are a geometric series, whatever the tenure."""
    rate = Estimate(0.9, 0.8, 0.95, 0.9)
    tenures, margin = np.array([2.0, 7.0]), np.array([5.0, -1.0])
    found = remaining_at_one_rate(rate, tenures, margin, 12, RATE)
    for p, near in ((0.9, found.near.value), (0.8, found.near.low), (0.95, found.near.high)):
        expected = by_sums(lambda t, p=p: p**t, 0, 12, RATE)
        assert near == pytest.approx([expected, expected])
    assert found.ever.value[0] == pytest.approx(by_sums(lambda t: 0.9**t, 0, 2000, RATE))
    assert found.near_total.value == pytest.approx(4 * found.near.value[0])


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_one_rate_at_its_ends_is_finite(p: float):
    """Nobody renews: nothing comes. All renew: a perpetuity."""
    found = remaining_at_one_rate(
        Estimate(p, p, p, 0.9), np.array([1.0]), np.array([1.0]), 12, RATE
    )
    assert found.ever.value[0] == pytest.approx(p * (1 + RATE) ** 0.5 / RATE)


def test_shares_cover_the_truth():
    """Exact intervals hold the true renewal probability at least as often as they say."""
    rng = np.random.default_rng(7)
    lost = rng.binomial(40, 0.1, 500).astype(float)
    found = renewed_shares(Tenures(np.full(500, 40.0), lost), 0.9)
    assert np.mean((found.low <= 0.9) & (found.high >= 0.9)) >= 0.9
    none = renewed_shares(Tenures(np.array([5.0, 5.0]), np.array([0.0, 5.0])), 0.9)
    assert (none.high[0], none.low[1]) == (1, 0)


def test_interval_of_the_value_covers_the_truth():
    """Of firms drawn from a model, most intervals hold the value that its parameters give."""
    rng, truth = np.random.default_rng(3), (0.7, 4.0)
    model, held = SBG(*truth), 0
    expected = by_sums(lambda t: float(np.exp(model.log_survival(t))), 0, 12, RATE)
    for _ in range(24):
        seen = np.minimum(simulate(truth, 1500, rng), 25)
        entered = rng.integers(1, 25, 1500)
        tenures = tenures_from_contracts(np.minimum(seen, entered), seen <= entered)
        sbg = curves(tenures)[0]
        one = remaining(sbg, np.zeros(1), np.ones(1), 12, RATE, rng, 60, 0.9)
        held += one.near.low[0] <= expected <= one.near.high[0]
    # 90% of 24, less three standard errors
    assert held >= 0.9 * 24 - 3 * (24 * 0.9 * 0.1) ** 0.5
