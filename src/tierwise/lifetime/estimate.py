"""Estimates: figures with their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tierwise.errors import UsageError
from tierwise.lifetime.fit import Fit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimated figure and the interval it lies in at `level`."""

    value: float  # in the unit of what is estimated; NaN where it cannot be told
    low: float  # lower end, same unit
    high: float  # upper end, same unit; infinite where nothing bounds it
    level: float  # probability of the interval, such as .9

    def scaled(self, factor: float) -> Estimate:
        """The same estimate times a known factor of 0 or more."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor, self.level)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Several estimated figures, such as the points of a curve, each with its interval."""

    value: Array  # at the maximum of the likelihood
    low: Array  # same shape and unit
    high: Array
    level: float  # probability of each interval, pointwise


def by_draws(
    fit: Fit,
    quantity: Callable[[tuple[float, ...]], Array],
    generator: np.random.Generator,
    size: int = 1000,
    level: float = 0.9,
) -> Band:
    """Anything computed from the parameters, with the interval that their doubt gives it.

    `quantity` takes parameters and returns an array; it is computed at the fit and at
    `size` draws of the parameters (normal in logs), and the ends are quantiles of the
    draws. Raises UsageError for a level outside 0..1 or less than two draws.
    """
    if not (0 < level < 1 and size >= 2):
        raise UsageError(
            f"An interval of level {level} from {size} draws cannot be given.",
            "Give a level between 0 and 1 and two draws or more.",
        )
    drawn = np.stack([quantity(tuple(theta)) for theta in fit.draws(generator, size)])
    # Order statistics, not interpolation: infinite draws must not turn into NaN.
    drawn.sort(axis=0)
    tail = (1 - level) / 2 * (size - 1)
    low, high = drawn[int(np.floor(tail))], drawn[int(np.ceil(size - 1 - tail))]
    return Band(quantity(fit.theta), low, high, level)
