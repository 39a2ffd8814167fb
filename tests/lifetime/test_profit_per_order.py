"""Profit per order with losses: REML against closed forms, moments against simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tierwise.errors import DataError, FitError
from tierwise.lifetime import profit_per_order
from tierwise.lifetime.profit_per_order import ProfitPerOrder, order_statistics


def statistics_of(orders: list) -> profit_per_order.OrderStatistics:
    """Count, mean and squares of customers' single orders, one array per customer."""
    return order_statistics(
        [len(own) for own in orders],
        [np.mean(own) for own in orders],
        [np.sum((own - np.mean(own)) ** 2) for own in orders],
    )


def firm(customers: int, generator: np.random.Generator, mu=5.0, tau=8.0, sigma=20.0):
    """True means and orders of customers who order 1 to some dozens of times."""
    means = generator.normal(mu, tau, customers)
    counts = generator.geometric(0.25, customers)
    return means, [generator.normal(m, sigma, k) for m, k in zip(means, counts, strict=True)]


def naive_restricted_log_likelihood(orders: list, between: float, within: float) -> float:
    """REML by the whole covariance matrix of all orders (Searle et al. 1992, ch. 6.6)."""
    y, sizes = np.concatenate(orders), [len(own) for own in orders]
    whose = np.repeat(np.arange(len(orders)), sizes)
    covariance = within * np.eye(y.size) + between * (whose[:, None] == whose[None, :])
    inverse = np.linalg.inv(covariance)
    ones = np.ones(y.size)
    information = ones @ inverse @ ones
    rest = y - (ones @ inverse @ y) / information
    return -0.5 * (np.linalg.slogdet(covariance)[1] + np.log(information) + rest @ inverse @ rest)


def centre_rest(orders: list, share: float) -> float:
    """Squares about the best mean, weighted by the inverse covariance of total 1."""
    y, whose = np.concatenate(orders), np.repeat(np.arange(len(orders)), [len(o) for o in orders])
    covariance = (1 - share) * np.eye(y.size) + share * (whose[:, None] == whose[None, :])
    inverse = np.linalg.inv(covariance)
    weights = inverse.sum(axis=0)
    rest = y - weights @ y / weights.sum()
    return float(rest @ inverse @ rest)


def test_the_maximum_is_the_one_of_the_whole_covariance_matrix():
    """No other variances near the fitted ones are likelier, by the slow obvious likelihood."""
    _, orders = firm(80, np.random.default_rng(1))
    found = profit_per_order.fit(statistics_of(orders))
    assert found.between > 0
    best = naive_restricted_log_likelihood(orders, found.between, found.within)
    for a, b in ((1.02, 1), (0.98, 1), (1, 1.02), (1, 0.98), (1.02, 0.98), (0.98, 1.02)):
        moved = naive_restricted_log_likelihood(orders, found.between * a, found.within * b)
        assert moved < best


def test_the_likelihood_is_the_one_of_the_whole_covariance_matrix():
    """Between any two shares it differs by as much as the slow obvious one at its best total."""
    _, orders = firm(25, np.random.default_rng(11))
    data, found = statistics_of(orders), {}
    for share in (0.05, 0.4):
        totals = np.geomspace(100, 2000, 4000)
        centre = naive_restricted_log_likelihood(orders, share, 1 - share)
        rest = (centre_rest(orders, share) / totals + (data.x.sum() - 1) * np.log(totals)) / 2
        slow = centre + centre_rest(orders, share) / 2 - rest.min()
        found[share] = slow - profit_per_order.restricted_log_likelihood(share, data)
    assert found[0.05] == pytest.approx(found[0.4], abs=1e-4)


def test_equal_counts_give_the_analysis_of_variance():
    """Balanced orders: REML is the classic ANOVA estimate, mean squares over counts."""
    generator = np.random.default_rng(2)
    orders = generator.normal(generator.normal(0, 9, (30, 1)), 12, (30, 6))
    found = profit_per_order.fit(statistics_of(list(orders)))
    within = orders.var(axis=1, ddof=1).mean()
    between = orders.mean(axis=1).var(ddof=1) - within / 6
    assert (found.within, found.between) == pytest.approx((within, between), rel=1e-6)
    assert found.mean == pytest.approx(orders.mean())
    assert found.mean_variance == pytest.approx(orders.mean(axis=1).var(ddof=1) / 30, rel=1e-6)


def test_the_truth_is_recovered_and_the_mean_covered():
    """300 firms with losses: variances unbiased within 4 errors, 90% intervals of mu cover."""
    generator, found, hits = np.random.default_rng(3), [], 0
    for _ in range(300):
        _, orders = firm(150, generator)
        model = profit_per_order.fit(statistics_of(orders))
        found.append((model.between, model.within))
        interval = model.mean_interval(0.9)
        hits += interval.low <= 5.0 <= interval.high
    estimates = np.array(found)
    error = estimates.std(axis=0) / len(found) ** 0.5
    assert (np.abs(estimates.mean(axis=0) - (64.0, 400.0)) < 4 * error).all()
    low, high = stats.binom.ppf([0.0005, 0.9995], 300, 0.9)
    assert low <= hits <= high


