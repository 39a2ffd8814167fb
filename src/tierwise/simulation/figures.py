"""Figures of a run: one value a replication, then a mean with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tierwise.simulation import plant as p
from tierwise.simulation.plant import BINS, LOWEST, SUB, Counts, Tally, Vector
from tierwise.simulation.scenario import Scenario

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over replications with its interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the interval's width."""
        return (self.high - self.low) / 2


def estimate(values: Sequence[float] | Vector, level: float = LEVEL) -> Estimate | None:
    """Mean and t interval of independent replications; None when no replication has a value."""
    from scipy.special import stdtrit  # scipy.stats would take most of a second

    given = np.asarray(values, dtype=np.float64)
    found = given[np.isfinite(given)]
    if found.size == 0:
        return None
    mean = float(found.mean())
    if found.size == 1:
        return Estimate(mean, -math.inf, math.inf)
    half = float(stdtrit(found.size - 1, 0.5 + level / 2) * found.std(ddof=1) / found.size**0.5)
    return Estimate(mean, mean - half, mean + half)


MEASURES = (
    "mean_wait_s", "mean_wait_of_waiting_s", "mean_wait_answered_s", "p50_wait_s", "p90_wait_s",
    "p95_wait_s", "worst_decile_wait_s", "share_waiting", "share_abandoned",
    "share_abandoned_of_waiting", "service_level", "on_hold_s", "handle_s",
)  # fmt: skip
"""What is reported of each class, in this order."""


def of_class(tally: Tally, k: int) -> dict[str, float]:
    """The measures of class k in one replication; NaN where nothing came."""
    return _measures(tally.counts[k], tally.sum[k], tally.histogram[k])


def of_all(tally: Tally) -> dict[str, float]:
    """The same of all classes together."""
    return _measures(tally.counts.sum(0), tally.sum.sum(0), tally.histogram.sum(0))


def _measures(count: Counts, total: Vector, histogram: Counts) -> dict[str, float]:
    done = count[p.ANSWERED] + count[p.ABANDONED]
    waited, answered = count[p.WAITED], count[p.ANSWERED]
    p50, p90, p95 = (wait_quantile_s(histogram, share) for share in (0.5, 0.9, 0.95))
    values = (
        ratio(total[p.WAIT], done), ratio(total[p.WAIT], waited),
        ratio(total[p.WAIT_ANSWERED], answered), p50, p90, p95, worst_mean_s(histogram, 0.1),
        ratio(waited, done), ratio(count[p.ABANDONED], done), ratio(count[p.ABANDONED], waited),
        ratio(count[p.WITHIN], done), ratio(total[p.HOLD], done), ratio(total[p.HANDLE], answered),
    )  # fmt: skip
    return dict(zip(MEASURES, values, strict=True))


def ratio(above: float, below: float) -> float:
    """NaN instead of a division by nothing."""
    return float(above) / float(below) if below else math.nan


def bin_edges_s() -> Vector:
    """Lower ends of the wait bins and the upper end of the last, shape (BINS + 1,)."""
    steps = np.arange(BINS)
    octave, part = np.divmod(steps, SUB)
    edges = np.ldexp(1.0 + part / SUB, octave + LOWEST - 1)
    return np.concatenate([[0.0], edges])


def wait_quantile_s(histogram: npt.NDArray[np.int64], share: float) -> float:
    """Wait that this share of contacts did not exceed, in seconds; NaN for no contacts."""
    total = int(histogram.sum())
    if total == 0:
        return math.nan
    summed = np.cumsum(histogram)
    place = int(np.searchsorted(summed, share * total))
    if place == 0:
        return 0.0
    edges = bin_edges_s()
    inside = (share * total - summed[place - 1]) / histogram[place]
    return float(edges[place] + inside * (edges[place + 1] - edges[place]))


def worst_mean_s(histogram: npt.NDArray[np.int64], share: float) -> float:
    """Mean wait of the share that waited longest, in seconds; NaN for no contacts."""
    total = int(histogram.sum())
    if total == 0:
        return math.nan
    edges = bin_edges_s()
    middles = (edges[:-1] + edges[1:]) / 2
    middles[0] = 0.0
    left = share * total
    wanted = np.minimum(
        histogram[::-1], np.maximum(left - np.cumsum(histogram[::-1]) + histogram[::-1], 0)
    )
    return float(wanted @ middles[::-1] / left)


def of_group(scenario: Scenario, tally: Tally, g: int) -> dict[str, float]:
    """Occupancy, hours, cost and overtime of a group in one replication."""
    group = scenario.groups[g]
    busy, there, over = (float(value) for value in tally.group[g])
    hours = (there + over) / 3600 / group.concurrency
    return {
        "occupancy": ratio(busy, there + over),
        "agent_hours": hours,
        "overtime_hours": over / 3600 / group.concurrency,
        "idle_hours": max(there + over - busy, 0.0) / 3600 / group.concurrency,
        "cost": hours * group.cost_per_hour,
        "idle_cost": max(there + over - busy, 0.0) / 3600 / group.concurrency * group.cost_per_hour,
        "answered": float(tally.answered_by[:, g].sum()),
    }


def estimates(rows: Sequence[dict[str, float]], level: float = LEVEL) -> dict[str, Estimate | None]:
    """Each measure's mean over replications with its interval."""
    return {name: estimate([row[name] for row in rows], level) for name in rows[0]}


def differences(
    ones: Sequence[dict[str, float]], others: Sequence[dict[str, float]], level: float = LEVEL
) -> dict[str, Estimate | None]:
    """Mean of the differences of paired replications: both policies met the same contacts."""
    pairs = list(zip(ones, others, strict=True))
    return {name: estimate([b[name] - a[name] for a, b in pairs], level) for name in ones[0]}
