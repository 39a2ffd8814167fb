"""How many agents: square-root rule, least number for a target, offered load over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tierwise.errors import RefusedError, UsageError
from tierwise.staffing.erlang import Waiting, with_patience

Vector = npt.NDArray[np.float64]
MOST_AGENTS = 100_000

NO_LOAD = 1e-3
"""Agents kept busy below which nobody is needed: what is left of a day that is over."""


def square_root(load: float, quality: float) -> int:
    """Agents = load + quality * sqrt(load), rounded up. Source: Halfin & Whitt 1981."""
    if not load >= 0:
        raise UsageError(f"An offered load of {load} is impossible.", "Give 0 or more.")
    return math.ceil(load + quality * math.sqrt(load)) if load > NO_LOAD else 0


def quality_for(p_wait: float) -> float:
    """Quality of the square-root rule at which this share has to wait, without abandonment.

    Source: Halfin & Whitt 1981, eq. 2.3. UsageError unless 0 < p_wait < 1.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    if not 0 < p_wait < 1:
        raise UsageError(f"A share that waits of {p_wait} is impossible.", "Give 0..1.")

    def gap(beta: float) -> float:
        density = math.exp(-beta * beta / 2) / math.sqrt(2 * math.pi)
        return float(1 / (1 + beta * ndtr(beta) / density)) - p_wait

    return float(brentq(gap, 1e-9, 12.0))


def least_agents(
    per_s: float, mean_handle_s: float, mean_patience_s: float, good: Callable[[Waiting], bool]
) -> int:
    """Fewest agents at which Erlang A is good enough; RefusedError when none are.

    `good` must stay true when agents are added.
    """
    low, high = 0, max(1, math.ceil(per_s * mean_handle_s))
    while not _good(high, per_s, mean_handle_s, mean_patience_s, good):
        low, high = high, high * 2
        if high > MOST_AGENTS:
            raise RefusedError(
                f"Even {MOST_AGENTS:,} agents do not meet the target.", "Set one that can be met."
            )
    while high - low > 1:
        middle = (low + high) // 2
        if _good(middle, per_s, mean_handle_s, mean_patience_s, good):
            high = middle
        else:
            low = middle
    return high


def _good(
    agents: int, per_s: float, handle_s: float, patience_s: float, good: Callable[[Waiting], bool]
) -> bool:
    if math.isinf(patience_s) and per_s * handle_s >= agents:
        return False
    return good(with_patience(agents, per_s, handle_s, patience_s))


def offered_load_over_time(
    arrivals_per_s: Sequence[float], part_s: float, mean_handle_s: float, steps: int = 16
) -> Vector:
    """Agents kept busy if there were always enough, at the end of each step, shape (parts*steps,).

    The rate is constant within a part and the whole repeats. The load follows the
    rate with a lag of the handle time, which is why staffing by the rate alone is late.
    Source: Eick, Massey & Whitt 1993, eq. 6 (exponential handle times).
    """
    rates = np.repeat(np.asarray(arrivals_per_s, dtype=np.float64), steps)
    if (rates < 0).any() or mean_handle_s <= 0 or part_s <= 0:
        raise UsageError("Rates must be 0 or more; parts and handle times above 0 seconds.")
    kept = math.exp(-part_s / steps / mean_handle_s)
    gain = rates * mean_handle_s * (1 - kept)
    # The load at the start of the cycle is what is left of its end.
    after = 0.0
    for value in gain:
        after = after * kept + value
    load = after / (1 - kept**rates.size)
    found = np.empty(rates.size)
    for i, value in enumerate(gain):
        load = load * kept + value
        found[i] = load
    return found


def agents_over_time(
    arrivals_per_s: Sequence[float],
    part_s: float,
    mean_handle_s: float,
    mean_patience_s: float,
    good: Callable[[Waiting], bool],
) -> npt.NDArray[np.int64]:
    """Agents for each part: Erlang A at the highest modified offered load in it.

    Source: Jennings, Mandelbaum, Massey & Whitt 1996; Feldman et al. 2008.
    """
    steps = 16
    load = offered_load_over_time(arrivals_per_s, part_s, mean_handle_s, steps)
    highest = load.reshape(-1, steps).max(axis=1)
    return np.array(
        [
            least_agents(a / mean_handle_s, mean_handle_s, mean_patience_s, good)
            if a > NO_LOAD
            else 0
            for a in highest
        ],
        dtype=np.int64,
    )
