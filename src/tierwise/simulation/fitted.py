"""A distribution beside the data it was fitted to, and whether that will do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tierwise.errors import MissingDataError
from tierwise.simulation import shapes
from tierwise.simulation.shapes import Duration

Vector = npt.NDArray[np.float64]

MOST_GAP = 0.05
"""A model may be wrong about 5% of contacts: larger gaps show in waits."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A distribution beside the data it was fitted to."""

    what: str  # such as "handle time of gold"
    duration: Duration
    distance: float  # largest gap between the two distributions (Kolmogorov-Smirnov), 0..1
    values: int  # data behind it

    @property
    def fits(self) -> bool:
        """Whether the gap is at most 5%: larger ones show in waits."""
        return self.distance <= MOST_GAP

    @property
    def by_chance(self) -> float:
        """Gap that 95% of samples of this size stay below if the model is right."""
        return float(1.358 / np.sqrt(max(self.values, 1)))

    @property
    def verdict(self) -> str:
        """For people."""
        said = "fits" if self.fits else "does not fit: use the measured values instead"
        return (
            f"{self.what}: {self.duration.shape} {said} (gap {self.distance:.1%}, {self.values:,})"
        )


def fit_lognormal(what: str, values_s: Vector) -> Fitted:
    """A lognormal by maximum likelihood, with how far it is from the data."""
    from scipy.special import ndtr

    values = np.sort(values_s[values_s > 0])
    if values.size < 2 or values[0] == values[-1]:
        raise MissingDataError(
            f"{what}: {values.size} durations above 0 without spread.", "Use a constant."
        )
    logs = np.log(values)
    duration = Duration(shapes.Shape.LOGNORMAL, float(logs.mean()), float(logs.std()))
    model = ndtr((logs - duration.a) / duration.b)
    upper = np.arange(1, values.size + 1) / values.size
    distance = float(
        np.maximum(np.abs(upper - model), np.abs(upper - 1 / values.size - model)).max()
    )
    return Fitted(what, duration, distance, int(values.size))
