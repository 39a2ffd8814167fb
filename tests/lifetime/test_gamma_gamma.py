"""Gamma-Gamma spend: the published fit, its derivatives, its posterior moments."""

import numpy as np
import pytest
from benchmarks.coverage_spend import coverage
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from tests.lifetime.derivatives import slope
from tests.lifetime.outcomes import is_proper, outcome
from tests.lifetime.real_spend import cdnow_repeat_spend

from tierwise.errors import DataError, FitError, RefusedError, UsageError
from tierwise.lifetime import gamma_gamma

# Fader & Hardie, note 025: 946 repeat buyers of CDNOW, repeat days of the first 39 weeks.
PUBLISHED = (6.25, 3.74, 15.44)
LOG_LIKELIHOOD = -4055.92


@pytest.fixture(scope="module")
def cdnow(shared_data) -> gamma_gamma.SpendCells:
    return gamma_gamma.spend_cells(*cdnow_repeat_spend(shared_data))


def naive_log_likelihood(theta, x: float, mean: float) -> float:
    """Density of one mean spend by integrating over the customer's rate."""
    p, q, gamma = theta
    area, _ = integrate.quad(
        lambda nu: (
            stats.gamma.pdf(mean, p * x, scale=1 / (nu * x))
            * stats.gamma.pdf(nu, q, scale=1 / gamma)
        ),
        0,
        np.inf,
    )
    return float(np.log(area))


def test_cdnow_gives_the_published_parameters(cdnow):
    """946 repeat buyers, p 6.25, q 3.74, gamma 15.44, log-likelihood -4055.92."""
    found = gamma_gamma.fit(cdnow)
    assert found.customers == 946
    assert [round(value, 2) for value in found.theta] == list(PUBLISHED)
    assert round(found.log_likelihood, 2) == LOG_LIKELIHOOD


def test_the_log_likelihood_keeps_its_constants(cdnow):
    """At the printed parameters it is the printed one, so models may be compared by it."""
    value, _, _ = gamma_gamma.log_likelihood(PUBLISHED, cdnow)
    assert round(value, 2) == LOG_LIKELIHOOD


@pytest.mark.parametrize(("x", "mean"), [(1, 3.0), (2, 35.0), (7, 120.0)])
def test_the_density_is_the_mixture_it_claims_to_be(x: int, mean: float):
    """Closed form and numerical integration over customers' rates agree."""
    value, _, _ = gamma_gamma.log_likelihood(PUBLISHED, gamma_gamma.spend_cells([x], [mean]))
    assert value == pytest.approx(naive_log_likelihood(PUBLISHED, x, mean), rel=1e-7)


def test_cells_weigh_as_many_customers_as_they_hold():
    """Three customers with the same history are one cell of three."""
    one_by_one = gamma_gamma.spend_cells([2, 2, 2, 1], [30, 30, 30, 5])
    in_cells = gamma_gamma.spend_cells([2, 1], [30, 5], [3, 1])
    left, right = (gamma_gamma.log_likelihood(PUBLISHED, c) for c in (one_by_one, in_cells))
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert one_by_one.customers == in_cells.customers == 4


