"""sBG contracts: the published cohorts, derivatives, closed forms, bad input."""

import numpy as np
import pytest
from benchmarks.coverage_spend import coverage
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import beta as beta_function
from tests.lifetime.derivatives import slope
from tests.lifetime.outcomes import is_proper, outcome

from tierwise.errors import FitError, UsageError
from tierwise.lifetime import contract, sbg
from tierwise.lifetime.tenures import (
    Tenures,
    pooled_tenures,
    tenures_from_contracts,
    tenures_from_survivors,
)

# Fader & Hardie 2007, JIM 21(1): survivors of 1,000 by year, and the fit to years 0-7.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
COHORTS = [
    pytest.param(REGULAR, (0.704, 1.182), -1680.27, id="regular"),
    pytest.param(HIGH_END, (0.668, 3.806), -1611.16, id="high-end"),
]
parameters = st.tuples(st.floats(0.05, 20), st.floats(0.05, 20))


def naive_log_likelihood(theta, survivors: list[int]) -> float:
    """Eq. (5) and (6) of the paper: churners by year lost, survivors at the end."""
    a, b = theta
    total = survivors[-1] * np.log(beta_function(a, b + len(survivors) - 1) / beta_function(a, b))
    for t in range(1, len(survivors)):
        chance = beta_function(a + 1, b + t - 1) / beta_function(a, b)
        total += (survivors[t - 1] - survivors[t]) * np.log(chance)
    return float(total)


@pytest.mark.parametrize(("survivors", "published", "log_likelihood"), COHORTS)
def test_the_published_cohorts_give_the_published_fit(survivors, published, log_likelihood):
    """Alpha, beta to three places and the log-likelihood to two."""
    found = sbg.fit(tenures_from_survivors(survivors[:8]))
    assert tuple(round(value, 3) for value in found.theta) == published
    assert round(found.log_likelihood, 2) == log_likelihood


@pytest.mark.parametrize(("survivors", "published", "log_likelihood"), COHORTS)
def test_the_held_out_years_are_predicted(survivors, published, log_likelihood):
    """Years 8-12 were not shown; sBG comes within 5% of the survivors of each."""
    assert log_likelihood < 0
    later = contract.survival(sbg.SBG(*published), np.arange(8, 13)) * 1000
    np.testing.assert_allclose(later, survivors[8:], rtol=0.05)


@pytest.mark.parametrize("theta", [(0.704, 1.182), (3.0, 0.2), (0.05, 40.0)])
def test_the_likelihood_by_renewals_is_the_papers(theta):
    """Multiplying hazards gives the same as beta functions by year lost."""
    value, _, _ = sbg.log_likelihood(theta, tenures_from_survivors(REGULAR))
    assert value == pytest.approx(naive_log_likelihood(theta, REGULAR), rel=1e-12)


