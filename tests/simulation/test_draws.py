"""Random numbers and distributions."""

import math

import numpy as np
import pytest
from scipy import stats

from tierwise.errors import UsageError
from tierwise.simulation import shapes
from tierwise.simulation.draws import duration_s, normal_quantile, uniform

N = 20_000


def sample(duration):
    table = shapes.table([duration])
    key = np.uint64(0x1234567)
    return np.array([duration_s(0, uniform(key, n), table) for n in range(N)])


def test_uniform_numbers_are_uniform_and_streams_independent():
    streams = [[uniform(np.uint64(key), n) for n in range(N)] for key in (1, 2**63 + 11)]
    for one in streams:
        assert stats.kstest(one, "uniform").pvalue > 1e-4
        assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(*streams)[0, 1]) < 0.03


@pytest.mark.parametrize("u", [1e-300, 1e-12, 0.01, 0.07, 0.3, 0.5, 0.93, 0.999, 1 - 1e-12])
def test_normal_quantile(u):
    assert normal_quantile(u) == pytest.approx(stats.norm.ppf(u), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("duration", "law"),
    [
        (shapes.exponential(120), stats.expon(scale=120)),
        (shapes.weibull(200, 0.7), stats.weibull_min(0.7, scale=200)),
        (
            shapes.lognormal(180, 150),
            stats.lognorm(math.sqrt(math.log(61 / 36)), scale=180 / math.sqrt(61 / 36)),
        ),
    ],
)
def test_draws_follow_their_law(duration, law):
    assert stats.kstest(sample(duration), law.cdf).pvalue > 1e-4
    assert duration.mean_s == pytest.approx(law.mean(), rel=1e-3)
    assert duration.second_moment_s2 == pytest.approx(law.moment(2), rel=2e-3)


def test_empirical_draws_are_the_values_and_keep_their_mean():
    values = np.random.default_rng(1).lognormal(5, 1, 30_000)
    duration = shapes.empirical(values)
    assert len(duration.values_s) == shapes.MOST_VALUES
    assert duration.mean_s == pytest.approx(values.mean())
    assert set(sample(shapes.empirical([3.0, 5.0, 8.0]))) == {3.0, 5.0, 8.0}


def test_those_who_never_give_up():
    assert sample(shapes.NOBODY_GIVES_UP)[0] == math.inf
    half = sample(shapes.equally_likely([10.0, math.inf]))
    assert np.isinf(half).mean() == pytest.approx(0.5, abs=0.02)


def test_no_spread_is_constant():
    assert shapes.lognormal(100, 0) == shapes.constant(100)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: shapes.exponential(-5), "mean_s = -5"),
        (lambda: shapes.lognormal(math.nan, 5), "nan"),
        (lambda: shapes.empirical([3.0, -1.0]), "-1.0: negative or missing"),
        (lambda: shapes.empirical([3.0, math.nan]), "negative or missing"),
        (lambda: shapes.empirical([]), "No measured"),
        (lambda: shapes.constant(-1), "impossible"),
        (lambda: shapes.weibull(100, 0), "exponent = 0"),
    ],
)
def test_impossible_durations_are_refused(make, complaint):
    with pytest.raises(UsageError, match=complaint):
        make()
