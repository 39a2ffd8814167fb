"""Sums of an unknown number of orders."""

import numpy as np
import pytest

from tierwise.lifetime import gamma_gamma
from tierwise.lifetime.order_value import OrderValue, sum_moments


def test_moments_of_the_sum_agree_with_simulated_ones():
    """Rate, count and orders drawn: mean and variance of the sum within 4 errors."""
    theta, generator, draws = (6.25, 3.74, 15.44), np.random.default_rng(5), 400_000
    shape, rate = gamma_gamma.rate_posterior(theta, 3, 40.0)
    nu = generator.gamma(shape, 1 / rate, draws)
    count = generator.negative_binomial(2, 0.4, draws)  # mean 3, variance 7.5
    total = generator.gamma(np.maximum(theta[0] * count, 1e-9)) / nu * (count > 0)
    closed = sum_moments(gamma_gamma.order_value(theta, 3, 40.0), 3.0, 7.5)
    assert abs(total.mean() - closed.mean) < 4 * total.std() / draws**0.5
    squares = (total - total.mean()) ** 2
    assert abs(squares.mean() - closed.variance) < 4 * squares.std() / draws**0.5


def test_a_known_number_of_orders_adds_up():
    """Exactly 4 orders: 4 times the mean, 4 w for the orders and 16 v for the doubt."""
    order = OrderValue(np.array([10.0]), np.array([3.0]), np.array([5.0]))
    found = sum_moments(order, [4.0], [0.0])
    assert (found.mean[0], found.variance[0]) == (40.0, 4 * 5.0 + 16 * 3.0)
    assert order.variance[0] == 8.0


def test_no_orders_bring_nothing_whatever_one_would_be_worth():
    """A customer who surely left brings 0, though the moments of an order be infinite."""
    order = OrderValue(np.array([np.inf]), np.array([np.inf]), np.array([np.inf]))
    found = sum_moments(order, [0.0], [0.0])
    assert (found.mean[0], found.variance[0]) == (0.0, 0.0)


@pytest.mark.parametrize("count", [0.5, 3.0])
def test_infinite_doubt_stays_infinite(count: float):
    """An order without variance has a sum without variance, and no NaN."""
    order = OrderValue(np.array([10.0]), np.array([np.inf]), np.array([np.inf]))
    found = sum_moments(order, [count], [1.0])
    assert found.mean[0] == 10 * count
    assert found.variance[0] == np.inf
