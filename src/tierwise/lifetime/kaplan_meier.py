"""Product-limit survival of contracts: no model, only what was seen (Kaplan & Meier 1958)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tierwise.errors import RefusedError
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.tenures import Tenures

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """Survival after each renewal that some contract faced; entry 0 is the first renewal."""

    tenures: Tenures
    survival: Array  # share alive after renewal t, 0..1
    variance: Array  # Greenwood's, of `survival`
    low: Array  # lower end of the interval of `survival`
    high: Array
    level: float  # probability of the intervals, pointwise


def kaplan_meier(tenures: Tenures, level: float = 0.95) -> KaplanMeier:
    """Estimate survival with Greenwood's variance and log-log intervals, pointwise.

    Where nobody was lost yet the log-log interval has no width; the exact binomial
    bound stands there instead. Where nobody is left it keeps the bound of the renewal
    before. Raises RefusedError when no contract faced the first renewals, since
    nothing then says how many were lost at them.
    """
    tenures = _until_last_seen(tenures)
    n, d = tenures.at_risk, tenures.lost
    survival: Array = np.asarray(np.cumprod(1 - d / n), dtype=np.float64)
    spread: Array = np.cumsum(_greenwood(n, d))
    low, high = _log_log(survival, spread, n, level)
    variance: Array = np.where(survival > 0, survival**2 * spread, 0.0)
    return KaplanMeier(tenures, survival, variance, low, high, level)


def median_tenure(curve: KaplanMeier) -> Estimate:
    """The renewal after which at most half are left, with the interval of Brookmeyer & Crowley.

    NaN when more than half are left at the end; an end that the data do not bound is
    infinite (Brookmeyer & Crowley 1982, by log-log intervals).
    """
    median, low, high = (
        _first_at_most_half(values) for values in (curve.survival, curve.low, curve.high)
    )
    return Estimate(median if np.isfinite(median) else np.nan, low, high, curve.level)


def restricted_mean_tenure(curve: KaplanMeier, horizon: int) -> Estimate:
    """Expected periods alive within the first `horizon` periods: the area under the curve.

    Variance by Greenwood's sum weighted with the squared area still to come (Klein &
    Moeschberger 2003, eq. 4.5.2), normal interval. Raises RefusedError past the last
    renewal that was seen.
    """
    seen = curve.survival.size
    if not 1 <= horizon <= seen:
        raise RefusedError(
            f"The curve is known for 1 to {seen} periods, not for {horizon}.",
            "Shorten the horizon, or fit a contract model (sBG, BdW) to look further.",
        )
    steps = np.concatenate(([1.0], curve.survival[: horizon - 1]))
    to_come = steps[::-1].cumsum()[::-1] - steps
    n, d = curve.tenures.at_risk[:horizon], curve.tenures.lost[:horizon]
    half = _z(curve.level) * float(np.sqrt(np.sum(to_come**2 * _greenwood(n, d))))
    mean = float(steps.sum())
    return Estimate(mean, max(mean - half, 0.0), min(mean + half, float(horizon)), curve.level)


def _until_last_seen(tenures: Tenures) -> Tenures:
    seen = np.flatnonzero(tenures.at_risk > 0)
    if seen.size == 0 or seen.size != seen[-1] + 1:
        raise RefusedError(
            "At some renewal before the last nobody was at risk, so survival past it is unknown.",
            "Pool cohorts, or start the curve at the first renewal that was observed.",
        )
    return Tenures(tenures.at_risk[: seen.size], tenures.lost[: seen.size])


def _greenwood(n: Array, d: Array) -> Array:
    """Each renewal's term of Greenwood's sum; 0 where all were lost, for survival is 0 after."""
    left = n - d
    terms: Array = np.where(left > 0, d / (n * np.where(left > 0, left, 1.0)), 0.0)
    return terms


def _log_log(survival: Array, spread: Array, n: Array, level: float) -> tuple[Array, Array]:
    inside = (survival > 0) & (survival < 1)
    s = np.where(inside, survival, 0.5)
    power = np.exp(_z(level) * np.sqrt(spread) / np.abs(np.log(s)))
    nobody_lost = ((1 - level) / 2) ** (1 / n)
    low = np.where(inside, s**power, np.where(survival < 1, 0.0, nobody_lost))
    high = np.where(inside, s ** (1 / power), 1.0)
    last = max(int(np.count_nonzero(survival > 0)) - 1, 0)
    return low, np.where(survival > 0, high, high[last])


def _first_at_most_half(values: Array) -> float:
    # A product of fractions that is exactly one half may miss it by a rounding.
    reached = np.flatnonzero(values <= 0.5 + 1e-12)
    return float(reached[0] + 1) if reached.size else np.inf


def _z(level: float) -> float:
    return float(ndtri(0.5 + level / 2))