def test_shrunken_means_beat_own_means_and_their_variance_is_right():
    """On simulated customers the error is smaller than unshrunken, and as large as stated."""
    truth, orders = firm(4000, np.random.default_rng(4))
    data = statistics_of(orders)
    order = profit_per_order.order_value(profit_per_order.fit(data), data.x, data.mean)
    miss = (order.mean - truth) ** 2
    assert miss.mean() < 0.5 * ((data.mean - truth) ** 2).mean()
    standardised = miss / order.variance_of_mean
    assert abs(standardised.mean() - 1) < 4 * standardised.std() / miss.size**0.5


def test_the_posterior_is_the_textbook_one():
    """mu 10, tau^2 4, sigma^2 36; 9 orders of -20: weight 1/2, mean -5, variance 2."""
    model = ProfitPerOrder(10.0, 0.0, 4.0, 36.0, 100, 500, 0.01)
    order = profit_per_order.order_value(model, [9, 0], [-20.0, 0.0])
    assert order.mean.tolist() == [-5.0, 10.0]
    assert order.variance_of_mean.tolist() == [2.0, 4.0]
    assert order.variance_of_order.tolist() == [36.0, 36.0]


@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6), min_size=2, max_size=12
    ).filter(lambda orders: any(len(own) > 1 for own in orders))
)
@settings(max_examples=60, deadline=None)
def test_any_orders_give_finite_shrunken_means(orders):
    """Refunds, losses, repeats: every mean lies between the customer's own and mu."""
    data = statistics_of([np.array(own) for own in orders])
    model = profit_per_order.fit(data)
    assert model.between >= 0
    assert model.within >= 0
    order = profit_per_order.order_value(model, data.x, data.mean)
    slack = 1e-9 * (1 + np.abs(data.mean) + abs(model.mean))
    assert (order.mean >= np.minimum(data.mean, model.mean) - slack).all()
    assert (order.mean <= np.maximum(data.mean, model.mean) + slack).all()
    assert (order.variance_of_mean >= 0).all()


def test_customers_no_further_apart_than_chance_are_all_alike():
    """Equal means within spread orders: tau^2 is 0 and everybody gets mu."""
    model = profit_per_order.fit(order_statistics([4, 4, 4], [5.0, 5.0, 5.0], [90.0, 80.0, 70.0]))
    assert model.between == 0
    order = profit_per_order.order_value(model, [4, 1], [5.0, 500.0])
    assert order.mean == pytest.approx([5.0, 5.0])


def test_orders_all_alike_within_customers_are_taken_at_their_word():
    """No spread within customers: sigma^2 is 0 and nobody is shrunken."""
    model = profit_per_order.fit(order_statistics([2, 3, 1], [-5.0, 10.0, 40.0], [0, 0, 0]))
    assert model.within == 0
    order = profit_per_order.order_value(model, [2, 1, 0], [-5.0, 40.0, 0.0])
    assert order.mean == pytest.approx([-5.0, 40.0, 15.0])


def test_everything_identical_is_an_answer():
    """Every order of everybody brings 7: so will the next."""
    model = profit_per_order.fit(order_statistics([2, 3], [7.0, 7.0], [0, 0]))
    order = profit_per_order.order_value(model, [2, 0], [7.0, 0.0])
    assert (model.mean, model.between, model.within) == (7.0, 0.0, 0.0)
    assert order.mean.tolist() == [7.0, 7.0]


def test_refunds_larger_than_purchases_make_a_negative_expectation():
    """A customer of 40 orders at -30 is expected to lose money, though others do not."""
    _, orders = firm(200, np.random.default_rng(5), mu=20.0)
    data = statistics_of([*orders, np.random.default_rng(6).normal(-30, 20, 40)])
    order = profit_per_order.order_value(profit_per_order.fit(data), data.x, data.mean)
    assert -30 < order.mean[-1] < -15


def test_a_customer_with_thousands_of_orders_stands_on_its_own():
    """Of 5,000 orders the weight is nearly 1."""
    _, orders = firm(100, np.random.default_rng(7))
    data = statistics_of([*orders, np.random.default_rng(8).normal(90, 20, 5000)])
    order = profit_per_order.order_value(profit_per_order.fit(data), data.x, data.mean)
    assert order.mean[-1] == pytest.approx(data.mean[-1], rel=0.01)


def test_one_monstrous_order_raises_a_warning():
    """A single order of a million makes up the spread of all; the model says so."""
    _, orders = firm(300, np.random.default_rng(9))
    calm = profit_per_order.fit(statistics_of(orders))
    wild = profit_per_order.fit(statistics_of([*orders, np.array([10.0, 1_000_000.0])]))
    assert calm.warning == ""
    assert "One customer makes up 100%" in wild.warning


def test_one_order_each_cannot_be_fitted():
    """Spread between customers and between orders look the same; the way out is named."""
    with pytest.raises(FitError, match=r"one order each.*pooled"):
        profit_per_order.fit(order_statistics([1, 1, 1], [3.0, -4.0, 9.0], [0, 0, 0]))
    with pytest.raises(FitError, match="one customer"):
        profit_per_order.fit(order_statistics([5], [3.0], [8.0]))


@pytest.mark.parametrize(
    ("x", "mean", "squares"),
    [
        ([0], [3.0], [0]),
        ([1], [np.nan], [0]),
        ([2], [3.0], [-1]),
        ([1], [3.0], [5.0]),
        ([2], [3.0], [np.inf]),
        ([1, 2], [3.0], [0]),
    ],
)
def test_impossible_statistics_are_refused(x, mean, squares):
    """No orders, missing profit and squares that cannot be are errors in the data."""
    with pytest.raises(DataError):
        order_statistics(x, mean, squares)
