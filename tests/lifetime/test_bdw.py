"""BdW contracts: sBG at c = 1, derivatives, held-out years, bad input."""

import numpy as np
import pytest
from benchmarks.coverage_spend import coverage
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from tests.lifetime.derivatives import slope
from tests.lifetime.outcomes import is_proper, outcome

from tierwise.errors import FitError, UsageError
from tierwise.lifetime import bdw, contract, sbg
from tierwise.lifetime.tenures import tenures_from_survivors

# Survivors of 1,000 by year: Fader & Hardie 2007; fitted to years 0-7 in Fader et al. 2018.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]


@pytest.mark.parametrize("t", [1, 3, 10])
def test_survival_is_the_mixture_it_claims_to_be(t: int):
    """Closed form and integration of (1 - churn)^(t^c) over Beta(gamma, delta) agree."""
    gamma, delta, c = 0.8, 2.5, 1.6
    area, _ = integrate.quad(
        lambda churn: (1 - churn) ** (t**c) * stats.beta.pdf(churn, gamma, delta), 0, 1
    )
    assert contract.survival(bdw.BdW(gamma, delta, c), t) == pytest.approx(area, rel=1e-6)


@given(st.floats(0.05, 10), st.floats(0.05, 10))
@settings(max_examples=40, deadline=None)
def test_with_c_of_one_it_is_the_sbg(gamma: float, delta: float):
    """The same survival, likelihood and derivatives by the two shared parameters."""
    tenures = tenures_from_survivors(REGULAR)
    wide = bdw.log_likelihood((gamma, delta, 1.0), tenures)
    narrow = sbg.log_likelihood((gamma, delta), tenures)
    assert wide[0] == pytest.approx(narrow[0], rel=1e-9)
    np.testing.assert_allclose(wide[1][:2], narrow[1], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(wide[2][:2, :2], narrow[2], rtol=1e-5, atol=1e-5)
    t = np.arange(30)
    np.testing.assert_allclose(
        bdw.BdW(gamma, delta, 1.0).log_survival(t), sbg.SBG(gamma, delta).log_survival(t)
    )


@pytest.mark.parametrize("theta", [(0.2, 1.4, 1.7), (3.0, 0.5, 0.6), (0.5, 20.0, 2.2)])
def test_gradient_and_hessian_agree_with_finite_differences(theta):
    """Analytic derivatives are those of the likelihood."""
    tenures = tenures_from_survivors(HIGH_END)
    _, gradient, hessian = bdw.log_likelihood(theta, tenures)
    by_value = slope(lambda t: bdw.log_likelihood(t, tenures)[0], theta)
    by_gradient = slope(lambda t: bdw.log_likelihood(t, tenures)[1], theta)
    np.testing.assert_allclose(gradient, by_value, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(hessian, by_gradient, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END], ids=["regular", "high-end"])
def test_it_fits_and_predicts_at_least_as_well_as_the_sbg(survivors):
    """A likelihood no lower on years 0-7; years 8-12 within 3%, and closer than sBG."""
    seen, later = tenures_from_survivors(survivors[:8]), np.arange(8, 13)
    wide, narrow = bdw.fit(seen), sbg.fit(seen)
    assert wide.log_likelihood > narrow.log_likelihood
    left = contract.survival(bdw.BdW(*wide.theta), later) * 1000
    np.testing.assert_allclose(left, survivors[8:], rtol=0.03)
    plain = contract.survival(sbg.SBG(*narrow.theta), later) * 1000
    assert np.abs(left - survivors[8:]).sum() < np.abs(plain - survivors[8:]).sum()


def test_simulated_contracts_are_lost_as_the_model_says():
    """Counts of 200,000 simulated contracts by renewal against the probabilities."""
    theta = (0.5, 1.5, 1.4)
    lost_at = bdw.simulate(theta, 200_000, np.random.default_rng(1))
    alive = contract.survival(bdw.BdW(*theta), np.arange(11))
    chances = np.append(-np.diff(alive), alive[-1])
    counts = np.bincount(np.minimum(lost_at, 11), minlength=12)[1:]
    assert stats.chisquare(counts, chances * counts.sum()).pvalue > 1e-4


def test_survival_far_out_neither_ends_nor_jumps():
    """A power law in t, also where t^c would leave the range of floats."""
    model = bdw.BdW(0.5, 1.5, 3.0)
    far = model.log_survival(np.array([1e80, 1e90, 1e100]))
    np.testing.assert_allclose(np.diff(far), -0.5 * 3.0 * np.log(1e10), rtol=1e-12)


def test_retention_that_falls_with_tenure_is_fitted():
    """Contracts that wear out: sBG has no maximum, BdW has one with c well above 1."""
    theta = (2.0, 40.0, 2.0)
    survivors = np.round(contract.survival(bdw.BdW(*theta), np.arange(9)) * 10_000)
    tenures = tenures_from_survivors(survivors)
    with pytest.raises(FitError):
        sbg.fit(tenures)
    found = bdw.fit(tenures)
    assert found.theta[2] == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize(
    ("survivors", "words"),
    [
        ([50, 50, 50, 50], "None of 50 contracts was lost"),
        ([50, 0], "lost at the first renewal"),
        ([50, 40, 35], "3 renewals or more"),
        ([0, 0], "No contract has faced a renewal"),
    ],
)
def test_what_cannot_be_fitted_says_why(survivors, words: str):
    """None lost, all lost, too few renewals: a clear FitError."""
    with pytest.raises(FitError, match=words):
        bdw.fit(tenures_from_survivors(survivors))


@given(st.lists(st.integers(0, 60), min_size=3, max_size=9))
@settings(max_examples=60, deadline=None)
def test_any_cohort_is_fitted_or_refused_with_a_way_out(counts):
    """Small, odd and extreme cohorts never end in anything but a fit or a FitError."""
    tenures = tenures_from_survivors(sorted(counts, reverse=True))
    assert is_proper(outcome(bdw.fit, tenures))


def test_impossible_parameters_are_refused():
    """A shape of zero is a mistake of the caller."""
    with pytest.raises(UsageError):
        bdw.log_likelihood((0.7, 1.0, 0.0), tenures_from_survivors(REGULAR))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    """The 90% intervals of 60 simulated firms cover: within the binomial's 99.9% range."""
    found = coverage("bdw", simulations=60, customers=3000)
    assert min(found.shares) >= stats.binom.ppf(0.001, 60, 0.9) / 60
