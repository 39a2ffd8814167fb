"""How many of those who gave up come again, from who contacted when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WITHIN_S = 4 * 3600.0
"""A contact of the same customer so soon after giving up may be the same matter again."""


@dataclass(frozen=True, slots=True)
class Retrials:
    """Those who gave up, and what they did next."""

    gave_up: int  # customers known, followed for the whole time
    came_again: int  # of these, in time
    base_share: float  # of those who were answered and contacted again anyway, 0..1
    share: float  # that came again because nobody answered, 0..1
    low: float  # of its 95% interval
    high: float
    delay_s: float  # mean seconds until they came again; 0 when nobody did

    @property
    def is_certain(self) -> bool:
        """Whether more came again than would have anyway."""
        return self.low > 0


def retrials(
    at_s: Vector, customer: Counts, answered: Flags, end_s: float, within_s: float = WITHIN_S
) -> Retrials:
    """Share that comes again within a time, above that of customers who had been answered.

    Arrays have shape (contacts,) of one class or channel; customer -1 is unknown. The
    interval is normal, for the difference of two shares.
    """
    delay = _until_next(at_s, customer)
    followed = (customer >= 0) & (at_s + within_s <= end_s)
    again = delay <= within_s
    lost, helped = followed & ~answered, followed & answered
    n, m = int(lost.sum()), int(helped.sum())
    if n == 0:
        return Retrials(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    p, q = float(again[lost].mean()), float(again[helped].mean()) if m else 0.0
    share = p - q
    half = 1.96 * float(np.sqrt(p * (1 - p) / n + (q * (1 - q) / m if m else 0.0)))
    came = lost & again
    mean = float(delay[came].mean()) if came.any() else 0.0
    return Retrials(n, int(came.sum()), q, max(share, 0.0), share - half, share + half, mean)


def _until_next(at_s: Vector, customer: Counts) -> Vector:
    """Seconds until the same customer's next contact; inf for the last one."""
    order = np.lexsort((at_s, customer))
    delay = np.full(at_s.size, np.inf)
    same = customer[order][1:] == customer[order][:-1]
    delay[order[:-1]] = np.where(same, np.diff(at_s[order]), np.inf)
    return delay
