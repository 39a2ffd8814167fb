"""Simulated firms against slow ones, told event by event in the model's words."""

import math

import numpy as np
import pytest

from tierwise.lifetime.models import LEAVING
from tierwise.lifetime.simulate import cohort_days

every_model = pytest.mark.parametrize("model", LEAVING.values(), ids=LEAVING)
THETA = {
    "bg_nbd": (0.8, 4.4, 0.8, 2.4),
    "mbg_nbd": (0.9, 6.2, 0.9, 1.6),
    "pareto_nbd": (0.9, 10.6, 0.8, 11.7),
}


def one_life(model, T, after, generator):
    """x, t_x, active, purchases after T of one customer, purchase by purchase, in weeks."""
    r, alpha, second, third = THETA[model.name]
    rate = generator.gamma(r) / alpha
    ends, p = math.inf, 0.0
    if model.name == "pareto_nbd":
        ends = generator.exponential() / (generator.gamma(second) / third)
    else:
        p = generator.beta(second, third)
    if model.name == "mbg_nbd" and generator.random() < p:
        ends = 0.0
    x, t_x, future, now = 0, 0.0, 0, 0.0
    while True:
        now += generator.exponential() / rate
        if now > min(ends, T + after):
            return x, t_x, ends > T, future
        if now <= T:
            x, t_x = x + 1, now
        else:
            future += 1
        if generator.random() < p:
            ends = now


@every_model
def test_fast_simulation_does_what_the_slow_one_does(model):
    """Purchases, last purchase, state and future have the same means, within 5 errors."""
    generator, size = np.random.default_rng(12), 20_000
    fast = model.simulate(THETA[model.name], np.full(size, 210), 364, generator)
    slow = np.array([one_life(model, 30.0, 52.0, generator) for _ in range(size)]).T
    pairs = zip(slow, (fast.x, fast.t_x_days / 7, fast.active, fast.future), strict=True)
    for by_event, at_once in pairs:
        for power in (1, 2):
            a, b = by_event.astype(float) ** power, at_once.astype(float) ** power
            error = math.sqrt((a.var() + b.var()) / size)
            assert abs(a.mean() - b.mean()) < 5 * error
    assert np.corrcoef(fast.x, fast.t_x_days)[0, 1] == pytest.approx(
        np.corrcoef(slow[0], slow[1])[0, 1], abs=0.04
    )


@every_model
def test_simulated_histories_are_histories(model):
    """They can be counted into cells, in whole days too."""
    generator = np.random.default_rng(13)
    T_days = cohort_days(3000, 84, 273, generator)
    firm = model.simulate(THETA[model.name], T_days, 0, generator)
    assert firm.cells().customers == 3000
    whole = firm.in_whole_days()
    assert whole.cells().t_x_days.dtype == np.int64
    assert (np.abs(whole.t_x_days - firm.t_x_days) <= 1).all()
    assert not firm.future.any()


@every_model
def test_one_seed_gives_one_firm(model):
    """The generator decides everything."""
    firms = [
        model.simulate(THETA[model.name], np.full(50, 100), 70, np.random.default_rng(1))
        for _ in range(2)
    ]
    assert (firms[0].t_x_days == firms[1].t_x_days).all()


def test_cohorts_join_over_the_days_given():
    """T lies between the observed days and the last joining day."""
    days = cohort_days(5000, 84, 273, np.random.default_rng(2))
    assert days.min() == 190
    assert days.max() == 273
    assert cohort_days(3, 0, 273, np.random.default_rng(2)).tolist() == [273] * 3
