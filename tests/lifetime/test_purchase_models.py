"""Each model against what its words say: integrals, simulations, papers' closed forms."""

import math

import numpy as np
import pytest
from scipy import special
from tests.lifetime import naive

from tierwise.errors import UsageError
from tierwise.lifetime.cells import Cells, count, one_cell
from tierwise.lifetime.models import LEAVING, MODELS

THETA = {
    "bg_nbd": (0.8, 4.4, 0.8, 2.4),
    "mbg_nbd": (0.9, 6.2, 0.9, 1.6),
    "pareto_nbd": (0.9, 10.6, 0.8, 11.7),
}
HISTORIES = [(0, 0.0, 0.0), (0, 0.0, 20.0), (1, 3.0, 30.0), (4, 28.0, 30.0), (12, 20.0, 39.0)]

every_model = pytest.mark.parametrize("model", LEAVING.values(), ids=LEAVING)
every_history = pytest.mark.parametrize("history", HISTORIES)


def cell(history):
    """A history in weeks as a cell in days."""
    x, t_x, T = history
    return one_cell(x, t_x * 7, T * 7)


def mixed_cells():
    """Histories of many kinds: T = 0, x = 0, hundreds and thousands of purchases."""
    x = [0, 0, 0, 1, 1, 2, 5, 17, 250, 4000]
    t_x = [0, 0, 0, 3, 100, 30.5, 200, 273, 260, 271]
    T = [0, 5, 273, 200, 100, 40, 273, 273, 270, 273]
    return count(x * 3, t_x * 3, T * 3)


@every_model
@every_history
def test_likelihood_is_the_integral_over_the_hidden(model, history):
    """The log-likelihood equals the integral over all rates and dropouts."""
    found = model.log_likelihood(THETA[model.name], cell(history))[0]
    assert found == pytest.approx(
        np.log(naive.likelihood(model, THETA[model.name], history)), abs=1e-8
    )


@every_model
@every_history
def test_p_active_is_the_integral_over_the_hidden(model, history):
    """P(active) is the share of the likelihood in which the customer is active."""
    found = model.p_active(THETA[model.name], cell(history))[0]
    assert found == pytest.approx(naive.p_active(model, THETA[model.name], history), rel=1e-8)


@every_model
@every_history
@pytest.mark.parametrize(("weeks", "discount"), [(39, 0.0), (104, 0.02), (math.inf, 0.05)])
def test_expectation_is_the_integral_over_the_hidden(model, history, weeks, discount):
    """Expected purchases, discounted or not, equal the integral over rates and dropouts."""
    found = model.discounted_purchases(THETA[model.name], cell(history), weeks, discount)[0]
    expected = naive.discounted(model, THETA[model.name], history, weeks, discount)
    assert found == pytest.approx(expected, rel=1e-8)


@every_model
def test_gradient_and_hessian_are_the_differences(model):
    """Gradient and Hessian agree with central differences, for thousands of purchases too."""
    cells, logs, step = mixed_cells(), np.log(THETA[model.name]), 1e-5
    _, gradient, hessian = model.log_likelihood_hessian(np.exp(logs), cells)
    assert model.log_likelihood(np.exp(logs), cells)[1] == pytest.approx(gradient)
    for k, direction in enumerate(np.eye(4) * step):
        up = model.log_likelihood_hessian(np.exp(logs + direction), cells)
        down = model.log_likelihood_hessian(np.exp(logs - direction), cells)
        assert gradient[k] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-6)
        numeric = (up[1] - down[1]) / (2 * step)
        assert hessian[k] == pytest.approx(numeric, rel=1e-6, abs=1e-6 * np.abs(hessian).max())


@every_model
def test_cells_are_customers_counted(model):
    """Counting equal histories changes nothing in the sum."""
    cells = mixed_cells()
    apart = Cells(
        *(np.repeat(column, cells.n) for column in (cells.x, cells.t_x_days, cells.T_days)),
        np.ones(cells.customers, dtype=int),
    )
    together = model.log_likelihood(THETA[model.name], cells)[0]
    assert model.log_likelihood(THETA[model.name], apart)[0] == pytest.approx(together, rel=1e-13)


@every_model
def test_everything_is_finite_for_thousands_of_purchases(model):
    """x in the thousands overflows nothing."""
    cells, theta = mixed_cells(), THETA[model.name]
    assert np.isfinite(model.log_likelihood(theta, cells)[0])
    assert ((model.p_active(theta, cells) >= 0) & (model.p_active(theta, cells) <= 1)).all()
    for discounted in (
        model.expected_purchases(theta, cells, 52),
        model.discounted_purchases(theta, cells, math.inf, 0.002),
    ):
        assert np.isfinite(discounted).all()
        assert (discounted >= 0).all()


@every_model
def test_an_observation_of_no_time_says_nothing(model):
    """T = 0 adds nothing to the log-likelihood."""
    assert model.log_likelihood(THETA[model.name], one_cell(0, 0, 0))[0] == pytest.approx(0)


@every_model
def test_a_horizon_of_no_time_brings_nothing(model):
    """Nobody buys in zero weeks."""
    assert not model.expected_purchases(THETA[model.name], mixed_cells(), 0).any()


@every_model
def test_discounted_purchases_lie_below_undiscounted_and_reach_them(model):
    """Discounting takes away, and a rate of nearly 0 takes away nearly nothing."""
    cells, theta = mixed_cells(), THETA[model.name]
    plain = model.expected_purchases(theta, cells, 104)
    assert (model.discounted_purchases(theta, cells, 104, 0.01) <= plain).all()
    assert model.discounted_purchases(theta, cells, 104, 1e-12) == pytest.approx(plain, rel=1e-9)


