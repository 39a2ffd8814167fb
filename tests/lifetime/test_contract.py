"""Retention and remaining lifetimes of any contract model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.errors import UsageError
from tierwise.lifetime import bdw, contract, sbg

MODELS = [sbg.SBG(0.704, 1.182), sbg.SBG(3.0, 20.0), bdw.BdW(0.214, 1.427, 1.724)]


def naive_lifetime(model, renewed: int, horizon: int, rate: float) -> float:
    """The next payment in full, later ones discounted, each by the chance that it comes."""
    alive = contract.survival(model, renewed)
    return sum(
        float(contract.survival(model, renewed + k) / alive) / (1 + rate) ** (k - 1)
        for k in range(1, horizon + 1)
    )


@pytest.mark.parametrize("model", MODELS)
@given(st.integers(0, 20), st.integers(0, 30), st.floats(0, 0.5))
@settings(max_examples=20, deadline=None)
def test_lifetimes_within_a_horizon_are_plain_sums(model, renewed, horizon, rate):
    """The same as adding payment by payment; zero renewals ahead are worth nothing."""
    found = contract.remaining_within(model, np.array([renewed, renewed]), horizon, rate)
    naive = naive_lifetime(model, renewed, horizon, rate)
    np.testing.assert_allclose(found, [naive, naive], rtol=1e-10)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rate", [0.5, 0.1, 0.01, 0.003])
def test_lifetimes_without_end_are_the_long_sum(model, rate: float):
    """The recursion with its integrated tail equals 12,000 terms added up."""
    renewed = np.array([[0, 7], [2, 40]])
    found = contract.remaining_for_ever(model, renewed, rate)
    summed = contract.remaining_within(model, renewed, 12_000, rate)
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found, summed, rtol=1e-8)


def test_the_tail_without_discount_is_summed_too():
    """sBG has a closed form to compare with, also close to where it becomes infinite."""
    for alpha in (3.0, 1.5, 1.05):
        model = bdw.BdW(alpha, 4.0, 1.0)
        found = contract.remaining_for_ever(model, np.array([0, 3]))
        np.testing.assert_allclose(found, [4 / (alpha - 1), 7 / (alpha - 1)], rtol=1e-7)


def test_lifetimes_that_do_not_end_are_infinite():
    """Undiscounted with a heavy tail: infinite, not a large number."""
    for model in (sbg.SBG(0.9, 2.0), bdw.BdW(0.4, 2.0, 2.0)):
        assert np.isinf(contract.remaining_for_ever(model, np.array([0, 5]))).all()


def test_long_tenures_promise_longer_lifetimes():
    """Fader & Hardie 2010: who has renewed often is worth more than a new contract."""
    expected = contract.remaining_for_ever(MODELS[0], np.arange(10), 0.1)
    assert (np.diff(expected) > 0).all()


def test_survival_after_renewals_multiplies_up():
    """Alive 5 ahead of 3 renewals is the product of the five retention rates."""
    model = MODELS[2]
    kept = contract.retention(model, np.arange(4, 9))
    assert contract.still_alive(model, 3, 5) == pytest.approx(np.prod(kept))


def test_impossible_questions_are_refused():
    """No renewal before the first, no negative rate or horizon."""
    with pytest.raises(UsageError):
        contract.retention(MODELS[0], [0, 1])
    with pytest.raises(UsageError):
        contract.remaining_within(MODELS[0], [0], -1)
    for rate in (-0.1, np.nan):
        with pytest.raises(UsageError):
            contract.remaining_within(MODELS[0], [0], 3, rate)
        with pytest.raises(UsageError):
            contract.remaining_for_ever(MODELS[0], [0], rate)
