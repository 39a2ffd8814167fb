"""Patience from recorded waits, of which an answer cut many short."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tierwise.errors import MissingDataError
from tierwise.simulation import shapes
from tierwise.simulation.fitted import Fitted
from tierwise.simulation.shapes import Duration
from tierwise.simulation.tails import share_longer

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

POINTS = 1000
"""Equally likely values that a survival curve is turned into."""

SEEN = 20
"""A curve is compared with a model while at least so many still wait."""


def survival(wait_s: Vector, gave_up: Flags) -> tuple[Vector, Vector]:
    """Kaplan-Meier: moments at which somebody gave up, and the share that would stay longer.

    Waits that an answer ended tell only that patience was longer. An answer at the same
    moment counts as later, so that its caller is still at risk. Source: Kaplan & Meier 1958.
    """
    times = np.unique(wait_s[gave_up])
    at_risk = wait_s.size - np.searchsorted(np.sort(wait_s), times, side="left")
    return times, _product(times, at_risk, wait_s[gave_up])


def survival_answered_first(wait_s: Vector, gave_up: Flags) -> tuple[Vector, Vector]:
    """The same with answers at the same moment taken as earlier.

    Clocks that show whole seconds tie many answers with people who gave up; the truth
    lies between this curve and that of `survival`.
    """
    times = np.unique(wait_s[gave_up])
    left = np.count_nonzero(gave_up) - np.searchsorted(np.sort(wait_s[gave_up]), times, side="left")
    answered = np.sort(wait_s[~gave_up])
    at_risk = left + answered.size - np.searchsorted(answered, times, side="right")
    return times, _product(times, at_risk, wait_s[gave_up])


def _product(times: Vector, at_risk: npt.NDArray[np.int64], left_s: Vector) -> Vector:
    left = np.sort(left_s)
    lost = np.searchsorted(left, times, side="right") - np.searchsorted(left, times, side="left")
    share: Vector = np.cumprod(1 - lost / at_risk, dtype=np.float64)
    return share


def median_s(curve: tuple[Vector, Vector]) -> float:
    """Wait that half would not outlast, in seconds; inf when more than half stay."""
    times, share = curve
    below = np.flatnonzero(share <= 0.5)
    return float(times[below[0]]) if below.size else float("inf")


def measured(wait_s: Vector, gave_up: Flags, points: int = POINTS) -> Duration:
    """The curve as equally likely values; beyond what was seen the last rate goes on."""
    if not gave_up.any():
        return shapes.NOBODY_GIVES_UP
    times, share = survival(wait_s, gave_up)
    wanted = 1 - (np.arange(points) + 0.5) / points
    place = np.searchsorted(-share, -wanted, side="left")
    seen = place < times.size
    found = times[np.minimum(place, times.size - 1)]
    rate = gave_up.sum() / wait_s.sum()  # of giving up, a second
    beyond = times[-1] + np.log(np.maximum(share[-1], 1e-12) / wanted) / rate
    return shapes.equally_likely(np.where(seen, found, np.maximum(beyond, times[-1])))


def fit_exponential(what: str, wait_s: Vector, gave_up: Flags) -> Fitted:
    """A constant rate of giving up, by maximum likelihood; MissingDataError if nobody did."""
    _need_losses(what, gave_up)
    duration = shapes.exponential(float(wait_s.sum() / gave_up.sum()))
    return _compared(what, duration, wait_s, gave_up)


def fit_weibull(what: str, wait_s: Vector, gave_up: Flags) -> Fitted:
    """A rate of giving up that grows or falls with the wait, by maximum likelihood.

    Solves the score equation of the exponent, the scale follows; waits above 0 s.
    """
    from scipy.optimize import brentq

    _need_losses(what, gave_up)
    logs = np.log(np.maximum(wait_s, 0.5))
    mean_log = float(logs[gave_up].mean())

    def score(exponent: float) -> float:
        weights = np.exp(exponent * (logs - logs.max()))
        return float(weights @ logs / weights.sum() - 1 / exponent - mean_log)

    low, high = 0.05, 20.0
    exponent = float(brentq(score, low, high)) if score(low) * score(high) < 0 else 1.0
    mean_power = np.exp(exponent * (logs - logs.max())).sum() / gave_up.sum()
    scale = float(np.exp(logs.max()) * mean_power ** (1 / exponent))
    return _compared(what, shapes.weibull(scale, exponent), wait_s, gave_up)


def _need_losses(what: str, gave_up: Flags) -> None:
    if not gave_up.any():
        raise MissingDataError(f"{what}: nobody gave up.", "Leave patience out.")


def _compared(what: str, duration: Duration, wait_s: Vector, gave_up: Flags) -> Fitted:
    """The model beside Kaplan-Meier, as far as enough people waited so long."""
    times, share = survival(wait_s, gave_up)
    at_risk = wait_s.size - np.searchsorted(np.sort(wait_s), times, side="left")
    kept = np.flatnonzero(at_risk >= min(SEEN, wait_s.size))
    model = share_longer(duration, times[kept])
    before = np.concatenate([[1.0], share])[kept]
    gaps = np.maximum(np.abs(share[kept] - model), np.abs(before - model))
    return Fitted(what, duration, float(gaps.max()), int(gave_up.sum()))


def fitted(what: str, wait_s: Vector, gave_up: Flags) -> tuple[Fitted, ...]:
    """Both models, the simpler one first."""
    return (fit_exponential(what, wait_s, gave_up), fit_weibull(what, wait_s, gave_up))