@every_model
def test_the_infinite_horizon_is_the_end_of_long_ones(model):
    """A horizon of forty discount times is as good as an infinite one."""
    cells, theta = mixed_cells(), THETA[model.name]
    infinite = model.discounted_purchases(theta, cells, math.inf, 0.01)
    assert model.discounted_purchases(theta, cells, 4000, 0.01) == pytest.approx(infinite, rel=1e-9)


@pytest.mark.parametrize("weeks", [1, 39, 200])
def test_bg_nbd_agrees_with_the_closed_form_of_the_paper(weeks):
    """Fader, Hardie & Lee 2005, eqs. 9 and 10, for known customers and for new ones."""
    r, alpha, a, b = theta = (0.243, 4.414, 0.793, 2.426)
    for x, t_x, T in [(0, 0, 0), (0, 0, 10), (2, 30.43, 38.86), (60, 50, 52)]:
        z = weeks / (alpha + T + weeks)
        odds = (x > 0) * a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x)
        bought = 1 - ((alpha + T) / (alpha + T + weeks)) ** (r + x) * special.hyp2f1(
            r + x, b + x, a + b + x - 1, z
        )
        closed = (a + b + x - 1) / (a - 1) * bought / (1 + odds)
        found = MODELS["bg_nbd"].expected_purchases(theta, cell((x, t_x, T)), weeks)[0]
        assert found == pytest.approx(closed, rel=1e-9)


@pytest.mark.parametrize("s", [0.3, 0.999999, 1.0, 2.5])
def test_pareto_nbd_agrees_with_the_closed_forms_of_the_papers(s):
    """E[X(t)] of a new customer, and DERT with Tricomi's U, also at the pole s = 1."""
    r, alpha, beta, weeks, discount = 0.553, 10.578, 11.669, 39.0, 0.0027
    theta, model = (r, alpha, s, beta), MODELS["pareto_nbd"]
    near = s if abs(s - 1) > 1e-3 else 1 - 1e-4
    closed = r * beta / (alpha * (near - 1)) * (1 - (beta / (beta + weeks)) ** (near - 1))
    assert model.expected_purchases(theta, one_cell(0, 0, 0), weeks)[0] == pytest.approx(
        closed, rel=1e-9 if s == near else 1e-3
    )
    history = cell((4, 28.0, 30.0))
    U = special.hyperu(1, 2 - s, discount * (beta + 30))
    dert = (r + 4) / (alpha + 30) * (beta + 30) * U * model.p_active(theta, history)[0]
    found = model.discounted_purchases(theta, history, math.inf, discount)[0]
    assert found == pytest.approx(dert, rel=1e-9)


@every_model
@pytest.mark.parametrize("spread", [(0.2, 0.2, 1.0), (30.0, 20.0, 60.0)])
def test_uneven_and_even_firms_agree_with_the_integral(model, spread):
    """Very uneven and nearly equal customers keep the precision."""
    theta = (spread[0], 5.0, spread[1], spread[2])
    for history in HISTORIES:
        found = model.discounted_purchases(theta, cell(history), 52, 0.002)[0]
        expected = naive.discounted(model, theta, history, 52, 0.002)
        assert found == pytest.approx(expected, rel=1e-8)


@every_model
def test_simulated_futures_average_to_the_expectation(model):
    """Purchases simulated given a history average to the expected number: within 5 errors."""
    theta, generator = THETA[model.name], np.random.default_rng(11)
    cells = count([0, 1, 4, 12], [0, 21, 196, 140], [140, 210, 210, 273])
    counts = model.posterior_purchases(np.tile(theta, (5_000, 1)), cells, 52, generator)
    error = counts.std(axis=0) / math.sqrt(len(counts))
    assert (
        np.abs(counts.mean(axis=0) - model.expected_purchases(theta, cells, 52)) < 5 * error
    ).all()


@every_model
def test_a_simulated_firm_does_what_was_expected_of_it(model):
    """Expected purchases by number of past ones match what the simulated firm did next."""
    theta, generator = THETA[model.name], np.random.default_rng(5)
    firm = model.simulate(theta, generator.integers(100, 273, 40_000), 273, generator)
    customers = Cells(firm.x, firm.t_x_days, firm.T_days, np.ones(40_000, dtype=int))
    expected = model.expected_purchases(theta, customers, 39)
    active = model.p_active(theta, customers)
    for group in (firm.x == 0, firm.x == 1, firm.x > 1):
        gap = firm.future[group] - expected[group]
        assert abs(gap.mean()) < 5 * gap.std() / math.sqrt(group.sum())
        state = firm.active[group] - active[group]
        assert abs(state.mean()) <= 5 * state.std() / math.sqrt(group.sum())


@every_model
@pytest.mark.parametrize("theta", [(1, 1, 1), (1, 1, 1, 0), (1, -1, 1, 1), (1, 1, math.nan, 1)])
def test_parameters_that_cannot_be_are_refused(model, theta):
    """A parameter that is missing or not positive is named, not reckoned with."""
    with pytest.raises(UsageError, match="positive"):
        model.p_active(theta, mixed_cells())


@every_model
def test_horizons_that_cannot_be_are_refused(model):
    """Negative horizons, and infinite ones without discount, are refused."""
    theta, cells = THETA[model.name], mixed_cells()
    with pytest.raises(UsageError, match="horizon"):
        model.expected_purchases(theta, cells, -1)
    with pytest.raises(UsageError, match="infinite"):
        model.expected_purchases(theta, cells, math.inf)
    with pytest.raises(UsageError, match="discount"):
        model.discounted_purchases(theta, cells, 52, -0.1)
    with pytest.raises(UsageError, match="horizon"):
        model.posterior_purchases(np.array([theta]), cells, math.inf, np.random.default_rng(1))
