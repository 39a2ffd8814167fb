"""How likely a duration lasts longer, and draws of those that have lasted a while already."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tierwise.simulation.shapes import Duration, Shape

Vector = npt.NDArray[np.float64]


def share_longer(duration: Duration, at_s: Vector) -> Vector:
    """Share of durations that last longer than each moment, shape as `at_s`."""
    at = np.asarray(at_s, dtype=np.float64)
    match duration.shape:
        case Shape.EXPONENTIAL:
            found = np.exp(-at / duration.a)
        case Shape.WEIBULL:
            found = np.exp(-((at / duration.a) ** duration.b))
        case Shape.LOGNORMAL:
            from scipy.special import ndtr

            logs = np.log(np.maximum(at, 1e-9))
            found = 1 - ndtr((logs - duration.a) / duration.b)
        case Shape.CONSTANT:
            found = np.where(at < duration.a, 1.0, 0.0)
        case Shape.EMPIRICAL:
            values = np.asarray(duration.values_s)
            found = 1 - np.searchsorted(values, at, side="right") / values.size
        case Shape.NEVER:
            found = np.ones_like(at)
    return np.asarray(found, dtype=np.float64)


def drawn_beyond(duration: Duration, beyond_s: Vector, generator: np.random.Generator) -> Vector:
    """One duration each, given that it lasts longer than `beyond_s`; inf where it never ends.

    Where no measured value is longer, it goes on at the mean rate of the measured ones.
    """
    beyond = np.asarray(beyond_s, dtype=np.float64)
    u = generator.random(beyond.shape)
    match duration.shape:
        case Shape.EXPONENTIAL:
            found = beyond - duration.a * np.log1p(-u)
        case Shape.WEIBULL:
            power = (beyond / duration.a) ** duration.b - np.log1p(-u)
            found = duration.a * power ** (1 / duration.b)
        case Shape.LOGNORMAL:
            found = _lognormal_beyond(duration, beyond, u)
        case Shape.EMPIRICAL:
            found = _measured_beyond(duration, beyond, u)
        case Shape.CONSTANT | Shape.NEVER:
            longer = duration.mean_s > beyond
            found = np.where(longer, duration.mean_s, beyond)
    return np.asarray(found, dtype=np.float64)


def _lognormal_beyond(duration: Duration, beyond: Vector, u: Vector) -> Vector:
    from scipy.special import ndtr, ndtri

    logs = np.log(np.maximum(beyond, 1e-9))
    left = ndtr((duration.a - logs) / duration.b)  # share that lasts longer
    drawn: Vector = np.exp(duration.a - duration.b * ndtri(np.maximum(left * (1 - u), 1e-300)))
    return np.maximum(drawn, beyond)


def _measured_beyond(duration: Duration, beyond: Vector, u: Vector) -> Vector:
    values = np.asarray(duration.values_s)
    first = np.searchsorted(values, beyond, side="right")
    place = first + np.floor(u * (values.size - first)).astype(np.int64)
    rest = beyond - max(float(values[np.isfinite(values)].mean()), 1.0) * np.log1p(-u)
    seen = values[np.minimum(place, values.size - 1)]
    found: Vector = np.where(first < values.size, seen, rest)
    return found
