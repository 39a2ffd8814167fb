"""The gate before Gamma-Gamma: size of the effect decides, and the words say what to do."""

import numpy as np
import pytest
from scipy import stats
from tests.lifetime.real_spend import cdnow_repeat_spend

from tierwise.errors import DataError
from tierwise.lifetime import gamma_gamma
from tierwise.lifetime.independence import LARGEST_HARMLESS, Verdict, independence


def firm(dependence: float, customers: int, generator: np.random.Generator):
    """Buying rates and mean spends as on CDNOW, tied by a normal copula; repeat buyers only."""
    normal = generator.multivariate_normal([0, 0], [[1, dependence], [dependence, 1]], customers)
    rank = stats.norm.cdf(normal)
    rate = 39 * stats.gamma.ppf(rank[:, 0], 0.553, scale=1 / 10.578)
    nu = stats.gamma.ppf(1 - rank[:, 1], 3.74, scale=1 / 15.44)
    x = generator.poisson(rate)
    bought = x > 0
    x, nu, rate = x[bought], nu[bought], rate[bought]
    return x, generator.gamma(6.25 * x) / (nu * x), 6.25 / nu, rate


def test_cdnow_is_the_published_correlation(shared_data):
    """Fader, Hardie & Lee 2005 (JMR 42): .11, and .06 without one buyer of 300 a day."""
    x, mean = cdnow_repeat_spend(shared_data)
    found = independence(x, mean)
    assert (found.customers, round(found.pearson.value, 2)) == (946, 0.11)
    assert found.verdict is Verdict.HOLDS
    rest = mean < 299
    assert round(independence(x[rest], mean[rest]).pearson.value, 2) == 0.06


def test_correlations_and_interval_of_the_linear_one_are_scipys():
    """Pearson's interval is the one SciPy gives; both correlations are SciPy's."""
    generator = np.random.default_rng(1)
    x = generator.geometric(0.3, 200)
    mean = generator.gamma(2, 10, 200) * x**0.3
    found, oracle = independence(x, mean), stats.pearsonr(x, mean)
    ends = oracle.confidence_interval(0.95)
    assert found.pearson.value == pytest.approx(oracle.statistic)
    assert (found.pearson.low, found.pearson.high) == pytest.approx((ends.low, ends.high))
    assert found.spearman.value == pytest.approx(stats.spearmanr(x, mean).statistic)
    assert found.spearman.low < found.spearman.value < found.spearman.high


def test_tiny_correlations_of_many_customers_hold():
    """Significant beyond doubt among 200,000 customers, and far too small to matter."""
    generator = np.random.default_rng(2)
    x = generator.geometric(0.4, 200_000)
    mean = generator.gamma(6.0, 5.0, x.size) * (1 + 0.02 * x)
    assert stats.spearmanr(x, mean).pvalue < 1e-9
    found = independence(x, mean)
    assert found.verdict is Verdict.HOLDS
    assert "does not go with" in found.words


@pytest.mark.parametrize(("power", "direction"), [(0.8, "more"), (-0.8, "less")])
def test_strong_dependence_fails_and_says_what_to_do(power: float, direction: str):
    """Frequent buyers who spend more, or less, per order: by groups, or profit per order."""
    generator = np.random.default_rng(3)
    x = generator.geometric(0.2, 2000)
    found = independence(x, generator.gamma(6.0, 5.0, x.size) * x**power)
    assert found.verdict is Verdict.FAILS
    assert f"spend {direction} per order" in found.words
    assert "groups of order frequency" in found.words
    assert "profit-per-order" in found.words


def test_one_huge_buyer_does_not_fail_the_gate_alone():
    """Amounts correlate by one customer; ranks show nothing, so it holds."""
    generator = np.random.default_rng(4)
    x, mean = generator.geometric(0.5, 1000), generator.gamma(6.0, 5.0, 1000)
    x[0], mean[0] = 60, 3000
    found = independence(x, mean)
    assert found.pearson.value > LARGEST_HARMLESS
    assert found.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("x", "mean"),
    [
        ([1, 2, 3], [5, 6, 7]),
        ([2] * 100, range(100)),
        (range(100), [20.0] * 100),
        ([1, 2, 5, 3, 1, 2, 9, 4, 2, 1], [10, 30, 20, 25, 14, 16, 22, 12, 21, 19]),
        ([], []),
    ],
)
def test_too_few_or_too_alike_is_said(x, mean):
    """Nothing can be told: the verdict is neither yes nor no."""
    found = independence(list(x), list(mean))
    assert found.verdict is Verdict.TOO_FEW
    assert "too few, or too alike" in found.words


def test_perfect_order_is_a_failure():
    """Spend that grows with every order, exactly, is as dependent as can be."""
    found = independence(np.arange(1, 101), np.arange(1.0, 101.0))
    assert found.verdict is Verdict.FAILS
    assert found.spearman.value == pytest.approx(1)


def test_the_misjudged_share_is_the_covariance():
    """Total spend over orders times mean of means: 1*10 + 3*30 against 4 * 20."""
    found = independence([1, 3, 1, 3], [10.0, 30.0, 10.0, 30.0])
    assert found.misjudged_share == pytest.approx(100 / 80 - 1)


def test_impossible_arrays_are_refused():
    """Arrays of different length and missing values are errors in the data."""
    with pytest.raises(DataError):
        independence([1, 2], [3.0])
    with pytest.raises(DataError):
        independence([1, 2], [3.0, np.nan])


def test_the_limit_is_where_gamma_gamma_starts_to_cost():
    """At a rank correlation near .3 the best fifth is understated by 1-6%; at 0 by nothing."""
    generator, miss = np.random.default_rng(5), {}
    for dependence in (0.0, 0.5):
        x, mean, truth, rate = firm(dependence, 60_000, generator)
        fitted = gamma_gamma.fit(gamma_gamma.spend_cells(x, mean)).theta
        expected = rate * gamma_gamma.order_value(fitted, x, mean).mean
        best = expected >= np.quantile(expected, 0.8)
        miss[dependence] = expected[best].sum() / (rate * truth)[best].sum() - 1
        seen = independence(x, mean).spearman.value
    assert abs(seen - LARGEST_HARMLESS) < 0.05
    assert abs(miss[0.0]) < 0.01
    assert -0.06 < miss[0.5] < -0.01
