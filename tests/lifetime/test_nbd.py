"""NBD against its integral and as the edge of the others; what is left, against simulation."""

import numpy as np
import pytest
from scipy import integrate, stats

from tierwise.errors import EdgeError
from tierwise.lifetime.cells import count, one_cell
from tierwise.lifetime.models import MBG_NBD, MODELS, NBD
from tierwise.lifetime.posterior import forecast_remaining
from tierwise.lifetime.simulate import cohort_days

THETA = {
    "bg_nbd": (0.8, 4.4, 0.8, 2.4),
    "mbg_nbd": (0.9, 6.2, 0.9, 1.6),
    "pareto_nbd": (0.9, 10.6, 0.8, 11.7),
    "nbd": (0.9, 6.0),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@pytest.mark.parametrize("history", [(0, 0, 20), (1, 3, 30), (12, 20, 39)])
def test_likelihood_is_the_integral_over_the_rates(history):
    """Poisson streams with gamma rates, weighed rate by rate."""
    x, t_x, T = history
    r, alpha = THETA["nbd"]

    def weighed(rate):
        return rate**x * np.exp(-rate * T) * stats.gamma.pdf(rate, r, scale=1 / alpha)

    expected = np.log(integrate.quad(weighed, 0, 5, limit=400, epsabs=0)[0])
    found = NBD.log_likelihood((r, alpha), one_cell(x, t_x * 7, T * 7))[0]
    assert found == pytest.approx(expected, abs=1e-7)


def test_gradient_and_hessian_are_the_differences():
    """Analytic slopes equal central differences in the log-parameters."""
    cells = count([0, 0, 1, 5, 300], [0, 0, 9, 100, 250], [0, 90, 200, 250, 270])
    logs, step = np.log(THETA["nbd"]), 1e-5
    _, gradient, hessian = NBD.log_likelihood_hessian(tuple(np.exp(logs)), cells)
    for axis in range(2):
        move = step * np.eye(2)[axis]
        ends = [NBD.log_likelihood(tuple(np.exp(logs + s * move)), cells) for s in (1, -1)]
        assert gradient[axis] == pytest.approx((ends[0][0] - ends[1][0]) / (2 * step), rel=1e-6)
        assert hessian[axis] == pytest.approx((ends[0][1] - ends[1][1]) / (2 * step), rel=1e-5)


def test_where_nobody_leaves_the_others_run_off_and_this_one_fits():
    """Parameters come back within four standard errors; MBG/NBD is no worse or at its edge."""
    generator = np.random.default_rng(3)
    T = cohort_days(4_000, 84, 273, generator)
    cells = NBD.simulate(THETA["nbd"], T, 0.0, generator).in_whole_days().cells()
    fit = NBD.fit(cells)
    apart = np.abs(np.log(fit.theta) - np.log(THETA["nbd"])) / fit.log_errors
    assert (apart < 4).all()
    try:
        wider = MBG_NBD.fit(cells)
    except EdgeError:
        return  # the usual outcome: there is no best dropout
    assert wider.log_likelihood >= fit.log_likelihood


@every_model
def test_moments_of_what_is_left_are_those_of_the_simulated(model):
    """Mean of all discounted purchases to come equals the closed form, within its own error."""
    cells = count([0, 2, 12], [0, 100, 250], [270, 270, 273])
    draws = np.tile(THETA[model.name], (20_000, 1))
    rate = 0.01
    found = forecast_remaining(model, draws, cells, rate, np.random.default_rng(5))
    expected = model.discounted_purchases(THETA[model.name], cells, np.inf, rate)
    assert (np.abs(found.mean - expected) < 5 * found.sd / np.sqrt(len(draws))).all()
    assert ((found.p_none >= 0) & (found.p_none < 1)).all()


def left_by_hand(model, x, T, rate, generator):
    """One customer's D, event by event; slow and plain."""
    theta = THETA[model.name]
    cells = one_cell(x, 100, T * 7)
    if generator.random() > model.p_active(theta, cells)[0]:
        return 0.0
    buying = generator.gamma(theta[0] + x) / (theta[1] + T)
    end, dropout = np.inf, 0.0
    if model.name == "pareto_nbd":
        end = generator.exponential((theta[3] + T) / generator.gamma(theta[2]))
    elif model.name != "nbd":
        first = {"bg_nbd": 0, "mbg_nbd": 1}[model.name]
        dropout = generator.beta(theta[2], theta[3] + first + x)
    total, at = 0.0, generator.exponential(1 / buying)
    while at < end and rate * at < 25:
        total += np.exp(-rate * at)
        if generator.random() < dropout:
            break
        at += generator.exponential(1 / buying)
    return total


@every_model
def test_what_is_left_is_as_simulated_event_by_event(model):
    """Mean, spread and the chance of nothing, each within four of its standard errors."""
    x, T, rate, rounds = 2, 270 / 7, 0.01, 4_000
    generator = np.random.default_rng(11)
    by_hand = np.array([left_by_hand(model, x, T, rate, generator) for _ in range(rounds)])
    draws = np.tile(THETA[model.name], (20_000, 1))
    found = forecast_remaining(model, draws, one_cell(x, 100, 270), rate, generator)
    assert found.mean[0] == pytest.approx(by_hand.mean(), abs=4 * by_hand.std() / rounds**0.5)
    none = (by_hand == 0).mean()
    assert found.p_none[0] == pytest.approx(
        none, abs=4 * (none * (1 - none) / rounds) ** 0.5 + 1e-3
    )
    squares = (by_hand - by_hand.mean()) ** 2
    error = squares.std() / rounds**0.5
    assert found.sd[0] ** 2 == pytest.approx(squares.mean(), abs=5 * error)