@pytest.mark.parametrize("theta", [(0.704, 1.182), (3.0, 0.2), (0.05, 40.0)])
def test_gradient_and_hessian_agree_with_finite_differences(theta):
    """Analytic derivatives are those of the likelihood."""
    tenures = tenures_from_survivors(HIGH_END)
    _, gradient, hessian = sbg.log_likelihood(theta, tenures)
    by_value = slope(lambda t: sbg.log_likelihood(t, tenures)[0], theta)
    by_gradient = slope(lambda t: sbg.log_likelihood(t, tenures)[1], theta)
    np.testing.assert_allclose(gradient, by_value, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(hessian, by_gradient, rtol=1e-6, atol=1e-4)


@given(parameters)
@settings(max_examples=40, deadline=None)
def test_survival_falls_and_retention_grows(theta):
    """The fickle leave first: retention never falls with tenure (eq. 8 of the paper)."""
    model, t = sbg.SBG(*theta), np.arange(1, 40)
    alive, kept = contract.survival(model, np.arange(40)), contract.retention(model, t)
    alpha, beta = theta
    assert alive[0] == 1
    assert (np.diff(alive) < 0).all()
    assert (np.diff(kept) > 0).all()
    np.testing.assert_allclose(kept, (beta + t - 1) / (alpha + beta + t - 1), rtol=1e-9)


@given(parameters, st.integers(0, 60), st.floats(0.003, 1))
@settings(max_examples=60, deadline=None)
def test_the_closed_lifetime_is_the_sum_of_its_terms(theta, renewed: int, rate: float):
    """The hypergeometric function equals the plain sum of discounted survival."""
    model = sbg.SBG(*theta)
    closed = float(model.remaining_for_ever(renewed, rate))
    summed = float(contract.remaining_within(model, np.array([renewed]), 12_000, rate)[0])
    assert closed == pytest.approx(summed, rel=1e-8)


def test_lifetimes_without_discount_and_end():
    """(beta + n) / (alpha - 1) for alpha above 1, else infinite."""
    assert sbg.SBG(1.5, 4.0).remaining_for_ever([0, 3], 0).tolist() == [8.0, 14.0]
    assert np.isinf(sbg.SBG(1.0, 4.0).remaining_for_ever([0, 3], 0)).all()


def test_simulated_contracts_are_lost_as_the_model_says():
    """Counts of 200,000 simulated contracts by renewal against the probabilities."""
    lost_at = sbg.simulate((0.704, 1.182), 200_000, np.random.default_rng(1))
    alive = contract.survival(sbg.SBG(0.704, 1.182), np.arange(11))
    chances = np.append(-np.diff(alive), alive[-1])
    counts = np.bincount(np.minimum(lost_at, 11), minlength=12)[1:]
    assert stats.chisquare(counts, chances * counts.sum()).pvalue > 1e-4


def test_cohorts_of_different_age_are_pooled():
    """Three cohorts cut off after 3, 7 and 12 renewals give the truth within 4 errors."""
    generator = np.random.default_rng(2)
    cohorts = []
    for seen in (3, 7, 12):
        lost_at = sbg.simulate((0.704, 1.182), 4000, generator)
        cohorts.append(tenures_from_contracts(np.minimum(lost_at, seen), lost_at <= seen))
    found = sbg.fit(pooled_tenures(cohorts))
    assert found.customers == 12_000
    away = np.log(np.array(found.theta) / (0.704, 1.182)) / found.log_errors
    assert (np.abs(away) < 4).all()


def test_contracts_seen_from_the_middle_give_the_same_truth():
    """Contracts that came under observation at tenure 2 do not bias the fit."""
    generator = np.random.default_rng(3)
    lost_at = sbg.simulate((1.5, 4.0), 30_000, generator)
    late = generator.random(lost_at.size) < 0.5
    known = ~late | (lost_at > 2)
    end = np.minimum(lost_at, 10)[known]
    entered = np.where(late, 2, 0)[known]
    found = sbg.fit(tenures_from_contracts(end, (lost_at <= 10)[known], entered))
    away = np.log(np.array(found.theta) / (1.5, 4.0)) / found.log_errors
    assert (np.abs(away) < 4).all()


@pytest.mark.parametrize(
    ("survivors", "words"),
    [
        ([50, 50, 50], "None of 50 contracts was lost"),
        ([50, 0], "lost at the first renewal"),
        ([50, 40], "2 renewals or more"),
        ([0, 0], "No contract has faced a renewal"),
        ([1000, 800, 640, 512, 410], "no maximum"),
        ([1000, 900, 600, 200, 20], "no maximum"),
    ],
)
def test_what_cannot_be_fitted_says_why(survivors, words: str):
    """None lost, all lost, one renewal, constant or falling retention: a clear FitError."""
    with pytest.raises(FitError, match=words):
        sbg.fit(tenures_from_survivors(survivors))


@given(st.lists(st.integers(0, 60), min_size=3, max_size=9))
@settings(max_examples=60, deadline=None)
def test_any_cohort_is_fitted_or_refused_with_a_way_out(counts):
    """Small, odd and extreme cohorts never end in anything but a fit or a FitError."""
    tenures = tenures_from_survivors(sorted(counts, reverse=True))
    assert is_proper(outcome(sbg.fit, tenures))


def test_impossible_parameters_are_refused():
    """A negative beta is a mistake of the caller."""
    with pytest.raises(UsageError):
        sbg.log_likelihood((0.7, -1), Tenures(np.array([3.0]), np.array([1.0])))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """The 90% intervals of 100 simulated firms cover: within the binomial's 99.9% range."""
    found = coverage("sbg", simulations=100, customers=1000)
    assert min(found.shares) >= stats.binom.ppf(0.001, 100, 0.9) / 100
