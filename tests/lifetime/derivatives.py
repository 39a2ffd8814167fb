"""Finite differences: the slow, obvious twin of analytic gradients and Hessians."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


def slope(function: Callable[[NDArray], float | NDArray], theta: Sequence[float]) -> NDArray:
    """Central differences with Richardson's extrapolation, one row per parameter."""
    at = np.asarray(theta, dtype=float)
    rows = []
    for i in range(at.size):
        wide, narrow = (
            (np.asarray(function(at + step)) - np.asarray(function(at - step))) / (2 * step[i])
            for step in (np.eye(at.size)[i] * at[i] * h for h in (2e-4, 1e-4))
        )
        rows.append((4 * narrow - wide) / 3)
    return np.array(rows)
