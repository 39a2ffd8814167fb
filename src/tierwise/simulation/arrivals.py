"""Arrivals by weekday and part of the day, and whether chance alone explains their spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Cube = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST_SPREAD = 0.05
"""Days whose level varies by more than 5% beyond chance make waits that a mean day lacks."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How days vary around the mean of their weekday, for one class."""

    days: int  # open days
    dispersion: float  # variance of daily contacts over their mean; 1 is chance (Poisson)
    bound: float  # dispersion that 95% of samples stay below if it is chance
    level: float  # standard deviation of the days' level beyond chance, as a share

    @property
    def fits(self) -> bool:
        """Whether one mean day for each weekday will do."""
        return self.dispersion <= self.bound or self.level <= MOST_SPREAD


def weekly_mean(counts: Cube, is_open: Flags, first_weekday: int = 0) -> Matrix:
    """Mean contacts by part of the week from Monday on, shape (7 * parts, classes).

    `counts` has shape (days, parts, classes), `is_open` (days,): closed days are no part
    of the mean. The first day is `first_weekday`, 0 for Monday.
    """
    days, parts, classes = counts.shape
    weekday = (np.arange(days) + first_weekday) % 7
    found = np.zeros((7, parts, classes))
    for day in range(7):
        mine = is_open & (weekday == day)
        if mine.any():
            found[day] = counts[mine].mean(axis=0)
    return found.reshape(7 * parts, classes)


def spread(counts: Matrix, is_open: Flags, first_weekday: int = 0) -> Spread:
    """Daily totals of one class around the mean of their weekday; `counts` is (days, parts)."""
    from scipy.special import chdtri

    weekday = (np.arange(counts.shape[0]) + first_weekday) % 7
    totals = counts.sum(axis=1)
    squares = means = excess = 0.0
    freedom = 0
    for day in range(7):
        mine = totals[is_open & (weekday == day)]
        if mine.size < 2 or mine.mean() == 0:
            continue
        squares += float(((mine - mine.mean()) ** 2).sum() / mine.mean())
        excess += float(((mine - mine.mean()) ** 2).sum() - (mine.size - 1) * mine.mean())
        means += float((mine.size - 1) * mine.mean() ** 2)
        freedom += mine.size - 1
    if not freedom:
        return Spread(int(is_open.sum()), 1.0, float("inf"), 0.0)
    level = float(np.sqrt(max(excess / means, 0.0)))
    bound = float(chdtri(freedom, 0.05) / freedom)
    return Spread(int(is_open.sum()), squares / freedom, bound, level)
