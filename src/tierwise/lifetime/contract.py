"""What follows from any contract model's survival curve: retention and remaining lifetime.

Time is counted in renewals. A contract that "has been renewed n times" is alive and
waits for renewal n + 1. Lifetimes to come are counted in payments, the first of them
due at renewal n + 1 and not discounted: discount the result by the time until that
renewal. This is the DERL of Fader & Hardie 2010, Marketing Science 29(1).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad

from tierwise.errors import UsageError

Array = NDArray[np.float64]

AHEAD = 512
"""Renewals summed one by one past the longest tenure before the tail is integrated."""


class ContractModel(Protocol):
    """A survival curve over renewals."""

    def log_survival(self, renewals: ArrayLike) -> Array:
        """Log of the share still alive after so many renewals, which need not be whole."""
        ...

    @property
    def lasts_for_ever(self) -> bool:
        """Whether the undiscounted expected lifetime is infinite."""
        ...


def survival(model: ContractModel, renewals: ArrayLike) -> Array:
    """Share of contracts still alive after so many renewals, 0..1."""
    share: Array = np.exp(model.log_survival(renewals))
    return share


def retention(model: ContractModel, renewals: ArrayLike) -> Array:
    """Share of the contracts facing renewal t that are renewed, 0..1; t from 1."""
    t = np.asarray(renewals, dtype=float)
    if np.any(t < 1):
        raise UsageError("There is no renewal before the first.", "Count renewals from 1.")
    return still_alive(model, t - 1, 1)


def still_alive(model: ContractModel, renewed: ArrayLike, ahead: ArrayLike) -> Array:
    """Probability that a contract renewed n times survives so many renewals more, 0..1."""
    n = np.asarray(renewed, dtype=float)
    share: Array = np.exp(
        model.log_survival(n + np.asarray(ahead, dtype=float)) - model.log_survival(n)
    )
    return share


def remaining_within(
    model: ContractModel, renewed: ArrayLike, horizon: int, rate: float = 0.0
) -> Array:
    """Expected discounted renewals among the next `horizon` of contracts renewed n times.

    `renewed` (contracts,); `rate` per period, 0 for plain expected renewals. Raises
    UsageError for a negative rate or horizon.
    """
    _check_rate(rate)
    if horizon < 0:
        raise UsageError(f"The horizon is {horizon} renewals.", "Give 0 renewals or more.")
    n, place = np.unique(np.asarray(renewed, dtype=float), return_inverse=True)
    ahead = np.arange(1.0, horizon + 1)
    alive = still_alive(model, n[:, None], ahead[None, :])
    expected: Array = alive @ (1 + rate) ** -(ahead - 1)
    return expected[place].reshape(np.shape(renewed))


def remaining_for_ever(model: ContractModel, renewed: ArrayLike, rate: float = 0.0) -> Array:
    """Expected discounted renewals to come, without end, of contracts renewed n times.

    `renewed` (contracts,) whole numbers. Infinite where the undiscounted sum does not
    converge. By the recursion R(n) = r(n+1) (1 + R(n+1) / (1 + rate)), begun far out
    with the Euler-Maclaurin formula. Raises UsageError for a negative rate.
    """
    _check_rate(rate)
    n = np.asarray(renewed, dtype=float)
    if rate == 0 and model.lasts_for_ever:
        return np.full(n.shape, np.inf)
    last = int(n.max(initial=0)) + AHEAD
    keep = retention(model, np.arange(1, last + 1))
    remaining = np.empty(last + 1)
    remaining[last] = _tail(model, last, rate)
    for t in range(last - 1, -1, -1):
        remaining[t] = keep[t] * (1 + remaining[t + 1] / (1 + rate))
    return remaining[n.astype(np.intp)]


def _tail(model: ContractModel, n: int, rate: float) -> float:
    """Sum over k >= 1 of S(n+k)/S(n) (1+rate)^(1-k), the integral with its first corrections."""
    force, start = np.log1p(rate), float(model.log_survival(float(n)))

    def term(k: float) -> float:
        return float(np.exp(model.log_survival(n + k) - start - force * (k - 1)))

    def stretched(u: float) -> float:
        # k = n (e^u - 1) turns the power-law tail into an exponential one.
        return term(n * float(np.expm1(u))) * n * float(np.exp(u))

    area, _ = quad(stretched, 0, 600, limit=500, points=(0.01, 0.1, 1, 5, 20, 100))
    slope = (term(1e-3) - term(-1e-3)) / 2e-3
    return float(area) - term(0.0) / 2 - slope / 12


def _check_rate(rate: float) -> None:
    if not (np.isfinite(rate) and rate >= 0):
        raise UsageError(
            f"The discount rate is {rate} per period.", "Give a share of 0 or more per period."
        )
