"""Beta-discrete-Weibull: contracts whose churn differs and also changes with tenure.

Each contract survives t renewals with probability (1 - churn)^(t^c), churn being
Beta(gamma, delta) across contracts; c above 1 means a contract grows more likely to
leave with tenure, c of 1 is the sBG. Fader, Hardie, Liu, Davin & Steenburgh 2018, How to
project customer retention revisited, Journal of Interactive Marketing 43.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, digamma, polygamma, xlogy

from tierwise.errors import FitError
from tierwise.lifetime import sbg
from tierwise.lifetime.arguments import positive_parameters
from tierwise.lifetime.fit import Fit, in_logs, maximise
from tierwise.lifetime.tenures import Tenures

Array = NDArray[np.float64]

NAME = "BdW"
PARAMETERS = ("gamma", "delta", "c")

FAR = 600.0
"""Log of t^c from which it would leave the range of floats."""


@dataclass(frozen=True, slots=True)
class BdW:
    """The model at given parameters."""

    gamma: float  # churn at the first renewal is Beta(gamma, delta); no unit
    delta: float
    c: float  # Weibull shape over renewals: 1 for none, above 1 churn grows

    def log_survival(self, renewals: ArrayLike) -> Array:
        """Log of B(gamma, delta + t^c) / B(gamma, delta)."""
        t = np.asarray(renewals, dtype=float)
        log_aged = self.c * np.log(np.maximum(t, 1e-300))
        aged = np.exp(np.minimum(log_aged, FAR))
        # From FAR on B(gamma, y) is Gamma(gamma) y^-gamma to the last digit.
        beyond = self.gamma * np.maximum(log_aged - FAR, 0.0)
        log_share: Array = (
            betaln(self.gamma, self.delta + aged) - betaln(self.gamma, self.delta) - beyond
        )
        return log_share

    @property
    def lasts_for_ever(self) -> bool:
        """Whether the undiscounted expected lifetime is infinite: c times gamma of 1 or less."""
        return self.c * self.gamma <= 1


def log_likelihood(
    theta: Sequence[float], tenures: Tenures
) -> tuple[float, Array, NDArray[np.float64]]:
    """Log-likelihood, gradient and Hessian by gamma, delta, c.

    With log retention f at each renewal the likelihood is sum of kept f +
    lost log(1 - e^f), f a difference of log survivals.
    """
    parameters = positive_parameters(theta, PARAMETERS)
    with np.errstate(all="ignore"):  # a step too long gives NaN, and the search shortens it
        levels, slopes, bends = _log_survival_and_slopes(parameters, tenures.at_risk.size)
        f, df, d2f = np.diff(levels), np.diff(slopes, axis=1), np.diff(bends, axis=2)
        lost, kept = tenures.lost, tenures.kept
        value = kept @ f + xlogy(lost, -np.expm1(f)).sum()
        # Where nobody was lost retention may round to 1, and 0 / 0 must stay 0.
        by_f = kept - np.where(lost > 0, lost / np.expm1(-f), 0.0)
        by_f2 = -np.where(lost > 0, lost / (4 * np.sinh(f / 2) ** 2), 0.0)
        gradient, hessian = df @ by_f, d2f @ by_f + (df * by_f2) @ df.T
    return float(value), gradient, hessian


def _log_survival_and_slopes(
    theta: Sequence[float], periods: int
) -> tuple[Array, Array, NDArray[np.float64]]:
    """Log survival at t = 0..periods, with first and second derivatives by the parameters.

    Without its term B(gamma, delta), which falls out of differences.
    """
    gamma, delta, c = theta
    t = np.arange(periods + 1.0)
    log_t = np.log(np.maximum(t, 1.0))
    aged = t**c
    y = delta + aged
    y_c, y_cc = aged * log_t, aged * log_t**2
    by_y = digamma(y) - digamma(gamma + y)
    by_gamma = -digamma(gamma + y)
    cross = -polygamma(1, gamma + y)  # also the second derivative by gamma
    by_yy = polygamma(1, y) + cross
    slopes = np.stack([by_gamma, by_y, by_y * y_c])
    bends = np.stack(
        [
            np.stack([cross, cross, cross * y_c]),
            np.stack([cross, by_yy, by_yy * y_c]),
            np.stack([cross * y_c, by_yy * y_c, by_yy * y_c**2 + by_y * y_cc]),
        ]
    )
    return betaln(gamma, y), slopes, bends


def fit(tenures: Tenures) -> Fit:
    """Maximum likelihood of gamma, delta and c.

    Raises FitError as `sbg.fit`, but that three renewals are needed; retention may
    fall with tenure.
    """
    sbg.require_movement(tenures, NAME, renewals=3)

    def objective(logs: Array) -> tuple[float, Array, NDArray[np.float64]]:
        theta = np.exp(logs)
        value, gradient, hessian = log_likelihood(theta.tolist(), tenures)
        return value, *in_logs(theta.tolist(), gradient, hessian)

    try:
        return maximise(NAME, PARAMETERS, objective, _starts(tenures), int(tenures.at_risk.max()))
    except FitError as error:
        raise FitError(
            error.message,
            "Use sBG, or one constant retention rate with its interval (constant_retention).",
        ) from error


def _starts(tenures: Tenures) -> list[tuple[float, ...]]:
    """The sBG that fits, where one does, then spreads of churn with churn that grows."""
    churn = float(tenures.lost.sum() / tenures.at_risk.sum())
    starts: list[tuple[float, ...]] = [
        (churn * spread, (1 - churn) * spread, c) for spread, c in ((1, 1.5), (5, 1), (50, 0.8))
    ]
    try:
        return [(*sbg.fit(tenures).theta, 1.0), *starts]
    except FitError:
        return starts


def simulate(
    theta: Sequence[float], contracts: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """The renewal at which each of so many new contracts is lost, from 1, shape (contracts,)."""
    gamma, delta, c = positive_parameters(theta, PARAMETERS)
    churn = np.clip(generator.beta(gamma, delta, contracts), 1e-300, 1 - 1e-16)
    waited = (np.log(generator.random(contracts)) / np.log1p(-churn)) ** (1 / c)
    lost_at: NDArray[np.int64] = np.minimum(np.floor(waited) + 1, 2.0**62).astype(np.int64)
    return lost_at
