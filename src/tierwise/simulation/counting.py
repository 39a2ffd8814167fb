"""What is counted of a wait: compiled."""

from __future__ import annotations

import math

from tierwise.simulation import plant as p
from tierwise.simulation.compiled import inlined
from tierwise.simulation.plant import BINS, LOWEST, SUB, Counts, Cube, Matrix


@inlined
def bin_of(wait_s: float) -> int:
    """Bin of the wait histogram; 32 bins an octave keep quantiles within 2%."""
    if wait_s <= 0.0:
        return 0
    mantissa, exponent = math.frexp(wait_s)
    place = (exponent - LOWEST) * SUB + int((2.0 * mantissa - 1.0) * SUB)
    return 1 + min(max(place, 0), BINS - 2)


@inlined
def count_wait(
    count: Counts, total: Matrix, histogram: Counts, by_time: Cube, k: int, part: int, wait: float
) -> None:
    """Count a contact of class k that came in a part of the cycle and waits no longer."""
    histogram[k, bin_of(wait)] += 1
    total[k, p.WAIT] += wait
    by_time[k, part, p.T_OFFERED] += 1.0
    by_time[k, part, p.T_WAIT] += wait
    if wait > 0.0:
        count[k, p.WAITED] += 1
        by_time[k, part, p.T_WAITED] += 1.0


@inlined
def overlap(since: float, until: float, low: float, high: float) -> float:
    """Seconds of a span that lie between two moments."""
    return max(0.0, min(until, high) - max(since, low))
