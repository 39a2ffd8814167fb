"""Distributions of handle times, patience and delays, as people write them and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tierwise.errors import UsageError

EXPONENTIAL, LOGNORMAL, CONSTANT, EMPIRICAL, NEVER, WEIBULL = range(6)

MOST_VALUES = 4096
"""Values kept of an empirical distribution; more are averaged in groups of one size."""


class Shape(StrEnum):
    """Families of distributions."""

    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    CONSTANT = "constant"
    WEIBULL = "weibull"
    EMPIRICAL = "empirical"
    NEVER = "never"  # no end: nobody gives up


_CODE = {
    Shape.EXPONENTIAL: EXPONENTIAL,
    Shape.LOGNORMAL: LOGNORMAL,
    Shape.CONSTANT: CONSTANT,
    Shape.WEIBULL: WEIBULL,
    Shape.EMPIRICAL: EMPIRICAL,
    Shape.NEVER: NEVER,
}


@dataclass(frozen=True, slots=True)
class Duration:
    """A distribution of durations in seconds."""

    shape: Shape
    a: float = 0.0  # mean (exponential, constant), mean of the log, or Weibull's scale in seconds
    b: float = 0.0  # spread of the log, or Weibull's exponent
    values_s: tuple[float, ...] = ()  # empirical: equally likely values in seconds, ascending

    @property
    def mean_s(self) -> float:
        """Mean in seconds; inf when somebody never ends."""
        match self.shape:
            case Shape.LOGNORMAL:
                return math.exp(self.a + self.b**2 / 2)
            case Shape.WEIBULL:
                return self.a * math.gamma(1 + 1 / self.b)
            case Shape.EMPIRICAL:
                return float(np.mean(self.values_s))
            case Shape.NEVER:
                return math.inf
            case Shape.EXPONENTIAL | Shape.CONSTANT:
                return self.a

    @property
    def second_moment_s2(self) -> float:
        """Mean of the square in seconds squared."""
        match self.shape:
            case Shape.EXPONENTIAL:
                return 2 * self.a**2
            case Shape.LOGNORMAL:
                return math.exp(2 * self.a + 2 * self.b**2)
            case Shape.WEIBULL:
                return self.a**2 * math.gamma(1 + 2 / self.b)
            case Shape.EMPIRICAL:
                return float(np.mean(np.square(self.values_s)))
            case Shape.CONSTANT:
                return self.a**2
            case Shape.NEVER:
                return math.inf


NOBODY_GIVES_UP = Duration(Shape.NEVER)


def exponential(mean_s: float) -> Duration:
    """Exponential with a mean in seconds; UsageError unless it is positive and finite."""
    return Duration(Shape.EXPONENTIAL, _positive("mean_s", mean_s))


def constant(seconds: float) -> Duration:
    """Always the same; UsageError for a negative number."""
    if not (math.isfinite(seconds) and seconds >= 0):
        raise UsageError(f"A duration of {seconds} s is impossible.", "Give 0 or more seconds.")
    return Duration(Shape.CONSTANT, float(seconds))


def lognormal(mean_s: float, sd_s: float) -> Duration:
    """Lognormal by mean and standard deviation in seconds; without spread it is constant."""
    if sd_s == 0:
        return constant(_positive("mean_s", mean_s))
    spread = math.log1p((_positive("sd_s", sd_s) / _positive("mean_s", mean_s)) ** 2)
    return Duration(Shape.LOGNORMAL, math.log(mean_s) - spread / 2, math.sqrt(spread))


def weibull(scale_s: float, exponent: float) -> Duration:
    """Weibull: P(longer than t) = exp(-(t / scale)^exponent)."""
    return Duration(Shape.WEIBULL, _positive("scale_s", scale_s), _positive("exponent", exponent))


def empirical(values_s: Sequence[float] | npt.NDArray[np.float64]) -> Duration:
    """As measured, in seconds; UsageError for an empty sample, a negative or missing value."""
    values = np.asarray(values_s, dtype=np.float64)
    if values.size == 0:
        raise UsageError("No measured durations were given.", "Give values_s at least one value.")
    if not np.isfinite(values).all() or (values < 0).any():
        wrong = values[~np.isfinite(values) | (values < 0)][0]
        raise UsageError(
            f"A measured duration is {wrong}: negative or missing.", "Leave such rows out."
        )
    return Duration(Shape.EMPIRICAL, values_s=tuple(thinned(np.sort(values)).tolist()))


def equally_likely(values_s: Sequence[float] | npt.NDArray[np.float64]) -> Duration:
    """One of these, each as likely; inf stands for those who never give up."""
    values = np.sort(np.asarray(values_s, dtype=np.float64))
    if values.size == 0 or np.isnan(values).any() or values[0] < 0:
        raise UsageError("Equally likely durations must be one or more, 0 or above, none missing.")
    return Duration(Shape.EMPIRICAL, values_s=tuple(values.tolist()))


def thinned(values: npt.NDArray[np.float64], most: int = MOST_VALUES) -> npt.NDArray[np.float64]:
    """Means of groups of equal size of ascending values, which keep the mean of all."""
    if values.size <= most:
        return values
    cuts = np.linspace(0, values.size, most + 1)
    total = np.concatenate([[0.0], np.cumsum(values)])
    below = np.interp(cuts, np.arange(values.size + 1), total)
    means: npt.NDArray[np.float64] = np.diff(below) / np.diff(cuts)
    return means


def _positive(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{name} = {value}: must be above 0 and finite.", "Correct the duration.")
    return float(value)


class Shapes(NamedTuple):
    """Distributions as a table, for compiled code; each array has shape (distributions,)."""

    kind: npt.NDArray[np.int64]
    a: npt.NDArray[np.float64]
    b: npt.NDArray[np.float64]
    first: npt.NDArray[np.int64]  # where its values start in `values`
    size: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]  # all of them, one after the other


def table(durations: Sequence[Duration]) -> Shapes:
    """The distributions in their order."""
    sizes = np.array([len(d.values_s) for d in durations], dtype=np.int64)
    values = [value for d in durations for value in d.values_s]
    return Shapes(
        np.array([_CODE[d.shape] for d in durations], dtype=np.int64),
        np.array([d.a for d in durations], dtype=np.float64),
        np.array([d.b for d in durations], dtype=np.float64),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        sizes,
        np.array(values or [0.0], dtype=np.float64),
    )
