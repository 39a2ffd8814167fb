"""Shifted-beta-geometric: contracts whose churn probability differs but does not change.

A contract is lost at each renewal with its own probability, which is Beta(alpha, beta)
across contracts. Retention grows with tenure because the fickle leave first. Fader &
Hardie 2007, How to project customer retention, Journal of Interactive Marketing 21(1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, hyp2f1

from tierwise.errors import FitError
from tierwise.lifetime import profile
from tierwise.lifetime.arguments import positive_parameters
from tierwise.lifetime.fit import Fit, Objective, in_logs, maximise
from tierwise.lifetime.tenures import Tenures

Array = NDArray[np.float64]

NAME = "sBG"
PARAMETERS = ("alpha", "beta")
SPREADS = (1.0, 5.0, 50.0)
"""Values of alpha + beta the search begins at."""


@dataclass(frozen=True, slots=True)
class SBG:
    """The model at given parameters."""

    alpha: float  # churn probabilities are Beta(alpha, beta); no unit
    beta: float

    def log_survival(self, renewals: ArrayLike) -> Array:
        """Log of B(alpha, beta + t) / B(alpha, beta): eq. (6) of the paper."""
        t = np.asarray(renewals, dtype=float)
        log_share: Array = betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta)
        return log_share

    @property
    def lasts_for_ever(self) -> bool:
        """Whether the undiscounted expected lifetime is infinite: alpha of 1 or less."""
        return self.alpha <= 1

    def remaining_for_ever(self, renewed: ArrayLike, rate: float) -> Array:
        """Expected discounted renewals to come, in closed form, after n renewals.

        Fader & Hardie 2010, eq. (8): a Gauss hypergeometric function of 1/(1 + rate);
        at rate 0 it is (beta + n) / (alpha - 1), infinite for alpha of 1 or less.
        """
        n = np.asarray(renewed, dtype=float)
        kept, faced = self.beta + n, self.alpha + self.beta + n
        if rate > 0:
            closed: Array = kept / faced * hyp2f1(1, kept + 1, faced + 1, 1 / (1 + rate))
            return closed
        return np.full(n.shape, np.inf) if self.lasts_for_ever else kept / (self.alpha - 1)


def log_likelihood(
    theta: Sequence[float], tenures: Tenures
) -> tuple[float, Array, NDArray[np.float64]]:
    """Log-likelihood, gradient and Hessian by alpha, beta.

    Written by renewals, which multiplies out to the paper's eq. (5) and (6): at renewal t
    a contract is lost with probability alpha / (alpha + beta + t - 1).
    """
    alpha, beta = positive_parameters(theta, PARAMETERS)
    past = tenures.renewals - 1
    faced, kept, lost = tenures.at_risk, tenures.kept, tenures.lost.sum()
    both, stay = alpha + beta + past, beta + past
    value = lost * np.log(alpha) + kept @ np.log(stay) - faced @ np.log(both)
    slope, bend = faced @ (1 / both), faced @ both**-2
    gradient = np.array([lost / alpha - slope, kept @ (1 / stay) - slope])
    hessian = np.array([[bend - lost / alpha**2, bend], [bend, bend - kept @ stay**-2]])
    return float(value), gradient, hessian


def fit(tenures: Tenures) -> Fit:
    """Maximum likelihood of alpha and beta.

    Raises FitError when no contract was lost, all were lost at the first renewal,
    fewer than two renewals were seen, or retention does not grow with tenure, so that
    the likelihood has no maximum: every message names the way out.
    """
    require_movement(tenures, NAME, renewals=2)
    churn = float(tenures.lost.sum() / tenures.at_risk.sum())
    starts = [(churn * spread, (1 - churn) * spread) for spread in SPREADS]

    try:
        return maximise(NAME, PARAMETERS, _objective(tenures), starts, int(tenures.at_risk.max()))
    except FitError as error:
        raise FitError(
            error.message,
            "Where retention does not grow with tenure sBG is the wrong model: try BdW, or use one"
            " constant retention rate with its interval (constant_retention).",
        ) from error


def profile_interval(
    fitted: Fit, tenures: Tenures, level: float = 0.9
) -> tuple[tuple[float, float], ...]:
    """Ends for alpha and beta from the likelihood of the fitted tenures: see `profile`."""
    return profile.profile_interval(fitted, _objective(tenures), level)


def _objective(tenures: Tenures) -> Objective:
    def objective(logs: Array) -> tuple[float, Array, NDArray[np.float64]]:
        theta = np.exp(logs)
        value, gradient, hessian = log_likelihood(theta.tolist(), tenures)
        return value, *in_logs(theta.tolist(), gradient, hessian)

    return objective


def require_movement(tenures: Tenures, model: str, renewals: int) -> None:
    """Refuse tenures from which no spread of churn can be learnt, with FitError."""
    seen = int(np.count_nonzero(tenures.at_risk > 0))
    contracts = f"{tenures.at_risk.max(initial=0):,.0f} contracts"
    constant = "Use one constant retention rate with its interval (constant_retention)."
    if seen == 0:
        raise FitError(
            f"No contract has faced a renewal yet, so {model} has nothing to learn from.",
            "Wait for the first renewals.",
        )
    if tenures.lost.sum() == 0:
        raise FitError(f"None of {contracts} was lost, so {model} has no maximum.", constant)
    if tenures.kept.sum() == 0:
        raise FitError(f"All of {contracts} were lost at the first renewal.", constant)
    if seen < renewals:
        raise FitError(
            f"{model} needs {renewals} renewals or more to tell contracts apart; {seen} were seen.",
            constant,
        )


def simulate(
    theta: Sequence[float], contracts: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """The renewal at which each of so many new contracts is lost, from 1, shape (contracts,)."""
    alpha, beta = positive_parameters(theta, PARAMETERS)
    churn = np.clip(generator.beta(alpha, beta, contracts), 1e-300, 1 - 1e-16)
    # By inversion: numpy's geometric overflows for the tiny chances that small alpha draws.
    waited = np.log(generator.random(contracts)) / np.log1p(-churn)
    lost_at: NDArray[np.int64] = np.minimum(np.floor(waited) + 1, 2.0**62).astype(np.int64)
    return lost_at
