"""sBG, BdW and product-limit survival of the same contracts, and what one of margin is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from tierwise.errors import FitError
from tierwise.lifetime import bdw, sbg
from tierwise.lifetime.bdw import BdW
from tierwise.lifetime.contract import (
    ContractModel,
    remaining_for_ever,
    remaining_within,
    survival,
)
from tierwise.lifetime.estimate import Band, Estimate, by_draws
from tierwise.lifetime.fit import Fit
from tierwise.lifetime.kaplan_meier import KaplanMeier
from tierwise.lifetime.sbg import SBG
from tierwise.lifetime.tenures import Array, Tenures

LONG_MONTHS = 120
"""Months within which a lifetime to come is counted: without end it may have no finite mean."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A contract model, fitted or refused."""

    name: str
    make: Callable[..., ContractModel]  # from parameters
    fit: Fit | None
    refusal: str  # why there is no fit, and the way out; empty where there is one

    def survival(
        self, renewals: ArrayLike, generator: np.random.Generator, draws: int, level: float
    ) -> Band | None:
        """Share still alive after so many renewals, with its interval; None without a fit."""
        if self.fit is None:
            return None
        return by_draws(
            self.fit, lambda t: survival(self.make(*t), renewals), generator, draws, level
        )

    def outside(self, seen: KaplanMeier) -> float:
        """How far the curve leaves the interval of what was seen, at most; survival 0..1.

        NaN without a fit.
        """
        if self.fit is None:
            return float("nan")
        own = survival(self.make(*self.fit.theta), seen.tenures.renewals)
        return float(np.maximum(own - seen.high, seen.low - own).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is to come of running contracts, by months they have run.

    Money is in units of one of margin a month and discounted to the as-of date.
    """

    label: str  # what it was reckoned with
    tenures: Array  # months run, shape (tenures,)
    near: Band  # within the horizon, shape (tenures,)
    ever: Band  # without end, same shape
    months: Band  # expected months among the next LONG_MONTHS, not discounted
    near_total: Estimate  # near times the margin at each tenure, added up: money
    ever_total: Estimate


def curves(tenures: Tenures) -> tuple[Curve, ...]:
    """Both models on the same tenures; a model that cannot be fitted says why."""
    return (
        _curve(sbg.NAME, SBG, sbg.fit, tenures),
        _curve(bdw.NAME, BdW, bdw.fit, tenures),
    )


def _curve(
    name: str, make: Callable[..., ContractModel], fit: Callable[[Tenures], Fit], tenures: Tenures
) -> Curve:
    try:
        return Curve(name, make, fit(tenures), "")
    except FitError as error:
        return Curve(name, make, None, error.message)


def better(found: Sequence[Curve]) -> Curve | None:
    """The fitted model with the least BIC; None where none was fitted."""
    fitted = [(one.fit.bic, one) for one in found if one.fit is not None]
    return min(fitted, key=lambda pair: pair[0])[1] if fitted else None


def renewed_shares(tenures: Tenures, level: float) -> Band:
    """Share renewed at each renewal with the exact binomial interval (Clopper & Pearson 1934)."""
    n, k = tenures.at_risk, tenures.kept
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, betaincinv(k, n - k + 1, tail), 0.0)
        high = np.where(k < n, betaincinv(k + 1, n - k, 1 - tail), 1.0)
        return Band(np.where(n > 0, k / np.maximum(n, 1), np.nan), low, high, level)


def remaining(
    curve: Curve,
    tenures: Array,
    margin: Array,
    horizon: int,
    rate: float,
    generator: np.random.Generator,
    draws: int,
    level: float,
) -> Remaining:
    """What the model expects of contracts that have run so many months.

    `tenures`, `margin` (tenures,): months run, and the margin a month of all contracts
    there. `rate` per month. The curve must have a fit.
    """
    assert curve.fit is not None  # the caller falls back on one rate for all
    band = by_draws(
        curve.fit,
        lambda theta: _to_come(curve.make(*theta), tenures, margin, horizon, rate),
        generator,
        draws,
        level,
    )
    return _told(curve.name, tenures, band)


def remaining_at_one_rate(
    retention: Estimate, tenures: Array, margin: Array, horizon: int, rate: float
) -> Remaining:
    """The same where every contract is renewed with one probability, whatever its tenure."""
    ends = [
        _at_one_rate(p, tenures, margin, horizon, rate)
        for p in (retention.value, retention.low, retention.high)
    ]
    # The totals of contracts at a loss shrink as retention grows.
    low, high = np.minimum(ends[1], ends[2]), np.maximum(ends[1], ends[2])
    return _told("One rate for all", tenures, Band(ends[0], low, high, retention.level))


def _to_come(
    model: ContractModel, tenures: Array, margin: Array, horizon: int, rate: float
) -> Array:
    # The next renewal of a contract is half a month away on average.
    delay = (1 + rate) ** -0.5
    near = delay * remaining_within(model, tenures, horizon, rate)
    ever = delay * remaining_for_ever(model, tenures, rate)
    months = remaining_within(model, tenures, LONG_MONTHS)
    return np.concatenate([near, ever, months, [near @ margin, ever @ margin]])


def _at_one_rate(p: float, tenures: Array, margin: Array, horizon: int, rate: float) -> Array:
    delay, kept = (1 + rate) ** -0.5, p / (1 + rate)
    near = delay * (1 + rate) * _geometric(kept, horizon)
    ever = delay * p / (1 - kept)
    months = _geometric(p, LONG_MONTHS)
    each = np.repeat([near, ever, months], tenures.size)
    return np.concatenate([each, [near * margin.sum(), ever * margin.sum()]])


def _geometric(ratio: float, terms: int) -> float:
    """Sum of ratio^k for k from 1 to `terms`."""
    return float(np.sum(ratio ** np.arange(1, terms + 1)))


def _told(label: str, tenures: Array, band: Band) -> Remaining:
    size = tenures.size

    def part(first: int) -> Band:
        cut = slice(first * size, (first + 1) * size)
        return Band(band.value[cut], band.low[cut], band.high[cut], band.level)

    def total(place: int) -> Estimate:
        value, low, high = (float(end[place]) for end in (band.value, band.low, band.high))
        return Estimate(value, low, high, band.level)

    return Remaining(label, tenures, part(0), part(1), part(2), total(-2), total(-1))