@pytest.mark.parametrize("theta", [PUBLISHED, (0.4, 1.2, 300.0), (40.0, 0.7, 2.0)])
def test_gradient_and_hessian_agree_with_finite_differences(theta, cdnow):
    """Analytic derivatives are those of the likelihood, near the fit and far from it."""
    _, gradient, hessian = gamma_gamma.log_likelihood(theta, cdnow)
    by_value = slope(lambda t: gamma_gamma.log_likelihood(t, cdnow)[0], theta)
    by_gradient = slope(lambda t: gamma_gamma.log_likelihood(t, cdnow)[1], theta)
    # Relative to the largest contribution: entries may cancel to nearly nothing.
    in_logs = np.asarray(theta)
    np.testing.assert_allclose(gradient * in_logs, by_value * in_logs, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(
        hessian * np.outer(in_logs, in_logs),
        by_gradient * np.outer(in_logs, in_logs),
        rtol=1e-6,
        atol=1e-5,
    )


@pytest.mark.parametrize("factor", [1e-4, 0.01, 1e6])
def test_the_currency_changes_gamma_and_nothing_else(factor: float, cdnow):
    """In cents or in rupiah the shapes are the same and gamma scales with the money."""
    p, q, gamma = gamma_gamma.fit(cdnow).theta
    scaled = gamma_gamma.spend_cells(cdnow.x, cdnow.mean_spend * factor)
    np.testing.assert_allclose(gamma_gamma.fit(scaled).theta, (p, q, gamma * factor), rtol=1e-6)
    fitted = gamma_gamma.fit(scaled)
    value, _, _ = gamma_gamma.log_likelihood(fitted.theta, scaled)
    assert fitted.log_likelihood == pytest.approx(value, rel=1e-10)


def test_expected_spend_is_the_published_weighting():
    """E[M] = (gamma + m x) p / (p x + q - 1): note 025, eq. (5), computed by hand."""
    order = gamma_gamma.order_value(PUBLISHED, [0, 1, 4], [0.0, 20.0, 60.0])
    by_hand = [15.44 * 6.25 / 2.74, 35.44 * 6.25 / 8.99, 255.44 * 6.25 / 27.74]
    np.testing.assert_allclose(order.mean, by_hand, rtol=1e-12)


def test_moments_of_an_order_agree_with_simulated_ones():
    """Posterior draws of the rate, then of an order, have the closed moments (4 errors)."""
    generator = np.random.default_rng(1)
    shape, rate = gamma_gamma.rate_posterior(PUBLISHED, 2, 50.0)
    nu = generator.gamma(shape, 1 / rate, 400_000)
    means, orders = PUBLISHED[0] / nu, generator.gamma(PUBLISHED[0], 1 / nu)
    closed = gamma_gamma.order_value(PUBLISHED, 2, 50.0)
    for draws, mean, variance in (
        (means, closed.mean, closed.variance_of_mean),
        (orders, closed.mean, closed.variance),
    ):
        assert abs(draws.mean() - mean) < 4 * draws.std() / draws.size**0.5
        squares = (draws - draws.mean()) ** 2
        assert abs(squares.mean() - variance) < 4 * squares.std() / squares.size**0.5


def test_the_posterior_is_bayes_rule_on_simulated_customers():
    """Among simulated customers with nearly the same mean, true means average to E[M]."""
    generator = np.random.default_rng(2)
    truth, seen = gamma_gamma.simulate(PUBLISHED, np.full(400_000, 3), generator)
    near = (seen > 48) & (seen < 52)
    expected = gamma_gamma.order_value(PUBLISHED, np.full(near.sum(), 3), seen[near]).mean
    miss = truth[near] - expected
    assert abs(miss.mean()) < 4 * miss.std() / near.sum() ** 0.5


def test_moments_that_do_not_exist_are_infinite():
    """With p x + q of 1 or less the mean is infinite, with 2 or less the variance."""
    order = gamma_gamma.order_value((0.5, 0.8, 10.0), [0, 1, 3], [0.0, 20.0, 20.0])
    assert np.isinf(order.mean).tolist() == [True, False, False]
    assert np.isinf(order.variance).tolist() == [True, True, False]


@given(st.integers(1, 5000), st.floats(0.01, 1e5))
@settings(max_examples=50, deadline=None)
def test_expected_spend_lies_between_own_and_all_customers_mean(x: int, mean: float):
    """Shrinkage pulls towards the mean of all, never past it, and never away."""
    expected = float(gamma_gamma.order_value(PUBLISHED, x, mean).mean)
    of_all = float(gamma_gamma.order_value(PUBLISHED, 0, 0.0).mean)
    low, high = sorted((mean, of_all))
    assert low * (1 - 1e-9) <= expected <= high * (1 + 1e-9)


def test_thousands_of_orders_leave_a_customer_alone():
    """With 50,000 orders the expected spend is what the customer spends."""
    order = gamma_gamma.order_value(PUBLISHED, 50_000, 812.5)
    assert float(order.mean) == pytest.approx(812.5, rel=1e-4)
    assert float(order.variance_of_mean) < 0.001 * float(order.variance_of_order)


@pytest.mark.parametrize("spend", [0.0, -12.5])
def test_free_orders_and_refunds_are_refused_with_the_way_out(spend: float):
    """They are counted and the model that takes them is named."""
    with pytest.raises(RefusedError, match=r"2 of 4 customers .* profit-per-order model"):
        gamma_gamma.spend_cells([1, 2, 3], [30.0, spend, 20.0], [1, 2, 1])
    with pytest.raises(RefusedError, match="profit-per-order"):
        gamma_gamma.order_value(PUBLISHED, [1, 2], [30.0, spend])


@pytest.mark.parametrize(
    ("x", "spend"), [([0], [3.0]), ([1, 2], [3.0]), ([1], [np.nan]), ([np.nan], [3.0])]
)
def test_impossible_cells_are_refused(x, spend):
    """No orders, missing spend and arrays that do not fit are errors in the data."""
    with pytest.raises(DataError):
        gamma_gamma.spend_cells(x, spend)


def test_impossible_parameters_are_refused():
    """A negative shape is a mistake of the caller."""
    with pytest.raises(UsageError):
        gamma_gamma.order_value((6.25, -1, 15.44), 1, 20.0)


def test_identical_customers_cannot_be_fitted():
    """Everybody spends the same: there is nothing to model, and the message says so."""
    with pytest.raises(FitError, match=r"spend 20\.00 on every order"):
        gamma_gamma.fit(gamma_gamma.spend_cells([1, 2, 5], [20.0, 20.0, 20.0]))


def test_one_order_each_cannot_be_fitted():
    """Spread within customers is not seen where nobody ordered twice."""
    with pytest.raises(FitError, match="two orders"):
        gamma_gamma.fit(gamma_gamma.spend_cells([1, 1, 1], [20.0, 30.0, 10.0]))


@given(st.lists(st.tuples(st.integers(1, 3000), st.floats(0.01, 1e6)), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_spend_is_fitted_or_refused_with_a_way_out(customers):
    """Few customers, thousands of orders, huge and tiny sums: a fit or a FitError."""
    cells = gamma_gamma.spend_cells(*zip(*customers, strict=True))
    assert is_proper(outcome(gamma_gamma.fit, cells))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """The 90% intervals of 60 simulated firms cover: within the binomial's 99.9% range."""
    found = coverage("gamma-gamma", simulations=60, customers=1000)
    bound = stats.binom.ppf(0.001, 60, 0.9) / 60
    assert min(found.shares) >= bound
