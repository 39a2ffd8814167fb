"""What one future order of a customer brings, and what an unknown number of them brings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OrderValue:
    """Mean and variances of a future order's value, one entry per customer.

    A variance that does not exist is infinite; so is a mean that does not exist.
    """

    mean: Array  # expected value of one order, and of the customer's true mean; money
    variance_of_mean: Array  # how far the customer's true mean may lie from it; money squared
    variance_of_order: Array  # expected spread of single orders about the true mean; money squared

    @property
    def variance(self) -> Array:
        """Variance of one future order's value, money squared."""
        return self.variance_of_mean + self.variance_of_order


@dataclass(frozen=True, slots=True)
class SumMoments:
    """Mean and variance of the sum of a customer's future orders."""

    mean: Array  # money
    variance: Array  # money squared


def sum_moments(order: OrderValue, count_mean: ArrayLike, count_variance: ArrayLike) -> SumMoments:
    """Moments of the sum of N orders, N independent of their value (compound sum).

    `count_mean`, `count_variance` (customers): moments of N. With true mean Z and
    spread w of single orders, both unknown,
    E = E[N] E[Z] and Var = E[N] w + Var[N] E[Z^2] + E[N]^2 Var[Z].
    The mean exists where the order's mean does, the variance where both variances
    do; a customer who surely orders nothing brings exactly nothing.
    """
    n = np.asarray(count_mean, dtype=float)
    spread = np.asarray(count_variance, dtype=float)
    none = (n == 0) & (spread == 0)
    # Where the order's moments are infinite, 0 * inf would not be the 0 it must be.
    mean, of_mean, of_order = (
        np.where(none, 0.0, moment)
        for moment in (order.mean, order.variance_of_mean, order.variance_of_order)
    )
    variance = n * of_order + spread * (mean**2 + of_mean) + n**2 * of_mean
    return SumMoments(n * mean, variance)
